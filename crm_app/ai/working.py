"""What has come of a question so far, how much its model can still read, and whether its asker has had enough."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from uuid import UUID

from crm_app.ai import calling
from crm_app.ai.calling import MOST_INPUT
from crm_app.ai.prompting import LET_GO, specs
from crm_app.ai.tools.reading import Reading
from crm_app.ai.types import Message, ToolSpec
from crm_app.domain.actor import Actor
from crm_app.domain.conversations import service as talks
from crm_app.domain.conversations.schemas import Card
from crm_app.domain.errors import CrmError
from crm_app.domain.unit_of_work import run_service

LONGEST_ANSWER, ENOUGH, FULL_TOKENS = 1_500, 2_000, 60
"""Tokens of one answer, of what is left for another round with tools, and of saying that there is no room."""
SMALL, MOST_NAMES = 8, 20
"""Of a model that holds little such a part is enough for another round; and so many short names are told again of what is let go of."""
LOOK_EVERY = 1.0
_NAMES = re.compile(r"\b[a-z]\d{1,4}\b")


@dataclass
class Work:
    """What came of a question so far. ``context``: tokens that the model can hold. ``brief``: it is told of tools in a few words. ``full``: so much is read that
    the next round is the last. ``round_from``: where in ``messages`` the round at hand begins. ``let_go``: something that was read has made room for more.
    """

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
    brief: bool = False
    full: bool = False
    round_from: int = 0
    let_go: bool = False

    def pay(self, micros: int) -> None:
        """A call has cost this, whatever came of it."""
        self.cost_micros += micros

    def share(self, waiting: int) -> int:
        """Tokens that one of so many calls may tell. As much again is left for another round, unless there is none."""
        room = self._room() - waiting * FULL_TOKENS
        return room // (waiting if self.full else waiting + 1)

    def offered(self) -> tuple[ToolSpec, ...]:
        """The tools of the next round; none once nothing more can be read."""
        return () if self.full else specs(brief=self.brief)

    def _room(self) -> int:
        """Tokens left beside the tools. Where they are few, tools are told of briefly, then what was read first makes room for what is read next; where that is
        not enough either, the next round goes without tools, and has their room.
        """
        enough = min(ENOUGH, self.context // SMALL)
        while not self.full:
            left = calling.room_beside(self.context, self.messages, self.offered(), LONGEST_ANSWER)
            if left >= (enough if self.brief else ENOUGH):
                return left
            if not self.brief:
                self.brief = True
            elif not self._let_go():
                self.full = True
        return calling.room_beside(self.context, self.messages, (), LONGEST_ANSWER)

    def _let_go(self) -> bool:
        """Have the oldest that tools told in earlier rounds say no more than of which records it was. False where there is nothing left of that."""
        for place, message in enumerate(self.messages[: self.round_from]):
            if message.role == "tool" and not message.content.startswith(LET_GO) and len(message.content) > 2 * len(LET_GO):
                names = list(dict.fromkeys(_NAMES.findall(message.content)))[:MOST_NAMES]
                said = f"{LET_GO} It was about {', '.join(names)}." if names else LET_GO
                if len(said) < len(message.content):
                    self.messages[place] = replace(message, content=said)
                    self.let_go = True
                    return True
        return False


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
