"""What a file is, and what stands in it: read in the sandbox, which may refuse or give up. A file is kept whatever becomes of its words."""

from __future__ import annotations

import json
from typing import NamedTuple

from crm_app.domain.documents.kinds import MOST_BYTES, DocumentKind, Reason, TextState
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.imports.sandbox import bound_sandbox
from crm_app.domain.isolation import SandboxRefused, SandboxTimeout

ENDINGS = {
    "pdf": DocumentKind.PDF, "docx": DocumentKind.DOCX, "txt": DocumentKind.TEXT, "text": DocumentKind.TEXT,
    "md": DocumentKind.MARKDOWN, "markdown": DocumentKind.MARKDOWN,
}  # fmt: skip

SECONDS = 4.0
"""For one file. It stops by itself well before (``work.PATIENCE``), unless one page alone takes as long."""


class Reading(NamedTuple):
    """The words of a file, what became of them, and why, where something did."""

    text: str
    state: TextState
    reason: Reason


def kind_of(name: str) -> DocumentKind:
    """What a file is by the ending of its name. Invalid, with a sentence, for any other one."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending == "doc":
        raise Invalid(_("This is a Word file of the old kind. Save it as .docx and add it again."))
    if ending not in ENDINGS:
        raise Invalid(_("PDF, Word (.docx), text and Markdown files can be added. This is none of them."))
    return ENDINGS[ending]


def require_size(content: bytes) -> None:
    """Raise Invalid for a file of nothing, or of more than is kept."""
    if not content:
        raise Invalid(_("This file is empty."))
    if len(content) > MOST_BYTES:
        raise Invalid(_("This file is larger than %d MB. Choose a smaller one.") % (MOST_BYTES // 1_000_000))


def read(kind: DocumentKind, content: bytes) -> Reading:
    """Read a file of this kind; it takes a few seconds at most."""
    try:
        told = json.loads(bound_sandbox().run("crm_app.domain.documents.work:read", content, {"kind": kind.value}, seconds=SECONDS))
    except SandboxRefused:
        return Reading("", TextState.UNREADABLE, Reason.DAMAGED)
    except SandboxTimeout:
        return Reading("", TextState.UNREADABLE, Reason.TOO_LONG)
    text, reason = told["text"], Reason(told["reason"])
    lost = reason in (Reason.PASSWORD, Reason.DAMAGED)
    return Reading(text, TextState.READ if text else TextState.UNREADABLE if lost else TextState.NOTHING, reason)
