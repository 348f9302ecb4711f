"""One mailbox at Gmail, read and nothing else: what has changed is told by its history, once for all labels; a label is a folder.

A token is the place in that history, and, as long as a first look is under way, after a colon the last message that was taken in. Ids of
messages are numbers in hexadecimal digits, which is how they are kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, Final

from crm_app.domain.connections.source import NotACalendar, SourceDown
from crm_app.domain.i18n import _
from crm_app.domain.mail.heads import MARKS
from crm_app.domain.mail.source import PAGE, FolderRefused, MailChanges, MailSource, RemoteFolder, RemoteHead
from crm_app.infrastructure.outbound import Gate
from crm_app.infrastructure.outbound_http import Caller
from crm_app.providers.google.endpoints import GOOGLE, Endpoints
from crm_app.providers.google.messages import History, Message, is_id, listed, read_message, uid_of, unpacked
from crm_app.providers.google.speaking import Access, Asks, NotAllowed, Pace, Voice, fewer, pace_of

SECONDS = 60.0
MOST: Final = 60_000_000
"""A message of the largest size that is taken, as Google packs it, and room to spare."""
LISTED: Final = 500
ARCHIVE: Final = "ARCHIVE"
"""No label of Gmail's: what was taken out of the inbox and has no label of its owner's."""
A_MINUTE: Final = 2400
"""Gmail publishes 15,000 units a minute for one person, and a message costs five: four fifths of that are asked at most."""
_LEFT_OUT: Final = frozenset({"SPAM", "TRASH", "DRAFT", "CHAT"})
_ADDRESSED: Final = ("from", "sender", "reply-to", "to", "cc", "bcc")
_FIELDS: Final = sorted({*_ADDRESSED, "subject", "date", "message-id", "in-reply-to", "references", "authentication-results", *MARKS})


class GmailSource:
    """See ``MailSource``."""

    def __init__(self, access: Access, caller: Asks, endpoints: Endpoints = GOOGLE, pace: Pace | None = None) -> None:
        self._voice = Voice(endpoints.mail, access, caller, pace or Pace(A_MINUTE), of="Gmail API")
        self._told: dict[str, History | None] = {}
        self._known: dict[str, Message | None] = {}
        self._now = ""
        self._own: frozenset[str] = frozenset()

    def list_folders(self) -> Sequence[RemoteFolder]:
        """Inbox, what was sent, what was archived, and the labels of the mailbox's owner. Spam, trash and drafts are never read."""
        try:
            labels = [one for one in listed(self._get("labels"), "labels") if one.get("type") == "user" and one.get("id")]
        except NotAllowed:
            raise fewer() from None
        self._own = frozenset(str(one["id"]) for one in labels)
        self._told, self._known, self._now = {}, {}, ""
        standing = (RemoteFolder("INBOX", _("Inbox"), "inbox"), RemoteFolder("SENT", _("Sent"), "sent"), RemoteFolder(ARCHIVE, _("Archive"), "archive"))
        return (*standing, *(RemoteFolder(str(one["id"]), str(one.get("name") or one["id"])) for one in labels))

    def list_changes(self, folder: str, token: str, since: date, *, whole: bool = False) -> Iterator[MailChanges]:
        """See ``MailSource``. A place that Gmail no longer knows means a look at everything, once, within the same call. One that was broken off goes
        on, and then reads what has happened since it began."""
        place, _colon, upto = token.partition(":")
        history = self._since(place) if place and not upto else None
        if history is not None:
            yield from self._changed(folder, history, whole=whole)
            return
        begun = place if upto else self._place()
        found = [one for one in sorted(self._ids(folder, since), key=uid_of) if uid_of(one) > (int(upto) if upto.isdecimal() else -1)]
        present = frozenset(map(uid_of, self._ids(folder))) if token else None
        pages = [found[start : start + PAGE] for start in range(0, len(found), PAGE)] or [[]]
        for page in pages[:-1]:
            yield MailChanges(heads=self._heads(page), token=f"{begun}:{uid_of(page[-1])}")
        yield MailChanges(heads=self._heads(pages[-1]), present=present, token=begun)
        if upto and (history := self._since(begun)) is not None:
            yield from self._changed(folder, history, whole=False)

    def list_heads(self, folder: str, uids: Collection[int]) -> Iterator[tuple[RemoteHead, ...]]:
        """See ``MailSource``."""
        ordered = sorted(uids)
        for start in range(0, len(ordered), PAGE):
            yield self._heads([f"{uid:x}" for uid in ordered[start : start + PAGE]])

    def fetch(self, folder: str, uids: Collection[int]) -> Iterator[tuple[int, bytes | str]]:
        """See ``MailSource``. Reading a message marks nothing."""
        for uid in sorted(uids):
            try:
                told = self._voice.get(f"messages/{uid:x}", format="raw", fields="raw")
            except NotACalendar as refusal:
                yield uid, refusal.reason if isinstance(refusal, NotAllowed) else _("It is larger than 25 MB.")
                continue
            if told is not None:
                yield uid, unpacked(told.get("raw"))

    def put_sent(self, folder: str, content: bytes, message_id: str, at: datetime) -> bool:
        """Gmail keeps what it sends by itself, and what we may do here is to read."""
        raise FolderRefused(_("Gmail is only read."))

    def close(self) -> None:
        """Hang up."""
        self._voice.close()

    def _changed(self, folder: str, history: History, *, whole: bool) -> Iterator[MailChanges]:
        told = ((one, self._message(one)) for one in sorted(history.came | history.marked, key=uid_of))
        here = {one: message for one, message in told if message is not None and self._is_in(folder, message.labels)}
        came = [one for one in here if one in history.came]
        flags = {uid_of(one): message.head.flags for one, message in here.items() if one not in history.came}
        gone = tuple(uid_of(one) for one in sorted((history.came | history.deleted) - here.keys(), key=uid_of))
        if not (came or flags or gone or whole):
            return
        pages = [came[start : start + PAGE] for start in range(0, len(came), PAGE)] or [[]]
        for page in pages[:-1]:
            yield MailChanges(heads=tuple(here[one].head for one in page))
        present = frozenset(map(uid_of, self._ids(folder))) if whole else None
        yield MailChanges(heads=tuple(here[one].head for one in pages[-1]), gone=gone, flags=flags, present=present, token=history.newest)

    def _is_in(self, folder: str, labels: frozenset[str]) -> bool:
        if labels & _LEFT_OUT:
            return False
        return not labels & ({"INBOX", "SENT"} | self._own) if folder == ARCHIVE else folder in labels

    def _place(self) -> str:
        """The place in the history at which this look began to read: what is known of any message is not older."""
        if not self._now:
            self._now = str(self._get("profile").get("historyId") or "")
            self._known.clear()
        return self._now

    def _since(self, place: str) -> History | None:
        """What has happened since a place, asked once for all folders; None when Gmail no longer knows it."""
        if place not in self._told:
            self._told[place] = self._read(place)
        return self._told[place]

    def _read(self, place: str) -> History | None:
        found, more = History(place), ""
        while True:
            page = self._voice.get("history", startHistoryId=place, maxResults=LISTED, pageToken=more)
            if page is None:
                return None
            found.newest = str(page.get("historyId") or found.newest)
            for record in listed(page, "history"):
                found.take(record)
            more = str(page.get("nextPageToken") or "")
            if not more:
                found.marked -= found.came
                for one in found.came | found.marked:
                    self._known.pop(one, None)  # it may have been read before this happened
                return found

    def _ids(self, folder: str, since: date | None = None) -> list[str]:
        words = ["-in:inbox -in:sent -in:drafts -in:chats has:nouserlabels"] if folder == ARCHIVE else []
        words += [f"after:{int(datetime.combine(since, time(), UTC).timestamp())}"] if since is not None else []
        found: list[str] = []
        more = ""
        while True:
            page = self._get("messages", labelIds="" if folder == ARCHIVE else folder, q=" ".join(words), maxResults=LISTED, pageToken=more)
            found += [str(one["id"]) for one in listed(page, "messages") if is_id(str(one.get("id")))]
            more = str(page.get("nextPageToken") or "")
            if not more:
                return found

    def _heads(self, ids: Sequence[str]) -> tuple[RemoteHead, ...]:
        return tuple(told.head for one in ids if (told := self._message(one)) is not None)

    def _message(self, ref: str) -> Message | None:
        """A message by its head; None when it is not there any more. What a look asks for once is not asked for again."""
        if ref not in self._known:
            told = self._voice.get(f"messages/{ref}", format="metadata", metadataHeaders=_FIELDS, fields="id,labelIds,sizeEstimate,internalDate,payload/headers")
            self._known[ref] = read_message(ref, told) if told is not None else None
        return self._known[ref]

    def _get(self, path: str, **asked: Any) -> dict[str, Any]:
        told = self._voice.get(path, **asked)
        if told is None:
            raise SourceDown(_("Google did not answer as it should."))
        return told


def make_gmail(access: Access, account: str, gate: Gate, endpoints: Endpoints = GOOGLE) -> MailSource:
    """The mail of an account, which is known by its address; ``access`` hands out tokens for it."""
    return GmailSource(access, Caller(gate, seconds=SECONDS, most=MOST, most_decoded=MOST), endpoints, pace_of(account, A_MINUTE))
