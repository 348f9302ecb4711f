"""The palette: what it finds by words, and, where search by meaning is on, what means the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crm_app.ai.embedding import FakeEmbedder, Vector, bind_embedder
from crm_app.ai.errors import ModelDown
from crm_app.domain.actor import Actor
from tests.meanings import read_all, switch_on
from tests.pages.conftest import Entry, Person, Visit

INSOMNIA = "Complains of insomnia"


@pytest.fixture
def fake() -> Iterator[FakeEmbedder]:
    yield FakeEmbedder([("sleep", "insomnia")])
    bind_embedder(None)


def test_what_means_the_same_stands_under_a_heading_of_its_own_once_that_is_on(visit: Visit, alice: Actor, bob: Actor, person: Person, entry: Entry, fake: FakeEmbedder) -> None:
    ana = person(alice, "Ana Silva")
    entry(alice, ana, INSOMNIA)
    entry(alice, ana, "Asked about sleep")
    page = visit(alice).press("Search or jump to")
    assert "By meaning" not in page.asks("sleep") and page.asks("sleep")["Jump to"] == ["Asked about sleep"]
    switch_on(fake)
    read_all(fake, alice)
    found = page.asks("about sleep")
    assert found["Jump to"] == ["Asked about sleep"] and found["By meaning"] == [INSOMNIA]
    assert "By meaning" not in page.asks("sle"), "half a word means nothing yet"
    assert set(visit(bob).press("Search or jump to").asks("sleep, please")["By meaning"]) == {INSOMNIA, "Asked about sleep"}


def test_why_only_words_were_looked_for_is_said_and_only_what_stood_when_typing_had_stopped_is_sent(visit: Visit, alice: Actor, person: Person, entry: Entry) -> None:
    class Away(FakeEmbedder):
        def ask(self, actor: Actor, text: str) -> Vector:
            asked.append(text)
            raise ModelDown

    asked: list[str] = []
    entry(alice, person(alice, "Ana Silva"), "Asked about sleep")
    switch_on(Away(local=False))
    found = visit(alice).press("Search or jump to").asks("sleep")
    assert found["Jump to"] == ["Asked about sleep"] and found["By meaning"] == ["Only the words were looked for"] and asked == ["sleep"]
    bind_embedder(None)
