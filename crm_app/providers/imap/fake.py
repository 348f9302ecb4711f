"""A mail account without a network: for tests and the demo. It behaves like the real one, refusals included."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from crm_app.domain.connections.source import SourceError
from crm_app.domain.i18n import _
from crm_app.domain.mail.limits import MOST_BYTES, head_of
from crm_app.domain.mail.source import PAGE, FolderRefused, MailChanges, RemoteFolder, RemoteHead
from crm_app.providers.imap.account import State


@dataclass(slots=True)
class _Message:
    content: bytes
    flags: frozenset[str]
    received_at: datetime
    modseq: int


@dataclass(slots=True)
class _Folder:
    about: RemoteFolder
    validity: int = 1
    next: int = 1
    modseq: int = 1
    messages: dict[int, _Message] = field(default_factory=dict)


class FakeImap:
    """``fault``, while it is set, is what every question comes to; ``refused`` are folders that do not open. ``condstore``: changes of flags are counted."""

    def __init__(self, *, condstore: bool = True) -> None:
        self._folders: dict[str, _Folder] = {}
        self._condstore = condstore
        self.fault: SourceError | None = None
        self.refused: set[str] = set()
        self.opened: list[str] = []
        self.add("INBOX", role="inbox")

    def add(self, ref: str, *, name: str = "", role: str = "other") -> None:
        """A folder more."""
        self._folders[ref] = _Folder(RemoteFolder(ref, name or ref, role))

    def drop(self, ref: str) -> None:
        """A folder less, with all that is in it."""
        del self._folders[ref]

    def put(self, ref: str, content: bytes, *, flags: Collection[str] = (), received_at: datetime | None = None) -> int:
        """A message comes; its uid."""
        folder = self._folders[ref]
        folder.modseq += 1
        uid, folder.next = folder.next, folder.next + 1
        folder.messages[uid] = _Message(content, frozenset(flags), received_at or datetime.now(UTC), folder.modseq)
        return uid

    def flag(self, ref: str, uid: int, flags: Collection[str]) -> None:
        """It is flagged so from now on."""
        folder = self._folders[ref]
        folder.modseq += 1
        folder.messages[uid].flags, folder.messages[uid].modseq = frozenset(flags), folder.modseq

    def remove(self, ref: str, uid: int) -> None:
        """It is gone for good."""
        folder = self._folders[ref]
        folder.modseq += 1
        del folder.messages[uid]

    def renumber(self, ref: str) -> None:
        """The folder's uids mean something else from now on, as after a restore over there."""
        folder = self._folders[ref]
        kept = list(folder.messages.values())
        folder.validity, folder.next, folder.messages = folder.validity + 1, len(kept) + 1, dict(enumerate(kept, 1))

    def list_folders(self) -> Sequence[RemoteFolder]:
        """All of them."""
        self._answer()
        return tuple(folder.about for folder in self._folders.values())

    def list_changes(self, folder: str, token: str, since: date, *, whole: bool = False) -> Iterator[MailChanges]:
        """See ``MailSource``."""
        self._answer()
        kept, there = State.read(token), self._open(folder)
        now = State(there.validity, there.next, there.modseq if self._condstore else 0, len(there.messages))
        if kept == now and not whole:
            return
        self.opened.append(folder)
        if kept is not None and kept.validity != now.validity:
            yield MailChanges(present=frozenset())
            kept = None
        came = [uid for uid in there.messages if kept is None or uid >= kept.next]
        flags = {
            uid: one.flags for uid, one in there.messages.items()
            if kept and uid < kept.next and (one.modseq > kept.modseq if self._condstore else whole)
        }  # fmt: skip
        unsure = whole or kept is None or kept.messages < 0 or kept.messages + len(came) != now.messages
        uids = [uid for uid in came if there.messages[uid].received_at.date() >= since]
        pages = [uids[start : start + PAGE] for start in range(0, len(uids), PAGE)] or [[]]
        for page in pages[:-1]:
            self._answer()
            yield MailChanges(heads=_heads(there, page), flags=flags, token=replace(now, next=page[-1] + 1, messages=-1).token)
            flags = {}
        self._answer()
        yield MailChanges(heads=_heads(there, pages[-1]), flags=flags, present=frozenset(there.messages) if unsure else None, token=now.token)

    def list_heads(self, folder: str, uids: Collection[int]) -> Iterator[tuple[RemoteHead, ...]]:
        """See ``MailSource``."""
        self._answer()
        if uids:
            yield _heads(self._open(folder), sorted(uids))

    def fetch(self, folder: str, uids: Collection[int]) -> Iterator[tuple[int, bytes | str]]:
        """See ``MailSource``."""
        there = self._open(folder) if uids else None
        for uid in sorted(uids):
            self._answer()
            if there is not None and (one := there.messages.get(uid)) is not None:
                yield uid, one.content if len(one.content) <= MOST_BYTES else _("It is larger than 25 MB.")

    def put_sent(self, folder: str, content: bytes, message_id: str, at: datetime) -> bool:
        """See ``MailSource``."""
        self._answer()
        there = self._open(folder)
        if any(message_id.encode() in head_of(one.content) for one in there.messages.values()):
            return False
        self.put(folder, content, flags=("\\Seen",), received_at=at)
        return True

    def close(self) -> None:
        """Nothing to hang up."""

    def _open(self, ref: str) -> _Folder:
        if ref in self.refused or ref not in self._folders:
            raise FolderRefused(_("The server does not open this folder."))
        return self._folders[ref]

    def _answer(self) -> None:
        if self.fault is not None:
            raise self.fault


def _heads(folder: _Folder, uids: Sequence[int]) -> tuple[RemoteHead, ...]:
    found = ((uid, folder.messages[uid]) for uid in uids if uid in folder.messages)
    return tuple(RemoteHead(uid, one.flags, len(one.content), head_of(one.content) + b"\r\n\r\n", one.received_at) for uid, one in found)
