"""What each kind does once a person has said yes: the same services as by hand, as that person, in the transaction of their yes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.calendar.matching import comparable
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactUpdate
from crm_app.domain.errors import Forbidden, Invalid
from crm_app.domain.goals import service as goals
from crm_app.domain.goals.schemas import CheckInCreate
from crm_app.domain.i18n import _
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.models import Kind as EntryKind
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.letters import service as letters
from crm_app.domain.letters import signatures
from crm_app.domain.letters.rules import addresses_of
from crm_app.domain.letters.schemas import LetterInput, SenderView
from crm_app.domain.permissions import Permission
from crm_app.domain.suggestions import queries
from crm_app.domain.suggestions.models import Kind
from crm_app.domain.suggestions.payloads import (
    CadenceChange,
    Form,
    GoalCheckIn,
    MoreTags,
    NewLetter,
    NewNote,
    NewTask,
    StageChange,
    TaskChanges,
)
from crm_app.domain.suggestions.standing import Seen
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import StepCreate, TaskCreate, TaskUpdate

NEEDS: Mapping[Kind, Permission] = MappingProxyType({
    Kind.CREATE_TASK: Permission.TASK_WRITE, Kind.UPDATE_TASK: Permission.TASK_WRITE, Kind.ADD_NOTE: Permission.INTERACTION_WRITE,
    Kind.CHANGE_STAGE: Permission.CONTACT_WRITE, Kind.SET_CADENCE: Permission.CONTACT_WRITE, Kind.ADD_TAGS: Permission.CONTACT_WRITE,
    Kind.WRITE_LETTER: Permission.MAIL_WRITE, Kind.CHECK_IN_GOAL: Permission.GOAL_WRITE,
})  # fmt: skip
"""What somebody must be allowed to do by hand, before it is even suggested to them."""


def complete_form(session: Session, actor: Actor, form: Form) -> Form:
    """A form with what follows from what it is about: a letter gets its people, its subject and its mailbox.

    Invalid for a letter to anybody but the contact that it is for, or the people of the mail that it answers: whom a letter reaches beyond those,
    a person writes themselves.
    """
    if not isinstance(form, NewLetter):
        return form
    if form.contact_id is None and form.answers_id is None:
        raise Invalid(fields={"contact_id": _("Say for whom this letter is, or which mail it answers.")})
    fresh = letters.get_new_letter(session, actor, answers_id=form.answers_id, contact_id=None if form.answers_id else form.contact_id).fresh
    known = set(map(comparable, addresses_of(fresh.recipients))) | (queries.list_addresses(session, form.contact_id) if form.contact_id else frozenset())
    line = form.recipients or fresh.recipients
    if {comparable(one) for one in addresses_of(line)} - known or (line and not addresses_of(line)):
        raise Invalid(fields={"recipients": _("This is not an address of the person whom it is about.")})
    given = {"recipients": line, "subject": form.subject or fresh.subject, "connection_id": fresh.connection_id}
    return form.model_copy(update=given)


def require_same_target(before: Form, after: Form) -> None:
    """Raise Invalid where somebody would make a suggestion one about something else."""
    moved = [name for name in before.TARGET if getattr(before, name) != getattr(after, name)]
    if moved:
        raise Invalid(fields={name: _("A suggestion stays about what it was made for.") for name in moved})


def require_person(actor: Actor) -> None:
    """Raise Forbidden for a job: only a person decides."""
    if actor.via == "job":
        raise Forbidden(_("Only a person can decide about a suggestion."))


def senders_for(session: Session, actor: Actor, forms: Iterable[Form]) -> tuple[SenderView, ...]:
    """The mailboxes by which letters among these can leave; none is looked for where there is no letter."""
    return letters.list_senders(session, actor) if any(isinstance(form, NewLetter) for form in forms) else ()


def trouble_of(form: Form, seen: Seen, senders: Sequence[SenderView]) -> str:
    """Why it could not be done now, in a sentence, or nothing."""
    if not seen.holds(form):
        return _("What this is about is not here any more, or you no longer see it.")
    if isinstance(form, NewLetter) and not senders:
        return _("None of your mailboxes sends mail yet. Set one up in the settings of its connection.")
    return ""


def signature_under(form: Form, senders: Sequence[SenderView]) -> str:
    """What is set under a letter as it is sent: its mailbox's signature, unless that stands in its words already."""
    if not isinstance(form, NewLetter):
        return ""
    signature = next((one.signature for one in senders if one.connection_id == form.connection_id), "")
    return signature if signatures.under(form.body, signature) != form.body else ""


def execute(session: Session, actor: Actor, form: Form, seen: Seen) -> dict[str, str]:
    """Do it; what came of it by its id. Raises what the service raises, and then nothing is done."""
    return _ACTS[type(form)](session, actor, form, seen)


def take_back_letter(session: Session, actor: Actor, result: Mapping[str, Any]) -> None:
    """Have a letter that waits to leave not be sent, and forget it: its words stand in the suggestion. Conflict once it has been handed over."""
    letter = letters.take_back(session, actor, result["letter_id"])
    letters.discard_letter(session, actor, letter.id, version=letter.version)


def _create_task(session: Session, actor: Actor, form: NewTask, seen: Seen) -> dict[str, str]:
    values = form.model_dump()
    made = tasks.create_task(session, actor, TaskCreate(**{**values, "contact_ids": list(form.contact_ids), "steps": list(form.steps)}))
    return {"task_id": str(made.id)}


def _update_task(session: Session, actor: Actor, form: TaskChanges, seen: Seen) -> dict[str, str]:
    given = {name: value for name in ("title", "description", "due_date", "priority") if (value := getattr(form, name)) is not None}
    if given:
        tasks.update_task(session, actor, form.task_id, TaskUpdate(version=seen.tasks[form.task_id].version, **given))
    for title in form.steps:
        tasks.add_step(session, actor, form.task_id, StepCreate(title=title))
    return {"task_id": str(form.task_id)}


def _add_note(session: Session, actor: Actor, form: NewNote, seen: Seen) -> dict[str, str]:
    data = InteractionCreate(kind=EntryKind.NOTE, subject=form.subject, body=form.body, contact_ids=list(form.contact_ids), audience=form.audience)
    return {"interaction_id": str(interactions.log_interaction(session, actor, data).id)}


def _change_stage(session: Session, actor: Actor, form: StageChange, seen: Seen) -> dict[str, str]:
    contacts.set_stage(session, actor, [form.contact_id], form.stage)
    return {"contact_id": str(form.contact_id)}


def _set_cadence(session: Session, actor: Actor, form: CadenceChange, seen: Seen) -> dict[str, str]:
    contacts.update_contact(session, actor, form.contact_id, ContactUpdate(version=seen.contacts[form.contact_id].version, cadence_days=form.days))
    return {"contact_id": str(form.contact_id)}


def _add_tags(session: Session, actor: Actor, form: MoreTags, seen: Seen) -> dict[str, str]:
    contacts.add_tags(session, actor, [form.contact_id], list(form.tags))
    return {"contact_id": str(form.contact_id)}


def _write_letter(session: Session, actor: Actor, form: NewLetter, seen: Seen) -> dict[str, str]:
    quoted = letters.get_new_letter(session, actor, answers_id=form.answers_id).fresh.quoted if form.answers_id else ""
    words = {**form.model_dump(), "body": signatures.under(form.body, signature_under(form, senders_for(session, actor, [form])))}
    kept = letters.create_letter(session, actor, LetterInput(**words, quoted=quoted))
    letters.send_letter(session, actor, kept.id, version=kept.version)
    return {"letter_id": str(kept.id)}


def _check_in(session: Session, actor: Actor, form: GoalCheckIn, seen: Seen) -> dict[str, str]:
    row = goals.check_in(session, actor, form.goal_id, CheckInCreate(value=form.value, day=form.day, note=form.note))
    return {"check_in_id": str(row.id)}


_ACTS: Mapping[type[Form], Callable[[Session, Actor, Any, Seen], dict[str, str]]] = MappingProxyType({
    NewTask: _create_task, TaskChanges: _update_task, NewNote: _add_note, StageChange: _change_stage, CadenceChange: _set_cadence,
    MoreTags: _add_tags, NewLetter: _write_letter, GoalCheckIn: _check_in,
})  # fmt: skip
