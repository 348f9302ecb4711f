"""Search by meaning in tests: it is switched on, and everybody's texts are read, as the clock would have it."""

from __future__ import annotations

from crm_app.ai.embedding import WIDE, Embedder, FakeEmbedder, bind_embedder
from crm_app.domain.actor import Actor
from crm_app.domain.meaning import queries, reading
from crm_app.domain.meaning.schemas import ReadText
from crm_app.domain.meaning.vectors import Common, pack_common
from crm_app.domain.unit_of_work import anonymous_work, run_service

COMMON = Common((0.0,) * WIDE, (1 / WIDE**0.5,) * WIDE)


def switch_on(embedder: Embedder | None = None, common: Common = COMMON) -> Embedder:
    """Vectors of ``embedder`` are kept from now on."""
    embedder = embedder or FakeEmbedder()
    bind_embedder(embedder)
    with anonymous_work() as session:
        queries.follow(session, embedder.model, embedder.local, pack_common(common))
        while queries.take_up(session, 500):
            pass
    return embedder


def read_all(embedder: Embedder, *actors: Actor) -> int:
    """Read what is due of each; how many texts were kept."""
    kept = 0
    for actor in actors:
        while due := run_service(actor, reading.begin_reading, 50):
            read = [ReadText(one, tuple(embedder.read(actor, one.passages()))) for one in due]
            kept += run_service(actor, reading.keep_meaning, embedder.model, read)
    return kept
