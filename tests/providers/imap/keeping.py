"""What whoever syncs does with what a mail source hands over, in memory; and messages to put on a server."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from email import message_from_bytes

from crm_app.domain.mail.source import MailChanges, MailSource, RemoteHead

LONG_AGO = date(2000, 1, 1)


def message(subject: str, body: str = "Hello", *lines: str) -> bytes:
    """A small mail."""
    head = ["From: Ann <ann@example.org>", "To: me@example.org", f"Subject: {subject}", f"Message-ID: <{abs(hash((subject, body)))}@example.org>", "Date: Thu, 26 Nov 2026 10:00:00 +0100"]
    return "\r\n".join([*head, *lines, "", body, ""]).encode()


def subject(content: bytes) -> str:
    return str(message_from_bytes(content)["Subject"])


@dataclass
class Kept:
    """``heads`` are what is kept of a folder by uid, ``flags`` how it is flagged; ``sent`` counts heads that came in the last look, ``pages`` its pages."""

    heads: dict[int, RemoteHead] = field(default_factory=dict)
    flags: dict[int, frozenset[str]] = field(default_factory=dict)
    token: str = ""
    sent: int = 0
    pages: int = 0

    def look(self, source: MailSource, folder: str, *, whole: bool = False, since: date = LONG_AGO, most: int = 1_000) -> Kept:
        """Take in pages, as one sync does, at most ``most`` of them. One that breaks off leaves what came and the token of its last page."""
        self.sent = self.pages = 0
        for page in source.list_changes(folder, self.token, since, whole=whole):
            self.take(page)
            if self.pages >= most:
                break
        return self

    def take(self, page: MailChanges) -> None:
        self.pages += 1
        self.sent += len(page.heads)
        assert len(page.heads) <= 200
        if page.present is not None:
            self._forget(self.heads.keys() - page.present - {head.uid for head in page.heads})
        self._forget(page.gone)
        for head in page.heads:
            self.heads[head.uid], self.flags[head.uid] = head, _own(head.flags)
        for uid, flags in page.flags.items():
            if uid in self.flags:
                self.flags[uid] = _own(flags)
        self.token = page.token or self.token

    def _forget(self, uids: Collection[int]) -> None:
        for uid in list(uids):
            self.heads.pop(uid, None)
            self.flags.pop(uid, None)

    @property
    def subjects(self) -> list[str]:
        return sorted(subject(head.head) for head in self.heads.values())

    def by_subject(self) -> dict[str, frozenset[str]]:
        """How each is flagged."""
        return {subject(head.head): self.flags[uid] for uid, head in self.heads.items()}


def _own(flags: Collection[str]) -> frozenset[str]:
    """Without what the server alone says of a message."""
    return frozenset(flags) - {"\\Recent"}
