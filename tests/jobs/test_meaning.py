"""Texts are read for their meaning by the clock: all that are due, in pieces that may end anywhere, and nobody's trouble is everybody's."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import text

from crm_app.ai import embedding
from crm_app.ai.embedding import FakeEmbedder, bind_embedder, bound_embedder
from crm_app.ai.errors import ModelDown
from crm_app.domain.ai import deciding as ai
from crm_app.domain.ai.features import Feature
from crm_app.domain.ai.schemas import FeatureUpdate, SettingsUpdate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate, InteractionUpdate
from crm_app.domain.rows import now
from crm_app.jobs import meaning as job
from crm_app.jobs.meaning import Reader


@pytest.fixture
def write(run, alice):
    """``write(body, actor=…)``: an entry about a contact of that actor's."""

    def entry(body, actor=alice):
        person = run(actor, contacts.create_contact, ContactCreate(display_name="Ana Silva"))
        return run(actor, interactions.log_interaction, InteractionCreate(kind="note", body=body, contact_ids=[person.id]))

    yield entry
    bind_embedder(None)


def due(database):
    with database.owner.connect() as connection:
        return connection.execute(text("select count(*) filter (where due), count(*) from meaning_source")).one()._tuple()


def test_everybodys_texts_are_read_those_from_before_and_those_that_come(database, run, alice, bob, write):
    fake = FakeEmbedder([("sleep", "insomnia")])
    bind_embedder(fake)
    for number in range(20):
        write(f"Insomnia, night {number}")
    hers = write("Insomnia again", bob)
    reader = Reader(bound_embedder)
    assert reader.read_due() == 21 and due(database) == (0, 21)
    assert reader.read_due() == 0
    later = write("Insomnia, after all")
    assert due(database) == (1, 22) and reader.read_due() == 1
    found = [hit.id for hit in embedding.find(alice, "sleep", 50)]
    assert len(found) == 22 and {hers.id, later.id} <= set(found)


def test_switched_off_nothing_stays(database, run, alice, write):
    bind_embedder(FakeEmbedder())
    write("Insomnia")
    assert Reader(bound_embedder).read_due() == 1
    assert Reader(lambda: None).read_due() == 0 and due(database) == (0, 0)
    write("Not read")
    assert due(database) == (0, 0), "and nothing is taken down to be read"


def test_a_text_that_breaks_the_model_keeps_no_other_from_being_read(database, run, alice, write, caplog):
    class Brittle(FakeEmbedder):
        def read(self, actor, texts, contact_ids=frozenset()):
            if any("broken" in one for one in texts):
                raise RuntimeError("the model broke")
            return super().read(actor, texts)

    bind_embedder(Brittle())
    write("broken text")
    good = write("good text")
    assert Reader(bound_embedder).read_due() == 2 and due(database) == (0, 2)
    assert [hit.id for hit in embedding.find(alice, "good text", 1)] == [good.id]


def test_a_model_elsewhere_that_does_not_answer_is_left_alone_for_a_while(database, run, alice, write, monkeypatch):
    asked = []

    class Away(FakeEmbedder):
        def read(self, actor, texts, contact_ids=frozenset()):
            if actor is None:
                return super().read(actor, texts)
            asked.append(texts)
            raise ModelDown("Nobody answers.")

    bind_embedder(Away())
    write("Insomnia")
    reader = Reader(bound_embedder)
    assert reader.read_due() == reader.read_due() == 0 and len(asked) == 1 and due(database) == (1, 1)
    monkeypatch.setattr(job, "now", lambda: now() + job.LONGEST_REST)
    assert reader.read_due() == 0 and len(asked) == 2


def test_a_text_that_changes_faster_than_it_is_read_waits_for_the_next_turn(database, run, alice, write):
    entry = write("Insomnia")

    class Slow(FakeEmbedder):
        def read(self, actor, texts, contact_ids=frozenset()):
            if actor is not None:
                current = run(alice, interactions.get_interaction, entry.id)
                run(alice, interactions.update_interaction, entry.id, InteractionUpdate(version=current.version, body=f"Version {current.version}"))
            return super().read(actor, texts)

    assert Reader(Slow).read_due() == 0 and due(database) == (1, 1)
    bind_embedder(FakeEmbedder())
    assert Reader(bound_embedder).read_due() == 1


def test_it_reads_in_a_thread_of_its_own_and_stops_when_told(database, run, alice, write):
    bind_embedder(FakeEmbedder())
    write("Insomnia")
    reader = Reader(bound_embedder)
    reader.look(now())
    until = time.monotonic() + 20
    while due(database) != (0, 1) and time.monotonic() < until:
        time.sleep(0.02)
    assert due(database) == (0, 1)
    reader.stop()
    write("Too late")
    reader.look(now())
    assert reader.read_due() == 0 and due(database) == (1, 2)


def test_nothing_is_read_until_the_team_has_switched_it_on(database, run, alice, olivia, write):
    """AI as a whole, and this one thing of it."""
    bind_embedder(FakeEmbedder())
    write("Insomnia")

    def read_when(enabled=None, searching=None):
        if enabled is not None:
            run(olivia, ai.change_settings, SettingsUpdate(version=run(olivia, ai.get_settings).version, enabled=enabled))
        if searching is not None:
            run(olivia, ai.choose_feature, Feature.SEARCH, FeatureUpdate(enabled=searching))
        Reader().read_due()
        return due(database)[1]

    assert [read_when(), read_when(enabled=True), read_when(searching=False), read_when(searching=True), read_when(enabled=False)] == [0, 1, 0, 1, 0]
