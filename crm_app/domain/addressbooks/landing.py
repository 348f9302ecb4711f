"""Cards become contacts, in the transaction that moves the cursor: who it is and how it is merged the first time is as an import has it, afterwards a contact
follows its card. Nothing that is here goes because of a book: a card that is gone over there only lets go of its contact.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.addressbooks import copies, queries
from crm_app.domain.addressbooks.facts import Facts, brought_by, edits, facts_of_card, facts_of_contact
from crm_app.domain.addressbooks.following import Follow, changes_of, follow, in_step
from crm_app.domain.addressbooks.models import AddressBook, AddressCard
from crm_app.domain.addressbooks.reading import TakenCard
from crm_app.domain.calendar.settling import match_events
from crm_app.domain.connections.plans import Bad
from crm_app.domain.contacts.schemas import ContactUpdate
from crm_app.domain.contacts.service import get_contact, update_contact
from crm_app.domain.contacts.views import ContactView
from crm_app.domain.errors import Forbidden, Invalid, NotFound
from crm_app.domain.i18n import _
from crm_app.domain.imports.matching import Matcher
from crm_app.domain.imports.merging import Person
from crm_app.domain.imports.queries import load_people
from crm_app.domain.imports.writing import write_identities, write_people
from crm_app.domain.mail.settling import match_mail
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience

SOURCE = "carddav"
"""By this name imports remember who a card with this id became, whichever account it came by."""


@dataclass(slots=True)
class Landed:
    """How many contacts came and changed, how many cards let go of theirs, and what of this page is not here, or not as the book has it."""

    created: int = 0
    updated: int = 0
    deleted: int = 0
    notes: list[Bad] = field(default_factory=list)


def land_cards(
    session: Session, actor: Actor, book: AddressBook, cards: Sequence[TakenCard], *, audience: str, gone: Collection[str] = (),
    present: Collection[str] | None = None, unread: Collection[str] = (), token: str = "",
) -> Landed:  # fmt: skip
    """Take a page of a book in, and with it the cursor with which to ask next. New contacts are seen by ``audience``.

    ``present`` is everything that exists over there, at the end of a whole look; ``unread`` is what could not be read and stays as it is.
    NotFound for a book that is not the actor's.
    """
    actor.require(Permission.CONTACT_IMPORT)
    if book.owner_id != actor.user_id:
        raise NotFound
    landed = Landed()
    known = queries.list_cards(session, actor, book.id, [one.ref for one in cards])
    _meet(session, actor, book, [one for one in cards if one.ref not in known], audience, landed)
    here = queries.list_here(session, actor, [row.contact_id for row in known.values()])
    for one in cards:
        if row := known.get(one.ref):
            _follow(session, actor, row, one, here=row.contact_id in here, landed=landed)
    if present is not None:
        there = {*present, *unread, *(one.ref for one in cards)}
        gone = [ref for ref in queries.list_known(session, actor, book.id) if ref not in there]
    landed.deleted = queries.loosen(session, actor, book.id, set(gone) - {one.ref for one in cards})
    if token:
        book.token = token
    session.flush()
    if landed.created or landed.updated:
        match_events(session, actor)
        match_mail(session, actor)
    return landed


def _meet(session: Session, actor: Actor, book: AddressBook, cards: Sequence[TakenCard], audience: str, landed: Landed) -> None:
    """Cards that are new here: each is somebody we know, or somebody new."""
    if not cards:
        return
    matcher = Matcher(session, actor, SOURCE)
    numbered = [one.card.model_copy(update={"line": place}) for place, one in enumerate(cards, 1)]
    people: list[Person] = []
    for one, (row, person) in zip(cards, matcher.take(numbered), strict=True):
        said = facts_of_card(one.card)
        session.add(AddressCard(
            owner_id=actor.user_id, audience=Audience.PRIVATE.value, book_id=book.id, external_id=one.ref, etag=one.etag, contact_id=person.id, said=said,
            brought=brought_by(said, person),
        ))  # fmt: skip
        people.append(person)
        landed.created += row.action == "create"
        landed.updated += row.action == "update"
        if not person.may_edit:
            landed.notes.append(_note(one, row.reason))
        elif one.problems:
            landed.notes.append(_note(one, " ".join(one.problems)))
    queries.end_wishes(session, actor, book.id, [person.id for person in people])  # they stand there, by whichever way
    write_people(session, actor, people, audience)
    write_identities(session, actor, SOURCE, matcher.identities)
    session.flush()


def _follow(session: Session, actor: Actor, row: AddressCard, one: TakenCard, *, here: bool, landed: Landed) -> None:
    """A card that is known: its contact follows, as far as nobody changed it here."""
    says = facts_of_card(one.card)
    if not here:
        row.etag = one.etag
        reason = _("This contact was deleted here, or is no longer yours to see: it stays out.")
        landed.notes.append(Bad(one.ref, reason, one.etag, failed=False, title=_("Deleted here")))
        return
    view = get_contact(session, actor, row.contact_id)
    found = follow(row.said, says, facts_of_contact(view), row.brought, row.held)
    try:
        with session.begin_nested():
            changed = _write(session, actor, view, found, one)
    except (Invalid, Forbidden, ValidationError) as refusal:
        row.etag = one.etag
        reason = getattr(refusal, "message", "") or _("It holds more than a contact can.")
        landed.notes.append(_note(one, reason))
        return
    landed.updated += changed
    if row.held is not None:
        _settle(session, actor, row, found, get_contact(session, actor, view.id) if changed else view, says)
    row.sqlmodel_update({"etag": one.etag, "said": says, "brought": sorted(found.brought)})
    kept = [_("Kept what was changed here: %s.") % ", ".join(found.kept)] if found.kept else []
    if kept or one.problems:
        landed.notes.append(_note(one, " ".join([*kept, *one.problems])))


def _write(session: Session, actor: Actor, view: Any, found: Follow, one: TakenCard) -> bool:
    given = changes_of(view, found.puts)
    if given:
        update_contact(session, actor, view.id, ContactUpdate(version=view.version, **given))
    if "photo" in found.puts:
        person = load_people(session, actor, [view.id])[view.id]
        person.new_photo = one.card.photo
        write_people(session, actor, [person], view.audience)
        session.expire_all()
    return bool(found.puts)


def _settle(session: Session, actor: Actor, row: AddressCard, found: Follow, view: ContactView, says: Facts) -> None:
    """What is in step now, what is still to be written there, and what was changed on both sides."""
    here = facts_of_contact(view)
    copies.keep(session, actor, row, found.lost, says)
    row.held = in_step(row.held or {}, here, row.said, says)
    row.seen = row.seen if edits(row.held, here) else view.version


def _note(one: TakenCard, reason: str) -> Bad:
    return Bad(one.ref, reason, one.etag, failed=False, title=one.card.display_name)
