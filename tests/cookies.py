"""HDR-06 for the whole run: every cookie that an answer of ours sets while tests run is the session's, bound as it has to be, and no other."""

from __future__ import annotations

from starlette.types import Message, Receive, Scope, Send

from crm_app.web.headers import SecurityHeaders

looked_at: list[str] = []
"""The cookies that were set in this process, without their values."""
faults: list[str] = []


class WrongCookie(AssertionError):
    """Raised inside the answer that would have set it."""


def fault_of(cookie: str, secure: bool) -> str:
    """What is wrong with one ``Set-Cookie``, without its value; empty when nothing is."""
    named, *rest = [part.strip() for part in cookie.split(";")]
    name = named.partition("=")[0]
    said = {part.partition("=")[0].lower(): part.partition("=")[2].lower() for part in rest}
    wanted = {"httponly": "", "path": "/", "samesite": "lax"} | ({"secure": ""} if secure else {})
    if name != ("__Host-mindfulcrm" if secure else "mindfulcrm"):
        return f"a cookie that is not the session's: {name}"
    missing = sorted(key for key, value in wanted.items() if said.get(key) != value)
    return f"{name} lacks {', '.join(missing)}" if missing else f"{name} has a domain" if "domain" in said else ""


def watch() -> None:
    """Look at every answer that this process gives from now on; it cannot be undone."""
    plain = SecurityHeaders.__call__

    async def watched(self: SecurityHeaders, scope: Scope, receive: Receive, send: Send) -> None:
        async def see(message: Message) -> None:
            for name, value in message.get("headers", ()) if message["type"] == "http.response.start" else ():
                if name.lower() == b"set-cookie":
                    _judge(value.decode("latin-1"), self.secure, scope["path"])
            await send(message)

        await plain(self, scope, receive, see)

    SecurityHeaders.__call__ = watched  # type: ignore[method-assign]


def _judge(cookie: str, secure: bool, path: str) -> None:
    looked_at.append(cookie.partition("=")[0])
    fault = fault_of(cookie, secure)
    if fault:
        faults.append(f"{path}: {fault}")
        raise WrongCookie(faults[-1])
