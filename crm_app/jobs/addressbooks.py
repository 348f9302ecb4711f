"""A run of an address book account: each page is read in the sandbox and lands, while the next one is fetched and read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing

from prometheus_client import Counter

from crm_app.domain.addressbooks import running
from crm_app.domain.addressbooks.reading import read_cards
from crm_app.domain.addressbooks.running import Book, Cards
from crm_app.domain.addressbooks.source import BookSource, BookWriter
from crm_app.domain.ahead import read_ahead
from crm_app.domain.connections.plans import Counts, Plan, Rehearsed
from crm_app.domain.connections.source import RemoteChanges
from crm_app.domain.unit_of_work import run_service
from crm_app.jobs.addressbook_writing import write_out
from crm_app.jobs.running import Running

ROUNDS = 3
"""How often a book that is changed while it is written into is looked at again in one run; the next run goes on."""
PEOPLE = Counter("crm_sync_people_total", "People of address books who came, changed and were let go of.", ["what"])


def bring_in(held: Running, plan: Plan, source: BookSource, counts: Counts) -> None:
    """Everything that has changed in the books that are synced."""
    for book in run_service(held.actor, running.keep_books, plan, source.list_books()):
        _look(held, plan, book, source, counts)
        if not isinstance(source, BookWriter) or plan.dry:
            continue
        for _round in range(ROUNDS):
            if not write_out(held, plan, book, source):
                break
            _look(held, plan, run_service(held.actor, running.ask_again, plan, book), source, counts)


def _look(held: Running, plan: Plan, book: Book, source: BookSource, counts: Counts) -> None:
    """Everything that has changed in one book."""
    pages = source.list_changes(book.remote.ref, book.token, book.known)
    with closing(read_ahead(_read(book, pages))) as taken:
        for page in taken:
            counts.coming += page.coming
            _land(held, plan, book, page, counts)
            counts.total += len(page.present or ())


def _read(book: Book, pages: Iterable[RemoteChanges]) -> Iterator[Cards]:
    """Pages with everything in them read, outside any transaction."""
    noted: frozenset[str] = frozenset()
    for page in pages:
        noted |= {ref for ref, _reason in page.unread}
        cards = read_cards([(item.ref, item.etag, item.content) for item in page.items], book.region)
        yield Cards(cards, page.unread, page.gone, page.present, noted, page.token, page.coming)


def _land(held: Running, plan: Plan, book: Book, page: Cards, counts: Counts) -> None:
    held.stop_if_asked()
    so_far = counts.seen + len(page.cards) + len(page.unread)
    try:
        counts.add(run_service(held.actor, running.land_page, plan, book, page, progress=(so_far, counts.coming if counts.coming >= so_far else 0)))
    except Rehearsed as rehearsal:
        counts.add(rehearsal.counts)
