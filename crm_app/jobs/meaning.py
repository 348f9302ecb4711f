"""What the clock does for search by meaning: texts that are new or have changed are read, a few at a time, in a thread that makes way for everything else.

What is read is kept piece by piece, so that it may end anywhere; what is left is due, and the next turn goes on with it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.exc import OperationalError

from crm_app.ai.common_sentences import COMMON_SENTENCES
from crm_app.ai.embedding import Embedder, beside_everything, bound_embedder
from crm_app.ai.errors import AiError
from crm_app.domain.actor import Actor
from crm_app.domain.jobs.queries import find_owner
from crm_app.domain.meaning import queries, reading
from crm_app.domain.meaning.schemas import DueText, ReadText
from crm_app.domain.meaning.vectors import common_of, pack_common
from crm_app.domain.rows import now
from crm_app.domain.unit_of_work import anonymous_work, in_background, run_service
from crm_app.jobs.defects import report

log = structlog.get_logger(__name__)

PIECE, TAKEN_UP = 8, 500
"""Texts of one transaction; texts from before that are taken up at a time."""
PAUSE = 0.05
LATER = timedelta(minutes=10)
"""So long nobody elsewhere is asked again who did not answer."""


def wanted_embedder() -> Embedder | None:
    """By whom texts are to be read: by nobody while the team has not switched it on, or nothing that can is here."""
    with anonymous_work() as session:
        return bound_embedder() if queries.is_wanted(session) else None


class Reader:
    """Reads what is due. One process does it: the one that leads."""

    def __init__(self, wanted: Callable[[], Embedder | None] = wanted_embedder) -> None:
        self._wanted = wanted
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._not_before: datetime | None = None

    def look(self, _moment: datetime) -> None:
        """Begin to read in a thread of its own, unless it still does."""
        if self._stopping.is_set() or (self._thread and self._thread.is_alive()):
            return
        self._thread = threading.Thread(target=self._apart, name="meaning", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the passage at hand."""
        self._stopping.set()
        if self._thread:
            self._thread.join(5)

    def read_due(self) -> int:
        """Read everything that is due, in this thread; how many texts were kept."""
        embedder = self._wanted()
        with anonymous_work() as session:
            on = queries.get_followed(session)
        if (embedder.model if embedder else "") != on:
            self._follow(embedder)
        if embedder is None or (self._not_before and now() < self._not_before):
            return 0
        kept = 0
        try:
            while not self._stopping.is_set() and self._take_up():
                kept += self._read_everybodys(embedder)
            kept += self._read_everybodys(embedder)
        except AiError as failure:
            self._not_before = now() + LATER
            log.warning("texts could not be read for their meaning", why=failure.message)
        return kept

    def _apart(self) -> None:
        beside_everything()
        try:
            with in_background():
                self.read_due()
        except OperationalError as failure:
            log.warning("the database was away while texts were read", error=type(failure.orig).__name__)
        except Exception as defect:  # noqa: BLE001  the next turn tries again; the log has it
            report("reading texts for their meaning failed", defect)

    def _follow(self, embedder: Embedder | None) -> None:
        """Keep this one's vectors from now on, or none. What they have in common is measured once."""
        common = pack_common(common_of(embedder.read(None, COMMON_SENTENCES))) if embedder else b""
        with anonymous_work() as session:
            queries.follow(session, embedder.model if embedder else "", embedder is None or embedder.local, common)

    def _take_up(self) -> bool:
        with anonymous_work() as session:
            return queries.take_up(session, TAKEN_UP) > 0

    def _read_everybodys(self, embedder: Embedder) -> int:
        with anonymous_work() as session:
            people = [actor for person in queries.list_people_with_due(session) if (actor := find_owner(session, person))]
        return sum(self._read_ones(actor, embedder) for actor in people)

    def _read_ones(self, actor: Actor, embedder: Embedder) -> int:
        kept, seen = 0, set[UUID]()
        while not self._stopping.is_set() and (due := run_service(actor, reading.begin_reading, PIECE)):
            again = seen.issuperset(one.source_id for one in due)
            if again:  # they change faster than they can be read: the next turn has more luck
                break
            seen.update(one.source_id for one in due)
            read = [found for one in due if (found := self._read(actor, one, embedder))]
            kept += run_service(actor, reading.keep_meaning, embedder.model, read)
            self._stopping.wait(PAUSE)
        return kept

    def _read(self, actor: Actor, due: DueText, embedder: Embedder) -> ReadText | None:
        """The text with its vectors; without any where its passages break the model, so that it is not tried for ever. None when it is time to stop."""
        vectors = []
        try:
            for passage in due.passages():
                if self._stopping.is_set():
                    return None
                vectors += embedder.read(actor, [passage])
        except AiError:
            raise
        except Exception as defect:  # noqa: BLE001  one text must not keep all others from being read; the log has it
            report("a text could not be read for its meaning", defect, source=str(due.source_id))
            return ReadText(DueText(due.source_id, due.title, due.text, ()), ())
        return ReadText(due, tuple(vectors))
