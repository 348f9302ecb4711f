"""What stands under letters from a mailbox: said beside how it sends, and written in a dialog that shows how it looks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from crm_app.components import feedback, live
from crm_app.components.dialog import dialog
from crm_app.components.draft import Draft
from crm_app.components.elements import busy, button
from crm_app.components.fields import field
from crm_app.components.guard import telling
from crm_app.components.mail_frame import MailFrame
from crm_app.components.page_parts import group_row
from crm_app.components.text import block, text
from crm_app.domain.connections.schemas import ConnectionView
from crm_app.domain.errors import Conflict
from crm_app.domain.i18n import _
from crm_app.domain.letters import looks
from crm_app.domain.mail import service as mail
from crm_app.domain.mail.schemas import MailboxUpdate, MailboxView

Refresh = Callable[[], Awaitable[Any]]


def signature_row(connection: ConnectionView, view: MailboxView, refresh: Refresh) -> None:
    """Its first words, and the button that changes it."""
    said = " · ".join(line.strip(" *_") for line in view.signature.splitlines() if line.strip(" *_")) or _("Nothing stands under letters from it.")
    with group_row("pencil", _("Signature"), said) as row:
        pass
    with row.end:
        button(_("Change") if view.signature else _("Write one"), height=28, on_click=lambda: SignatureDialog(connection, view, refresh).open())


class SignatureDialog:
    """One field, and beneath it how it looks where it arrives."""

    def __init__(self, connection: ConnectionView, view: MailboxView, refresh: Refresh) -> None:
        self.account, self.view, self._refresh = connection, view, refresh
        self.draft = Draft(MailboxUpdate, {"version": view.version, "signature": view.signature})

    def open(self) -> None:
        """Lay it out and show it."""
        with dialog(_("Signature of %s") % self.account.name) as parts, block("mc-col mc-gap-12"):
            words = field(self.draft, "signature", label=_("Signature"), long=True).props("input-class=mc-signature-words autofocus")
            words.on_value_change(lambda: self._look.refresh())
            text(_("**bold**, *italic*, lines with - or 1. and links look like that. A letter begins with it, and you can change it there."), "mc-cap", tag="p")
            self._look()
        parts.window.on("hide", parts.window.delete)

        async def save() -> None:
            data = self.draft.validated(version=self.view.version, signature=self.draft.signature or "")
            if data is None:
                return
            with telling(self.draft), busy(go):
                try:
                    await live.change(mail.update_mailbox, self.account.id, data)
                except Conflict:
                    feedback.toast(_("This was changed in another window meanwhile. Open it again to see what stands now."), kind="bad")
                    return
                parts.window.close()
                feedback.toast(_("Saved"))
                await self._refresh()

        with parts.foot:
            button(_("Cancel"), kind="ghost", on_click=parts.window.close)
            go = button(_("Save"), kind="primary", on_click=save)
        parts.window.open()

    @ui.refreshable_method
    def _look(self) -> None:
        if (self.draft.signature or "").strip():
            with block("mc-letter-look mc-signature-look"):
                MailFrame(looks.as_html(self.draft.signature), _("What they will see"))
