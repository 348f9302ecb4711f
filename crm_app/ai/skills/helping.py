"""What a page shows of the help that is offered on one thing: steps for a task, who the strangers of an event are, where a picture may be found.

Each says before what it would cost, since nobody asks for it more than now and then.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlmodel import Session

from crm_app.ai import calling
from crm_app.ai.skills import SKILLS, attendance, cards, frame
from crm_app.ai.skills.asking import of_contact, of_event, of_task
from crm_app.ai.skills.cards import InsightView, Standing, Told
from crm_app.ai.types import Estimate
from crm_app.domain.actor import Actor
from crm_app.domain.analyses.schemas import Subject
from crm_app.domain.calendar import service as calendar
from crm_app.domain.calendar.schemas import AttendeeView
from crm_app.domain.consents import service as consents
from crm_app.domain.consents.kinds import Purpose
from crm_app.domain.contacts import service as contacts
from crm_app.domain.errors import CrmError
from crm_app.domain.permissions import Permission
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.suggestions.schemas import SuggestionView


class Offered(BaseModel):
    """A skill's answer, and what asking for one would cost. ``price`` is None where there is nothing that may be read, or nobody to ask.

    ``changed``: what the answer was made of is not what there is now, so that asking makes it anew.
    """

    model_config = ConfigDict(frozen=True)

    told: Told
    price: Estimate | None = None
    changed: bool = False


class PlanView(Offered):
    """Steps for a task, with the suggestion that holds them as long as that is known."""

    suggestion: SuggestionView | None = None


class Guess(BaseModel):
    """Who somebody at an event could be."""

    model_config = ConfigDict(frozen=True)

    name: str
    email: str
    contact_id: UUID
    contact_name: str
    confidence: float
    why: str


class StrangersView(Offered):
    """The people of an event whom nobody knows by their address: how many, and who they could be. A guess that was linked is none any more."""

    count: int = 0
    guesses: tuple[Guess, ...] = ()


class OnContact(BaseModel):
    """What is said of a contact, and where a photo of them may be."""

    model_config = ConfigDict(frozen=True)

    reading: InsightView
    photo: Offered


def get_on_contact(session: Session, actor: Actor, contact_id: UUID) -> OnContact:
    """All that the record shows of models. NotFound when the actor does not see the contact."""
    return OnContact(reading=cards.get_insight(session, actor, contact_id), photo=get_handles(session, actor, contact_id))


def get_plan(session: Session, actor: Actor, task_id: UUID) -> PlanView:
    """The steps that are suggested for a task. It is ``unread`` where a model may not read it."""
    actor.require(Permission.TASK_READ)
    offered = _offered(session, actor, "planning", of_task(task_id))
    made = offered.told.analysis
    found = suggestions.find_of_call(session, actor, made.call_id) if made and made.call_id else None
    return PlanView(**dict(offered), suggestion=found)


def get_strangers(session: Session, actor: Actor, event_id: UUID) -> StrangersView:
    """Who the people of an event could be whom nobody knows. It costs nothing where everybody is known."""
    actor.require(Permission.CALENDAR_READ)
    event = calendar.get_event(session, actor, event_id)
    strangers = attendance.unknown(event.attendees)
    if not strangers or not event.mine:
        return StrangersView(told=Told(subject=of_event(event_id), standing=Standing.HIDDEN))
    offered = _offered(session, actor, "attendance", of_event(event_id))
    linked = {contact.id for contact in event.contacts}
    guesses = [guess for guess in _guesses(offered, strangers) if guess.contact_id not in linked]
    return StrangersView(**dict(offered), count=len(strangers), guesses=tuple(guesses))


def get_handles(session: Session, actor: Actor, contact_id: UUID) -> Offered:
    """Under which names a contact may have a picture in public: only of one who agrees to that, has none here,
    and may be changed by the actor."""
    actor.require(Permission.CONTACT_READ)
    agrees = consents.find_agreed(session, actor, [contact_id], Purpose.PHOTO)
    row = contacts.get_contact(session, actor, contact_id) if agrees else None
    if row is None or row.photo_sha or not row.may_edit:
        return Offered(told=Told(subject=of_contact(contact_id), standing=Standing.HIDDEN))
    return _offered(session, actor, "photo_handles", of_contact(contact_id))


def get_price(session: Session, actor: Actor, skill: str, subject: Subject) -> Estimate | None:
    """What having a skill say something about a subject would cost; None where there is nothing to read, or nobody to ask."""
    actor.require(Permission.AI_USE)
    try:
        case = SKILLS[skill].prepare(session, actor, subject)
        return calling.get_estimate(session, actor, frame.question_of(actor, SKILLS[skill], case))
    except CrmError:
        return None


def _offered(session: Session, actor: Actor, skill: str, subject: Subject) -> Offered:
    told = cards.told(session, actor, skill, subject)
    if told.standing in (Standing.HIDDEN, Standing.OFF, Standing.UNREAD):
        return Offered(told=told)
    try:
        case = SKILLS[skill].prepare(session, actor, subject)
    except CrmError:  # there is nothing to read
        return Offered(told=told)
    changed = told.analysis is not None and told.analysis.made_of != frame.fingerprint_of(actor, SKILLS[skill], case)
    try:
        price = calling.get_estimate(session, actor, frame.question_of(actor, SKILLS[skill], case))
    except CrmError:  # there is nobody to ask
        price = None
    return Offered(told=told, price=price, changed=changed)


def _guesses(offered: Offered, strangers: Sequence[AttendeeView]) -> list[Guess]:
    """The answer by the rows that were asked. One of other rows than there are now is none: it is asked for anew."""
    told = offered.told
    if told.said is None or offered.changed:
        return []
    found = attendance.sure(told.said.matches, len(strangers))
    return [
        Guess(
            name=attendance.name_of(strangers[row - 1]), email=strangers[row - 1].email, contact_id=told.sources[match.person - 1].id,
            contact_name=told.sources[match.person - 1].title, confidence=match.confidence, why=match.why,
        )
        for row, match in found.items() if match.person is not None and match.person <= len(told.sources)
    ]  # fmt: skip
