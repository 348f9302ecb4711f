"""The mail behind an entry of a timeline: its first words as far as its reader may see them, and the way to its thread."""

from __future__ import annotations

from crm_app.components.elements import icon
from crm_app.components.text import attributes, block, link, text
from crm_app.domain.i18n import _
from crm_app.domain.mail.schemas import EntryMail

WHOLE = 200
"""So much is kept of the first words; what is as long as that goes on."""


def draw_mail(found: EntryMail) -> None:
    """Under the head of its entry."""
    with block("mc-entry-body"):
        if found.snippet:
            text(found.snippet + ("…" if len(found.snippet) >= WHOLE else ""), "mc-ink-2", tag="p")
        with block("mc-row mc-gap-8" + (" mc-entry-way" if found.snippet else "")):
            if found.has_attachment:
                icon("paperclip", 14, "mc-ink-3")
                text(_("Something is attached"), "mc-cap")
            attributes(link(_("Open thread"), f"/mail?thread={found.thread_id}"), title=_("Read it with the mails before and after it"))
