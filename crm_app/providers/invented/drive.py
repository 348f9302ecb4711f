"""A practitioner's drive: a folder for two of her people, what she hands out, and a shared drive of the practice. Nothing in it ever changes."""

# ruff: noqa: E501  tables of invented files read best one to a line

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from typing import Final
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from crm_app.domain.drives.source import FOLDER, SHARED_DRIVES, SHORTCUT, DriveChanges, FilePage, RemoteFile

DRIVE_HOST: Final = "drive.demo.example"
ROOT, CLIENTS, AMARAS, SOFIAS, HANDOUTS = "root", "demo-clients", "demo-amara", "demo-sofia", "demo-handouts"
DIARIES, PRACTICE = "demo-diaries", "demo-practice"
_WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_DOCUMENT: Final = "application/vnd.google-apps.document"
_SHEET: Final = "application/vnd.google-apps.spreadsheet"
_NAMESPACE: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_FOLDERS: Final = (
    (CLIENTS, "Clients", ROOT), (AMARAS, "Amara Okafor", CLIENTS), (SOFIAS, "Sofia Marchetti", CLIENTS), (HANDOUTS, "Handouts", ROOT), (DIARIES, "Diaries", AMARAS),
    (PRACTICE, "Stillwater practice", SHARED_DRIVES),
)  # fmt: skip
# Id, name, folder, kind, how many days old, and what stands in it.
_FILES: Final = (
    ("demo-amara-agreement", "Coaching agreement.docx", AMARAS, _WORD, 190, ("Coaching agreement", "Twelve sessions of fifty minutes, every other week.", "Either side may end it with two weeks' notice.")),
    ("demo-amara-notes", "Amara: what we are working on", AMARAS, _DOCUMENT, 12, ("Where she started: waking at four before a launch.", "What helps: box breathing, walking to work, no screens after nine.", "Next: the presentation in Porto.")),
    ("demo-amara-log", "Sleep log.md", DIARIES, "text/markdown", 3, ("# Sleep log", "- Monday: 6 h 40", "- Tuesday: 7 h 10", "- Wednesday: 7 h 05")),
    ("demo-amara-fees", "Fees", AMARAS, _SHEET, 30, ()),
    ("demo-sofia-intake", "Intake form.docx", SOFIAS, _WORD, 80, ("Intake", "What brings you here: tension in the shoulders since the move.", "What you hope for: to dance again by spring.")),
    ("demo-breathing", "Box breathing, step by step.docx", HANDOUTS, _WORD, 400, ("Box breathing", "In for four, hold for four, out for four, hold for four.", "Five rounds, twice a day.")),
    ("demo-terms", "Terms of the practice.docx", PRACTICE, _WORD, 320, ("Terms", "Sessions that are called off a day before cost nothing.")),
    ("demo-reading", "Reading list.txt", HANDOUTS, "text/plain", 250, ("Breath, by James Nestor", "Rest, by Alex Soojung-Kim Pang")),
)  # fmt: skip


class InventedDrive:
    """See ``DriveSource``."""

    def __init__(self, moment: datetime | None = None) -> None:
        today = moment or datetime.now(UTC)
        self._files = {ref: RemoteFile(ref, name, FOLDER, parents=(parent,)) for ref, name, parent in _FOLDERS}
        way = RemoteFile("demo-breathing-way", "Box breathing", SHORTCUT, parents=(AMARAS,), target="demo-breathing", target_mime=_WORD)
        self._files[way.ref] = way
        self._said = {ref: said for ref, _name, _folder, _mime, _days, said in _FILES}
        for ref, name, folder, mime, days, said in _FILES:
            content = self._content(ref, mime)
            size = 0 if mime in (_DOCUMENT, _SHEET) else len(content)
            self._files[ref] = RemoteFile(ref, name, mime, sha256(repr(said).encode()).hexdigest()[:16], size, (folder,), today - timedelta(days=days))

    def get_root(self) -> RemoteFile:
        """Hers."""
        return RemoteFile(ROOT, "My Drive", FOLDER)

    def list_files(self, folder: str, *, words: str = "", after: str = "", drive: str = "") -> FilePage:
        """All of it at once; nobody shares anything with her."""
        found = [file for file in self._files.values() if (words.lower() in file.name.lower() if words else (folder or ROOT) in file.parents)]
        return FilePage(tuple(sorted(found, key=lambda file: (not file.is_folder, file.name.lower()))))

    def find_file(self, ref: str) -> RemoteFile | None:
        """As it always was."""
        return self._files.get(ref)

    def get_place(self, drive: str = "") -> str:
        """There is only one."""
        return "1"

    def list_changes(self, token: str, drive: str = "") -> Iterator[DriveChanges]:
        """None, ever."""
        yield DriveChanges(token=token)

    def fetch(self, file: RemoteFile) -> bytes:
        """Its paragraphs, as a file of its kind."""
        return self._content(file.ref, file.mime)

    def close(self) -> None:
        """Nothing to hang up."""

    def _content(self, ref: str, mime: str) -> bytes:
        said = self._said[ref]
        return _word(said) if mime in (_WORD, _DOCUMENT) else "\n".join((*said, "")).encode()


def _word(paragraphs: tuple[str, ...]) -> bytes:
    """A Word file of these paragraphs, always the same one."""
    body = "".join(f"<w:p><w:r><w:t>{escape(words)}</w:t></w:r></w:p>" for words in paragraphs)
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as package:
        for name, content in {
            "[Content_Types].xml": '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{_WORD}.main+xml"/></Types>',
            "_rels/.rels": '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>',
            "word/document.xml": f'<?xml version="1.0"?><w:document xmlns:w="{_NAMESPACE}"><w:body>{body}</w:body></w:document>',
        }.items():
            package.writestr(ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)
    return file.getvalue()
