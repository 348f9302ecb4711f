"""What an import asks the database for, and how it writes: a few statements for 250 records."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, bindparam, text
from sqlmodel import Session, col, select

from crm_app.domain.access import may_edit
from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Contact
from crm_app.domain.contacts.scope import among, among_texts, visible_to
from crm_app.domain.imports.merging import TEXTS, Person
from crm_app.domain.imports.models import ImportFile, ImportProblem
from crm_app.domain.permissions import Permission

MOST_ALIKE = 20
_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MERGED = (*TEXTS, "notes", "stage", "preferred_method", "favourite", "birth_year", "birth_month", "birth_day", "cadence_days", "snoozed_until")
INSERTED = (
    *MERGED, "id", "owner_id", "audience", "extra", "source", "sort_name", "search_text", "primary_email", "primary_phone", "locked", "ai_allowed",
    "archived_at", "created_at",
)  # fmt: skip
APART = ("contact_id", "owner_id", "audience", "health_goals", "emergency_contact", "private_notes")
POINT = ("id", "contact_id", "owner_id", "audience", "kind", "label", "value", "value_norm", "is_primary", "position")
_PARTS = text(
    "select c.id, coalesce((select jsonb_agg(jsonb_build_array(p.kind, p.value_norm, p.is_primary)) from contact_point p "
    "where p.contact_id = c.id), '[]') as points, "
    "coalesce((select jsonb_agg(t.folded) from contact_tag l join tag t on t.id = l.tag_id where l.contact_id = c.id), '[]') as tags, "
    "exists (select from contact_sensitive s where s.contact_id = c.id) as apart, "
    "coalesce((select b.sha256 from blob b where b.id = c.photo_id), '') as photo from contact c where c.id = any(:ids)"
)
_UPDATE = text(
    "update contact c set "  # noqa: S608  column names of ours
    + ", ".join(f"{name} = coalesce(r.{name}, c.{name})" for name in MERGED)
    + ", extra = c.extra || coalesce(r.extra, '{}'), version = c.version + 1, updated_at = now() "
    "from jsonb_populate_recordset(null::contact, cast(:rows as jsonb)) r where c.id = r.id"
)
_REACHABLE = text(
    "with w as materialized (select x.kind, x.norm, found.contact_id from unnest(cast(:kinds as text[]), cast(:norms as text[])) x(kind, norm) "
    "cross join lateral (select p.contact_id from contact_point p where p.kind = x.kind and p.value_norm = x.norm limit :most) found) "
    "select w.kind, w.norm, w.contact_id from w join contact c on c.id = w.contact_id "
    "where c.deleted_at is null and (c.owner_id = :who or c.audience = 'team') order by w.contact_id"
)
_KNOWN = text(
    "with w as materialized (select x.key, i.contact_id from unnest(cast(:keys as text[])) x(key) cross join lateral "
    "(select contact_id from import_identity where owner_id = :who and source = :source and external_id = x.key) i) "
    "select w.key, w.contact_id from w join contact c on c.id = w.contact_id "
    "where c.deleted_at is null and (c.owner_id = :who or c.audience = 'team')"
)
_IDENTITIES = text(
    "insert into import_identity (id, owner_id, source, external_id, contact_id) "
    "select r.id, r.owner_id, r.source, r.external_id, r.contact_id from jsonb_populate_recordset(null::import_identity, cast(:rows as jsonb)) r "
    "on conflict (owner_id, source, external_id) do update set contact_id = excluded.contact_id where import_identity.contact_id <> excluded.contact_id"
)
_INSERT = text(
    f"insert into contact ({', '.join(INSERTED)}, cadence_effective, due_at) select {', '.join(f'r.{name}' for name in INSERTED)}, k.every_days, k.due_at "  # noqa: S608  column names of ours
    "from jsonb_populate_recordset(null::contact, cast(:rows as jsonb)) r cross join lateral contact_keeping(r) k"
)
_KEPT = text(
    "update contact c set cadence_effective = k.every_days, due_at = k.due_at from contact fresh cross join lateral contact_keeping(fresh) k "
    "where fresh.id = any(:ids) and c.id = fresh.id and k.every_days is not null"
)
_REFERRED = text(
    "update contact c set referred_by_id = r.referred_by_id from jsonb_populate_recordset(null::contact, cast(:rows as jsonb)) r "
    "where c.id = r.id and c.referred_by_id is null"
)
_FORMER = text("update blob b set purpose = 'former photo' from contact c where c.id = any(:ids) and c.photo_id = b.id")
_PHOTO = text(
    "with made as (insert into blob (id, contact_id, owner_id, audience, purpose, name, content_type, size, sha256, data) "
    "values (:id, :contact_id, :owner_id, :audience, 'photo', '', :content_type, :size, :sha256, :data) returning id) select id from made"
).bindparams(bindparam("data", type_=LargeBinary))


def find_identities(session: Session, actor: Actor, source: str, keys: Collection[str]) -> dict[str, UUID]:
    """Who these records became in an earlier import of the actor's, as far as they are still here."""
    values = {"keys": list(keys), "who": actor.user_id, "source": source}
    return {row.key: row.contact_id for row in session.connection().execute(_KNOWN, values)} if keys else {}


def find_reachable(session: Session, actor: Actor, reach: Collection[tuple[str, str]]) -> list[tuple[str, str, UUID]]:
    """``(kind, compared form, contact)`` of the contacts that can be reached in one of these ways, the oldest first, at most twenty a way."""
    pairs = list(reach)
    values = {"kinds": [kind for kind, _ in pairs], "norms": [norm for _, norm in pairs], "who": actor.user_id, "most": MOST_ALIKE}
    return [(row.kind, row.norm, row.contact_id) for row in session.connection().execute(_REACHABLE, values)] if pairs else []


def find_own(session: Session, actor: Actor, ids: Iterable[str]) -> list[UUID]:
    """Which of these are keys of contacts that the actor sees; a file may hold anything."""
    wanted = [UUID(written) for written in ids if _KEY.fullmatch(written)]
    found = select(Contact.id).where(among(col(Contact.id), wanted), visible_to(actor), col(Contact.deleted_at).is_(None))
    return list(session.exec(found).all()) if wanted else []


def find_names(session: Session, actor: Actor, sort_names: Collection[str]) -> set[str]:
    """Which of these folded names a contact bears already."""
    named = among_texts(col(Contact.sort_name), sort_names)
    found = select(Contact.sort_name).where(named, visible_to(actor), col(Contact.deleted_at).is_(None)).distinct()
    return set(session.exec(found).all()) if sort_names else set()


def load_people(session: Session, actor: Actor, ids: Collection[UUID]) -> dict[UUID, Person]:
    """Contacts as an import sees them, in two statements."""
    if not ids:
        return {}
    columns = [getattr(Contact, name) for name in (*MERGED, "extra", "id", "owner_id", "audience", "locked")]
    rows = session.connection().execute(select(*columns).where(among(col(Contact.id), ids), visible_to(actor))).all()
    parts = {row.id: row for row in session.connection().execute(_PARTS, {"ids": list(ids)})}
    allowed = actor.can(Permission.CONTACT_WRITE)
    return {
        row.id: Person(
            id=row.id, values={name: getattr(row, name) for name in MERGED} | {"extra": dict(row.extra)},
            points={(kind, norm): primary for kind, norm, primary in parts[row.id].points}, tags=set(parts[row.id].tags),
            photo_sha=parts[row.id].photo, is_own=row.owner_id == actor.user_id, has_apart=parts[row.id].apart,
            may_edit=allowed and may_edit(actor, row), takes_photo=allowed and may_edit(actor, row),
        )
        for row in rows
    }  # fmt: skip


def insert_contacts(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """New contacts, each with the day on which it is due by its own rhythm or its stage's."""
    if rows:
        session.connection().execute(_INSERT, {"rows": json.dumps(rows, default=str)})


def update_contacts(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Change only the columns that a row names; another field that somebody changes meanwhile stays theirs."""
    if rows:
        session.connection().execute(_UPDATE, {"rows": json.dumps(rows, default=str)})


def remember_identities(session: Session, rows: Iterable[dict[str, Any]]) -> None:
    """Keep who a record became; one whose contact is gone is given to the new one."""
    listed = list(rows)
    if listed:
        session.connection().execute(_IDENTITIES, {"rows": json.dumps(listed, default=str)})


def keep_in_touch(session: Session, ids: Sequence[UUID]) -> None:
    """Say when new contacts are due whose tags have a rhythm."""
    if ids:
        session.connection().execute(_KEPT, {"ids": list(ids)})


def put_referrers(session: Session, pairs: Sequence[tuple[UUID, UUID]]) -> None:
    """Say who referred whom, ``(contact, who)``, where nobody is named yet."""
    if pairs:
        rows = json.dumps([{"id": contact_id, "referred_by_id": referrer_id} for contact_id, referrer_id in pairs], default=str)
        session.connection().execute(_REFERRED, {"rows": rows})


def insert_photos(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Write pictures and put each on its contact, in place of an earlier one."""
    if rows:
        session.connection().execute(_FORMER, {"ids": [row["contact_id"] for row in rows]})
        session.connection().execute(_PHOTO, list(rows))
        pairs = json.dumps([{"id": row["contact_id"], "photo_id": row["id"]} for row in rows], default=str)
        put = "update contact c set photo_id = r.photo_id from jsonb_populate_recordset(null::contact, cast(:rows as jsonb)) r where c.id = r.id"
        session.connection().execute(text(put), {"rows": pairs})


def get_file(session: Session, actor: Actor, job_id: UUID) -> ImportFile | None:
    """The uploaded bytes, as long as they are kept."""
    return session.exec(select(ImportFile).where(ImportFile.job_id == job_id, ImportFile.owner_id == actor.user_id)).first()


def list_problems(session: Session, actor: Actor, job_id: UUID) -> Sequence[ImportProblem]:
    """What a run could not take, by line."""
    found = select(ImportProblem).where(ImportProblem.job_id == job_id, ImportProblem.owner_id == actor.user_id)
    return session.exec(found.order_by(col(ImportProblem.line), col(ImportProblem.id))).all()
