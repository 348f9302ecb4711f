"""Changing a connection: another name or rhythm, another password, another place."""

from __future__ import annotations

from nicegui import ui

from crm_app.components import feedback, live
from crm_app.components.connection_card import place
from crm_app.components.connection_providers import host, provider
from crm_app.components.draft import Draft
from crm_app.components.elements import banner, busy, button
from crm_app.components.fields import field
from crm_app.components.guard import telling
from crm_app.components.text import block, text
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.models import AT_GOOGLE, ConnectionKind, ConnectionState
from crm_app.domain.connections.rules import is_invented
from crm_app.domain.connections.schemas import ConnectionUpdate, ConnectionView
from crm_app.domain.errors import Conflict
from crm_app.domain.i18n import _
from crm_app.pages.settings.connections.doing import have_it_tried
from crm_app.pages.settings.connections.forms import ON_ENTER, guide_steps, sign_in_fields, taste_fields
from crm_app.pages.settings.connections.google import sign_in_again
from crm_app.pages.settings.connections.guides import full_address, guide_of

ELSEWHERE = frozenset({"url", "username", "password"})


class EditForm:
    """The fields, filled with what stands. Saving another sign-in tests it; what is typed is left alone while other things change around it."""

    def __init__(self, view: ConnectionView, *, short: bool = False) -> None:
        self.view, self.short = view, short
        self.guide = None if view.kind in AT_GOOGLE else guide_of(view.kind, provider(view))
        self.server = host(view.url) if view.kind is ConnectionKind.ICS else ""  # a feed's address is never shown again
        self.draft = Draft(ConnectionUpdate, view.model_copy(update={"url": ""}) if self.server else view)

    def draw(self) -> None:
        """With ``short`` only what the sign-in needs."""
        if not self.short:
            text(_("Edit"), "mc-section mc-conn-edit", tag="h2")
        if self.view.state is ConnectionState.SIGN_IN_NEEDED:
            with banner(_("It needs you to sign in again."), self.view.reason):
                pass
        if self.guide is None and not is_invented(self.view.url):
            sign_in_again(self.view)
        elif self.guide is not None and (self.short or self.view.state is ConnectionState.SIGN_IN_NEEDED):
            guide_steps(self.guide, folded=True)
        with block("mc-conn-form").on("keydown.enter", self.save, js_handler=ON_ENTER):
            if self.guide is not None:
                sign_in_fields(self.draft, self.guide, kept=self.view.has_password or not self.short, server=self.server)
            if self.view.kind is ConnectionKind.IMAP and not self.short:
                text(_("With another server or user name, say anew how it sends: no password goes to a server that it was not given for."), "mc-cap", tag="p")
            if not self.short:
                with block("mc-form-grid"):
                    field(self.draft, "name", label=_("What you call it here"))
                taste_fields(self.draft, self.view.kind, interval=True)
            with block("mc-row mc-gap-8"):
                self.go = button(_("Test again") if self.short else _("Save"), kind="primary", on_click=self.save)
                if not self.short:
                    button(_("Cancel"), kind="ghost", href=place(self.view))

    async def save(self) -> None:
        """Keep it; what signs in differently is tried right away."""
        moved = ELSEWHERE & self.draft.changed
        address = {"url": full_address(self.guide, self.draft.url or "")} if self.guide is not None and "url" in moved else {}
        data = self.draft.validated(**address)
        if data is None:
            return
        with telling(self.draft), busy(self.go):
            if self.draft.changed:
                try:
                    await live.change(connections.update_connection, self.view.id, data)
                except Conflict as error:
                    self._refused(error)
                    return
                self.draft.password = ""
            if moved or self.short:
                ui.navigate.to(await have_it_tried(self.view))
                return
            feedback.toast(_("Saved"))
            ui.navigate.to(place(self.view))

    def _refused(self, error: Conflict) -> None:
        if "version" in error.current:
            feedback.toast(_("This was changed in another window meanwhile. Open it again to see what stands now."), kind="bad")
        else:
            self.draft.land({"name": error.message})
