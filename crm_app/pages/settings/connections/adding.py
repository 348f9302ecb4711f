"""Connecting something: what to do over there, then the fields, then a test before anything is brought in."""

from __future__ import annotations

from nicegui import ui

from crm_app.components import live
from crm_app.components.connection_providers import sends_by
from crm_app.components.draft import Draft
from crm_app.components.elements import busy, button
from crm_app.components.fields import field
from crm_app.components.guard import telling
from crm_app.components.text import attributes, block, link, text
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.models import ADDRESS_BOOKS, DRIVES, MAILBOXES, ConnectionKind
from crm_app.domain.connections.rules import free_name
from crm_app.domain.connections.schemas import ConnectionCreate
from crm_app.domain.errors import Conflict
from crm_app.domain.i18n import _
from crm_app.pages.settings.connections.doing import LIST, have_it_tried
from crm_app.pages.settings.connections.forms import ON_ENTER, guide_steps, sending_fields, sign_in_fields, taste_fields
from crm_app.pages.settings.connections.guides import Guide, full_address


def steps_line(at: int, kind: ConnectionKind) -> None:
    """The three steps, and at which of them one is."""
    books = kind in ADDRESS_BOOKS
    choosing = _("Privacy and folders") if kind in MAILBOXES else _("Choose address books") if books else _("Choose calendars")
    steps = (_("Sign in"), _("Choose files on a contact")) if kind in DRIVES else (_("Sign in"), choosing, _("First sync"))
    with block("mc-steps", tag="ol") as line:
        for number, name in enumerate(steps):
            with block(tag="li") as step:
                text(str(number + 1), "mc-step" + (" mc-on" if number == at else " mc-past" if number < at else ""))
                text(name)
            if number == at:
                attributes(step, aria_current="step")
    attributes(line, aria_label=_("Steps"))


class AddForm:
    """One way to connect. The password is asked for, sealed by the service, and forgotten here."""

    def __init__(self, guide: Guide, taken: set[str]) -> None:
        self.guide = guide
        known = guide.fixed and guide.kind is ConnectionKind.IMAP
        sends = dict(zip(("smtp_host", "smtp_port", "smtp_security"), sends_by(guide.key, ""), strict=True)) if known else {}
        self.draft = Draft(ConnectionCreate, kind=guide.kind, name=free_name(guide.title, taken), url=guide.fixed, **sends)

    def draw(self) -> None:
        """What to do there, and the fields."""
        link(_("All connections"), LIST, "mc-crumb mc-crumb-up")
        text(self.guide.title, "mc-section mc-form-title", tag="h2")
        steps_line(0, self.guide.kind)
        guide_steps(self.guide)
        with block("mc-conn-form").on("keydown.enter", self.connect, js_handler=ON_ENTER):
            sign_in_fields(self.draft, self.guide)
            with block("mc-form-grid"):
                field(self.draft, "name", label=_("What you call it here"))
            if self.guide.kind is ConnectionKind.IMAP:
                sending_fields(self.draft)
            taste_fields(self.draft, self.guide.kind)
            text(_what_changes(self.guide.kind), "mc-cap", tag="p")
            with block("mc-row mc-gap-8"):
                self.go = button(_("Test and connect"), kind="primary", icon="plug", on_click=self.connect)
                button(_("Cancel"), kind="ghost", href=LIST)

    async def connect(self) -> None:
        """Keep it, resting until its calendars are chosen, and have it tried."""
        data = self.draft.validated(kind=self.guide.kind, url=full_address(self.guide, self.draft.url or ""))
        if data is None:
            return
        with telling(self.draft), busy(self.go):
            try:
                made = (await live.change(connections.create_connection, data, start=False)).value
            except Conflict as error:
                self.draft.land({"name": error.message})
                return
            self.draft.password = ""
            ui.navigate.to(await have_it_tried(made))


def _what_changes(kind: ConnectionKind) -> str:
    if kind is ConnectionKind.IMAP:
        return _("Over there nothing is moved or marked as read, and nothing is sent but what you write here. Words are kept of mail with your contacts alone.")
    if kind is ConnectionKind.CARDDAV:
        return _("Address books are only read, until you choose “Write back” for one of them. Nobody who goes there is deleted here, nor the other way round.")
    if kind is ConnectionKind.ICS:
        return _("Such an address is only read. Nothing is ever changed over there.")
    return _("Nothing changes over there by itself: an event is added, moved or taken out when you do so here, in calendars that let you.")
