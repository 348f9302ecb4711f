"""By what people are known: what is hidden behind a stand-in before a text about them leaves."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Contact, ContactPoint, PointKind
from crm_app.domain.contacts.scope import among
from crm_app.domain.disclosure.access import readable, seen


@dataclass(frozen=True, slots=True)
class KnownAs:
    """One contact: whole names and their parts, addresses of mail, phone numbers, and where they live."""

    names: tuple[str, ...]
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    addresses: tuple[str, ...]


def list_known_as(session: Session, actor: Actor, contact_ids: Collection[UUID]) -> tuple[KnownAs, ...]:
    """By what these contacts are known, of those that AI may read for the actor; the same ones always in the same order."""
    if not contact_ids:
        return ()
    people = session.exec(select(Contact).where(among(col(Contact.id), set(contact_ids)), readable(actor)).order_by(col(Contact.id))).all()
    asked = select(ContactPoint).where(among(col(ContactPoint.contact_id), [person.id for person in people]), seen(actor, ContactPoint))
    points = session.exec(asked.order_by(col(ContactPoint.position), col(ContactPoint.id))).all()
    return tuple(_known(person, [point for point in points if point.contact_id == person.id]) for person in people)


def _known(person: Contact, points: Collection[ContactPoint]) -> KnownAs:
    names = (person.display_name, f"{person.given_name} {person.family_name}", person.given_name, person.middle_name, person.family_name, person.nickname)
    emails = [person.primary_email, *(point.value for point in points if point.kind == PointKind.EMAIL)]
    phones = [person.primary_phone, *(point.value for point in points if point.kind == PointKind.PHONE)]
    return KnownAs(_said(*names, *person.display_name.split()), _said(*emails), _said(*phones), _said(person.street))


def _said(*texts: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))
