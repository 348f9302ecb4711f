"""Programs keep no page waiting, and together they never want more connections than there are."""

from __future__ import annotations

from threading import Event

import pytest

from crm_app.infrastructure.service_threads import PAGE_THREADS, ServiceThreads


def test_a_page_is_answered_while_every_thread_for_programs_is_taken() -> None:
    threads, enough = ServiceThreads(6), Event()
    for _ in range(6):
        threads.programs.submit(enough.wait)
    assert threads.pages.submit(lambda: "a page").result(timeout=60) == "a page"
    enough.set()
    threads.close(wait=True)


@pytest.mark.parametrize(("connections", "pages", "programs"), [(2, 1, 1), (3, 1, 2), (12, PAGE_THREADS, 8), (100, PAGE_THREADS, 96)])
def test_there_are_as_many_threads_as_connections(connections: int, pages: int, programs: int) -> None:
    threads = ServiceThreads(connections)
    assert (threads.pages._max_workers, threads.programs._max_workers) == (pages, programs)
    threads.close()
