"""Which files of a drive can be documents: pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from crm_app.domain.documents.kinds import MOST_BYTES, DocumentKind
from crm_app.domain.documents.reading import ENDINGS
from crm_app.domain.drives.source import FOLDER, SHORTCUT, RemoteFile
from crm_app.domain.i18n import _

MOST_LINKS: Final = 1000
"""So many files and folders of one connection can be linked to contacts."""
_GOOGLES: Final = "application/vnd.google-apps."
_WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_KINDS: Final = {
    "application/pdf": DocumentKind.PDF, _WORD: DocumentKind.DOCX, f"{_GOOGLES}document": DocumentKind.DOCX,
    "text/markdown": DocumentKind.MARKDOWN, "text/x-markdown": DocumentKind.MARKDOWN,
}  # fmt: skip
_UNSURE: Final = frozenset({"", "application/octet-stream", "text/plain", "application/zip"})
"""Of these the ending of the name says more."""


def kind_of(file: RemoteFile) -> DocumentKind | None:
    """What a file would be as a document; None when it cannot be one."""
    if file.mime in _KINDS:
        return _KINDS[file.mime]
    if file.mime not in _UNSURE:
        return None
    ending = file.name.rpartition(".")[2].lower() if "." in file.name else ""
    return ENDINGS.get(ending, DocumentKind.TEXT if file.mime == "text/plain" else None)


def leads_to_file(file: RemoteFile) -> bool:
    """Whether it is a shortcut to something that may be a document; what that is called and how large it is, itself says."""
    return bool(file.target) and file.target_mime in {*_KINDS, *_UNSURE}


def broken() -> str:
    """What is said of a shortcut whose target nobody hands over."""
    return _("A shortcut to something that is not there any more, or not shared with you.")


def refusal(file: RemoteFile) -> str:
    """Why a file cannot be a document; empty when it can."""
    if file.is_folder:
        return _("It is a folder. Open it where you choose, and keep it in step as a whole.")
    if file.mime == SHORTCUT:
        return _shortcut(file)
    if kind_of(file) is None:
        return _other(file)
    if file.closed:
        return _("Its owner does not let it be taken out of Google Drive.")
    if file.size > MOST_BYTES:
        return _("It is larger than %d MB.") % (MOST_BYTES // 1_000_000)
    if not file.size and not file.mime.startswith(_GOOGLES):
        return _("It is empty.")
    return ""


def _shortcut(file: RemoteFile) -> str:
    if not file.target or file.target_mime == SHORTCUT:
        return broken()
    if file.target_mime == FOLDER:
        return _("A shortcut to a folder. Choose that folder by itself.")
    return _("A shortcut. Choose what it leads to.") if leads_to_file(file) else _other(replace(file, mime=file.target_mime))


def _other(file: RemoteFile) -> str:
    googles = {
        "spreadsheet": _("A Google spreadsheet: PDF, Word, text and Google Docs files can be documents."),
        "presentation": _("A Google presentation: PDF, Word, text and Google Docs files can be documents."),
        "form": _("A Google form: PDF, Word, text and Google Docs files can be documents."),
    }
    if file.mime.startswith(_GOOGLES) and (said := googles.get(file.mime.removeprefix(_GOOGLES))):
        return said
    if file.mime.startswith("image/"):
        return _("A picture: PDF, Word, text and Google Docs files can be documents.")
    if file.mime == "application/msword" or file.name.lower().endswith(".doc"):
        return _("A Word file of the old kind. Save it as .docx.")
    return _("PDF, Word, text and Google Docs files can be documents. This is none of them.")
