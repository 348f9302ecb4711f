"""What hangs on the contacts of an export: a statement each for the goals, programmes, entries, tasks, events, mails and files of a hundred contacts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.imports.consent_part import ConsentPart
from crm_app.domain.imports.parts import (
    ApartPart,
    AskedPart,
    CheckInPart,
    CorrectionPart,
    DocumentPart,
    EmailPart,
    EntryPart,
    EventPart,
    GoalPart,
    ProgrammePart,
    StepPart,
    TaskPart,
    WrittenPart,
)
from crm_app.domain.permissions import Permission

Parts = Mapping[str, Mapping[UUID, tuple[Any, ...]]]
"""For ``goals``, ``programmes``, ``entries``, ``tasks``, ``events``, ``emails``, ``documents`` and ``consents``, as a card calls them: those of each contact."""
NOTHING: Parts = MappingProxyType({"goals": {}, "programmes": {}, "entries": {}, "tasks": {}, "events": {}, "emails": {}, "documents": {}, "consents": {}})


def _inside(part: type[Any], table: str, of: str, order: str) -> str:
    """The rows that belong to a part, with the fields that ``part`` has, as one value."""
    fields = ", ".join(f"'{name}', x.{name}" for name in part.model_fields)
    return f"coalesce((select jsonb_agg(jsonb_build_object({fields}) order by {order}) from {table} x where x.{of} = p.id), '[]')"  # noqa: S608  names of ours


def _named(part: type[Any], **inside: str) -> str:
    return ", ".join(f"{inside[name]} as {name}" if name in inside else f"p.{name}" for name in part.model_fields)


SEEN = "p.deleted_at is null and (p.owner_id = :who or p.audience = 'team')"
_TAGS = "coalesce((select jsonb_agg(t.name order by t.folded) from task_tag x join tag t on t.id = x.tag_id where x.task_id = p.id), '[]')"
_PEOPLE = _inside(WrittenPart, "email_party", "email_id", "x.role, x.address").replace("= p.id)", "= p.id and (x.role <> 'bcc' or p.owner_id = :who))")
_SPENT = "greatest(0, coalesce((select sum(x.minutes) from task_time x where x.task_id = p.id), 0))"
COLUMNS: Mapping[str, tuple[Permission, type[Any], str]] = {
    "goals": (Permission.GOAL_READ, GoalPart, _named(GoalPart, check_ins=_inside(CheckInPart, "goal_check_in", "goal_id", "x.day, x.id"))),
    "programmes": (
        Permission.PROGRAMME_READ, ProgrammePart,
        _named(ProgrammePart, corrections=_inside(CorrectionPart, "programme_correction", "programme_id", "x.id")),
    ),
    "entries": (Permission.INTERACTION_READ, EntryPart, _named(EntryPart)),
    "tasks": (
        Permission.TASK_READ, TaskPart,
        _named(TaskPart, steps=_inside(StepPart, "task_step", "task_id", "x.position, x.id"), tags=_TAGS, actual_minutes=_SPENT),
    ),
    "events": (Permission.CALENDAR_READ, EventPart, _named(EventPart, attendees=_inside(AskedPart, "event_attendee", "event_id", "x.email"))),
    "emails": (Permission.MAIL_READ, EmailPart, _named(EmailPart, subject="s.subject", text="b.text", people=_PEOPLE)),
    "documents": (Permission.DOCUMENT_READ, DocumentPart, _named(DocumentPart)),
    "consents": (Permission.CONTACT_READ, ConsentPart, _named(ConsentPart, version="t.version", wording="coalesce(t.wording, '')")),
}  # fmt: skip
"""Of each kind of part: who may read it, what it is here, and its columns, of a row that is called ``p``."""
WITH_WORDS = "left join email_subject s on s.email_id = p.id left join email_body b on b.email_id = p.id"
_OF_CONTACTS: Mapping[str, str] = {
    "goals": f"p.contact_id as of, %s from goal p where p.contact_id = any(:ids) and {SEEN} order by p.id",
    "programmes": f"p.contact_id as of, %s from programme p where p.contact_id = any(:ids) and {SEEN} order by p.id",
    "entries": (
        "l.contact_id as of, %s from interaction_contact l join interaction p on p.id = l.interaction_id "
        f"where l.contact_id = any(:ids) and {SEEN} order by p.occurred_at, p.id"
    ),
    "tasks": f"l.contact_id as of, %s from task_contact l join task p on p.id = l.task_id where l.contact_id = any(:ids) and {SEEN} order by p.id",
    "events": (
        "l.contact_id as of, %s from event_contact l join event p on p.id = l.event_id where l.contact_id = any(:ids) and l.how <> 'removed' "
        "and (p.owner_id = :who or p.audience = 'team') order by p.starts_at, p.id"
    ),
    "emails": (
        f"l.contact_id as of, %s from email_contact l join email p on p.id = l.email_id {WITH_WORDS} "
        "where l.contact_id = any(:ids) and l.how <> 'removed' and p.standing = 'kept' and (p.owner_id = :who or p.audience = 'team') order by p.sent_at, p.id"
    ),
    "documents": f"p.contact_id as of, %s from document p where p.contact_id = any(:ids) and {SEEN} order by p.id",
    "consents": (
        "p.contact_id as of, %s from consent p left join consent_text t on t.id = p.text_id "
        "where p.contact_id = any(:ids) and (p.owner_id = :who or p.audience = 'team') order by p.happened_on, p.created_at, p.id"
    ),
}
_FOUND = {name: text("select " + _OF_CONTACTS[name].replace("%s", columns)) for name, (_permission, _part, columns) in COLUMNS.items()}

_APART = text(
    f"select p.contact_id as of, {_named(ApartPart)} from contact_sensitive p where p.contact_id = any(:ids) and (p.owner_id = :who or p.audience = 'team')"  # noqa: S608
)


def find_apart(session: Session, actor: Actor, contact_ids: Collection[UUID]) -> dict[UUID, ApartPart]:
    """What stands apart of these contacts, as far as the actor sees it."""
    found = session.connection().execute(_APART, {"ids": list(contact_ids), "who": actor.user_id}).mappings()
    return {row["of"]: ApartPart.model_validate({name: row[name] for name in ApartPart.model_fields}) for row in found}


def find_parts(session: Session, actor: Actor, contact_ids: Collection[UUID]) -> Parts:
    """What the actor sees of what hangs on these contacts: goals in the archive too, entries from the earliest on."""
    return {name: _find(session, actor, name, contact_ids) for name in _FOUND}


def _find(session: Session, actor: Actor, name: str, contact_ids: Collection[UUID]) -> dict[UUID, tuple[Any, ...]]:
    permission, part, _columns = COLUMNS[name]
    if not actor.can(permission):
        return {}
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in session.connection().execute(_FOUND[name], {"ids": list(contact_ids), "who": actor.user_id}).mappings():
        found[row["of"]].append(part.model_validate({field: row[field] for field in part.model_fields}))
    return {contact_id: tuple(parts) for contact_id, parts in found.items()}
