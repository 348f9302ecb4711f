"""What is to be written into a book: whatever a contact holds that it did not hold when it was last in step with its card. A transaction for each step.

Nothing else remembers that something is to be told: who is interrupted finds the same again, and an answer that never came is looked for by the next look at
the book, which takes in what stands there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.addressbooks import queries
from crm_app.domain.addressbooks.access import get_own_book, get_own_card
from crm_app.domain.addressbooks.facts import Facts, called, differs, edits, facts_of_card, facts_of_contact, ours
from crm_app.domain.addressbooks.reading import TakenCard
from crm_app.domain.addressbooks.running import Book
from crm_app.domain.connections import problems
from crm_app.domain.connections.plans import Bad, Plan
from crm_app.domain.connections.running import hold
from crm_app.domain.contacts.service import get_contact
from crm_app.domain.errors import NotFound
from crm_app.domain.i18n import _

PAGE = 50


@dataclass(frozen=True, slots=True)
class Wish:
    """What of one contact is to be written into its card: ``edits`` of what the card ``said``; ``holds`` is the contact as it is written, ``version`` which one."""

    card_id: UUID
    ref: str
    etag: str
    title: str
    said: Facts
    edits: Mapping[str, Any]
    holds: Facts
    version: int


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A contact that is to be put into a book: the UID that its card will have, and what it is to say."""

    card_id: UUID
    uid: str
    title: str
    holds: Facts
    version: int


@dataclass(frozen=True, slots=True)
class Told:
    """What came of it: the card as it stands there now, what of the edits could not be written, and why nothing could be."""

    card: TakenCard | None = None
    left: tuple[str, ...] = ()
    reason: str = ""


def list_wishes(session: Session, actor: Actor, plan: Plan, book: Book, after: UUID | None) -> tuple[tuple[Wish, ...], UUID | None]:
    """What is to be written, of a page of contacts that changed since, and where the next page begins (None: there is none)."""
    hold(session, actor, plan)
    if book.id is None or not get_own_book(session, actor, book.id).two_way:
        return (), None
    rows = queries.list_unseen(session, actor, book.id, after, PAGE, wanted=False)
    wishes: list[Wish] = []
    for row in rows:
        view = get_contact(session, actor, row.contact_id)
        here = facts_of_contact(view)
        if row.held is None:
            row.held, row.seen = ours(here), view.version
        elif found := edits(row.held, here):
            wishes.append(Wish(row.id, row.external_id, row.etag, view.display_name, row.said, found, ours(here), view.version))
        else:
            row.seen = view.version
    session.flush()
    return tuple(wishes), rows[-1].id if len(rows) == PAGE else None


def list_newcomers(session: Session, actor: Actor, plan: Plan, book: Book, after: UUID | None) -> tuple[tuple[Newcomer, ...], UUID | None]:
    """Who is to be put into a book, a page at a time as ``list_wishes`` has it; but for those who could not be, as they were then."""
    hold(session, actor, plan)
    if book.id is None or not get_own_book(session, actor, book.id).two_way:
        return (), None
    rows = queries.list_unseen(session, actor, book.id, after, PAGE, wanted=True)
    views = [get_contact(session, actor, row.contact_id) for row in rows]
    found = [Newcomer(row.id, row.external_id, view.display_name, ours(facts_of_contact(view)), view.version) for row, view in zip(rows, views, strict=True)]
    return tuple(found), rows[-1].id if len(rows) == PAGE else None


def end_newcomer(session: Session, actor: Actor, plan: Plan, book: Book, one: Newcomer, told: Told) -> None:
    """From now on the contact is in step with the card that was made; or it is said why there is none."""
    hold(session, actor, plan)
    try:
        row = get_own_card(session, actor, one.card_id, lock=True)
    except NotFound:  # it was taken back meanwhile, or the book was left out
        return
    row.seen = one.version
    if (made := told.card) is not None:
        says = facts_of_card(made.card)
        told = Told(made, tuple(name for name in one.holds if differs(name, one.holds, says)))
        held = {name: value for name, value in one.holds.items() if name not in told.left}
        row.sqlmodel_update({"external_id": made.ref, "etag": made.etag, "said": says, "held": held, "wanted": False})
    _note(session, actor, plan, book, (one.uid, row.external_id), one.title, row.etag, told)


def end_wish(session: Session, actor: Actor, plan: Plan, book: Book, wish: Wish, told: Told) -> None:
    """Take in what stands there now, and say what could not be written. What could not is tried again once the contact or its card is changed."""
    hold(session, actor, plan)
    try:
        row = get_own_card(session, actor, wish.card_id, lock=True)
    except NotFound:  # the book was left out meanwhile
        return
    row.seen = wish.version
    if told.card is not None:
        says = facts_of_card(told.card.card)
        gained = {name for name in says if name not in row.said and name in wish.edits}
        written = wish.edits.keys() - set(told.left)
        held = {name: value for name, value in (row.held or {}).items() if name not in written} | {name: wish.holds[name] for name in written & wish.holds.keys()}
        row.sqlmodel_update({"etag": told.card.etag, "said": says, "brought": sorted({*row.brought, *gained} & says.keys()), "held": held})
    _note(session, actor, plan, book, (wish.ref,), wish.title, row.etag, told)


def note_refused(session: Session, actor: Actor, plan: Plan, book: Book, reason: str) -> None:
    """The book as a whole takes nothing from us: it says so, and is asked again with the next run."""
    hold(session, actor, plan)
    if book.id is not None:
        get_own_book(session, actor, book.id, lock=True).refused = reason
        session.flush()


def _note(session: Session, actor: Actor, plan: Plan, book: Book, items: tuple[str, ...], title: str, etag: str, told: Told) -> None:
    """Name what could not be written, under the last of what a card was called, and what was named before no more. The book takes changes."""
    assert book.id is not None
    reason = told.reason or (_("Could not be written there, and stays here alone: %s.") % ", ".join(dict.fromkeys(map(called, told.left))) if told.left else "")
    bad = [Bad(items[-1], reason, etag, failed=False, title=title)] if reason else []
    get_own_book(session, actor, book.id, lock=True).refused = ""
    problems.keep(session, actor, plan.connection_id, book.remote.ref, problems.Page(set(items), bad, (), None, frozenset()), plan.moment)
    session.flush()
