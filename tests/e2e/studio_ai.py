"""What the studio has of the assistant: it is on, one of the people agrees, and of everything that a model may say something is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import text

from crm_app.ai import assistant
from crm_app.ai.fake import calls
from crm_app.ai.skills.asking import order_analysis
from crm_app.domain.actor import Actor
from crm_app.domain.ai import service as ai
from crm_app.domain.analyses.schemas import Subject
from crm_app.domain.conversations import service as talks
from crm_app.domain.conversations.schemas import TurnCreate
from crm_app.domain.unit_of_work import run_service
from tests.ai_desk import agree, model_at_hand

if TYPE_CHECKING:
    from tests.e2e.studio import Studio

ANSWER = """She **sleeps well** again. [1]

- Mornings are best [1]
1. Offer a Tuesday

| Since | How it is |
|---|---|
| spring | **better**, and there is a good deal to say about that in one cell of a table |

```
sleep = 7 hours, with a line of code that is longer than a phone is wide
```"""
INSIGHT = {
    "summary": [{"text": "Sleep is what matters now.", "sources": [2]}], "confidence": 0.8, "risks": [{"text": "No answer lately.", "level": "medium", "sources": [2]}],
    "next_steps": [{"text": "Answer the question about travel", "timeframe": "this_week", "sources": [2]}],
}  # fmt: skip


@contextmanager
def assisted(studio: Studio, owner: Actor, asker: Actor) -> Iterator[None]:
    """AI is on while this stands, with a model that has one answer for everything; ``studio.talks`` and ``studio.ai_provider`` can be opened."""
    with model_at_hand(owner) as model:
        agree(asker, studio.contacts[0])
        studio.ai_provider = run_service(owner, ai.get_ai).providers[0].id
        model.add(INSIGHT)
        run_service(asker, order_analysis, "insight", Subject(kind="contact", id=studio.contacts[0]))
        studio.house.work()
        model.add(calls("read_person", person="p1"), calls("propose_task", title="Offer a Tuesday", people=["p1"], why="She asked for one.", because=[1]), ANSWER)
        studio.talks["answered"] = _ask(studio, asker, "How is she, and what would you do next?")
        studio.talks["running"] = _ask(studio, asker, "What is open this week?", answered=False)
        model.always = "I found nothing about that."
        yield


def _ask(studio: Studio, asker: Actor, question: str, *, answered: bool = True) -> UUID:
    """A conversation of one question; one that is not answered stays so, however long somebody looks."""
    begun = run_service(asker, talks.begin_turn, TurnCreate(question=question, about=(studio.contacts[0],)))
    if answered:
        list(assistant.answer(lambda: asker, begun.turn_id))
    else:
        with studio.house.database.owner.begin() as connection:
            connection.execute(text("update conversation_turn set heard_at = now() + interval '1 day' where id = :id"), {"id": begun.turn_id})
    return begun.conversation_id
