"""One IMAP account, read and, but for a copy of what was sent from here, nothing else.

What is new is asked for by uid, what has changed by CONDSTORE where the server offers it.

A token remembers of a folder what the server tells of it without opening it (UIDVALIDITY, UIDNEXT, HIGHESTMODSEQ, how many messages).
As long as all of it is the same nothing has happened there, and the folder is not even opened.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from urllib.parse import urlsplit

from pydantic import SecretStr

from crm_app.domain.i18n import _
from crm_app.domain.mail.heads import MARKS
from crm_app.domain.mail.limits import MOST_BYTES
from crm_app.domain.mail.source import PAGE, MailChanges, MailSource, NotAMailbox, RemoteFolder, RemoteHead
from crm_app.infrastructure.outbound import Gate
from crm_app.providers.imap.answers import MONTHS, Fetched, fetched, listed, numbers, quoted, statuses, uid_set
from crm_app.providers.imap.folders import folders_of
from crm_app.providers.imap.speaking import Voice

MOST_FOLDERS = 1_000
BATCH, BATCH_BYTES = 50, 8_000_000
"""Messages are fetched so many at a time, and so many bytes of them unless one alone is larger."""
MANY = 8_000_000
"""Bytes of what is told of all messages of a folder at once."""
MOST_HEAD = 65_536
_FIELDS = sorted({"from", "sender", "reply-to", "to", "cc", "bcc", "subject", "date", "message-id", "in-reply-to", "references", "authentication-results", *MARKS})
_HEAD = f"(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS ({' '.join(name.upper() for name in _FIELDS)})]<0.{MOST_HEAD}>)"
_STATUS = ("MESSAGES", "UIDNEXT", "UIDVALIDITY")


@dataclass(frozen=True, slots=True)
class State:
    """How a folder stands. ``modseq`` is 0 where the server counts no changes, ``messages`` -1 where it is not known how many there were."""

    validity: int
    next: int
    modseq: int
    messages: int

    @classmethod
    def read(cls, token: str) -> State | None:
        """What a token remembers; None when it is none of ours."""
        words = token.split(":")
        if len(words) != 4 or not all(word.removeprefix("-").isdecimal() for word in words):
            return None
        return cls(*map(int, words))

    @property
    def token(self) -> str:
        """As it is kept."""
        return f"{self.validity}:{self.next}:{self.modseq}:{self.messages}"


class ImapSource:
    """See ``MailSource``. One connection, opened when something is first asked."""

    def __init__(self, url: str, username: str, password: SecretStr, gate: Gate) -> None:
        host, port, tls = _place(url)
        self._voice = Voice(host, port, username, password, gate, tls=tls)
        self._known: dict[str, State] = {}

    def list_folders(self) -> Sequence[RemoteFolder]:
        """All folders but those that only show messages of others. Where the server can, it tells in the same answer how each stands."""
        voice = self._voice
        voice.begin()
        voice.leave()
        together = {"LIST-EXTENDED", "LIST-STATUS"} <= voice.can
        words: list[str | bytes] = ['""', '"*"']
        if together:
            words += [f"RETURN (SPECIAL-USE STATUS ({' '.join(self._asked_for())}))"]
        found = voice.ask(listed, "LIST", *words)
        if together:
            self._known = {ref: state for ref, told in voice.also(statuses, "STATUS") if (state := _state(told)) is not None}
        return folders_of(found[:MOST_FOLDERS])

    def list_changes(self, folder: str, token: str, since: date, *, whole: bool = False) -> Iterator[MailChanges]:
        """See ``MailSource``. A folder that stands as ``token`` remembers it is not opened, unless the look is a whole one."""
        kept, seen = State.read(token), self._known.pop(folder, None) or self._status(folder)
        if kept is not None and kept == seen and not whole:
            return
        told = self._voice.look_into(folder)
        now = State(
            told.get("UIDVALIDITY", seen.validity), told.get("UIDNEXT", seen.next), told.get("HIGHESTMODSEQ", 0) if seen.modseq else 0,
            told.get("EXISTS", seen.messages),
        )  # fmt: skip
        if kept is None or kept.validity != now.validity:
            if kept is not None:
                yield MailChanges(present=frozenset())
            kept = None
        fresh = self._fresh(kept, now, since)
        flags = self._flags(kept, now, whole=whole) if kept else {}
        yield from self._pages(kept, now, fresh, flags, whole=whole)

    def list_heads(self, folder: str, uids: Collection[int]) -> Iterator[tuple[RemoteHead, ...]]:
        """See ``MailSource``."""
        ordered = sorted(uids)
        for start in range(0, len(ordered), PAGE):
            self._voice.be_in(folder)
            yield self._heads(ordered[start : start + PAGE])

    def fetch(self, folder: str, uids: Collection[int]) -> Iterator[tuple[int, bytes | str]]:
        """See ``MailSource``. BODY.PEEK, so that nothing becomes read by it; what is too large is not even asked for."""
        if not uids:
            return
        self._voice.be_in(folder)
        sizes = {one.uid: one.size or 0 for one in self._fetched(uids, "(UID RFC822.SIZE)")}
        for uid in sorted(uid for uid, size in sizes.items() if size > MOST_BYTES):
            yield uid, _("It is larger than 25 MB.")
        for batch in _batches({uid: size for uid, size in sizes.items() if size <= MOST_BYTES}):
            yield from self._bodies(batch)

    def put_sent(self, folder: str, content: bytes, message_id: str, at: datetime) -> bool:
        """See ``MailSource``. Looked for first: the server may have put it there itself, or we may have, and not lived to know it."""
        self._voice.look_into(folder)
        if self._search("HEADER", "MESSAGE-ID", quoted(message_id)):
            return False
        self._voice.put(folder, content, at)
        return True

    def close(self) -> None:
        """Hang up."""
        self._voice.close()

    def _asked_for(self) -> tuple[str, ...]:
        return (*_STATUS, "HIGHESTMODSEQ") if "CONDSTORE" in self._voice.can else _STATUS

    def _status(self, folder: str) -> State:
        self._voice.begin()
        self._voice.leave()
        told = dict(self._voice.try_ask(statuses, "STATUS", quoted(folder), f"({' '.join(self._asked_for())})") or [])
        return _state(told.get(folder, {})) or State(0, 0, 0, -1)

    def _fresh(self, kept: State | None, now: State, since: date) -> tuple[list[int], int]:
        """Uids that have come since, and how many came in all, also those that are older than anybody wants."""
        day = f"{since.day}-{MONTHS[since.month - 1]}-{since.year}"
        if kept is None:
            return self._search("SINCE", day), 0
        came = [uid for uid in self._search("UID", f"{kept.next}:*") if kept.next <= uid < max(now.next, kept.next)] if now.next != kept.next else []
        young = set(self._search("UID", f"{kept.next}:*", "SINCE", day)) if came else set()
        return [uid for uid in came if uid in young], len(came)

    def _flags(self, kept: State, now: State, *, whole: bool) -> Mapping[int, frozenset[str]]:
        """How messages that were there before are flagged: those that changed, or, where the server does not count changes, all of a whole look."""
        counted = bool(kept.modseq and now.modseq)
        if kept.next < 2 or (kept.modseq == now.modseq if counted else not whole):
            return {}
        changed = self._fetched(f"1:{kept.next - 1}", "(UID FLAGS)", *([f"(CHANGEDSINCE {kept.modseq})"] if counted else []))
        return {one.uid: one.flags for one in changed if one.flags is not None and one.uid < kept.next}

    def _pages(self, kept: State | None, now: State, fresh: tuple[list[int], int], flags: Mapping[int, frozenset[str]], *, whole: bool) -> Iterator[MailChanges]:
        uids, came = fresh
        pages = [uids[start : start + PAGE] for start in range(0, len(uids), PAGE)] or [[]]
        for number, page in enumerate(pages, 1):
            heads = self._heads(page)
            if number < len(pages):
                yield MailChanges(heads=heads, flags=flags, token=replace(now, next=page[-1] + 1, messages=-1).token)
                flags = {}
                continue
            unsure = whole or kept is None or kept.messages < 0 or kept.messages + came != now.messages
            present = frozenset(self._search("ALL")) if unsure else None
            yield MailChanges(heads=heads, flags=flags, present=present, token=now.token)

    def _heads(self, uids: Sequence[int]) -> tuple[RemoteHead, ...]:
        if not uids:
            return ()
        told = {one.uid: one for one in self._fetched(uids, _HEAD, more=len(uids) * MOST_HEAD)}
        return tuple(
            RemoteHead(one.uid, one.flags or frozenset(), one.size or 0, one.body or b"", one.received_at) for uid in uids if (one := told.get(uid)) is not None
        )

    def _bodies(self, batch: Mapping[int, int]) -> Iterator[tuple[int, bytes | str]]:
        """A batch, or, when the server cannot hand it over, each message by itself. Sizes are the server's word, so there is an end even if that is wrong."""
        most = min(2 * max(batch.values()) + 65_536, MOST_BYTES + 1)
        found = self._voice.try_ask(
            fetched, "UID", "FETCH", uid_set(batch), f"(UID BODY.PEEK[]<0.{most}>)", expects="FETCH", more=2 * sum(batch.values()) + len(batch) * 65_536
        )  # fmt: skip
        if found is not None:
            told = {one.uid: one.body for one in found if one.body is not None}
            yield from ((uid, told[uid]) for uid in batch if uid in told)
        elif len(batch) > 1:
            for uid, size in batch.items():
                yield from self._bodies({uid: size})
        else:
            yield next(iter(batch)), _("The server does not hand it over.")

    def _search(self, *words: str | bytes) -> list[int]:
        return self._voice.ask(numbers, "UID", "SEARCH", *words, expects="SEARCH", more=MANY)

    def _fetched(self, uids: Collection[int] | str, *items: str, more: int = MANY) -> list[Fetched]:
        return self._voice.ask(fetched, "UID", "FETCH", uids if isinstance(uids, str) else uid_set(uids), *items, expects="FETCH", more=more)


def _batches(sizes: Mapping[int, int]) -> Iterator[dict[int, int]]:
    batch: dict[int, int] = {}
    for uid in sorted(sizes):
        if batch and (len(batch) >= BATCH or sum(batch.values()) + sizes[uid] > BATCH_BYTES):
            yield batch
            batch = {}
        batch[uid] = sizes[uid]
    if batch:
        yield batch


def _state(told: Mapping[str, int]) -> State | None:
    if "UIDVALIDITY" not in told or "UIDNEXT" not in told:
        return None
    return State(told["UIDVALIDITY"], told["UIDNEXT"], told.get("HIGHESTMODSEQ", 0), told.get("MESSAGES", -1))


def _place(url: str) -> tuple[str, int, bool]:
    parts = urlsplit(url)
    if parts.scheme not in ("imap", "imaps") or not parts.hostname:
        raise NotAMailbox(_("This is not the address of a mail server."))
    tls = parts.scheme == "imaps"
    return parts.hostname, parts.port or (993 if tls else 143), tls


def make_source(url: str, username: str, password: SecretStr, gate: Gate) -> MailSource:
    """The IMAP account of ``username`` at ``url`` (``imaps://host``, or ``imap://host`` for STARTTLS). Raises ``NotAMailbox`` when that is no address."""
    return ImapSource(url, username, password, gate)
