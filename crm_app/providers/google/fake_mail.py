"""A mailbox at Gmail without a network: labels, messages and their history, as Gmail's REST interface tells them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from typing import Any
from urllib.parse import urlsplit

from crm_app.providers.google.fake import Answer, Asked, FakeGoogle

_NEVER = {"SPAM", "TRASH"}


@dataclass
class _Letter:
    content: bytes
    labels: set[str]
    came: datetime
    thread: str = ""


class FakeGmail(FakeGoogle):
    """``forget_history``: from then on no place that was given out before is known (404). ``renames``: what is sent gets an id of Gmail's own."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.told: list[dict[str, Any]] = []
        self.letters: dict[str, _Letter] = {}
        self.labels: dict[str, str] = {}
        self.renames = False
        self._history: list[dict[str, Any]] = []
        self._oldest, self._newest = 0, 1000

    def letter(self, content: bytes, labels: Collection[str] = ("INBOX", "UNREAD"), came: datetime | None = None, thread: str = "") -> str:
        """A message comes; its id."""
        ref = f"{0x18C0000000000000 + self._next():x}"
        self.letters[ref] = _Letter(content, set(labels), came or datetime.now(UTC), thread or ref)
        self._note("messagesAdded", ref)
        return ref

    def label(self, ref: str, *, add: Collection[str] = (), take: Collection[str] = ()) -> None:
        """It gets and loses labels."""
        self.letters[ref].labels |= set(add)
        self.letters[ref].labels -= set(take)
        for kind, labels in (("labelsAdded", add), ("labelsRemoved", take)):
            if labels:
                self._note(kind, ref, labelIds=list(labels))

    def delete(self, ref: str) -> None:
        """It is gone for good."""
        self._note("messagesDeleted", ref)
        del self.letters[ref]

    def forget_history(self) -> None:
        """As Gmail does after a week or so."""
        self._oldest = self._newest + 1
        self._newest += 1

    def _note(self, kind: str, ref: str, **more: Any) -> None:
        self._newest += 1
        message = {"id": ref, "threadId": self.letters[ref].thread, "labelIds": sorted(self.letters[ref].labels)}
        self._history.append({"id": str(self._newest), "messages": [message], kind: [{"message": message, **more}]})

    def _rest(self, place: str, asked: Asked) -> Answer:
        path = place.removeprefix(urlsplit(self.at.mail).path + "/")
        if path == place:
            return super()._rest(place, asked)
        if path == "profile":
            return self.say(place, {"emailAddress": self.email, "historyId": str(self._newest), "messagesTotal": len(self.letters)}, asked)
        if path == "labels":
            system = [{"id": name, "name": name, "type": "system"} for name in ("INBOX", "SENT", "SPAM", "TRASH", "DRAFT", "UNREAD")]
            return self.say(place, {"labels": [*system, *({"id": ref, "name": name, "type": "user"} for ref, name in self.labels.items())]}, asked)
        if path == "history":
            return self._changes(place, asked)
        if path == "messages":
            found = [{"id": ref, "threadId": self.letters[ref].thread} for ref in reversed(self.letters) if self._fits(self.letters[ref], asked)]
            return self._paged(place, "messages", found, {"resultSizeEstimate": len(found)}, asked)
        ref = path.removeprefix("messages/")
        return self.say(place, self._told(ref, asked), asked) if ref in self.letters else self._missing()

    def _write(self, method: str, place: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """``messages.send``, handed over as it is beside the thread in which it belongs."""
        path = urlsplit(self.at.mail).path
        if (method, place) != ("POST", f"/upload{path}/messages/send"):
            return super()._write(method, place, headers, body)
        told, content = _parts(headers["content-type"], body)
        self.told.append(told)
        thread = str(told.get("threadId") or "")
        if thread and thread not in {one.thread for one in self.letters.values()}:
            return self._missing()
        read = message_from_bytes(content)
        if not (read["to"] or read["cc"] or read["bcc"]):
            return self.refused(400, "invalidArgument")
        if self.renames:
            content = re.sub(rb"(?im)^message-id:.*\r\n", b"Message-ID: <CA%d@mail.gmail.com>\r\n" % self._next(), content)
        ref = self.letter(content, ("SENT",), thread=thread)
        return self.say(place, {"id": ref, "threadId": self.letters[ref].thread, "labelIds": ["SENT"]}, {})

    def _changes(self, place: str, asked: Asked) -> Answer:
        since = int(asked["startHistoryId"][0])
        if since < self._oldest:
            return self._missing()
        return self._paged(place, "history", [one for one in self._history if int(one["id"]) > since], {"historyId": str(self._newest)}, asked)

    def _paged(self, place: str, name: str, found: list[Any], more: dict[str, Any], asked: Asked) -> Answer:
        begin, size = int(asked.get("pageToken", ["0"])[0]), min(self.page, int(asked.get("maxResults", ["100"])[0]))
        onward = {"nextPageToken": str(begin + size)} if begin + size < len(found) else {}
        some = found[begin : begin + size]
        return self.say(place, {**({name: some} if some else {}), **more, **onward}, asked)

    def _fits(self, letter: _Letter, asked: Asked) -> bool:
        words = asked.get("q", [""])[0]
        if named := re.fullmatch(r"rfc822msgid:(\S+)", words):
            return message_from_bytes(letter.content)["message-id"] == f"<{named[1]}>" and not letter.labels & _NEVER
        after = re.search(r"after:(\d+)", words)
        hidden = {label.upper() for label in re.findall(r"-in:(\w+)", words)} & {"INBOX", "SENT"}
        if letter.labels & _NEVER or (after and letter.came.timestamp() < int(after[1])) or letter.labels & hidden:
            return False
        if "has:nouserlabels" in words and (letter.labels & set(self.labels) or "DRAFT" in letter.labels):
            return False
        return set(asked.get("labelIds", [])) <= letter.labels

    def _told(self, ref: str, asked: Asked) -> dict[str, Any]:
        letter = self.letters[ref]
        stamp = str(int(letter.came.timestamp() * 1000))
        told: dict[str, Any] = {"id": ref, "threadId": letter.thread, "labelIds": sorted(letter.labels), "internalDate": stamp, "historyId": str(self._newest)}
        told["sizeEstimate"] = len(letter.content)
        if asked.get("format") == ["raw"]:
            return {**told, "raw": base64.urlsafe_b64encode(letter.content).decode()}
        wanted = {name.lower() for name in asked.get("metadataHeaders", [])}
        headers = [{"name": name, "value": str(value)} for name, value in message_from_bytes(letter.content).items() if name.lower() in wanted]
        return {**told, "payload": {"headers": headers}}


def _parts(kind: str, body: bytes) -> tuple[dict[str, Any], bytes]:
    """What is said of a message, and the message, of ``multipart/related``."""
    mark = kind.partition("boundary=")[2].encode()
    assert mark and body.endswith(b"--%s--\r\n" % mark)
    first, second = body[: -len(b"--%s--\r\n" % mark)].split(b"--%s\r\n" % mark)[1:]
    assert first.startswith(b"Content-Type: application/json") and second.startswith(b"Content-Type: message/rfc822\r\n\r\n")
    return json.loads(first.partition(b"\r\n\r\n")[2]), second.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")
