"""Reading contacts as cards, piece by piece: 500 to a statement, so that memory does not grow with their number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import literal, text, tuple_
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.ahead import read_ahead
from crm_app.domain.contacts.models import Contact
from crm_app.domain.contacts.scope import among, visible_to
from crm_app.domain.exports.part_queries import NOTHING, Parts, find_apart, find_parts
from crm_app.domain.files.models import Blob
from crm_app.domain.imports.cards import Birthday, ContactCard, Photo, Point, sort_points
from crm_app.domain.imports.parts import ApartPart

Model = TypeVar("Model", bound=BaseModel)
PIECE = 500
PIECE_WITH_PARTS = 100  # a contact may have a thousand entries
TEXTS = (
    "display_name", "given_name", "middle_name", "family_name", "name_prefix", "name_suffix", "nickname", "pronouns", "company", "job_title",
    "street", "city", "region", "postal_code", "country", "language", "notes", "stage", "favourite", "extra",
    "cadence_days", "snoozed_until", "locked", "ai_allowed",
)  # fmt: skip
_COLUMNS = (*TEXTS, "id", "sort_name", "birth_year", "birth_month", "birth_day", "preferred_method", "photo_id", "archived_at")
_POINT = ("kind", "label", "value", "value_norm", "is_primary")
_POINTS = text(
    "(select coalesce(jsonb_agg(jsonb_build_array(p.kind, p.label, p.value, p.value_norm, p.is_primary) order by p.position, p.id), '[]') "
    "from contact_point p where p.contact_id = contact.id) as points"
)
_TAKEN = text("select count_exports(:since)")
_REFERRER = text("(select r.id from contact r where r.id = contact.referred_by_id and r.deleted_at is null) as referrer")
_TAGS = text("array(select t.name from contact_tag l join tag t on t.id = l.tag_id where l.contact_id = contact.id order by t.folded) as tags")


def count_taken(session: Session, since: datetime) -> int | None:
    """How many exports whoever is served has taken since then, other than on the host's own terminal; None while another of theirs is being made."""
    taken: int | None = session.connection().execute(_TAKEN, {"since": since}).scalar()
    return taken


@dataclass(frozen=True)
class _Piece:
    """Some contacts, and what stands beside them in other tables, by the contact's id (pictures by their own)."""

    rows: Sequence[Any]
    photos: Mapping[UUID, Photo]
    parts: Parts
    apart: Mapping[UUID, ApartPart]


def list_cards(session: Session, actor: Actor, *, photos: bool, parts: bool = False) -> Iterator[ContactCard]:
    """All contacts that the actor sees, archived ones too, by name; with ``parts`` also their goals, programmes, entries, tasks, events and mails.

    What stands in the database is within a card's limits already.
    """
    for piece in read_ahead(_pieces(session, actor, photos=photos, parts=parts)):
        for row in piece.rows:
            yield _card(row, piece)


def _pieces(session: Session, actor: Actor, *, photos: bool, parts: bool) -> Iterator[_Piece]:
    last: Any = None
    size = PIECE_WITH_PARTS if parts else PIECE
    while True:
        found = select(*_columns()).where(visible_to(actor), col(Contact.deleted_at).is_(None))
        if last is not None:
            found = found.where(tuple_(col(Contact.sort_name), col(Contact.id)) > tuple_(literal(last.sort_name), literal(last.id)))
        rows = session.connection().execute(found.order_by(Contact.sort_name, Contact.id).limit(size)).all()
        ids = [row.id for row in rows]
        yield _Piece(
            rows, _photos(session, [row.photo_id for row in rows if row.photo_id]) if photos else {},
            find_parts(session, actor, ids) if parts else NOTHING, find_apart(session, actor, ids) if parts else {},
        )  # fmt: skip
        if len(rows) < size:
            return
        last = rows[-1]


def _columns() -> list[Any]:
    return [*(getattr(Contact, name) for name in _COLUMNS), _POINTS, _TAGS, _REFERRER]


def _photos(session: Session, ids: list[UUID]) -> dict[UUID, Photo]:
    if not ids:
        return {}
    rows = session.connection().execute(select(Blob.id, Blob.content_type, Blob.data).where(among(col(Blob.id), ids))).all()
    return {row.id: Photo.model_construct(content_type=row.content_type, data=row.data) for row in rows}


def _card(row: Any, piece: _Piece) -> ContactCard:
    birthday = Birthday.model_construct(year=row.birth_year, month=row.birth_month, day=row.birth_day) if row.birth_month and row.birth_day else None
    fields = dict(zip(TEXTS, row, strict=False)) | {
        "line": 0, "external_id": str(row.id), "points": sort_points([_made(Point, dict(zip(_POINT, point, strict=True))) for point in row.points]),
        "birthday": birthday, "tags": tuple(row.tags), "preferred_method": row.preferred_method or "", "photo": piece.photos.get(row.photo_id),
        "archived": row.archived_at is not None, "referred_by": row.referrer, "apart": piece.apart.get(row.id),
        **{name: found.get(row.id, ()) for name, found in piece.parts.items()},
    }  # fmt: skip
    return _made(ContactCard, fields)


def _made(model: type[Model], fields: dict[str, Any]) -> Model:
    """What ``model_construct`` makes of all fields of a model, in a twentieth of the time: a large export makes a hundred thousand."""
    made = model.__new__(model)
    for name, value in (("__dict__", fields), ("__pydantic_fields_set__", set(fields)), ("__pydantic_extra__", None), ("__pydantic_private__", None)):
        object.__setattr__(made, name, value)
    return made
