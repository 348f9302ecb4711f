"""People become contacts by their mail where the mailbox's owner wants that, each once: one who was deleted or taken back is not made again."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from pydantic import ValidationError
from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.calendar.settling import match_events
from crm_app.domain.connections.models import Connection
from crm_app.domain.contacts.models import PointKind, Source
from crm_app.domain.contacts.parts import insert_contacts
from crm_app.domain.contacts.rules import called
from crm_app.domain.contacts.schemas import ContactCreate, PointInput
from crm_app.domain.errors import NotFound
from crm_app.domain.imports.names import split_name
from crm_app.domain.mail import landing_queries as queries
from crm_app.domain.mail import newcomer_queries
from crm_app.domain.mail.automatic import automatic
from crm_app.domain.mail.models import MailRule, NewContacts, Shown, Verdict
from crm_app.domain.mail.settling import match_mail
from crm_app.domain.permissions import Permission
from crm_app.domain.reach import split_email
from crm_app.domain.rows import Audience

MOST_AT_ONCE = 50


def meet_people(session: Session, actor: Actor, connection: Connection, limit: int = MOST_AT_ONCE) -> int:
    """Make contacts of people in a mailbox's heads as its owner's rule says; how many. Called in a unit of work of its own, so that it can be undone.

    They are as private as the mailbox. NotFound for a connection that is not the actor's.
    """
    actor.require(Permission.MAIL_WRITE)
    actor.require(Permission.CONTACT_WRITE)
    if connection.owner_id != actor.user_id:
        raise NotFound
    mailbox = queries.find_mailbox(session, actor, connection.id)
    if mailbox is None or mailbox.new_contacts == NewContacts.NEVER:
        return 0
    queries.lock_mail(session, actor)
    written = mailbox.new_contacts == NewContacts.WRITTEN_TO
    found = {row.address: row.name for row in newcomer_queries.list_strangers(session, actor, connection.id, written_to=written, limit=limit * 4)}
    audience = Audience.PRIVATE if mailbox.shown == Shown.PRIVATE else Audience.TEAM
    left_out = _left_out(session, actor, list(found))
    items = {address: item for address in found if address not in left_out and (item := _contact(address, found[address], audience)) is not None}
    items = dict(list(items.items())[:limit])
    if not items:
        return 0
    insert_contacts(session, actor, list(items.values()), Source.SYNC)
    session.add_all(
        MailRule(owner_id=actor.user_id, audience=Audience.PRIVATE.value, address=fingerprint(address), verdict=Verdict.MET.value) for address in items
    )
    session.flush()
    match_events(session, actor, [name for item in items.values() for name in called(item)])
    match_mail(session, actor)
    return len(items)


def fingerprint(address: str) -> str:
    """By which it is known that a contact was made of an address, without keeping the address."""
    return f"sha256:{sha256(address.encode()).hexdigest()}"


def _left_out(session: Session, actor: Actor, addresses: list[str]) -> set[str]:
    """Addresses of which no contact is made: the owner's own, machines', those that are a contact's already, in the trash too, and those that were before."""
    own, verdicts = queries.list_own_addresses(session, actor), queries.list_verdicts(session, actor, addresses)
    met, known = newcomer_queries.list_met(session, actor, [fingerprint(one) for one in addresses]), newcomer_queries.list_known_addresses(session, addresses)
    return {
        address for address in addresses
        if address in own or address in known or fingerprint(address) in met or automatic(address, {}) is not None
        or Verdict.NEVER in (verdicts.get(address), verdicts.get(f"@{address.partition('@')[2]}"))
    }  # fmt: skip


def _contact(address: str, name: str, audience: Audience) -> ContactCreate | None:
    """Somebody new, by the name in the head; None for an address that no contact can have."""
    try:
        split_email(address)
    except ValueError:
        return None
    point = PointInput(kind=PointKind.EMAIL, value=address, is_primary=True)
    plain = "" if "@" in name else name.strip("'\" ")
    try:
        named: dict[str, Any] = split_name(plain) or {"display_name": plain}
        return ContactCreate.model_validate({**named, "points": [point], "audience": audience})
    except ValidationError:
        return ContactCreate(points=[point], audience=audience)
