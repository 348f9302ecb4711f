"""The files of one account at Google: what lies in its folders, what has changed, and what a file holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from crm_app.domain.connections.source import SourceDown
from crm_app.domain.documents.kinds import MOST_BYTES
from crm_app.domain.drives.source import (
    FOLDER,
    SHARED,
    SHARED_DRIVES,
    SHORTCUT,
    DriveChanges,
    DriveSource,
    FilePage,
    FileRefused,
    NotADrive,
    PlaceLost,
    RemoteFile,
)
from crm_app.domain.i18n import _
from crm_app.infrastructure.outbound import Gate
from crm_app.infrastructure.outbound_http import Caller, TooLarge
from crm_app.providers.google.endpoints import GOOGLE, Endpoints
from crm_app.providers.google.speaking import Access, Asks, NotAllowed, Pace, Voice, fewer, meant, no_sense, pace_of, reasons_of, said_by

SECONDS = 120.0
A_MINUTE: Final = 240
API: Final = "Google Drive API"
DOCUMENT: Final = "application/vnd.google-apps.document"
WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
"""As what a text document of Google's own is fetched: it keeps its headings and tables, and Word opens it."""
_SHORTCUT: Final = "shortcutDetails/targetId,shortcutDetails/targetMimeType"
FILE: Final = f"id,name,mimeType,size,md5Checksum,modifiedTime,parents,trashed,driveId,capabilities/canDownload,{_SHORTCUT}"
ROOT: Final = "root"
"""What Google calls the account's own folder, whoever asks."""
PAGE, CHANGES = 100, 500
ALL: Final = {"supportsAllDrives": "true"}
LISTED: Final = {**ALL, "includeItemsFromAllDrives": "true"}
"""Without these Google is silent of what lies in a shared drive."""
_CLOSED: Final = {
    "exportSizeLimitExceeded": lambda: _("Google hands out documents of up to 10 MB as a file, and this one is larger."),
    "cannotDownloadAbusiveFile": lambda: _("Google takes this file for harmful, and does not hand it out."),
}


class GoogleDrive:
    """See ``DriveSource``. What is the account's own, what others share with it, and the shared drives of a Workspace that it is a member of."""

    def __init__(self, access: Access, caller: Asks, endpoints: Endpoints = GOOGLE, pace: Pace | None = None) -> None:
        self._voice = Voice(endpoints.drive, access, caller, pace, of=API)

    def get_root(self) -> RemoteFile:
        """Google names the account's own folder "root" for whoever asks."""
        try:
            said = self._voice.get(f"files/{ROOT}", fields=FILE, **ALL)
        except NotAllowed:
            raise fewer() from None
        if said is None or not said.get("id"):
            raise NotADrive(_("There is no drive at Google for this account."))
        return _file(said)

    def list_files(self, folder: str, *, words: str = "", after: str = "", drive: str = "") -> FilePage:
        """A page of a hundred; without a folder of what lies outside all of them. Google finds words where a word of the name begins with them."""
        if folder == SHARED_DRIVES and not words.strip():
            return self._shared_drives(after)
        within = f"name contains {_said(words)}" if words.strip() else "sharedWithMe = true" if folder == SHARED else f"{_said(folder or ROOT)} in parents"
        where = {"corpora": "allDrives"} if words.strip() else {"corpora": "drive", "driveId": drive} if drive else {}
        asked = {**LISTED, **where, "q": f"{within} and trashed = false", "orderBy": "folder,name_natural", "pageSize": PAGE, "pageToken": after}
        page = self._voice.get("files", fields=f"nextPageToken,incompleteSearch,files({FILE})", **asked)
        if page is None:
            return FilePage(())
        if (partly := page.get("incompleteSearch") is True) and not words.strip():
            raise SourceDown(_("Google did not look everywhere. It is asked again later."))
        return FilePage(tuple(_file(one) for one in _listed(page, "files")), str(page.get("nextPageToken") or ""), partly)

    def find_file(self, ref: str) -> RemoteFile | None:
        """One by its id. The outermost folder of a shared drive has the drive's id, and is called as that is."""
        try:
            said = self._voice.get(f"files/{quote(ref, safe='')}", fields=FILE, **ALL)
            if said is not None and said.get("id") and said.get("id") == said.get("driveId"):
                said["name"] = (self._voice.get(f"drives/{quote(ref, safe='')}", fields="id,name") or said).get("name")
        except NotAllowed:
            return None
        return None if said is None or said.get("trashed") or not said.get("id") else _file(said)

    def get_place(self, drive: str = "") -> str:
        """A place of Google's does not grow old. Somebody may see one file of a shared drive and be no member: the account's own list tells of that file."""
        try:
            said = self._voice.get("changes/startPageToken", fields="startPageToken", driveId=drive, **ALL)
        except NotAllowed:
            said = None
        if said is None and drive:
            return ""
        if said is None or not isinstance(token := said.get("startPageToken"), str) or not token:
            raise no_sense()
        return token

    def list_changes(self, token: str, drive: str = "") -> Iterator[DriveChanges]:
        """Where nothing has changed, the place stays as it is."""
        more, known = token, set[str]()
        while more not in known:
            known.add(more)
            page = self._since(more, drive)
            told = [one for one in _listed(page, "changes", "fileId") if one.get("changeType", "file") == "file" and one["fileId"] != one.get("driveId")]
            there = {str(one["fileId"]): one["file"] for one in told if _is_there(one.get("file"))}
            lost = [str(one["driveId"]) for one in _listed(page, "changes", "driveId") if one.get("changeType") == "drive" and one.get("removed")]
            gone = (*(str(one["fileId"]) for one in told if str(one["fileId"]) not in there), *lost)
            more, end = str(page.get("nextPageToken") or ""), str(page.get("newStartPageToken") or "")
            if not more and not end:
                raise no_sense()
            yield DriveChanges(tuple(_file(one) for one in there.values()), gone, "" if more else end)
            if not more:
                return
        raise no_sense()

    def fetch(self, file: RemoteFile) -> bytes:
        """Whole and in memory: it is asked for only where it is small enough to be kept."""
        place = f"files/{quote(file.ref, safe='')}"
        url = self._voice.place(f"{place}/export", mimeType=WORD) if file.mime == DOCUMENT else self._voice.place(place, alt="media", **ALL)
        try:
            answer = self._voice.tell("GET", url)
        except TooLarge:
            raise FileRefused(_("It is larger than %d MB.") % (MOST_BYTES // 1_000_000)) from None
        if answer.status == 404:
            raise FileRefused(_("It was taken away while it was fetched."))
        if answer.status == 200:
            return answer.body
        known = [_CLOSED[reason]() for reason in sorted(reasons_of(said_by(answer) or {})) if reason in _CLOSED]
        refused = meant(answer, API)
        if known or isinstance(refused, NotAllowed):
            raise FileRefused(known[0] if known else _("Its owner does not let it be taken out of Google Drive."))
        raise refused

    def close(self) -> None:
        """Hang up."""
        self._voice.close()

    def _shared_drives(self, after: str) -> FilePage:
        page = self._voice.get("drives", pageSize=PAGE, pageToken=after, fields="nextPageToken,drives(id,name,hidden)") or {}
        shown = [one for one in _listed(page, "drives") if one.get("hidden") is not True]
        folders = (_file({**one, "mimeType": FOLDER, "driveId": one["id"]}) for one in shown)
        return FilePage(tuple(sorted(folders, key=lambda one: one.name.casefold())), str(page.get("nextPageToken") or ""))

    def _since(self, token: str, drive: str) -> Mapping[str, Any]:
        """Also what is no longer told of in this list while the account still sees it."""
        fields = f"nextPageToken,newStartPageToken,changes(changeType,fileId,driveId,removed,file({FILE}))"
        asked = {**LISTED, "includeCorpusRemovals": "true", "driveId": drive, "pageToken": token, "pageSize": CHANGES, "fields": fields}
        answer = self._voice.tell("GET", self._voice.place("changes", **asked))
        said = said_by(answer) or {}
        if drive and answer.status == 403 and isinstance(meant(answer, API), NotAllowed):
            raise PlaceLost
        if answer.status in (404, 410) or (answer.status == 400 and "invalid" in reasons_of(said)):
            raise PlaceLost
        if answer.status != 200:
            raise meant(answer, API)
        return said


def _said(words: str) -> str:
    """A text inside a question to Google."""
    return "'" + words.strip().replace("\\", "\\\\").replace("'", "\\'") + "'"


def _listed(page: Mapping[str, Any], name: str, key: str = "id") -> list[dict[str, Any]]:
    found = page.get(name)
    return [one for one in found if isinstance(one, dict) and one.get(key)] if isinstance(found, list) else []


def _is_there(file: Any) -> bool:
    return isinstance(file, dict) and bool(file.get("id")) and not file.get("trashed")


def _file(said: Mapping[str, Any]) -> RemoteFile:
    """What Google tells of a file. Its own documents have no checksum: of them the time counts."""
    modified, size, parents = str(said.get("modifiedTime") or ""), str(said.get("size") or "0"), said.get("parents")
    may, leads = said.get("capabilities"), said.get("shortcutDetails")
    target = leads if isinstance(leads, dict) and said.get("mimeType") == SHORTCUT else {}
    return RemoteFile(
        str(said["id"]), str(said.get("name") or "").strip() or _("Without a name"), str(said.get("mimeType") or ""), str(said.get("md5Checksum") or modified),
        int(size) if size.isdecimal() else 0, tuple(map(str, parents)) if isinstance(parents, list) else (), _moment(modified),
        isinstance(may, dict) and may.get("canDownload") is False, str(target.get("targetId") or ""), str(target.get("targetMimeType") or ""),
        str(said.get("driveId") or ""),
    )  # fmt: skip


def _moment(said: str) -> datetime | None:
    try:
        return datetime.fromisoformat(said)
    except ValueError:
        return None


def make_drive(access: Access, account: str, gate: Gate, endpoints: Endpoints = GOOGLE) -> DriveSource:
    """The files of an account, which is known by its address; ``access`` hands out tokens for it."""
    most = MOST_BYTES + 1
    return GoogleDrive(access, Caller(gate, seconds=SECONDS, most=most, most_decoded=most), endpoints, pace_of(account, A_MINUTE))
