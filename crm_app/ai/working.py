"""What has come of a question so far, how much its model can still read, and whether its asker has had enough."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from crm_app.ai import calling
from crm_app.ai.calling import MOST_INPUT
from crm_app.ai.prompting import specs
from crm_app.ai.tools.reading import Reading
from crm_app.ai.types import Message
from crm_app.domain.actor import Actor
from crm_app.domain.conversations import service as talks
from crm_app.domain.conversations.schemas import Card
from crm_app.domain.errors import CrmError
from crm_app.domain.unit_of_work import run_service

LONGEST_ANSWER, ENOUGH, FULL_TOKENS = 1_500, 2_000, 60
"""Tokens of one answer, of what is left for another round with tools, and of saying that there is no room."""
LOOK_EVERY = 1.0


@dataclass
class Work:
    """What came of a question so far. ``context``: tokens that the model can hold. ``full``: so much is read that the next round is the last."""

    actor: Callable[[], Actor]
    turn_id: UUID
    reading: Reading
    messages: list[Message]
    text: str = ""
    steps: list[str] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    cost_micros: int = 0
    model_label: str = ""
    why: str = ""
    read: int = 0
    context: int = MOST_INPUT
    full: bool = False

    def pay(self, micros: int) -> None:
        """A call has cost this, whatever came of it."""
        self.cost_micros += micros

    def share(self, waiting: int) -> int:
        """Tokens that one of so many calls may tell. As much again is left for another round, unless there is none."""
        room = self._room() - waiting * FULL_TOKENS
        return room // (waiting if self.full else waiting + 1)

    def _room(self) -> int:
        """Where little is left beside the tools themselves, the next round goes without them, and has their room."""
        if not self.full:
            left = calling.room_beside(self.context, self.messages, specs(), LONGEST_ANSWER)
            if left >= ENOUGH:
                return left
            self.full = True
        return calling.room_beside(self.context, self.messages, (), LONGEST_ANSWER)


class Stopped(Exception):
    """The asker has had enough."""


class Stop:
    """Asks whether to stop: of the page at every piece, of the database at most once a second."""

    def __init__(self, work: Work, stop: Callable[[], bool]) -> None:
        self._work, self._stop, self._looked = work, stop, time.monotonic()

    def look(self) -> None:
        if self._said_so():
            raise Stopped

    def given_up(self) -> bool:
        """The same for a line on which nothing comes. Who may not ask any more waits for nothing either."""
        try:
            return self._said_so()
        except CrmError:
            return True

    def _said_so(self) -> bool:
        if self._stop():
            return True
        if time.monotonic() - self._looked < LOOK_EVERY:
            return False
        self._looked = time.monotonic()
        return not run_service(self._work.actor(), talks.hear_turn, self._work.turn_id)
