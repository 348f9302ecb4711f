"""pgvector's index over the signs of passages: the same answers as without it, where the server has it; and nobody misses it where not."""

from __future__ import annotations

import random
from typing import NamedTuple
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.meaning import queries
from crm_app.domain.unit_of_work import unit_of_work
from crm_app.infrastructure.meaning_index import INDEX, index_meanings, is_of_meaning_index

PASSAGES, MOST = 3_000, 100


class Passages(NamedTuple):
    middles: list[str]
    entries: list[tuple[UUID, str, UUID]]


def make_index(database):
    with psycopg.connect(database.server.owner_dsn(database.name), autocommit=True) as connection:
        return index_meanings(connection)


@pytest.fixture
def passages(database, run, alice, bob):
    """Passages of alice's and bob's, some of them private, with signs in clusters as meanings have them."""
    chance = random.Random(3)
    middles = [chance.getrandbits(768) for _ in range(30)]
    sources = []
    for who in (alice, bob):
        for audience in ("team", "private"):
            person = run(who, contacts.create_contact, ContactCreate(display_name="Ana Silva"))
            entry = run(who, interactions.log_interaction, InteractionCreate(kind="note", body="Insomnia", contact_ids=[person.id], audience=audience))
            sources.append((who.user_id, audience, entry.id))
    with database.owner.begin() as connection:
        for owner, audience, entry in sources:
            source = connection.execute(
                text("insert into meaning_source (id, owner_id, audience, interaction_id) values (gen_random_uuid(), :o, :a, :e) returning id"), {"o": owner, "a": audience, "e": entry}
            ).scalar_one()
            signs = [format(chance.choice(middles) ^ sum(1 << chance.randrange(768) for _ in range(120)) & ((1 << 768) - 1), "0768b") for _ in range(PASSAGES // 4)]
            connection.execute(
                text(
                    "with made as (insert into meaning_chunk (id, owner_id, audience, source_id, signs) select gen_random_uuid(), :o, :a, :s, x::bit(768) "
                    "from unnest(cast(:signs as text[])) x returning id, owner_id, audience) "
                    "insert into meaning_vector (chunk_id, owner_id, audience, begins, ends, vector) select id, owner_id, audience, 0, 8, '' from made"
                ),
                {"o": owner, "a": audience, "s": source, "signs": signs},
            )
    return Passages([format(middle, "0768b") for middle in middles], sources)


@pytest.fixture
def asked_always(monkeypatch):
    """The index is asked however few passages there are."""
    monkeypatch.setattr(queries, "MANY", 0)
    monkeypatch.setattr(queries, "SHARE", 0)


def near(who, asked, prepare="select 1"):
    """The entries of the passages that share most signs with ``asked``, and in how many signs the passages differ from it."""
    with unit_of_work(who, "test") as session:
        session.connection().execute(text(prepare))
        found = [passage.interaction_id for passage in queries.get_passages(session, queries.list_near(session, asked, MOST).keys).values()]
        exact = session.connection().execute(text(SCAN), {"signs": asked, "most": MOST}).scalars().all()
        return found, [int(one) for one in exact]


SCAN = "select bit_count(c.signs # cast(:signs as bit(768))) from meaning_chunk c order by 1 limit :most"
BY_INDEX = "select c.signs <~> cast(:signs as bit(768)) from meaning_chunk c order by c.signs <~> cast(:signs as bit(768)) limit :most"


def test_the_index_finds_what_reading_all_signs_finds_and_nothing_that_is_hidden(database, passages, alice, bob, vera, asked_always):
    """For each person: together the nearest are as near, and all are theirs to see."""
    people, middles, entries = (alice, bob, vera), passages.middles[:8], passages.entries
    before = {(who.name, asked): near(who, asked) for who in people for asked in middles}
    if not make_index(database):
        pytest.skip("not run: this server has no pgvector (0.8 or newer)")
    for who in people:
        theirs = {entry for owner, audience, entry in entries if owner == who.user_id or audience == "team"}
        assert len(theirs) == (2 if who is vera else 3)
        for asked in middles:
            with unit_of_work(who, "test") as session:
                queries.list_near(session, asked, MOST)  # says how the index is to be asked
                plan = "\n".join(session.connection().execute(text("explain " + BY_INDEX), {"signs": asked, "most": MOST}).scalars())
                found = [int(one) for one in session.connection().execute(text(BY_INDEX), {"signs": asked, "most": MOST}).scalars()]
            entries_before, exact = before[who.name, asked]
            assert INDEX in plan and len(found) == MOST and found == sorted(found) and sum(exact) <= sum(found) <= sum(exact) * 1.02
            assert set(entries_before) <= theirs and set(near(who, asked)[0]) <= theirs


def test_who_sees_little_among_much_that_is_hidden_finds_it_all_the_same(database, passages, alice, vera, asked_always):
    """The index is made to give up after one passage that may not be seen."""
    indexed = make_index(database)
    with database.owner.begin() as connection:
        for table, key in (("meaning_vector", "chunk_id"), ("meaning_chunk", "id")):
            connection.execute(
                text(f"update {table} set owner_id = :alice, audience = 'private' where {key} not in (select id from meaning_chunk where audience = 'team' order by id limit 20)"),
                {"alice": alice.user_id},
            )
    found, exact = near(vera, passages.middles[0], "set local hnsw.max_scan_tuples = 1" if indexed else "select 1")
    assert len(found) == len(exact) == 20


def test_of_few_passages_all_signs_are_read_though_the_index_is_there(database, passages, alice):
    """And pgvector's own way of counting gives the same passages."""
    asked = passages.middles[0]
    with unit_of_work(alice, "test") as session:
        before = set(queries.list_near(session, asked, PASSAGES).keys)
    make_index(database)
    with unit_of_work(alice, "test") as session:
        assert set(queries.list_near(session, asked, PASSAGES).keys) == before and len(before) == PASSAGES * 3 // 4
        assert session.connection().execute(text("select current_setting('enable_seqscan')")).scalar() == "on"


def test_making_it_twice_changes_nothing(database, passages):
    assert make_index(database) == make_index(database)


@pytest.mark.parametrize(
    ("entry", "leave"),
    [
        ("2; 3079 16418 EXTENSION - vector ", True), ("2858; 0 0 COMMENT - EXTENSION vector ", True), ("2702; 1259 16830 INDEX public meaning_chunk_near postgres", True),
        ("3; 3079 16746 EXTENSION - pg_trgm ", False), ("2702; 1259 16830 INDEX public meaning_chunk_by_source postgres", False),
        ("221; 1259 16827 TABLE public meaning_chunk postgres", False), ("9; 0 1 TABLE DATA public meaning_vector vector", False),
    ],
)  # fmt: skip
def test_a_restore_leaves_it_to_the_next_start(entry, leave):
    assert is_of_meaning_index(entry) is leave
