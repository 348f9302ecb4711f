"""A conversation with an IMAP server. What goes wrong in it becomes a ``SourceError`` with one sentence for people.

A password is only ever sent under TLS, unless the host of this deployment has opened that very place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from typing import TypeVar

from pydantic import SecretStr

from crm_app.domain.connections.source import SignInNeeded, SourceDown, SourceUntrusted
from crm_app.domain.i18n import _
from crm_app.domain.mail.source import FolderRefused, NotAMailbox
from crm_app.infrastructure.outbound import Gate, NotTrusted, OutboundError
from crm_app.providers.imap.answers import Piece, internal_date, number, quoted
from crm_app.providers.imap.line import BrokenOff, GatedImap, NotImap, Said, TooMuch

T = TypeVar("T")

_LATER = re.compile(r"\[(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG|CONTACTADMIN)\b|too many|try again|temporar", re.I)


class Voice:
    """A conversation with one server, begun when something is asked. ``can`` is what it offers to whoever has signed in."""

    def __init__(self, host: str, port: int, username: str, password: SecretStr, gate: Gate, *, tls: bool) -> None:
        self._place, self._who, self._gate, self._tls = (host, port), (username, password), gate, tls
        self._line: GatedImap | None = None
        self._opened = ""
        self.can: frozenset[str] = frozenset()

    def begin(self) -> None:
        """Connect and sign in, after which ``can`` is known."""
        self._connected()

    def also(self, read: Callable[[Sequence[Piece]], Iterable[T]], name: str) -> list[T]:
        """What else came with the last answer, by its name."""
        line = self._connected()
        with self._speaking():
            return list(read(line.untagged_responses.pop(name, [])))

    def ask(self, read: Callable[[Sequence[Piece]], Iterable[T]], name: str, *words: str | bytes, expects: str = "", more: int = 0) -> list[T]:
        """What ``read`` makes of the answers called ``expects`` (or ``name``). ``more`` bytes than usual may come. SourceDown when the server says no."""
        found = self.try_ask(read, name, *words, expects=expects, more=more)
        if found is None:
            raise SourceDown(_("The server has a problem of its own."))
        return found

    def try_ask(self, read: Callable[[Sequence[Piece]], Iterable[T]], name: str, *words: str | bytes, expects: str = "", more: int = 0) -> list[T] | None:
        """The same, and None when the server says no."""
        line = self._connected()
        with self._speaking():
            answer = _said(line, more, name, *words)
            return list(read(line.untagged_responses.pop(expects or name, []))) if answer == "OK" else None

    def look_into(self, folder: str) -> dict[str, int]:
        """Open a folder for reading alone, and what the server tells of it by that. Raises ``FolderRefused``."""
        line, self._opened = self._connected(), ""
        with self._speaking():
            answer = _said(line, 0, "EXAMINE", quoted(folder), *(["(CONDSTORE)"] if "CONDSTORE" in self.can else []))
            line.state = "SELECTED" if answer == "OK" else "AUTH"
            if answer != "OK":
                raise FolderRefused(_("The server does not open this folder."))
            told = {name: line.untagged_responses.get(name) for name in ("UIDVALIDITY", "UIDNEXT", "HIGHESTMODSEQ", "EXISTS")}
            self._opened = folder
            return {name: number(said[-1]) for name, said in told.items() if said}

    def leave(self) -> None:
        """Have no folder open, where the server lets us: of one that is, some tell no news but how it stood when it was opened."""
        if self._opened:
            self._opened = ""
            if self.try_ask(tuple, "UNSELECT" if "UNSELECT" in self.can else "CLOSE") is not None:  # CLOSE takes nothing out of what is only read
                self._connected().state = "AUTH"

    def be_in(self, folder: str) -> None:
        """Have this folder open."""
        if self._opened != folder:
            self.look_into(folder)

    def put(self, folder: str, content: bytes, at: datetime) -> None:
        """Put a message into a folder, as one that has been read. Raises ``FolderRefused`` when the server says no."""
        line = self._connected()
        with self._speaking():
            line.literal = content  # type: ignore[assignment]  # bytes are what it sends
            if _said(line, len(content), "APPEND", quoted(folder), "(\\Seen)", internal_date(at)) != "OK":
                raise FolderRefused(_("The server puts nothing into this folder."))

    def close(self) -> None:
        """Hang up, with a word if that is quickly said."""
        line, self._line, self._opened = self._line, None, ""
        if line is not None:
            with suppress(Said, OutboundError, OSError, ValueError, TooMuch):
                line.logout()
            line.shutdown()

    def _connected(self) -> GatedImap:
        if self._line is None:
            with self._speaking():
                line = GatedImap(self._gate, *self._place, tls=self._tls)
                with ExitStack() as otherwise:
                    otherwise.callback(line.shutdown)
                    self._begin(line)
                    otherwise.pop_all()
                self._line = line
        return self._line

    def _begin(self, line: GatedImap) -> None:
        inner = self._gate.allows(*self._place) and "LOGINDISABLED" not in line.capabilities
        if not self._tls and not inner:
            if "STARTTLS" not in line.capabilities:
                raise SourceUntrusted(_("The server offers no encryption, so nothing was sent to it."))
            line.secure()
        self.can = _offered(line)
        _sign_in(line, self.can, *self._who)
        self.can = _offered(line)

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """Around everything that is said: whatever goes wrong ends the conversation, and becomes what a source says."""
        try:
            yield
        except (SourceDown, SignInNeeded):
            self._drop()
            raise
        except NotTrusted as doubt:
            self._drop()
            raise SourceUntrusted(_("The server could not prove who it is, so nothing was sent to it.")) from doubt
        except OutboundError as failure:
            self._drop()
            raise SourceDown(_("The server did not answer.")) from failure
        except NotImap as stranger:
            raise NotAMailbox(_("What answers at this address is no mail server.")) from stranger
        except (BrokenOff, OSError) as end:
            self._drop()
            raise SourceDown(_("The connection broke off.")) from end
        except (Said, ValueError, TooMuch) as nonsense:
            self._drop()
            if "* BYE" in str(nonsense) or _LATER.search(str(nonsense)):
                raise SourceDown(_("The server asks to try again later.")) from nonsense
            raise SourceDown(_("What the server answered makes no sense.")) from nonsense

    def _drop(self) -> None:
        line, self._line, self._opened = self._line, None, ""
        if line is not None:
            line.shutdown()


def _said(line: GatedImap, more: int, name: str, *words: str | bytes) -> str:
    """Say it, and whether the answer is OK or NO; what else came stands in ``untagged_responses``."""
    line.allow(more)
    line.untagged_responses.clear()
    answer, _words = line.xatom(name, *words)  # type: ignore[arg-type]  # bytes go as they are
    return answer


def _offered(line: GatedImap) -> frozenset[str]:
    line.allow(0)
    _answer, said = line.capability()
    return frozenset(word.decode("ascii", "replace").upper() for part in said if isinstance(part, bytes) for word in part.split())


def _sign_in(line: GatedImap, can: frozenset[str], username: str, password: SecretStr) -> None:
    secret = password.get_secret_value()
    if re.search(r"[\x00\r\n]", username + secret) or not username:
        raise SignInNeeded(_("Enter the user name and password again."))
    if line.state == "AUTH":
        return
    if "AUTH=PLAIN" not in can and "LOGINDISABLED" in can:
        raise SignInNeeded(_("The server takes no password here. Mail programs may have to be allowed in its settings."))
    line.allow(0)
    try:
        if "AUTH=PLAIN" in can:
            line.authenticate("PLAIN", lambda _challenge: f"\0{username}\0{secret}".encode())
            return
        answer, said = line.xatom("LOGIN", quoted(username), quoted(secret))  # type: ignore[arg-type]
        if answer != "OK":
            raise line.error(str(said[-1:]))
        line.state = "AUTH"
    except BrokenOff:
        raise
    except Said as refusal:
        if _LATER.search(str(refusal)):
            raise SourceDown(_("The server asks to try again later.")) from refusal
        raise SignInNeeded(_("The server refused the sign-in. Enter the user name and password again.")) from refusal
