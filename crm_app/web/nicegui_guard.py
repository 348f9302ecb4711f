"""Who may speak for a page, and how pages are shut: what leans on NiceGUI's private names (3.18). Its twin ``nicegui_pace`` mends speed and memory.

``tests/security/test_nicegui_contract.py`` names each of them and fails when an upgrade moves one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import structlog
from nicegui import Client, core
from nicegui import app as nicegui_app
from socketio.exceptions import ConnectionRefusedError
from starlette.requests import Request
from starlette.responses import Response

from crm_app.domain.accounts.schemas import SessionRecord
from crm_app.domain.errors import CrmError
from crm_app.web import errors
from crm_app.web.event_values import fits
from crm_app.web.metrics import MESSAGES_DROPPED
from crm_app.web.nicegui_pace import collect
from crm_app.web.sessions import Sessions
from crm_app.web.socket_door import Bucket, OpenSocket, SocketDoor

log = structlog.get_logger(__name__)

GUARDED = ("event", "javascript_response", "ack", "log")
QUIET_FOR = 1.0
COLLECT_EVERY = 300.0
WATCH_EVERY = 15.0
FAREWELL = 0.3  # seconds for "go to the sign-in" to reach the browser before its socket is shut

# What pages complain of is worth a look, and no way to fill the disk: twenty lines, then one every five seconds.
_browser_lines = Bucket(rate=0.2, burst=20, level=20)
_handlers: dict[str, Callable[..., Any]] = core.sio.handlers["/"]
_stock = {name: _handlers[name] for name in (*GUARDED, "connect", "handshake")}
_stock_socket_connect = core.sio._handle_connect


def session_of(client: Client) -> SessionRecord | None:
    """The session whose request built this page."""
    record = client._request.scope.get("crm_session") if client._request is not None else None
    return record if isinstance(record, SessionRecord) else None


def pages_of(user_id: UUID) -> int:
    """How many pages are kept for a person, open or not."""
    return sum(1 for client in Client.instances.values() if (record := session_of(client)) is not None and record.user_id == user_id)


def forget_page(client: Client) -> None:
    """Delete a page now, and with it the deletion that waits for a browser to come back."""
    for waiting in client._delete_tasks.values():
        waiting.cancel()
    client._delete_tasks.clear()
    if client.id in Client.instances:
        client.delete()


def install() -> None:
    """Put the guard in front of NiceGUI's handlers; doing it twice is doing it once."""
    for name in GUARDED:
        _handlers[name] = _only_from_own_socket(name)
    _handlers["connect"] = _on_connect
    _handlers["handshake"] = _on_handshake
    core.sio._handle_connect = _connect_if_still_there
    core.sio.eio.transports = ["websocket"]
    nicegui_app.config.socket_io_js_transports = ["websocket"]
    errors.install(nicegui_app)
    nicegui_app.add_exception_handler(404, errors.on_http_error)  # NiceGUI's own page would keep a client in memory for a minute
    for kind in (CrmError, Exception):
        nicegui_app.add_exception_handler(kind, _on_failure)


# --- who may speak for a page ---------------------------------------------------------------------------------------


def _same_session(sid: str, client_id: object) -> bool:
    """Whether the socket's cookie and the page's request belong to one session. An unknown page is NiceGUI's to refuse."""
    client = Client.instances.get(str(client_id))
    if client is None:
        return True
    mine = core.sio.get_environ(sid)["asgi.scope"].get("crm_session")
    theirs = session_of(client)
    return mine is not None and theirs is not None and mine.session_id == theirs.session_id


async def _on_connect(sid: str, environ: dict[str, Any], auth: object = None) -> None:
    query = environ["asgi.scope"].get("query_string", b"").decode("latin-1")
    client_id = next((part.partition("=")[2] for part in query.split("&") if part.startswith("client_id=")), "")
    if not _same_session(sid, client_id):
        MESSAGES_DROPPED.labels("other session").inc()
        # The page's own words for "load me again": after a new sign-in the tab simply comes back as that person's.
        raise ConnectionRefusedError("Implicit handshake failed")
    await _stock["connect"](sid, environ, auth)


async def _connect_if_still_there(eio_sid: str, namespace: str | None, data: Any) -> None:
    """Socket.IO reads a frame in the background; a browser that left meanwhile has no environment, and that is no defect."""
    if eio_sid in core.sio.environ:
        await _stock_socket_connect(eio_sid, namespace, data)


async def _on_handshake(sid: str, message: dict[str, Any]) -> bool:
    if not _same_session(sid, message["client_id"]):
        MESSAGES_DROPPED.labels("other session").inc()
        return False
    return bool(await _stock["handshake"](sid, message))


def _only_from_own_socket(name: str) -> Callable[[str, dict[str, Any]], Any]:
    stock = _stock[name]

    def guarded(sid: str, message: dict[str, Any]) -> Any:
        client = Client.instances.get(message["client_id"])
        if client is None or sid not in client._socket_to_document_id:
            MESSAGES_DROPPED.labels("other socket").inc()
            return None
        if name == "log":
            spare = _browser_lines.spare(time.monotonic())
            return log.warning("browser says", level=message["level"], message=message["message"][:500]) if spare else None
        if name == "event" and not _is_offered(client, message):
            return MESSAGES_DROPPED.labels("not offered").inc()
        return stock(sid, message)

    return guarded


def _is_offered(client: Client, message: dict[str, Any]) -> bool:
    """Whether that element listens to that and can say such a thing; a late click on a removed row is no error."""
    element = client.elements.get(message["id"])
    listener = element._event_listeners.get(message["listener_id"]) if element else None
    return element is None or listener is not None and fits(element, listener.type, message.get("args", []))


# --- shutting pages --------------------------------------------------------------------------------------------------


class LivePages:
    """Shuts the pages of sessions that have ended. One per process, on the event loop."""

    def __init__(self, door: SocketDoor, sessions: Sessions) -> None:
        self._door = door
        self._sessions = sessions
        self._looked = time.monotonic()
        sessions.acted_lately = door.acted_lately

    async def close_session(self, session_id: UUID) -> None:
        """Within a second every page of this session is at the sign-in and can do nothing more."""
        await self._close(self._door.of(session_id=session_id), lambda record: record.session_id == session_id)

    async def close_user(self, user_id: UUID, except_session: UUID | None = None) -> None:
        """The same for every session of a person (disabled, deleted, another role), but one if asked."""
        sockets = [socket for socket in self._door.of(user_id=user_id) if socket.session.session_id != except_session]
        await self._close(sockets, lambda record: record.user_id == user_id and record.session_id != except_session)

    async def _close(self, sockets: list[OpenSocket], belongs: Callable[[SessionRecord], bool]) -> None:
        clients = [client for client in Client.instances.values() if (record := session_of(client)) is not None and belongs(record)]
        for client in clients:
            client.open("/signin")
            # From this moment no message of theirs counts, although the farewell still goes out through the room.
            client._socket_to_document_id.clear()
        if clients:
            await asyncio.sleep(FAREWELL)
        self._door.shut(sockets)
        for client in clients:
            forget_page(client)

    async def watch(self) -> None:
        """For ever: shut what has ended by idling or age, and collect garbage when nobody is looking."""
        collected = time.monotonic()
        while True:
            await asyncio.sleep(WATCH_EVERY)
            await self.shut_ended()
            self._door.forget_idle_budgets()
            if time.monotonic() - collected > COLLECT_EVERY and time.monotonic() - self._door.last_frame > QUIET_FOR:
                collect()
                collected = time.monotonic()

    async def shut_ended(self) -> None:
        """Ask the database about every session that has a page open; what someone did since the last look is a sign of life."""
        by_session: dict[UUID, list[OpenSocket]] = {}
        for socket in list(self._door.sockets):
            by_session.setdefault(socket.session.session_id, []).append(socket)
        looked, self._looked = self._looked, time.monotonic()
        for session_id, sockets in by_session.items():
            acted = any(socket.last_deed > looked for socket in sockets)
            look_up = self._sessions.find if acted else self._sessions.peek
            record = await asyncio.to_thread(look_up, sockets[0].token_hash)
            if record is None or record.role != sockets[0].session.role:  # with another role, every page is built anew
                await self.close_session(session_id)


# --- pages that could not be built ------------------------------------------------------------------------------------


async def _on_failure(request: Request, error: Exception) -> Response:
    """A page that could not be built: its half-made client goes; the person sees why, or a reference."""
    for client in [client for client in Client.instances.values() if client._request is not None and client.request.scope is request.scope]:
        forget_page(client)
    return await (errors.on_crm_error if isinstance(error, CrmError) else errors.on_defect)(request, error)
