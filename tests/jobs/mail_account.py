"""Mail of people, machines and enemies, and a mailbox that holds it, for tests of runs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from pydantic import SecretStr

from crm_app.domain.connections.models import ConnectionKind
from crm_app.domain.connections.source import SignInNeeded
from crm_app.domain.mail.source import MailChanges, RemoteFolder, RemoteHead
from crm_app.infrastructure.outbound import Gate
from crm_app.jobs.sources import bind_sources
from crm_app.providers.imap import FakeImap

ME, ANN = "ana@studio.example", "ann@mail.example"
POISON_HEAD = b"From: evil@example.org\r\nSubject: " + b"v" * 20_000 + b"\r\n\r\nx"
PASSWORD = "open sesame"


def mail(number: int | str, *, sender: str = ANN, to: str = ME, words: str = "See you at four.", subject: str = "", days: float = 3, more: Sequence[str] = ()) -> bytes:
    """A letter of some days ago."""
    sent = datetime.now(UTC).replace(microsecond=0) - timedelta(days=days)
    lines = [
        f"From: {sender}", f"To: {to}", f"Subject: {subject or f'Letter {number}'}", f"Message-ID: <{number}@mail.example>", f"Date: {sent:%a, %d %b %Y %H:%M:%S +0000}",
        *more, "", words, "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


def poison_words(number: int | str) -> bytes:
    """A letter whose head is well and whose parts are too many."""
    body = "".join("--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" for _part in range(600))
    return mail(number, words=body + "--b--", more=["MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="b"'])


class Mailbox(FakeImap):
    """``before(step)`` is called before each answer and may raise or die; ``fetched`` are the messages that were handed over."""

    def __init__(self) -> None:
        super().__init__()
        self.password, self.fetched, self.closed = PASSWORD, [], 0
        self.before: Callable[[str], None] = lambda step: None
        self.add("Sent", role="sent")
        self.add("Junk", role="junk")

    def bind(self, **beside: Mailbox) -> Mailbox:
        """Have mail connections read from here, but for those whose user names stand for a mailbox ``beside`` this one."""
        bind_sources({ConnectionKind.IMAP: lambda url, username, password, gate: _Signed(beside.get(username, self), password, gate)})
        return self


class _Signed:
    """See ``MailSource``."""

    def __init__(self, box: Mailbox, password: SecretStr, gate: Gate) -> None:
        self._box, self._password, self.gate = box, password.get_secret_value(), gate

    def list_folders(self) -> Sequence[RemoteFolder]:
        self._box.before("folders")
        if self._password != self._box.password:
            raise SignInNeeded("The sign-in was refused.")
        return self._box.list_folders()

    def list_changes(self, folder: str, token: str, since: date, *, whole: bool = False) -> Iterator[MailChanges]:
        for number, page in enumerate(self._box.list_changes(folder, token, since, whole=whole)):
            self._box.before(f"page {number}")
            yield page

    def list_heads(self, folder: str, uids: Collection[int]) -> Iterator[tuple[RemoteHead, ...]]:
        self._box.before("heads")
        return self._box.list_heads(folder, uids)

    def fetch(self, folder: str, uids: Collection[int]) -> Iterator[tuple[int, bytes | str]]:
        for uid, content in self._box.fetch(folder, uids):
            self._box.before("words")
            self._box.fetched.append((folder, uid))
            yield uid, content

    def close(self) -> None:
        self._box.closed += 1
