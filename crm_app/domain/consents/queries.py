"""Rows of the ledger, and who agrees to what."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from crm_app.domain.accounts.models import UserAccount
from crm_app.domain.actor import Actor
from crm_app.domain.consents.kinds import Action, Purpose
from crm_app.domain.consents.models import Consent, ConsentText
from crm_app.domain.consents.schemas import ConsentEvent, TextView
from crm_app.domain.contacts.models import Contact
from crm_app.domain.contacts.scope import among, visible_to

_LATEST = (col(Consent.contact_id), col(Consent.purpose), col(Consent.happened_on).desc(), col(Consent.created_at).desc(), col(Consent.id).desc())


def list_events(session: Session, contact_ids: Collection[UUID]) -> dict[UUID, list[ConsentEvent]]:
    """All entries of contacts that were looked up already, the latest first."""
    found: Any = (
        columns(
            col(Consent.id), col(Consent.contact_id), col(Consent.purpose), col(Consent.action), col(ConsentText.version), col(ConsentText.wording),
            col(Consent.channel), col(Consent.happened_on), col(Consent.evidence), col(Consent.author_id), col(UserAccount.name).label("author_name"),
            col(Consent.created_at),
        )
        .outerjoin(ConsentText, col(ConsentText.id) == col(Consent.text_id))
        .outerjoin(UserAccount, col(UserAccount.id) == col(Consent.author_id))
        .where(among(col(Consent.contact_id), set(contact_ids)))
        .order_by(col(Consent.happened_on).desc(), col(Consent.created_at).desc(), col(Consent.id).desc())
    )  # fmt: skip
    events: dict[UUID, list[ConsentEvent]] = {}
    for row in session.connection().execute(found).mappings():
        told = {**row, "wording": row["wording"] or "", "author_name": row["author_name"] or ""}
        events.setdefault(told.pop("contact_id"), []).append(ConsentEvent(**told))
    return events


def list_agreed(session: Session, actor: Actor, contact_ids: Collection[UUID], purpose: Purpose) -> frozenset[UUID]:
    """Which of these contacts, that the actor sees and that are not deleted, agree to a purpose."""
    latest = select(Consent.contact_id, Consent.action).where(among(col(Consent.contact_id), set(contact_ids)), Consent.purpose == purpose.value)
    latest = latest.distinct(col(Consent.contact_id), col(Consent.purpose)).order_by(*_LATEST)
    standing = latest.subquery()
    found = select(Contact.id).join(standing, standing.c.contact_id == col(Contact.id))
    found = found.where(standing.c.action == Action.GIVEN.value, visible_to(actor), col(Contact.deleted_at).is_(None))
    return frozenset(session.exec(found).all()) if contact_ids else frozenset()


def latest_given(session: Session, contact_ids: Collection[UUID], purposes: Iterable[Purpose]) -> dict[tuple[UUID, Purpose], date]:
    """Of each contact and purpose that is agreed to, since when."""
    found = columns(col(Consent.contact_id), col(Consent.purpose), col(Consent.action), col(Consent.happened_on)).where(
        among(col(Consent.contact_id), set(contact_ids)), col(Consent.purpose).in_([purpose.value for purpose in purposes])
    )
    rows = session.execute(found.distinct(col(Consent.contact_id), col(Consent.purpose)).order_by(*_LATEST)).all()
    return {(contact_id, Purpose(purpose)): day for contact_id, purpose, action, day in rows if action == Action.GIVEN.value}


def list_texts(session: Session, purpose: Purpose | None = None) -> list[TextView]:
    """Every version of every wording, the latest of a purpose first."""
    found = select(ConsentText, UserAccount.name).outerjoin(UserAccount, col(UserAccount.id) == col(ConsentText.author_id))
    if purpose:
        found = found.where(ConsentText.purpose == purpose.value)
    rows = session.exec(found.order_by(col(ConsentText.purpose), col(ConsentText.version).desc())).all()
    return [
        TextView(id=row.id, purpose=Purpose(row.purpose), version=row.version, wording=row.wording, author_name=name or "", created_at=row.created_at)
        for row, name in rows
    ]


def get_text_purpose(session: Session, text_id: UUID) -> str | None:
    """What a wording is for, if there is one of this id."""
    return session.exec(select(ConsentText.purpose).where(ConsentText.id == text_id)).first()
