"""No other site may act with our visitor's cookie: Fetch Metadata and Origin for every unsafe request, a token in forms."""

from __future__ import annotations

from uuid import UUID

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from crm_app.domain.i18n import _
from crm_app.web.config import EdgeConfig
from crm_app.web.errors import plain_error

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FORM_LIFE = 4 * 3600
FREE = ("/api/", "/mcp", "/unsubscribe/")
"""Where a cookie is worth nothing."""


class CsrfGuard:
    """Refuses with 403 what did not demonstrably start on our own pages.

    The REST interface and ``/mcp`` are left out: a bearer token is no ambient authority, since another site cannot make a browser send
    it, and cookies are worth nothing there. So is the link that stops somebody's mail, to which mail programs post: the signature in its
    address is the whole authority.
    """

    def __init__(self, app: ASGIApp, config: EdgeConfig) -> None:
        self.app = app
        self.origins = config.origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS:
            await self.app(scope, receive, send)
            return
        if scope["path"].startswith(FREE) or self.started_here(Headers(scope=scope)):
            await self.app(scope, receive, send)
        else:
            sentence = _("Another site may have tried to act in your name, or the page was open for very long. Nothing was changed. Go back, reload and try again.")
            await plain_error(scope, 403, _("This did not come from a page of yours"), sentence)(scope, receive, send)

    def started_here(self, headers: Headers) -> bool:
        """True when the browser says that one of our pages sent this. Silence is a no."""
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site is None and origin is None:
            return False
        return site in (None, "same-origin", "none") and (origin is None or origin in self.origins)


class FormTokens:
    """Signed tokens in our own forms, bound to the form and, when there is one, to the session."""

    def __init__(self, secret_key: str) -> None:
        self._signer = URLSafeTimedSerializer(secret_key, salt="mindfulcrm.form")

    def make(self, form: str, session_id: UUID | None = None) -> str:
        """A token for one form, good for four hours."""
        return self._signer.dumps([form, str(session_id or "")])

    def fits(self, token: str, form: str, session_id: UUID | None = None) -> bool:
        """Whether ``token`` was made for this form and session and is not too old."""
        try:
            return bool(self._signer.loads(token, max_age=FORM_LIFE) == [form, str(session_id or "")])
        except BadSignature:
            return False
