"""Writes what an import made of its people: for 250 records a handful of statements, all in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.consents.bringing import bring_consents
from crm_app.domain.contacts.derived import refresh_derived
from crm_app.domain.contacts.models import Source, Stage
from crm_app.domain.contacts.rules import folded_fields
from crm_app.domain.ids import new_id
from crm_app.domain.imports import queries
from crm_app.domain.imports.entry_queries import write_entries, write_tasks
from crm_app.domain.imports.merging import TEXTS, Person
from crm_app.domain.imports.part_queries import write_goals, write_programmes
from crm_app.domain.inserting import insert_rows
from crm_app.domain.rows import now
from crm_app.domain.tags.service import ensure_tags

BLANK: dict[str, Any] = {
    **dict.fromkeys((*TEXTS, "notes"), ""), "stage": Stage.DISCOVERY.value, "favourite": False, "locked": False, "ai_allowed": True,
    "source": Source.IMPORT.value, "extra": {},
}  # fmt: skip


def write_people(session: Session, actor: Actor, people: Iterable[Person], audience: str) -> None:
    """Insert who is new, change who has changed, and bring derived facts up to date."""
    everyone = list({person.id: person for person in people}.values())
    new = [person for person in everyone if person.is_new]
    changed = [person for person in everyone if not person.is_new and _has_changed(person)]
    names = {folded: name for person in everyone for folded, name in person.new_tags.items()}
    tag_ids = ensure_tags(session, names.values())
    queries.insert_contacts(session, [_contact_row(actor, person, audience) for person in new])
    queries.update_contacts(session, [{"id": person.id, **person.dirty, "extra": person.new_extra or None} for person in changed])
    owned = {"owner_id": actor.user_id, "audience": audience}  # of a colleague's contact the trigger fills in theirs
    points = [{**point, **owned, "id": new_id(), "contact_id": person.id} for person in everyone for point in person.new_points]
    insert_rows(session, "contact_point", queries.POINT, points)
    links = [{**owned, "contact_id": person.id, "tag_id": tag_ids[folded]} for person in everyone for folded in person.new_tags]
    insert_rows(session, "contact_tag", ("contact_id", "tag_id", "owner_id", "audience"), links)
    queries.insert_photos(session, [_photo_row(person) | owned for person in everyone if person.new_photo])
    apart = [{**one.new_apart.model_dump(), "contact_id": one.id, "owner_id": actor.user_id} for one in everyone if one.new_apart]
    insert_rows(session, "contact_sensitive", queries.APART, apart)
    write_goals(session, actor, audience, [(person.id, goal) for person in everyone for goal in person.new_goals])
    write_programmes(session, actor, audience, [(person.id, programme) for person in everyone for programme in person.new_programmes])
    write_entries(session, actor, [(person.id, entry) for person in everyone for entry in person.new_entries])
    write_tasks(session, actor, [(person.id, task) for person in everyone for task in person.new_tasks])
    bring_consents(session, actor, [(person.id, part) for person in everyone for part in person.new_consents])
    queries.keep_in_touch(session, [person.id for person in new if person.new_tags])
    refresh_derived(session, [person.id for person in (*changed, *(one for one in everyone if one.new_entries or one.new_tasks))])
    for person in everyone:
        person.written()


def write_identities(session: Session, actor: Actor, source: str, identities: Sequence[tuple[str, UUID]]) -> None:
    """Remember who each record became."""
    rows = [{"id": new_id(), "owner_id": actor.user_id, "source": source, "external_id": key, "contact_id": contact_id} for key, contact_id in identities]
    queries.remember_identities(session, rows)


def _has_changed(person: Person) -> bool:
    return bool(person.dirty or person.new_points or person.new_tags or person.new_extra or person.new_photo)


def _contact_row(actor: Actor, person: Person, audience: str) -> dict[str, Any]:
    row = {**BLANK, **person.values, "id": person.id, "owner_id": actor.user_id, "audience": audience, "created_at": now()}
    return row | folded_fields(row, person.new_points, person.new_tags.values())


def _photo_row(person: Person) -> dict[str, Any]:
    photo = person.new_photo
    assert photo is not None
    return {
        "id": new_id(), "contact_id": person.id, "content_type": photo.content_type, "size": len(photo.data),
        "sha256": sha256(photo.data).hexdigest(), "data": photo.data,
    }  # fmt: skip
