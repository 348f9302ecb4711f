"""What one run of an address book account needs, a transaction for each step: contacts, cursor, problems and counts of a page stand or fall together.

Nothing here speaks to a provider. Each step asks first whether the job still is this attempt's and still wanted (``hold``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.addressbooks import queries
from crm_app.domain.addressbooks.access import get_own_book
from crm_app.domain.addressbooks.landing import land_cards
from crm_app.domain.addressbooks.models import AddressBook
from crm_app.domain.addressbooks.reading import NoCard, TakenCard
from crm_app.domain.addressbooks.source import RemoteBook
from crm_app.domain.connections import problems, rules
from crm_app.domain.connections import queries as connection_queries
from crm_app.domain.connections.access import get_own_connection
from crm_app.domain.connections.plans import Bad, Counts, Plan, Rehearsed
from crm_app.domain.connections.running import count, hold
from crm_app.domain.connections.source import SourceDown
from crm_app.domain.contacts.queries import get_country
from crm_app.domain.i18n import _
from crm_app.domain.jobs import service as jobs
from crm_app.domain.rows import Audience


@dataclass(frozen=True, slots=True)
class Book:
    """A book that is to be synced, and what to ask it; without ``id`` it is not kept here yet, which only happens in a dry run."""

    id: UUID | None
    remote: RemoteBook
    token: str
    known: Mapping[str, str]
    region: str


@dataclass(frozen=True, slots=True)
class Cards:
    """A page, read; see ``plans.Taken``."""

    cards: Sequence[TakenCard | NoCard] = ()
    unread: Sequence[tuple[str, str]] = ()
    gone: Collection[str] = ()
    present: frozenset[str] | None = None
    noted: frozenset[str] = frozenset()
    token: str = ""
    coming: int = 0


def keep_books(session: Session, actor: Actor, plan: Plan, remotes: Sequence[RemoteBook]) -> tuple[Book, ...]:
    """Bring the list of books in step, and what each is to be asked. SourceDown when an account that had books names none."""
    hold(session, actor, plan)
    kept = {row.external_id: row for row in queries.list_books(session, actor, [plan.connection_id])}
    if kept and not remotes:
        raise SourceDown(_("The account names no address book any more."))
    known = {remote.ref: remote for remote in remotes}
    if not plan.dry:
        _add(session, actor, plan, kept, known)
        for ref in kept.keys() - known.keys():
            session.delete(kept.pop(ref))
            connection_queries.forget_problems(session, actor, plan.connection_id, ref)
        session.flush()
    region = get_country(session)
    return tuple(_asked(session, actor, plan, kept.get(ref), remote, region) for ref, remote in known.items() if ref not in kept or kept[ref].synced)


def ask_again(session: Session, actor: Actor, plan: Plan, book: Book) -> Book:
    """The same book with what is known of it by now."""
    row = get_own_book(session, actor, book.id) if book.id else None
    return book if row is None else replace(book, token=row.token, known=queries.list_known(session, actor, row.id))


def end_test(session: Session, actor: Actor, plan: Plan, result: dict[str, Any], remotes: Sequence[RemoteBook]) -> None:
    """What the test found, with the books that there are to choose from; nothing goes because of a test."""
    get_own_connection(session, actor, plan.connection_id, lock=True)
    kept = {row.external_id: row for row in queries.list_books(session, actor, [plan.connection_id])}
    _add(session, actor, plan, kept, {remote.ref: remote for remote in remotes})
    jobs.finish_job(session, actor, plan.job_id, result, attempt=plan.attempt)


def land_page(session: Session, actor: Actor, plan: Plan, book: Book, page: Cards, *, progress: tuple[int, int] = (0, 0)) -> Counts:
    """Take a page in, with its problems, its counts and the cursor. A dry run raises ``Rehearsed`` with what it would have come to."""
    connection = hold(session, actor, plan, progress)
    row = get_own_book(session, actor, book.id, lock=True) if book.id else _new(actor, plan, book.remote)
    if not row.synced or _says_nothing(page, row):
        return Counts()
    session.add(row)
    session.flush()
    taken = [one for one in page.cards if isinstance(one, TakenCard)]
    bad = [Bad(one.ref, one.reason, one.etag, failed=one.failed, title=_("Card") if one.failed else _("Group")) for one in page.cards if isinstance(one, NoCard)]
    bad += [Bad(ref, reason, title=_("Card")) for ref, reason in page.unread]
    unread = {*(one.item for one in bad), *page.noted}
    landed = land_cards(
        session, actor, row, taken, audience=connection.meetings_audience, gone=page.gone, present=page.present, unread=unread, token=page.token
    )
    told = problems.Page({one.ref for one in taken}, [*landed.notes, *bad], page.gone, page.present, page.noted)
    skipped, failed = problems.keep(session, actor, plan.connection_id, row.external_id, told, plan.moment)
    counts = Counts(len(page.cards) + len(page.unread), landed.created, landed.updated, landed.deleted, skipped, failed)
    if plan.dry:
        raise Rehearsed(counts)
    count(session, actor, plan, counts)
    return counts


def _asked(session: Session, actor: Actor, plan: Plan, row: AddressBook | None, remote: RemoteBook, region: str) -> Book:
    if row is None or plan.anew:
        return Book(row.id if row else None, remote, "", {}, region)
    told = connection_queries.list_calendar_problems(session, actor, plan.connection_id, remote.ref)
    resting, due = problems.known_until(told, plan.moment)
    known = queries.list_known(session, actor, row.id)
    return Book(row.id, remote, "" if plan.whole or due else row.token, known | resting, region)


def _says_nothing(page: Cards, row: AddressBook) -> bool:
    return not (page.cards or page.unread or page.gone or page.noted) and page.present is None and page.token in ("", row.token)


def _add(session: Session, actor: Actor, plan: Plan, kept: dict[str, AddressBook], remotes: Mapping[str, RemoteBook]) -> None:
    for ref, remote in remotes.items():
        if ref not in kept:
            kept[ref] = _new(actor, plan, remote)
        elif kept[ref].name != _name(remote):
            kept[ref].name = _name(remote)
        session.add(kept[ref])
    session.flush()


def _new(actor: Actor, plan: Plan, remote: RemoteBook) -> AddressBook:
    return AddressBook(owner_id=actor.user_id, audience=Audience.PRIVATE.value, connection_id=plan.connection_id, external_id=remote.ref, name=_name(remote))


def _name(remote: RemoteBook) -> str:
    return rules.short(remote.name, 240) or _("Address book")
