"""Writing a contact's rows: itself, its points, its tags. Who may is asked by the services that call this."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlmodel import Session, SQLModel, col

from crm_app.domain.actor import Actor
from crm_app.domain.cadence.queries import get_stage_cadences, get_tag_cadences
from crm_app.domain.contacts import queries, rules
from crm_app.domain.contacts.models import Contact, ContactPoint, ContactTag, Source
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.contacts.scope import among
from crm_app.domain.errors import Invalid
from crm_app.domain.ids import new_id
from crm_app.domain.rows import Audience, now
from crm_app.domain.tags.service import checked_name, ensure_tags
from crm_app.domain.text import fold


def insert_contacts(session: Session, actor: Actor, items: Sequence[ContactCreate], source: Source) -> list[UUID]:
    """Write new contacts of the actor's in a few statements, derived fields included, and return their keys in order.

    Invalid for one item names its fields; for several, the fields begin with ``<index>.``.
    """
    region = queries.get_country(session)
    tag_ids = ensure_tags(session, [tag for item in items for tag in item.tags])
    by_stage, by_tag = get_stage_cadences(session), get_tag_cadences(session, tag_ids.values())
    contacts: list[dict[str, Any]] = []
    points: list[dict[str, Any]] = []
    links: list[dict[str, Any]] = []
    for index, item in enumerate(items):
        try:
            row, rows = _new_rows(actor, item, region, source)
        except Invalid as fault:
            raise fault if len(items) == 1 else Invalid(fields={f"{index}.{name}": why for name, why in fault.fields.items()}) from None
        points.extend(rows)
        folded = dict.fromkeys(fold(checked_name(tag)) for tag in item.tags)
        contacts.append(row | _keeping(row, by_stage, [by_tag[tag_ids[name]] for name in folded if tag_ids[name] in by_tag]))
        links.extend({"contact_id": row["id"], "tag_id": tag_ids[name], "owner_id": actor.user_id, "audience": row["audience"]} for name in folded)
    for table, rows in ((Contact, contacts), (ContactPoint, points), (ContactTag, links)):
        _insert(session, table, rows)
    return [row["id"] for row in contacts]


def _keeping(row: Mapping[str, Any], by_stage: Mapping[str, int | None], by_tag: Sequence[int]) -> dict[str, int | datetime | None]:
    """What ``contact_keeping`` in the database says of somebody who has no entries yet, without asking it for each of an import's thousands."""
    own = row["cadence_days"]
    days = (own if own is not None else min(by_tag) if by_tag else by_stage.get(str(row["stage"]))) or None
    return {"cadence_effective": days, "due_at": row["created_at"] + timedelta(days=days) if days else None}


def _insert(session: Session, table: type[SQLModel], rows: Sequence[dict[str, Any]]) -> None:
    """One statement for a thousand rows: a statement for each would be planned five thousand times in an import."""
    name = table.__tablename__
    for start in range(0, len(rows), 1_000):
        columns = ", ".join(rows[start])
        statement = text(f"insert into {name} ({columns}) select {columns} from jsonb_populate_recordset(null::{name}, cast(:rows as jsonb))")  # noqa: S608  names of ours
        session.connection().execute(statement, {"rows": json.dumps(rows[start : start + 1_000], default=str)})


def replace_points(session: Session, row: Contact, wanted: Sequence[dict[str, Any]]) -> bool:
    """Make the contact's points these, keeping the rows of those that stay. True when something changed."""
    kept = {(point.kind, point.value_norm): point for point in queries.list_points(session, row.id)}
    changed = False
    for values in wanted:
        point = kept.pop((values["kind"], values["value_norm"]), None)
        if point is None:
            session.add(ContactPoint(contact_id=row.id, owner_id=row.owner_id, audience=row.audience, **values))
            changed = True
        elif any(getattr(point, name) != value for name, value in values.items()):
            point.sqlmodel_update(values)
            changed = True
    for point in kept.values():
        session.delete(point)
    session.flush()
    return changed or bool(kept)


def replace_tags(session: Session, rows: Sequence[Contact], names: Iterable[str]) -> bool:
    """Make the tags of these contacts exactly these. True when something changed."""
    wanted = set(ensure_tags(session, names).values())
    links = {(link.contact_id, link.tag_id) for link in queries.list_tag_links(session, [row.id for row in rows])}
    surplus = {link for link in links if link[1] not in wanted}
    for contact_id, tag_id in surplus:
        session.execute(delete(ContactTag).where(col(ContactTag.contact_id) == contact_id, col(ContactTag.tag_id) == tag_id))
    return bool(link_tags(session, rows, wanted)) or bool(surplus)


def link_tags(session: Session, rows: Sequence[Contact], tag_ids: Iterable[UUID]) -> set[UUID]:
    """Put these tags on these contacts where they are missing, and return the contacts that got one."""
    wanted = [
        {"contact_id": row.id, "tag_id": tag_id, "owner_id": row.owner_id, "audience": row.audience} for row in rows for tag_id in sorted(tag_ids)
    ]
    if not wanted:
        return set()
    made = insert_once(ContactTag).on_conflict_do_nothing().returning(col(ContactTag.contact_id))
    return set(session.execute(made, wanted).scalars())


def unlink_tags(session: Session, rows: Sequence[Contact], tag_ids: Iterable[UUID]) -> set[UUID]:
    """Take these tags from these contacts, and return the contacts that lost one."""
    gone = delete(ContactTag).where(among(col(ContactTag.contact_id), [row.id for row in rows]), col(ContactTag.tag_id).in_(list(tag_ids)))
    return set(session.execute(gone.returning(col(ContactTag.contact_id))).scalars())


def touch(session: Session, row: Contact, version: int) -> None:
    """Move the version of a contact whose parts have changed, unless its own fields have moved it already."""
    session.refresh(row, ["version"])
    if row.version == version:
        row.version = version + 1
        row.updated_at = now()
        session.flush()


def _new_rows(actor: Actor, item: ContactCreate, region: str, source: Source) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    contact_id, moment = new_id(), now()
    fields = item.model_dump(exclude={"points", "tags"})
    points = rules.checked_points(item.points, region)
    rules.check_contact(fields, points)
    fields["display_name"] = rules.display_name_of(fields, points)
    owned = {"owner_id": actor.user_id, "audience": str(Audience(item.audience)), "created_at": moment}
    row = fields | owned | {"id": contact_id, "source": source.value, "updated_at": moment, "version": 1}
    return row | rules.folded_fields(fields, points, item.tags), [point | owned | {"id": new_id(), "contact_id": contact_id} for point in points]
