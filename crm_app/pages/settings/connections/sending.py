"""By which server a mailbox sends, and as whom: said beside what else is decided about it, and changed in a dialog."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from crm_app.components import feedback, live
from crm_app.components.connection_providers import provider, sends_by
from crm_app.components.dialog import confirm, dialog
from crm_app.components.draft import Draft
from crm_app.components.elements import busy, button
from crm_app.components.fields import field
from crm_app.components.guard import telling
from crm_app.components.page_parts import group_row
from crm_app.components.text import block, text
from crm_app.domain.connections.models import ConnectionKind
from crm_app.domain.connections.schemas import ConnectionView
from crm_app.domain.errors import Conflict
from crm_app.domain.google.authority import Wants
from crm_app.domain.i18n import _
from crm_app.domain.mail import service as mail
from crm_app.domain.mail.schemas import MailboxView, SendingSet
from crm_app.pages.settings.connections.doing import have_it_tried
from crm_app.pages.settings.connections.forms import sending_fields
from crm_app.pages.settings.connections.google import leave

Refresh = Callable[[], Awaitable[Any]]


def sending_row(connection: ConnectionView, view: MailboxView, refresh: Refresh) -> None:
    """How it stands, and the button that changes it."""
    if connection.kind is ConnectionKind.GMAIL:
        _by_gmail(connection, view, refresh)
        return
    sends = view.sending
    said = _("%(who)s, by %(host)s") % {"who": sends.address, "host": sends.host} if sends else _("Nothing is sent from it: mail is only read.")
    with group_row("send", _("How it sends"), said) as row:
        pass
    with row.end:
        button(_("Change") if sends else _("Set up"), height=28, on_click=lambda: SendingDialog(connection, view, refresh).open())


def _by_gmail(connection: ConnectionView, view: MailboxView, refresh: Refresh) -> None:
    """A mailbox that is signed in to at Google sends by the same sign-in, once that is allowed there, too."""

    async def stop() -> None:
        with telling():
            said = _("It is read as before. Letters that wait to be sent from it stay here.")
            if await confirm(_("Send nothing more from this mailbox?"), said, act=_("Stop")):
                await live.change(mail.set_sending, connection.id, SendingSet(version=view.version))
                await refresh()

    said = _("%s, by Gmail") % view.sending.address if view.sending else _("Nothing is sent from it: mail is only read. Google asks you whether it may.")
    with group_row("send", _("How it sends"), said) as row:
        pass
    with row.end:
        if view.sending:
            button(_("Stop sending"), height=28, on_click=stop)
        else:
            button(_("Allow sending"), height=28, icon="external-link", on_click=lambda: leave(connection.id, Wants.SENDING))


class SendingDialog:
    """The fields, filled with what stands or with what is most likely."""

    def __init__(self, connection: ConnectionView, view: MailboxView, refresh: Refresh) -> None:
        self.account, self.view, self._refresh = connection, view, refresh
        host, port, security = sends_by(provider(connection), self.account.url)
        begins = view.sending.model_dump() if view.sending else {"host": host, "port": port, "security": security, "address": connection.username}
        self.draft = Draft(SendingSet, {"version": view.version}, **begins)

    def open(self) -> None:
        """Lay it out and show it."""
        with dialog(_("Sending from %s") % self.account.name) as self.parts, block("mc-col mc-gap-12"):
            sending_fields(self.draft, "")
            with block("mc-form-grid"):
                field(self.draft, "address", label=_("Your address")).props("type=email")
                field(self.draft, "name", label=_("Your name"), placeholder=live.viewer().name)
            hint = _("The password of this mailbox, once more: it is only ever sent to a server that it was given for. Empty, if the server stays the same.")
            field(self.draft, "password", label=_("Password or app password"), hint=hint).props("type=password autocomplete=current-password")
            text(_("The server is asked whether it lets you in; nothing is sent by that."), "mc-cap", tag="p")
        with self.parts.foot:
            button(_("Cancel"), kind="ghost", on_click=self.parts.window.close)
            self.go = button(_("Save and test"), kind="primary", on_click=self.save)
        self.parts.window.open()

    async def save(self) -> None:
        """Keep it, and have it tried."""
        data = self.draft.validated(version=self.view.version, **{name: getattr(self.draft, name) or "" for name in ("host", "address", "name")})
        if data is None:
            return
        with telling(self.draft), busy(self.go):
            try:
                await live.change(mail.set_sending, self.account.id, data)
            except Conflict:
                feedback.toast(_("This was changed in another window meanwhile. Open it again to see what stands now."), kind="bad")
                return
            self.draft.password = ""
            self.parts.window.close()
            await self._refresh()
            ui.navigate.to(await have_it_tried(self.account))
