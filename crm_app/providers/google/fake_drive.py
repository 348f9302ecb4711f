"""A drive at Google without a network: folders, files, documents of Google's own, shared drives, and lists of changes, as the Drive API tells them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import md5
from typing import Any
from urllib.parse import unquote, urlsplit

from crm_app.domain.drives.source import FOLDER, SHORTCUT
from crm_app.domain.google.authority import DRIVE
from crm_app.providers.google.drive import DOCUMENT, WORD
from crm_app.providers.google.fake import Answer, Asked, FakeGoogle, _Grant, _json

ROOT = "0AROOT"
_IN = re.compile(r"'((?:[^'\\]|\\.)*)' in parents and trashed = false")
_NAMED = re.compile(r"name contains '((?:[^'\\]|\\.)*)' and trashed = false")
_SHARED = "sharedWithMe = true and trashed = false"


class FakeDrive(FakeGoogle):
    """``files`` by id are what the account sees; ``contents`` what the files hold, of Google's own documents as Word files.

    ``drives`` are the shared drives that it is a member of; what lies in one is told of in that drive's list of changes alone, which is the harder case.
    """

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.page = 100
        self.files: dict[str, dict[str, Any]] = {}
        self.contents: dict[str, bytes] = {}
        self.shared: set[str] = set()
        self.drives: dict[str, dict[str, Any]] = {}
        self._logs: dict[str, list[str]] = {"": []}
        self.folder("My Drive", ref=ROOT, parent="")

    def shared_drive(self, name: str, ref: str = "", **more: Any) -> str:
        """Make a shared drive; its id, which is also that of its outermost folder. Google calls each of these folders "Drive"."""
        ref = ref or f"0ADRIVE{self._next()}"
        self.drives[ref] = {"kind": "drive#drive", "id": ref, "name": name, **more}
        self._put(ref, "Drive", FOLDER, "", driveId=ref)
        return ref

    def folder(self, name: str, *, ref: str = "", parent: str = ROOT) -> str:
        """Make a folder, or call one otherwise; its id."""
        return self._put(ref or f"d{self._next()}", name, FOLDER, parent)

    def file(self, name: str, content: bytes = b"", *, ref: str = "", parent: str = ROOT, mime: str = "application/pdf", **more: Any) -> str:
        """Put a file there, or another one in its place; its id."""
        ref = ref or f"f{self._next()}"
        self.contents[ref] = content
        sums = {} if mime.startswith("application/vnd.google-apps") else {"size": str(len(content)), "md5Checksum": md5(content, usedforsecurity=False).hexdigest()}
        return self._put(ref, name, mime, parent, **{**sums, **more})

    def document(self, name: str, content: bytes = b"", *, ref: str = "", parent: str = ROOT) -> str:
        """The same for a text document of Google's own; ``content`` is what Google makes of it as a Word file."""
        return self.file(name, content, ref=ref, parent=parent, mime=DOCUMENT)

    def shortcut(self, name: str, target: str, *, ref: str = "", parent: str = ROOT, mime: str = "") -> str:
        """Make a shortcut to another file or folder, which need not be there; its id. ``mime`` is what Google says that is."""
        mime = mime or self.files[target]["mimeType"]
        details = {"targetId": target, "targetMimeType": mime}
        return self._put(ref or f"s{self._next()}", name, SHORTCUT, parent, shortcutDetails=details)

    def rename(self, ref: str, name: str) -> None:
        """Another name, and nothing else."""
        self.files[ref]["name"] = name
        self._told(ref)

    def move(self, ref: str, parent: str) -> None:
        """Into another folder, also one of another drive."""
        before, now = (self.files[one].get("driveId", "") for one in (ref, parent))
        if before != now:
            self._told(ref)
            self._settle(ref, now)
        self.files[ref]["parents"] = [parent]
        self._told(ref)

    def trash(self, ref: str) -> None:
        """Into the trash over there, with everything that lies in it; told is that of the one alone."""
        self._trash(ref, True)
        self._told(ref)

    def restore(self, ref: str) -> None:
        """Out of the trash, with everything that lies in it."""
        self._trash(ref, False)
        self._told(ref)

    def _trash(self, ref: str, trashed: bool) -> None:
        self.files[ref]["trashed"] = trashed
        for key in [key for key, file in self.files.items() if ref in file.get("parents", [])]:
            self._trash(key, trashed)

    def forget(self, ref: str) -> None:
        """Deleted for good, or not shared any more."""
        self._told(ref)
        del self.files[ref]

    def _told(self, ref: str) -> None:
        self._logs.setdefault(self.files[ref].get("driveId", ""), []).append(ref)

    def _settle(self, ref: str, drive: str) -> None:
        self.files[ref] = {**{name: value for name, value in self.files[ref].items() if name != "driveId"}, **({"driveId": drive} if drive else {})}
        for key in [key for key, file in self.files.items() if ref in file.get("parents", [])]:
            self._settle(key, drive)

    def _put(self, ref: str, name: str, mime: str, parent: str, **more: Any) -> str:
        told = {"kind": "drive#file", "id": ref, "name": name, "mimeType": mime, "trashed": False, "capabilities": {"canDownload": mime != FOLDER}}
        time = f"2026-11-01T09:{self._next() // 60 % 60:02}:{self._count % 60:02}.000Z"
        self.files[ref] = {**told, "modifiedTime": time, **({"parents": [parent]} if parent else {}), **more}
        if drive := self.files.get(parent, {}).get("driveId"):
            self.files[ref]["driveId"] = drive
        self._told(ref)
        return ref

    def _may(self, grant: _Grant, method: str, path: str) -> bool:
        if path.startswith(urlsplit(self.at.drive).path + "/"):
            return DRIVE in grant.scopes and method == "GET"
        return super()._may(grant, method, path)

    def _rest(self, place: str, asked: Asked) -> Answer:
        home = urlsplit(self.at.drive).path + "/"
        if not place.startswith(home):
            return super()._rest(place, asked)
        path = place.removeprefix(home)
        if path == "files":
            return self._paged(place, "files", self._asked_for(asked), {"kind": "drive#fileList", "incompleteSearch": False}, asked)
        if path == "drives":
            return self._paged(place, "drives", list(self.drives.values()), {"kind": "drive#driveList"}, asked)
        if path == "changes/startPageToken" or path == "changes":
            drive = asked.get("driveId", [""])[0]
            if drive and not (drive in self.drives and _all(asked)):
                return self._missing()
            if path == "changes":
                return self._changes(place, drive, asked)
            return self.say(place, {"kind": "drive#startPageToken", "startPageToken": self._place(drive)}, asked)
        ref = ROOT if path == "files/root" else unquote(path.split("/")[1])
        if path.startswith("drives/"):
            return self.say(place, self.drives[ref], asked) if ref in self.drives else self._missing()
        if ref not in self.files or (self.files[ref].get("driveId") and not path.endswith("/export") and not _all(asked)):
            return self._missing()
        if path.endswith("/export") or asked.get("alt") == ["media"]:
            return self._content(ref, asked)
        return self.say(place, self.files[ref], asked)

    def _content(self, ref: str, asked: Asked) -> Answer:
        mime, content = self.files[ref]["mimeType"], self.contents.get(ref, b"")
        if not self.files[ref]["capabilities"]["canDownload"]:
            return self.refused(403, "cannotDownloadFile")
        if (mime == DOCUMENT) != ("mimeType" in asked):
            return self.refused(403, "fileNotDownloadable" if mime == DOCUMENT else "fileNotExportable")
        return 200, {"content-type": WORD if mime == DOCUMENT else mime}, content

    def _changes(self, place: str, drive: str, asked: Asked) -> Answer:
        epoch, _dash, start = asked["pageToken"][0].partition("-")
        if epoch != str(self._epoch):
            return self.refused(400, "invalid")
        log = self._logs.setdefault(drive, [])
        begin, size = int(start), min(self.page, int(asked["pageSize"][0]))
        touched = list(dict.fromkeys(log[begin:]))
        some = touched[:size] if len(touched) > size else touched
        end = {"newStartPageToken": self._place(drive)} if some == touched else {"nextPageToken": f"{epoch}-{begin + log[begin:].index(touched[size])}"}
        return self.say(place, {"kind": "drive#changeList", "changes": [self._change(ref, drive) for ref in some], **end}, asked)

    def _change(self, ref: str, drive: str) -> dict[str, Any]:
        lies_in = self.files.get(ref, {}).get("driveId", "")
        there = {"file": self.files[ref]} if ref in self.files and (lies_in == drive or (not drive and lies_in not in self.drives)) else {}
        of = {"driveId": drive} if drive else {}
        return {"kind": "drive#change", "changeType": "file", "fileId": ref, "removed": not there, "time": "2026-11-01T10:00:00.000Z", **there, **of}

    def _asked_for(self, asked: Asked) -> list[Mapping[str, Any]]:
        question, corpora, drive = asked["q"][0], asked.get("corpora", ["user"])[0], asked.get("driveId", [""])[0]
        assert (corpora == "drive") == bool(drive) and (corpora == "user" or _all(asked)), "Google refuses these together"
        there = [one for one in self.files.values() if not one["trashed"] and one["id"] not in (ROOT, *self.drives)]
        if not (_all(asked) and asked.get("includeItemsFromAllDrives") == ["true"]):
            there = [one for one in there if not one.get("driveId")]
        if corpora == "drive" or (corpora == "user" and drive):
            there = [one for one in there if one.get("driveId") == drive]
        if within := _IN.fullmatch(question):
            found = [one for one in there if (ROOT if within[1] == "root" else _plain(within[1])) in one.get("parents", [])]
        elif named := _NAMED.fullmatch(question):
            found = [one for one in there if any(word.startswith(_plain(named[1]).lower()) for word in (one["name"].lower(), *one["name"].lower().split()))]
        else:
            assert question == _SHARED, question
            found = [one for one in there if one["id"] in self.shared]
        return sorted(found, key=lambda one: (one["mimeType"] != FOLDER, one["name"].lower()))

    def _paged(self, place: str, name: str, found: list[Any], more: dict[str, Any], asked: Asked) -> Answer:
        begin, size = int(asked.get("pageToken", ["0"])[0]), min(self.page, int(asked["pageSize"][0]))
        end = {"nextPageToken": str(begin + size)} if begin + size < len(found) else {}
        return self.say(place, {name: found[begin : begin + size], **more, **end}, asked)

    def _place(self, drive: str) -> str:
        return f"{self._epoch}-{len(self._logs.get(drive, []))}"

    def _missing(self, reason: str = "notFound") -> Answer:
        said = "File not found: ."
        return _json(404, {"error": {"code": 404, "message": said, "errors": [{"domain": "global", "reason": reason, "message": said}]}})


def _all(asked: Asked) -> bool:
    return asked.get("supportsAllDrives") == ["true"]


def _plain(said: str) -> str:
    return re.sub(r"\\(.)", r"\1", said)
