"""Beside a thread: whom it concerns, how things stand with them, and why it is here."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui
from nicegui.element import Element

from crm_app.components import event_words, live, mail_words, theme, times, words
from crm_app.components.agenda import calendar_link
from crm_app.components.elements import button, fact, icon, icon_button, rule, section, stage_chip, tag
from crm_app.components.page_parts import empty_line
from crm_app.components.people import avatar, photo_address
from crm_app.components.people_picker import PeoplePicker
from crm_app.components.text import attributes, block, link, text
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactView
from crm_app.domain.errors import NotFound
from crm_app.domain.i18n import _
from crm_app.domain.mail import service as mail
from crm_app.domain.mail.lookalike import visible
from crm_app.domain.mail.models import Direction
from crm_app.domain.mail.schemas import LinkedContact, PartyView, ThreadRow, ThreadView
from crm_app.domain.permissions import Permission
from crm_app.pages import acts
from crm_app.pages.mail.acting import Acting

TAGS, TASKS, STRANGERS, OTHERS = 3, 4, 5, 5


class Beside:
    """``load`` asks for the first contact of a thread, ``show`` draws what was found."""

    def __init__(self, acting: Acting) -> None:
        self._acting = acting
        self._person: ContactView | None = None
        self._others: tuple[ThreadRow, ...] = ()
        self._drawn: object = None
        self._picker: PeoplePicker | None = None

    async def load(self, thread: ThreadView | None) -> None:
        """Ask for the one whom it concerns first, and what else they wrote."""
        self._person, self._others = None, ()
        if thread and thread.contacts:
            first = thread.contacts[0].contact.id
            try:
                self._person, threads = await live.read_together((contacts.get_contact, first), (partial(mail.get_threads, contact_id=first, limit=OTHERS + 1),))
            except NotFound:
                return  # deleted between two questions: their name still stands in the thread
            self._others = tuple(row for row in threads.rows if row.id != thread.id)[:OTHERS]

    def build(self) -> None:
        """The column's content."""
        self.space = block("mc-mail-beside")

    def show(self, thread: ThreadView | None) -> None:
        """Draw it, unless it stands there already: a name that is half typed stays."""
        if self._drawn == (thread, self._person, self._others):
            return
        self._drawn, self._picker = (thread, self._person, self._others), None
        with self.space.clear():
            if thread is None:
                _hint()
                return
            if self._person is not None:
                _person(self._person)
                rule()
            self._linked(thread)
            if thread.reasons:
                rule()
                _reasons(thread.reasons)
            if self._person is not None and self._person.open_tasks:
                rule()
                _tasks(self._person)
            if self._others:
                rule()
                _threads(self._others)

    def _linked(self, thread: ThreadView) -> None:
        may = thread.own and live.viewer().can(Permission.MAIL_WRITE)
        with section(_("Linked to")):
            if may:
                icon_button("user-plus", _("Link a person"), on_click=lambda: self._pick(thread), height=28)
        for one in thread.contacts:
            _contact(one, partial(self._acting.unlink, thread, one.contact) if may else None)
        if not thread.contacts:
            empty_line(_("It concerns none of your contacts yet."))
            if may and live.viewer().can(Permission.CONTACT_WRITE):
                self._strangers(thread)
        self._picking: Element = block("mc-mail-pick")

    def _strangers(self, thread: ThreadView) -> None:
        """Who wrote or was written to, and could become a contact."""
        for party in strangers(thread)[:STRANGERS]:
            name = visible(party.name) or party.address
            with block("mc-row mc-gap-8 mc-mail-stranger"):
                avatar(name, party.address, 24)
                with block("mc-grow mc-truncate"):
                    text(name, "mc-truncate mc-block")
                    if party.name:
                        text(party.address, "mc-cap mc-truncate mc-block")
                add = button(_("Add"), height=24, icon="plus", on_click=partial(self._acting.add_person, name, party.address))
                attributes(add, aria_label=_("Add %s as a contact") % name)

    def _pick(self, thread: ThreadView) -> None:
        with self._picking.clear():
            text(_("Whom does it concern?"), "mc-label", tag="p")
            known = {one.contact.id for one in thread.contacts}
            picker = PeoplePicker(_("Link a person"), (), acts.find_people, single=True, on_change=lambda: self._picked(thread, known))
        self._picker = picker

    def _picked(self, thread: ThreadView, known: set[UUID]) -> None:
        chosen = [one for one in self._picker.chosen.items() if one[0] not in known] if self._picker else []
        if chosen:
            with self.space:
                ui.timer(0, partial(self._link, thread, *chosen[0]), once=True)

    async def _link(self, thread: ThreadView, contact_id: UUID, name: str) -> None:
        self._drawn = None  # the box goes, whether or not it was linked
        await self._acting.link(thread, contact_id, name)


def _hint() -> None:
    """While nothing is open: what will stand here, and the keys of this page."""
    with section(_("Whom it concerns")):
        pass
    text(_("Open a thread: whom it concerns stands here, what is open between you, and why it is here."), "mc-ink-3 mc-mail-hint", tag="p")
    with block("mc-mail-keys mc-desk-only", tag="dl"):
        for keys, said in (("J", _("Next thread")), ("K", _("Thread before")), ("Enter", _("Open")), ("Esc", _("Close")), ("F", _("Search mail"))):
            text(said, "mc-ink-3", tag="dt")
            with block("", tag="dd"):
                text(keys, "mc-key", tag="kbd")


def strangers(thread: ThreadView) -> list[PartyView]:
    """Everybody from outside in its heads, the latest first, each once."""
    found: dict[str, PartyView] = {}
    for one in reversed(thread.messages):
        parties = [PartyView(address=one.from_address, name=one.from_name)] if one.direction is Direction.IN else [*one.to, *one.cc]
        for party in parties:
            if party.address:
                found.setdefault(party.address, party)
    return list(found.values())


def _person(view: ContactView) -> None:
    actor = live.viewer()
    with block("mc-row mc-gap-12 mc-plain-link mc-mail-person", tag="a") as way:
        avatar(view.display_name, view.id, 40, photo=photo_address(view.photo_sha))
        with block("mc-grow mc-truncate", tag="span"):
            text(view.display_name, "mc-heading mc-truncate mc-block")
            text(_("Known since %s") % times.short_date(times.day_of(view.created_at, actor), actor), "mc-cap mc-truncate mc-block")
    attributes(way, href=f"/contacts/{view.id}", title=view.display_name)
    with block("mc-row mc-wrap mc-gap-6 mc-chips"):
        stage_chip(words.stages()[view.stage], theme.STAGE_HUES[view.stage])
        for name in view.tags[:TAGS]:
            tag(name)
    with fact(_("Last contact")):
        if view.last_contact_at:
            times.moment(view.last_contact_at, actor, "mc-num")
        else:
            text(_("None yet"), "mc-ink-3")
    if view.next_meeting:
        with fact(_("Next meeting")):
            said = link(event_words.soon(view.next_meeting, actor), calendar_link(view.next_meeting, actor), "mc-link mc-num")
            attributes(said, title=event_words.sentence(view.next_meeting, actor))
    if view.cadence_effective:
        fact(_("Keep in touch"), words.every_days(view.cadence_effective))
    if view.next_step:
        day = f" · {times.day_words(view.next_step_on, actor)}" if view.next_step_on else ""
        fact(_("Next step"), view.next_step + day)


def _contact(one: LinkedContact, unlink: Any) -> None:
    with block("mc-event-person"):
        with block("mc-row mc-gap-10 mc-grow mc-plain-link", tag="a") as way:
            avatar(one.contact.name, one.contact.id, 28)
            with block("mc-grow mc-truncate", tag="span"):
                text(one.contact.name, "mc-strong mc-truncate mc-block")
                text(mail_words.how_words()[one.how.value], "mc-cap mc-block")
        attributes(way, href=f"/contacts/{one.contact.id}", title=one.contact.name)
        if unlink:
            icon_button("unlink", _("Unlink %s") % one.contact.name, on_click=unlink, height=28)


def _reasons(reasons: tuple[str, ...]) -> None:
    with section(_("Why it is here")):
        pass
    with block("mc-mail-reasons", tag="ul"):
        for reason in reasons:
            with block("mc-event-line", tag="li"):
                icon("link-2", 14)
                text(reason, "mc-ink-2")


def _tasks(view: ContactView) -> None:
    actor = live.viewer()
    with section(_("Open tasks"), count=str(len(view.open_tasks))):
        pass
    for task in view.open_tasks[:TASKS]:
        with block("mc-item", tag="a") as row:
            icon("square-check-big", classes="mc-ink-3")
            text(task.title, "mc-truncate mc-grow")
            if task.due_date:
                text(times.day_words(task.due_date, actor), "mc-cap mc-num mc-nowrap")
        attributes(row, href=f"/tasks?open={task.id}", title=task.title)


def _threads(rows: tuple[ThreadRow, ...]) -> None:
    with section(_("Other threads")):
        pass
    for row in rows:
        with block("mc-item", tag="a") as way:
            icon("mail", classes="mc-ink-3")
            subject = mail_words.subject_words(row.subject, row.own)
            text(subject, "mc-truncate mc-grow")
            text(mail_words.when(row.last_at, live.viewer()), "mc-cap mc-num mc-nowrap")
        attributes(way, href=f"/mail?thread={row.id}", title=subject)
