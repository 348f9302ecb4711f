"""Who is to be asked to an event: contacts, as far as an address of theirs is known, and whoever else was asked before."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from nicegui import ui

from crm_app.components import live
from crm_app.components.elements import tag
from crm_app.components.guard import telling
from crm_app.components.people_picker import PeoplePicker, Person, people_of
from crm_app.components.text import attributes, block, text
from crm_app.domain.calendar.schemas import AttendeeView, EventView
from crm_app.domain.calendar.writing_schemas import Invited
from crm_app.domain.contacts import service as contacts
from crm_app.domain.errors import NotFound
from crm_app.domain.i18n import _, ngettext
from crm_app.pages.acts import find_people


class Guests:
    """The part of the form about people. ``draw`` once; ``wished`` is everybody who is to be asked, None while nothing of it has changed."""

    def __init__(self, event: EventView | None, people: Iterable[Person] = ()) -> None:
        asked = _besides_owner(event) if event else []
        self._known: dict[UUID, Invited | None] = {one.contact_id: _invited(one) for one in asked if one.contact_id}
        self._others = {one.email: _invited(one) for one in asked if not one.contact_id}
        self._was = None if event is None else self._emails()
        self._first = [*((one.contact_id, one.name or one.email) for one in asked if one.contact_id), *people]

    def draw(self) -> None:
        """The picker, who else was asked, and what becomes of those who are chosen."""
        with block("mc-field-box"):
            text(_("People"), "mc-field-label", tag="div")
            self._picker = PeoplePicker(_("People"), self._first, find_people, on_change=self._changed)
            self._rest()
            self._error = attributes(text("", "mc-field-error", tag="p"), role="alert")
            self._error.set_visibility(False)
            self._said = text("", "mc-field-hint", tag="p")
        self._changed()

    @property
    def chosen(self) -> list[Person]:
        """The contacts who stand there."""
        return list(self._picker.chosen.items())

    def put(self, people: object) -> None:
        """These contacts stand there now; whatever names nobody is left out."""
        self._picker.show(people_of(people))
        self._changed()

    async def wished(self) -> tuple[Invited, ...] | None:
        """Everybody who is to be asked besides oneself."""
        await self._look_up()
        self.refuse("")
        if self._emails() == (self._was or frozenset()):
            return None
        return (*self._chosen(), *self._others.values())

    def refuse(self, sentence: str) -> None:
        """Say what is wrong with them; nothing takes it away."""
        self._error.set_text(sentence)
        self._error.set_visibility(bool(sentence))

    @ui.refreshable_method
    def _rest(self) -> None:
        if self._others:
            with block("mc-row mc-wrap mc-gap-4 mc-picked"):
                for email, one in self._others.items():
                    tag(one.name or email, on_remove=lambda gone=email: self._forget(gone))

    def _forget(self, email: str) -> None:
        self._others.pop(email, None)
        self._rest.refresh()

    def _changed(self) -> None:
        with self._picker_place():
            ui.timer(0, self._look_up, once=True)

    def _picker_place(self) -> ui.element:
        return self._said.parent_slot.parent  # type: ignore[union-attr, return-value]

    async def _look_up(self) -> None:
        """Ask for the addresses of those who were chosen just now, and say who has none."""
        with telling():
            for contact_id in self._picker.ids:
                if contact_id not in self._known:
                    self._known[contact_id] = await _address_of(contact_id)
            self._said.set_text(self._sentence())

    def _sentence(self) -> str:
        names = [name for key, name in self._picker.chosen.items() if key in self._known and self._known[key] is None]
        if names:
            return _("No e-mail address is known here: %s. They are not invited.") % ", ".join(names)
        if self._emails() == (self._was or frozenset()):
            return ""
        return ngettext("Your calendar may send an invitation.", "Your calendar may send invitations.", len(self._picker.ids))

    def _chosen(self) -> list[Invited]:
        return [found for key in self._picker.ids if (found := self._known.get(key))]

    def _emails(self) -> frozenset[str]:
        chosen = self._chosen() if hasattr(self, "_picker") else [one for one in self._known.values() if one]
        return frozenset(one.email for one in [*chosen, *self._others.values()])


def _besides_owner(event: EventView) -> list[AttendeeView]:
    own = {event.organiser.casefold(), live.viewer().email.casefold()}
    return [one for one in event.attendees if one.email.casefold() not in own]


def _invited(one: AttendeeView) -> Invited:
    return Invited(email=one.email, name=one.name)


async def _address_of(contact_id: UUID) -> Invited | None:
    """The address at which a contact is asked: their first one, if there is one."""
    try:
        contact = await live.read(contacts.get_contact, contact_id)
    except NotFound:  # chosen a while ago, and not here any more
        return None
    emails = sorted((point for point in contact.points if point.kind == "email"), key=lambda point: not point.is_primary)
    return Invited(email=emails[0].value, name=contact.display_name) if emails else None
