"""How it went: what a model read out of an entry never takes the place of what a person said, and a contact's mood is that of what one sees."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from crm_app.domain.changes.service import undo_change_set
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.errors import Forbidden, Invalid, NotFound
from crm_app.domain.interactions import moods
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.moods import Trend, mood_of
from crm_app.domain.interactions.schemas import InteractionCreate, InteractionUpdate

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def ana(run, alice):
    return run(alice, contacts.create_contact, ContactCreate(display_name="Ana"))


@pytest.fixture
def log(run, ana):
    return lambda who, days=0, **more: run(
        who, interactions.log_interaction, InteractionCreate(kind="note", body="x", contact_ids=[ana.id], occurred_at=datetime.now(UTC) - timedelta(days=days), **more)
    )


def test_what_was_read_stands_with_how_sure_it_is_and_makes_no_open_form_stale(run, alice, ana, log, database):
    entry = log(alice)
    assert run(alice, moods.note_sentiment, entry.id, 4, 0.9) is True
    assert run(alice, moods.note_sentiment, entry.id, 2, 0.4) is True, "the next reading takes the place of the last"
    changed = run(alice, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, body="y"))
    assert changed.version == entry.version + 1
    assert [value for _, value in run(alice, moods.get_mood, ana.id).points] == [2]


def test_a_mood_that_was_read_meanwhile_keeps_nobody_from_taking_back_what_they_did(run, outcome, alice, ana, log):
    entry = log(alice)
    edited = outcome(alice, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, body="y"))
    run(alice, moods.note_sentiment, entry.id, 4, 0.9)
    run(alice, undo_change_set, edited.change_set_id)
    assert run(alice, interactions.get_interaction, entry.id).body == "x"
    gone = outcome(alice, interactions.delete_interaction, entry.id)
    run(alice, undo_change_set, gone.change_set_id)
    assert [value for _, value in run(alice, moods.get_mood, ana.id).points] == [4]


@pytest.mark.parametrize("sure", [None, 0.8])
def test_a_mood_comes_back_with_the_entry_that_was_taken_out_with_what_made_it(run, outcome, alice, ana, database, sure):
    data = InteractionCreate(kind="note", body="x", contact_ids=[ana.id], occurred_at=datetime.now(UTC) - timedelta(days=1))
    made = outcome(alice, interactions.log_interaction, data)
    with database.owner.begin() as connection:  # as an import says it, or a model
        connection.execute(text("update interaction set sentiment = 5, sentiment_confidence = :sure"), {"sure": sure})
    undone = outcome(alice, undo_change_set, made.change_set_id)
    assert run(alice, moods.get_mood, ana.id).points == ()
    run(alice, undo_change_set, undone.change_set_id)
    assert [value for _, value in run(alice, moods.get_mood, ana.id).points] == [5]
    with database.owner.connect() as connection:
        assert connection.execute(text("select sentiment_confidence from interaction")).scalar_one() == sure


def test_what_a_person_said_stays(run, alice, ana, log, database):
    entry = log(alice)
    with database.owner.begin() as connection:
        connection.execute(text("update interaction set sentiment = 5"))
    assert run(alice, moods.note_sentiment, entry.id, 1, 0.99) is False
    assert run(alice, moods.get_mood, ana.id).mean == 5.0


def test_whoever_may_not_write_notes_nothing(run, alice, bob, vera, log, snapshot):
    entry, hers = log(alice), log(alice, audience="private")
    before = snapshot()
    with pytest.raises(Forbidden):
        run(vera, moods.note_sentiment, entry.id, 3, 0.5)
    with pytest.raises(NotFound):
        run(bob, moods.note_sentiment, hers.id, 3, 0.5)
    for mood, sure in ((0, 0.5), (6, 0.5), (3, 1.1)):
        with pytest.raises(Invalid):
            run(alice, moods.note_sentiment, entry.id, mood, sure)
    assert snapshot() == before


def test_each_sees_the_mood_of_what_they_see(run, alice, bob, vera, ana, log):
    run(alice, moods.note_sentiment, log(alice, 3).id, 4, 0.9)
    run(alice, moods.note_sentiment, log(alice, 2, audience="private").id, 1, 0.9)
    run(alice, moods.note_sentiment, log(alice, 200).id, 1, 0.9)
    log(alice, 1)
    assert [value for _, value in run(alice, moods.get_mood, ana.id).points] == [4, 1]
    assert [value for _, value in run(bob, moods.get_mood, ana.id).points] == [4] == [value for _, value in run(vera, moods.get_mood, ana.id).points]
    hidden = run(alice, contacts.create_contact, ContactCreate(display_name="Own", audience="private"))
    with pytest.raises(NotFound):
        run(bob, moods.get_mood, hidden.id)


@pytest.mark.parametrize(
    ("values", "trend"),
    [((), None), ((1, 5, 5), None), ((2, 2, 4, 4), Trend.IMPROVING), ((4, 4, 3, 2), Trend.DECLINING), ((3, 4, 4, 3), Trend.STABLE), ((3, 3, 3, 3, 4), Trend.IMPROVING)],
)
def test_a_trend_needs_four_and_a_difference(values, trend):
    assert mood_of([(NOW - timedelta(days=len(values) - at), value) for at, value in enumerate(values)], NOW).trend == trend


def test_older_entries_weigh_less():
    assert mood_of([(NOW - timedelta(days=60), 1), (NOW, 4)], NOW).mean == 3.0
    assert mood_of([], NOW).mean is None
