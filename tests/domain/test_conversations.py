"""Conversations with the assistant: one's own alone, and nothing of somebody who is gone."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, ContactUpdate
from crm_app.domain.conversations import service as talks
from crm_app.domain.conversations.models import ConversationTurn, TurnState
from crm_app.domain.conversations.schemas import Card, CardRow, Cited, TurnCreate, TurnDone
from crm_app.domain.errors import Conflict, Forbidden, Invalid, NotFound
from crm_app.domain.rows import now
from crm_app.domain.unit_of_work import unit_of_work


def person(run, actor, name="Jane Doe", audience="team"):
    return run(actor, contacts.create_contact, ContactCreate(display_name=name, audience=audience))


def ask(run, actor, question="How is Jane?", **more):
    return run(actor, talks.begin_turn, TurnCreate(question=question, **more))


def answered(run, actor, begun, *people, answer="She sleeps well. [1]"):
    sources = tuple(Cited(number=n, kind="interaction", ref_id=uuid4(), title="A call", when=now(), contact_id=who.id) for n, who in enumerate(people, 1))
    done = TurnDone(
        state=TurnState.DONE, answer=answer, steps=("Searched contacts",), sources=sources, contact_ids=frozenset(who.id for who in people),
        cards=(Card(kind="people", title="Found", rows=tuple(CardRow(ref_id=who.id, name=who.display_name) for who in people), total=len(people)),),
        handles={f"p{n}": ("contact", who.id) for n, who in enumerate(people, 1)}, model_label="Small", cost_micros=20_000, seconds=4.1,
    )  # fmt: skip
    return run(actor, talks.settle_turn, begun.turn_id, done)


def erase(database, contact):
    with database.owner.begin() as connection:
        connection.execute(text("delete from contact where id = :id"), {"id": contact.id})


def test_a_question_and_its_answer_are_kept_for_whoever_asked(run, alice, bob, olivia, vera):
    jane = person(run, alice)
    begun = ask(run, alice, "How   is Jane?\nAnd Tom?", about=(jane.id,))
    answered(run, alice, begun, jane)
    kept = run(alice, talks.get_conversation, begun.conversation_id)
    assert (kept.title, kept.about) == ("How is Jane? And Tom?", (jane.id, "Jane Doe"))
    (turn,) = kept.turns
    assert (turn.state, turn.answer, turn.steps, turn.cost_micros) == ("done", "She sleeps well. [1]", ("Searched contacts",), 20_000)
    assert turn.sources[0].contact_id == turn.cards[0].rows[0].ref_id == jane.id
    assert [row.id for row in run(alice, talks.list_conversations)] == [begun.conversation_id]
    for nosy in (bob, olivia):
        assert run(nosy, talks.list_conversations) == ()
        for attempt in (
            lambda who=nosy: run(who, talks.get_conversation, begun.conversation_id), lambda who=nosy: run(who, talks.get_turn, begun.turn_id),
            lambda who=nosy: run(who, talks.get_talk, begun.turn_id), lambda who=nosy: run(who, talks.stop_turn, begun.turn_id),
            lambda who=nosy: run(who, talks.settle_turn, begun.turn_id, TurnDone(state=TurnState.DONE)),
            lambda who=nosy: ask(run, who, conversation_id=begun.conversation_id),
            lambda who=nosy: run(who, talks.rename_conversation, begun.conversation_id, "Mine", 1),
            lambda who=nosy: run(who, talks.delete_conversation, begun.conversation_id),
        ):  # fmt: skip
            with pytest.raises(NotFound):
                attempt()
    for forbidden in (lambda: run(vera, talks.list_conversations), lambda: ask(run, vera)):
        with pytest.raises(Forbidden):
            forbidden()
    assert len(run(alice, talks.get_conversation, begun.conversation_id).turns) == 1


def test_one_question_at_a_time_and_the_last_one_can_be_asked_otherwise(run, alice):
    first = ask(run, alice, "One")
    with pytest.raises(Conflict):
        ask(run, alice, "Two", conversation_id=first.conversation_id)
    answered(run, alice, first)
    with pytest.raises(Conflict):
        answered(run, alice, first)
    second = ask(run, alice, "Two", conversation_id=first.conversation_id)
    run(alice, talks.stop_turn, second.turn_id)
    assert run(alice, talks.get_turn, second.turn_id).state == "stopping"
    answered(run, alice, second)
    run(alice, talks.stop_turn, second.turn_id)
    assert run(alice, talks.get_turn, second.turn_id).state == "done", "what has ended is not stopped"
    with pytest.raises(Invalid):
        ask(run, alice, "Another one", conversation_id=first.conversation_id, replaces=first.turn_id)
    with pytest.raises(NotFound):
        ask(run, alice, "Another one", replaces=second.turn_id)
    ask(run, alice, "Two, said better", conversation_id=first.conversation_id, replaces=second.turn_id)
    kept = run(alice, talks.get_conversation, first.conversation_id)
    assert ([turn.question for turn in kept.turns], kept.title) == (["One", "Two, said better"], "One")


def test_what_nobody_answers_any_more_says_so_and_lets_the_next_question_in(run, alice, database):
    begun = ask(run, alice)
    with database.owner.begin() as connection:
        connection.execute(text("update conversation_turn set heard_at = :then"), {"then": now() - talks.SILENT - timedelta(seconds=1)})
    turn = run(alice, talks.get_turn, begun.turn_id)
    assert turn.state == "failed" and "broken off" in turn.failure
    ask(run, alice, "Once more", conversation_id=begun.conversation_id)


def test_whoever_answers_is_heard_of_and_hears_when_to_stop(run, alice, bob, database):
    begun = ask(run, alice)
    with database.owner.begin() as connection:
        connection.execute(text("update conversation_turn set heard_at = :then"), {"then": now() - talks.SILENT - timedelta(seconds=1)})
    assert run(alice, talks.hear_turn, begun.turn_id) and run(alice, talks.get_turn, begun.turn_id).state == "running"
    with pytest.raises(NotFound):
        run(bob, talks.hear_turn, begun.turn_id)
    run(alice, talks.stop_turn, begun.turn_id)
    assert not run(alice, talks.hear_turn, begun.turn_id)


def test_whoever_answers_learns_what_was_said_before_and_the_short_names(run, alice):
    jane, tom = person(run, alice), person(run, alice, "Tom Ray")
    first = ask(run, alice)
    answered(run, alice, first, jane)
    failed = ask(run, alice, "And?", conversation_id=first.conversation_id)
    run(alice, talks.settle_turn, failed.turn_id, TurnDone(state=TurnState.FAILED, failure="Nobody answered."))
    last = ask(run, alice, "And Tom?", conversation_id=first.conversation_id, about=(tom.id,))
    talk = run(alice, talks.get_talk, last.turn_id)
    assert [turn.question for turn in talk.before] == ["How is Jane?"] and talk.before[0].contact_ids == {jane.id}
    assert talk.handles == {"p1": ("contact", jane.id)} and talk.about == ((tom.id, "Tom Ray"),)


def test_what_speaks_of_somebody_whom_the_asker_does_not_see_any_more_is_hidden(run, alice, bob):
    jane = person(run, alice)
    begun = ask(run, bob)
    answered(run, bob, begun, jane)
    hidden = run(alice, contacts.update_contact, jane.id, ContactUpdate(version=jane.version, audience="private"))
    kept = run(bob, talks.get_conversation, begun.conversation_id)
    assert kept.turns[0].hidden and not (kept.turns[0].answer or kept.turns[0].sources or kept.turns[0].cards or kept.turns[0].contact_ids)
    follow = ask(run, bob, "And now?", conversation_id=begun.conversation_id)
    assert run(bob, talks.get_talk, follow.turn_id).before == ()
    run(alice, contacts.update_contact, jane.id, ContactUpdate(version=hidden.version, audience="team"))
    assert run(bob, talks.get_conversation, begun.conversation_id).turns[0].answer == "She sleeps well. [1]"
    secret = person(run, alice, "Secret", audience="private")
    with pytest.raises(NotFound):
        ask(run, bob, about=(secret.id,))


def test_nothing_is_kept_of_somebody_who_is_erased_also_while_it_is_answered(run, alice, database):
    jane, tom = person(run, alice), person(run, alice, "Tom Ray")
    first = ask(run, alice, about=(jane.id,))
    answered(run, alice, first, jane, tom)
    second = ask(run, alice, "And Tom?", conversation_id=first.conversation_id)
    erase(database, jane)
    kept = run(alice, talks.get_conversation, first.conversation_id)
    assert (kept.title, kept.about, [turn.question for turn in kept.turns]) == ("", None, ["And Tom?"])
    assert run(alice, talks.get_talk, second.turn_id).handles == {"p2": ("contact", tom.id)}
    lost = answered(run, alice, second, jane)
    assert (lost.state, lost.answer, lost.cost_micros) == ("failed", "", 20_000)
    with database.owner.connect() as connection:
        assert connection.execute(text("select count(*) from conversation_contact where contact_id = :id"), {"id": jane.id}).scalar() == 0


def test_titles_can_be_changed_and_a_conversation_removed(run, alice):
    begun = ask(run, alice, "A question that goes on for rather longer than any list of conversations has room for")
    (row,) = run(alice, talks.list_conversations)
    assert row.title == "A question that goes on for rather longer than any list of…"
    renamed = run(alice, talks.rename_conversation, row.id, "  Long   question ", row.version)
    assert (renamed.title, renamed.version) == ("Long question", row.version + 1)
    with pytest.raises(Conflict):
        run(alice, talks.rename_conversation, row.id, "Stale", row.version)
    with pytest.raises(Invalid):
        run(alice, talks.rename_conversation, row.id, "  ", renamed.version)
    run(alice, talks.delete_conversation, begun.conversation_id)
    assert run(alice, talks.list_conversations) == ()


def test_the_database_lets_nobody_put_a_turn_into_anothers_conversation(run, alice, bob, vera):
    begun = ask(run, alice)
    with pytest.raises(IntegrityError), unit_of_work(bob) as session:
        session.add(ConversationTurn(user_id=bob.user_id, conversation_id=begun.conversation_id, question="Let me in"))
    for who, whose in ((bob, alice), (vera, vera)):
        with pytest.raises(ProgrammingError), unit_of_work(who) as session:
            session.add(ConversationTurn(user_id=whose.user_id, conversation_id=begun.conversation_id, question="Let me in"))
    with unit_of_work(bob) as session:
        assert session.connection().execute(text("select count(*) from conversation_turn")).scalar() == 0
