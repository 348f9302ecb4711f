"""What the clock does for search by meaning: texts that are new or have changed are read, a few at a time, in a thread that makes way for everything else.

What is read is kept piece by piece, so that it may end anywhere; what is left is due, and the next turn goes on with it.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.exc import OperationalError

from crm_app.ai.common_sentences import COMMON_SENTENCES
from crm_app.ai.embedding import Embedder, Vector, beside_everything, wanted_reader
from crm_app.ai.errors import AiError, AnswerRefused, BadAnswer, TooLong
from crm_app.domain.actor import Actor
from crm_app.domain.errors import BudgetExceeded, CrmError, Forbidden, NotFound, Unavailable
from crm_app.domain.jobs.queries import find_owner
from crm_app.domain.meaning import queries, reading
from crm_app.domain.meaning import service as meaning
from crm_app.domain.meaning.schemas import DueText, ReadText
from crm_app.domain.meaning.vectors import common_of, pack_common
from crm_app.domain.rows import now
from crm_app.domain.unit_of_work import anonymous_work, in_background, run_service
from crm_app.jobs.defects import report

log = structlog.get_logger(__name__)

PIECE, TAKEN_UP = 8, 500
"""Texts of one transaction; texts from before that are taken up at a time."""
PAUSE = 0.05
FIRST_REST, LONGEST_REST = timedelta(minutes=1), timedelta(hours=1)
"""Who did not answer is left alone, each time for twice as long."""
LATER = timedelta(minutes=10)
"""So long nothing is tried for somebody whose limit is reached, or whose texts stay at home."""
PATIENCE = 3
"""So often a text is tried of which nothing can be used, and a model whose vectors have another width."""
WIDEST = 8_192


class OtherWidth(BadAnswer):
    """Vectors with another number of numbers: somebody has put another model in the place of this one."""

    word = "other_width"


def wanted_embedder() -> Embedder | None:
    """By whom texts are to be read: by nobody while the team has not switched it on, or nothing that can is here."""
    with anonymous_work() as session:
        return wanted_reader(session)


class Reader:
    """Reads what is due. One process does it: the one that leads."""

    def __init__(self, wanted: Callable[[], Embedder | None] = wanted_embedder) -> None:
        self._wanted = wanted
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._of, self._failures, self._other_widths, self._kept = "", 0, 0, 0
        self._not_before: datetime | None = None
        self._rests: dict[UUID, tuple[datetime, str]] = {}
        self._unusable = Counter[UUID]()

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
        embedder, self._kept = self._wanted(), 0
        self._meet(embedder)
        if embedder is not None and self._not_before and now() < self._not_before:
            return 0
        try:
            self._follow(embedder)
            if embedder is not None:
                self._read_all(embedder)
        except CrmError as failure:
            self._rest(failure)
        return self._kept

    def _apart(self) -> None:
        beside_everything()
        try:
            with in_background():
                self.read_due()
        except OperationalError as failure:
            log.warning("the database was away while texts were read", error=type(failure.orig).__name__)
        except Exception as defect:  # noqa: BLE001  the next turn tries again; the log has it
            report("reading texts for their meaning failed", defect)

    def _meet(self, embedder: Embedder | None) -> None:
        """Another reader begins without what the last one has left behind."""
        name = embedder.model if embedder else ""
        if name != self._of:
            self._of, self._failures, self._other_widths, self._not_before = name, 0, 0, None
            self._rests.clear()
            self._unusable.clear()

    def _follow(self, embedder: Embedder | None) -> None:
        """Keep this one's vectors from now on, or none. What they have in common is measured once; who cannot tell leaves what is known as it is."""
        with anonymous_work() as session:
            if (embedder.model if embedder else "") == queries.get_followed(session):
                return
        common = b""
        if embedder:
            vectors = embedder.read(None, COMMON_SENTENCES)
            if len({len(vector) for vector in vectors}) != 1 or not 1 < len(vectors[0]) <= WIDEST:
                raise BadAnswer
            common = pack_common(common_of(vectors))
        with anonymous_work() as session:
            queries.follow(session, embedder.model if embedder else "", embedder is None or embedder.local, common)

    def _read_all(self, embedder: Embedder) -> None:
        while not self._stopping.is_set() and self._take_up():
            self._read_everybodys(embedder)
        self._read_everybodys(embedder)
        self._failures, self._other_widths, self._not_before = 0, 0, None
        moment = now()
        until, why = min((rest for rest in self._rests.values() if rest[0] > moment), default=(None, ""))
        with anonymous_work() as session:
            queries.pause(session, why, until)

    def _rest(self, failure: CrmError) -> None:
        """Leave the model alone for a while, and write down why. One that stays another one than it was is begun with anew."""
        self._failures += 1
        self._other_widths = self._other_widths + 1 if isinstance(failure, OtherWidth) else 0
        asked = timedelta(seconds=failure.wait or 0) if isinstance(failure, AiError) else LATER
        self._not_before = now() + min(max(FIRST_REST * 2 ** min(self._failures - 1, 10), asked), LONGEST_REST)
        log.warning("texts could not be read for their meaning", why=_word(failure))
        with anonymous_work() as session:
            if self._other_widths >= PATIENCE:
                self._other_widths = 0
                queries.follow(session, "", True, b"")
            queries.pause(session, _word(failure), self._not_before)

    def _take_up(self) -> bool:
        with anonymous_work() as session:
            return queries.take_up(session, TAKEN_UP) > 0

    def _read_everybodys(self, embedder: Embedder) -> None:
        with anonymous_work() as session:
            people = [actor for person in queries.list_people_with_due(session) if (actor := find_owner(session, person))]
        for actor in people:
            if (rest := self._rests.get(actor.user_id)) and now() < rest[0]:
                continue
            try:
                self._read_ones(actor, embedder)
                self._rests.pop(actor.user_id, None)
            except AiError:
                raise
            except (BudgetExceeded, Unavailable, Forbidden) as refusal:  # theirs alone, perhaps: everybody else's texts are tried
                self._rests[actor.user_id] = now() + LATER, _word(refusal)

    def _read_ones(self, actor: Actor, embedder: Embedder) -> None:
        width, seen = run_service(actor, meaning.get_meaning_state).width, set[UUID]()
        while not self._stopping.is_set() and (due := run_service(actor, reading.begin_reading, PIECE)):
            again = seen.issuperset(one.source_id for one in due)
            if again:  # they change faster than they can be read: the next turn has more luck
                break
            seen.update(one.source_id for one in due)
            read = list[ReadText]()
            try:
                for one in due:
                    if found := self._read(actor, one, embedder, width):
                        read.append(found)
            finally:  # what was read before something went wrong is paid already
                self._kept += run_service(actor, reading.keep_meaning, embedder.model, read)
            self._stopping.wait(PAUSE)

    def _read(self, actor: Actor, due: DueText, embedder: Embedder, width: int) -> ReadText | None:
        """The text with its vectors; without any where its passages break the model, so that it is not tried for ever. None when it is time to stop."""
        vectors, passages = list[Vector](), due.passages()
        try:
            for at in range(0, len(passages), embedder.at_once):
                if self._stopping.is_set():
                    return None
                vectors += embedder.read(actor, passages[at : at + embedder.at_once], due.contact_ids)
        except (TooLong, AnswerRefused, Forbidden, NotFound):  # this one is not for that model
            return due.unread
        except BadAnswer:
            self._unusable[due.source_id] += 1
            if self._unusable[due.source_id] < PATIENCE:
                raise
            return due.unread
        except CrmError:
            raise
        except Exception as defect:  # noqa: BLE001  one text must not keep all others from being read; the log has it
            report("a text could not be read for its meaning", defect, source=str(due.source_id))
            return due.unread
        if any(len(vector) != width for vector in vectors):
            raise OtherWidth
        return ReadText(due, tuple(vectors))


def _word(failure: CrmError) -> str:
    """Why nothing is read, in a word: an ``AiError``'s own, ``limit`` for money, ``kept_back`` for what somebody has decided."""
    return failure.word if isinstance(failure, AiError) else "limit" if isinstance(failure, BudgetExceeded) else "kept_back"
