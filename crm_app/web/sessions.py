"""Sessions: one cookie, one row in the database; whoever has none gets nothing but the public paths."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote
from uuid import UUID

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crm_app.domain.accounts import rules
from crm_app.domain.accounts.schemas import NewSession, SessionRecord
from crm_app.domain.actor import Actor
from crm_app.domain.errors import Forbidden, NotFound
from crm_app.domain.i18n import _, set_locale
from crm_app.domain.ports import SessionStore
from crm_app.web.config import EdgeConfig, is_public
from crm_app.web.errors import plain_error

SOCKET_PATH = "/_nicegui_ws/"


class SignedOut(Forbidden):
    """The session has ended: signed out elsewhere, idle for too long, or the account was disabled."""

    status = 401
    code = "signed_out"

    def __init__(self) -> None:
        super().__init__(_("You have been signed out. Sign in to go on."))


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """What a sign-in made: the id of the row, and the token that only the cookie keeps."""

    session_id: UUID
    token: str


class Sessions:
    """Opens, resolves and closes sessions. All methods block on the database: call them from a worker thread."""

    def __init__(self, store: SessionStore, config: EdgeConfig) -> None:
        self.store = store
        self.config = config
        # Whether the person did something on a page of this session in the last minutes; the socket door knows.
        self.acted_lately: Callable[[UUID], bool] = lambda session_id: True

    def open(self, user_id: UUID, scope: Scope, remembered: bool) -> OpenedSession:
        """A new session with a new 256-bit id; the one that the browser came with, if any, ends (no fixation)."""
        previous = scope.get("crm_session")
        if previous is not None:
            self.store.close_session(previous.session_id, previous.user_id)
        token = rules.new_token()
        headers = Headers(scope=scope)
        new = NewSession(
            user_id=user_id, token_hash=rules.hash_token(token), remembered=remembered,
            user_agent=headers.get("user-agent", "")[:300], address=client_address(scope),
        )
        session_id = self.store.open_session(new, rules.session_limits(remembered))
        return OpenedSession(session_id, token)

    def find(self, token_hash: bytes) -> SessionRecord | None:
        """The live session, and a sign of life for it."""
        return self.store.session(token_hash)

    def peek(self, token_hash: bytes) -> SessionRecord | None:
        """The live session, without a sign of life."""
        return self.store.peek_session(token_hash)

    def live_actor(self, connection: HTTPConnection) -> Actor:
        """The person behind a page's request, asked anew for every event; ``SignedOut`` when the session has ended.

        A page also asks when it refreshes itself because of someone else's change. That is no sign of life: only if the
        person did something lately does the session's hour begin again.
        """
        token_hash, opened = connection.scope.get("crm_token_hash"), connection.scope.get("crm_session")
        if token_hash is None or opened is None:
            raise SignedOut
        record = self.find(token_hash) if self.acted_lately(opened.session_id) else self.peek(token_hash)
        if record is None:
            raise SignedOut
        return record.actor()

    def set_cookie(self, response: Response, opened: OpenedSession, remembered: bool) -> None:
        """Hand the token to the browser: for as long as it is open, or for 30 days on a remembered device."""
        age = int(rules.session_limits(True).absolute.total_seconds()) if remembered else None
        response.set_cookie(self.config.cookie_name, opened.token, max_age=age, path="/", secure=self.config.secure, httponly=True, samesite="lax")

    def clear_cookie(self, response: Response) -> None:
        """Take the token back."""
        response.delete_cookie(self.config.cookie_name, path="/", secure=self.config.secure, httponly=True, samesite="lax")


def client_address(scope: Scope) -> str:
    """The peer's address. A proxy's word for it counts only if the server was told to trust that proxy."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def session_key(request: HTTPConnection) -> Hashable:
    """The same for all requests of one session, and for no other; a request without one stands alone."""
    return request.scope.get("crm_token_hash") or id(request)


def current_session(request: Request) -> SessionRecord:
    """The session of a request that passed the middleware; ``SignedOut`` otherwise."""
    record = request.scope.get("crm_session")
    if not isinstance(record, SessionRecord):
        raise SignedOut
    return record


def current_actor(request: Request) -> Actor:
    """The person behind a request; ``SignedOut`` when there is none. A FastAPI dependency."""
    actor = request.scope.get("crm_actor")
    if not isinstance(actor, Actor):
        raise SignedOut
    return actor


def require_member(request: Request) -> None:
    """A page is built for somebody alone: whom a public path let through without a session finds nothing. A FastAPI dependency."""
    if not isinstance(request.scope.get("crm_session"), SessionRecord):
        raise NotFound


class SessionMiddleware:
    """Resolves the cookie and fills ``scope``: ``session`` (a dictionary kept in the row, shared with Authlib and NiceGUI),
    ``crm_session``, ``crm_actor``, ``crm_token_hash``, ``private``. Default deny: see ``config.is_public``."""

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self.app = app
        self.sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        scope["session"] = {}
        path: str = scope["path"]
        if path.startswith("/static/") or path == "/favicon.ico" or (path.startswith("/_nicegui/") and is_public(path)):
            await self.app(scope, receive, send)  # files that are the same for everyone need no look at the database
            return
        if path.startswith("/_nicegui/client/"):
            # NiceGUI's own upload route has no server-side limits; ours is /uploads.
            await plain_error(scope, 404)(scope, receive, send)
            return
        if path.startswith("/api/") or path == "/mcp":
            # The REST interface and that for other assistants have a gate of their own and take bearer tokens alone: a cookie is worth nothing there.
            await self.app(scope, receive, send)
            return
        await self._with_cookie(Headers(scope=scope), scope, receive, send)

    async def _with_cookie(self, headers: Headers, scope: Scope, receive: Receive, send: Send) -> None:
        token = read_cookie(headers, self.sessions.config.cookie_name)
        record = None
        if token and rules.is_token(token):
            token_hash = rules.hash_token(token)
            # A socket that comes back by itself is no sign of life either.
            look_up = self.sessions.peek if scope["type"] == "websocket" else self.sessions.find
            record = await asyncio.to_thread(look_up, token_hash)
        if record is not None:
            set_locale(record.locale)
            scope.update(crm_session=record, crm_actor=record.actor(), crm_token_hash=token_hash, private=True, session=copy.deepcopy(record.data))
            await self.app(scope, receive, self._saving(scope, record, token_hash, send))
        elif is_public(scope["path"]):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            response = refuse_visitor(scope, headers)
            if token:
                self.sessions.clear_cookie(response)
            await response(scope, receive, send)

    def _saving(self, scope: Scope, record: SessionRecord, token_hash: bytes, send: Send) -> Send:
        async def send_after_saving(message: Message) -> None:
            if message["type"] == "http.response.start" and scope["session"] != record.data:
                await asyncio.to_thread(self.sessions.store.save_session_data, token_hash, dict(scope["session"]))
            await send(message)

        return send_after_saving


def read_cookie(headers: Headers, name: str) -> str | None:
    """The cookie's value, or None; two cookies of the same name count as none, since one of them was planted."""
    raw = [part for line in headers.getlist("cookie") for part in line.split(";") if part.strip().partition("=")[0] == name]
    if len(raw) != 1:
        return None
    try:
        return SimpleCookie(raw[0].strip())[name].value
    except (CookieError, KeyError):
        return None


def refuse_visitor(scope: Scope, headers: Headers) -> Response:
    """People are sent to the sign-in and come back to where they were going; programs are told 401."""
    navigates = scope["method"] in ("GET", "HEAD") and "text/html" in headers.get("accept", "") and headers.get("sec-fetch-dest", "document") == "document"
    if not navigates:
        return plain_error(scope, 401)
    query = scope.get("query_string", b"").decode("latin-1")
    target = rules.own_path(quote(scope["path"], safe="/~@!$&'()*+,;=") + (f"?{query}" if query else ""))
    return RedirectResponse("/signin" if target == "/" else f"/signin?next={quote(target, safe='/')}", status_code=303)
