"""What changed here, told to the books that are written into: each card looked at, changed, put back and read again."""

from __future__ import annotations

from uuid import UUID

from prometheus_client import Counter

from crm_app.domain.addressbooks import outgoing
from crm_app.domain.addressbooks.outgoing import Told, Wish
from crm_app.domain.addressbooks.reading import CardRefused, TakenCard, read_cards, rewrite_card
from crm_app.domain.addressbooks.running import Book
from crm_app.domain.addressbooks.source import BookWriter, ReadOnly
from crm_app.domain.connections.plans import Plan
from crm_app.domain.connections.source import Changed, WriteRefused
from crm_app.domain.i18n import _
from crm_app.domain.unit_of_work import run_service
from crm_app.jobs.running import Running

WRITES = Counter("crm_card_writes_total", "Cards of address books that were to be written, by what became of them.", ["state"])


def write_out(held: Running, plan: Plan, book: Book, writer: BookWriter) -> bool:
    """Everything that is to be written into a book. True when something was changed there meanwhile: then it is looked at once more."""
    behind = False
    page, after = run_service(held.actor, outgoing.list_wishes, plan, book, None)
    while True:
        for wish in page:
            held.stop_if_asked()
            try:
                told = _told(writer, book, wish)
            except ReadOnly as refusal:
                WRITES.labels("refused").inc()
                run_service(held.actor, outgoing.note_refused, plan, book, refusal.reason)
                return False
            behind = behind or told is None
            WRITES.labels("changed" if told is None else "written" if told.card else "refused").inc()
            if told is not None:
                run_service(held.actor, outgoing.end_wish, plan, book, wish, told)
        if after is None:
            return behind
        page, after = _more(held, plan, book, after)


def _more(held: Running, plan: Plan, book: Book, after: UUID) -> tuple[tuple[Wish, ...], UUID | None]:
    return run_service(held.actor, outgoing.list_wishes, plan, book, after)


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
        return _read(writer, book, wish, made.left)
    except Changed:
        return None
    except ReadOnly:
        raise
    except (WriteRefused, CardRefused) as refusal:
        return Told(reason=refusal.reason)


def _read(writer: BookWriter, book: Book, wish: Wish, left: tuple[str, ...]) -> Told:
    """What stands there now that it was written: servers lay cards out anew."""
    standing = writer.fetch(book.remote.ref, wish.ref)
    (read,) = read_cards([(wish.ref, standing.etag, standing.content)], book.region) if standing else (None,)
    if not isinstance(read, TakenCard):
        return Told(reason=_("Your address book did not keep it."))
    return Told(read, left)
