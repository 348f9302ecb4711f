"""The assistant looks for what was meant, as whoever asks, of whoever agrees."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_app.ai.embedding import FakeEmbedder, bind_embedder
from crm_app.ai.fake import calls
from crm_app.domain.conversations.models import TurnState
from tests.ai import test_assistant as desk
from tests.meanings import read_all, switch_on

ask, met, model, person = desk.ask, desk.met, desk.model, desk.person


@pytest.fixture
def understands():
    """Meanings are read, as the clock would have them read; ``understands(actor, …)`` reads what is due of each."""
    fake = switch_on(FakeEmbedder([("sleep", "insomnia")]))
    yield lambda *actors: read_all(fake, *actors)
    bind_embedder(None)


def test_who_sleeps_badly(run, alice, bob, person, met, model, ask, understands):
    """It is found whose words are other ones, in a long note too, by the one who may read it; and nothing of whoever has not agreed to AI."""
    jane, shy, ben = person(alice, "Jane Roe"), person(alice, "Shy Person", agrees=False), person(alice, "Ben Ray")
    met(alice, jane, desk.NOW, "Of money at length. " * 120 + "\n\nComplains of insomnia. " + "The dog is well. " * 30, kind="note")
    met(alice, shy, desk.NOW, "Complains of insomnia and canary-shy", kind="note")
    met(alice, ben, desk.NOW, "Insomnia, canary-private", kind="note", audience="private")
    met(alice, ben, desk.NOW, "Paid for ten", kind="note")
    assert understands(alice) == 4
    fake = model(calls("find_notes", question="sleep", limit=2), lambda request: f"Jane does. [{desk.cite(request, 'insomnia')}]")
    _, turn, _ = ask(alice, "Who sleeps badly?")
    told = desk.heard(fake.requests[1])
    assert turn.state is TurnState.DONE and [source.title or source.what for source in turn.sources] == ["note"] and "Searched notes, mail and files" in turn.steps
    assert "Complains of insomnia" in told and "canary-private" in told and "canary-shy" not in told and "Shy" not in told
    fake = model(calls("find_notes", question="sleep"), "Jane.")
    ask(bob, "Who sleeps badly?")
    assert "insomnia" in desk.heard(fake.requests[1]) and "canary" not in desk.heard(fake.requests[1])


def test_a_search_is_narrowed_to_people_and_days_and_goes_by_words_where_no_meaning_is_known(run, alice, person, met, model, ask):
    jane, ben = person(alice, "Jane Roe"), person(alice, "Ben Ray")
    for who, days, words in ((jane, 0, "knee-now"), (jane, 60, "knee-then"), (ben, 0, "knee-ben")):
        met(alice, who, desk.NOW - timedelta(days=days), f"The knee hurts, {words}", kind="note")
    since = str((desk.NOW - timedelta(days=7)).date())
    fake = model(
        calls("find_people", words="Jane"),
        lambda request: [calls("find_notes", question="knee", people=[desk.handle_of(request, "Jane")], since=since), calls("find_notes", question="elbow", people=["p9"])],
        calls("find_notes", question="elbow"), "Well.",
    )  # fmt: skip
    ask(alice, "Whose knee?")
    told = [message.content for message in fake.requests[-1].messages if message.role == "tool"]
    assert "knee-now" in told[1] and "knee-then" not in told[1] and "knee-ben" not in told[1]
    assert "no contact 'p9'" in told[2] and told[3] == "Nothing that you may read says anything like it."


def test_a_day_at_the_end_of_the_calendar_is_refused_and_the_question_is_answered(run, alice, person, met, model, ask):
    met(alice, person(alice, "Jane Roe"), desk.NOW, "The knee hurts", kind="note")
    fake = model(calls("find_notes", question="knee", until="9999-12-31"), calls("find_notes", question="knee"), lambda request: f"It does. [{desk.cite(request, 'knee')}]")
    _, turn, _ = ask(alice, "Whose knee?")
    assert turn.state is TurnState.DONE and "until" in desk.heard(fake.requests[1])
