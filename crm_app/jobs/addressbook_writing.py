"""What changed here, told to the books that are written into: each card looked at, changed, put back and read again; and new ones made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar
from uuid import UUID

from prometheus_client import Counter

from crm_app.domain.addressbooks import outgoing
from crm_app.domain.addressbooks.outgoing import Newcomer, Told, Wish
from crm_app.domain.addressbooks.reading import CardRefused, TakenCard, new_card, read_cards, rewrite_card
from crm_app.domain.addressbooks.running import Book
from crm_app.domain.addressbooks.source import BookWriter, ReadOnly
from crm_app.domain.connections.plans import Plan
from crm_app.domain.connections.source import Changed, WriteRefused
from crm_app.domain.i18n import _
from crm_app.domain.unit_of_work import run_service
from crm_app.jobs.running import Running

T = TypeVar("T")
WRITES = Counter("crm_card_writes_total", "Cards of address books that were to be written, by what became of them.", ["state"])


def write_out(held: Running, plan: Plan, book: Book, writer: BookWriter) -> bool:
    """Everything that is to be written into a book. True when something was changed there meanwhile: then it is looked at once more."""
    behind = False
    try:
        for wish in _each(held, plan, book, outgoing.list_wishes):
            told = _told(writer, book, wish)
            behind = _count(told) or behind
            if told is not None:
                run_service(held.actor, outgoing.end_wish, plan, book, wish, told)
        for one in _each(held, plan, book, outgoing.list_newcomers):
            made = _made(writer, book, one)
            behind = _count(made) or behind
            if made is not None:
                run_service(held.actor, outgoing.end_newcomer, plan, book, one, made)
    except ReadOnly as refusal:
        WRITES.labels("refused").inc()
        run_service(held.actor, outgoing.note_refused, plan, book, refusal.reason)
        return False
    return behind


def _each(held: Running, plan: Plan, book: Book, pages: Callable[..., tuple[tuple[T, ...], UUID | None]]) -> Iterator[T]:
    """What is to be done, page by page, for as long as nobody wants us to stop."""
    after: UUID | None = None
    while True:
        page, after = run_service(held.actor, pages, plan, book, after)
        for one in page:
            held.stop_if_asked()
            yield one
        if after is None:
            return


def _count(told: Told | None) -> bool:
    """Write down what became of one; whether it is to be looked at once more."""
    WRITES.labels("changed" if told is None else "written" if told.card else "refused").inc()
    return told is None


def _told(writer: BookWriter, book: Book, wish: Wish) -> Told | None:
    """What came of one wish; None: it is not as we know it any more over there."""
    try:
        standing = writer.fetch(book.remote.ref, wish.ref)
        if standing is None or standing.etag != wish.etag:
            return None
        if not standing.etag:
            return Told(reason=_("Your address book does not say when something in it has changed, so nothing is written into it."))
        made = rewrite_card(standing.content, wish.edits, wish.said, book.region)
        if made.content == standing.content:
            return Told(left=made.left)
        writer.write(book.remote.ref, wish.ref, standing.etag, made.content)
        return _read(writer, book, wish.ref, made.left)
    except Changed:
        return None
    except ReadOnly:
        raise
    except (WriteRefused, CardRefused) as refusal:
        return Told(reason=refusal.reason)


def _made(writer: BookWriter, book: Book, one: Newcomer) -> Told | None:
    """What came of putting somebody into a book. A card of this name is ours: the answer to it never came."""
    ref = writer.name_new(book.remote.ref, one.uid)
    try:
        if writer.fetch(book.remote.ref, ref) is None:
            writer.write(book.remote.ref, ref, "", new_card(one.uid, one.holds, book.region))
        return _read(writer, book, ref)
    except Changed:
        return None
    except ReadOnly:
        raise
    except (WriteRefused, CardRefused) as refusal:
        return Told(reason=refusal.reason)


def _read(writer: BookWriter, book: Book, ref: str, left: tuple[str, ...] = ()) -> Told:
    """What stands there now that it was written: servers lay cards out anew."""
    standing = writer.fetch(book.remote.ref, ref)
    (read,) = read_cards([(ref, standing.etag, standing.content)], book.region) if standing else (None,)
    if not isinstance(read, TakenCard):
        return Told(reason=_("Your address book did not keep it."))
    return Told(read, left)
