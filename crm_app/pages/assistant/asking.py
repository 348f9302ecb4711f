"""Asking: a question goes out, its answer is followed while it is written, and can be stopped, asked again and asked otherwise."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui
from nicegui.element import Element

from crm_app.ai import assistant
from crm_app.ai.types import Wish
from crm_app.components import live
from crm_app.components.assistant_composer import AssistantComposer
from crm_app.components.assistant_turn import TurnActs, TurnElement
from crm_app.components.feedback import toast
from crm_app.components.following import follow
from crm_app.components.guard import telling
from crm_app.components.limited import spoken
from crm_app.components.money import Money
from crm_app.components.suggestion_card import SuggestionCard
from crm_app.components.text import attributes, block, text
from crm_app.domain.conversations import service as talks
from crm_app.domain.conversations.models import TurnState
from crm_app.domain.conversations.schemas import TurnBegun, TurnCreate, TurnView
from crm_app.domain.errors import NotFound
from crm_app.domain.i18n import _
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.suggestions.schemas import SuggestionView
from crm_app.pages.suggesting import deciding

LOOK_AGAIN = 1.5


@dataclass
class _Running:
    """The answer that is being written on this page."""

    turn_id: UUID
    stop: threading.Event
    here: bool
    """Whether this page follows it piece by piece; else another tab does, or this one did before it was loaded anew."""


class Asking:
    """The turns of one conversation. ``begun`` hears where a question stands, ``ended`` that an answer is there."""

    def __init__(self, composer: AssistantComposer, begun: Callable[[TurnBegun], Awaitable[Any]], ended: Callable[[], Awaitable[Any]]) -> None:
        self.composer, self._begun, self._ended = composer, begun, ended
        self.conversation_id: UUID | None = None
        self.money = Money()
        self._running: _Running | None = None
        self._last: tuple[TurnView, TurnElement] | None = None
        self._replacing: UUID | None = None
        self._shown: dict[UUID, TurnState] = {}
        self.moves = 0
        """How often something was asked or answered here."""

    def build(self) -> None:
        """Where the turns stand; beside them, for ears alone, an answer once it is whole: while it grows nothing of it is read out."""
        self.place: Element = attributes(block("mc-turns"), role="log", aria_label=_("Conversation"))
        self._aloud = attributes(text("", "mc-visually-hidden"), role="status")

    async def draw(self, turns: Sequence[TurnView]) -> None:
        """A conversation as it is kept."""
        self._running, self._last, self._shown = None, None, {turn.id: turn.state for turn in turns}
        self.leave_edit()
        self.composer.set_running(False)
        self._aloud.set_text("")
        self.place.clear()
        drawn: list[tuple[TurnView, TurnElement]] = []
        for turn in turns:
            self._last_has_no_acts()
            element = self._new(turn.question)
            if turn.state in (TurnState.RUNNING, TurnState.STOPPING):
                self._wait_for(turn, element)
            else:
                self._put(turn, element)
                drawn.append((turn, element))
        self._to_end()
        for turn, element in drawn:
            await self._propose(turn, element)

    async def ask(self) -> None:
        """Ask what stands in the composer; without words nothing happens, and while an answer is written it is said why not yet."""
        question = self.composer.question
        if question and self._running is not None:
            toast(_("The question before this one is still being answered. Stop it, or wait for it."))
        elif question:
            await self._ask(question, self.composer.people, self._replacing, written=True)

    async def catch_up(self, turns: Sequence[TurnView]) -> None:
        """What is kept now: drawn anew where another tab has asked or was answered, left alone while this one follows an answer of its own."""
        follows = self._running is not None and self._running.here
        if not follows and self._shown != {turn.id: turn.state for turn in turns}:
            await self.draw(turns)

    async def stop(self) -> None:
        """Let the answer end where it is; the cursor goes where the next question is written."""
        if self._running is not None:
            self.composer.focus()
            self._running.stop.set()
            with telling():
                await live.change(talks.stop_turn, self._running.turn_id)

    @property
    def is_running(self) -> bool:
        """Whether an answer is being written."""
        return self._running is not None

    def leave_edit(self) -> None:
        """The last question stays as it is after all; what is written from here on is a new one."""
        self._replacing = None
        self.composer.set_changing(None)

    async def _ask(self, question: str, about: Sequence[UUID], replaces: UUID | None, *, written: bool = False) -> None:
        """``written`` in the composer, which is empty then; a question that is asked again leaves there what stands there."""
        with telling():
            data = TurnCreate(question=question, conversation_id=self.conversation_id, replaces=replaces, about=tuple(about))
            begun = (await live.change(talks.begin_turn, data)).value
            if written:
                self.composer.write("")
            self.conversation_id = begun.conversation_id
            self.leave_edit()
            self._shown.pop(replaces, None) if replaces else None
            self._shown[begun.turn_id] = TurnState.RUNNING
            self.moves += 1
            if replaces is not None and self._last is not None:
                self._last[1].element.delete()
            else:
                self._last_has_no_acts()
            self._last = None
            await self._begun(begun)
            await self._follow(begun.turn_id, self._new(question))

    async def _follow(self, turn_id: UUID, element: TurnElement) -> None:
        """Draw what comes. Once the page is gone, or shows another conversation, nobody looks; the answer is kept all the same."""
        running = self._running = _Running(turn_id, threading.Event(), here=True)
        self.composer.set_running(True)
        self._to_end()
        work = partial(assistant.answer, live.resolver(), turn_id, wish=Wish(tier=self.composer.tier), stop=running.stop.is_set)
        try:
            async for came in follow(work):
                if element.element.is_deleted:
                    return
                await self._draw(element, came)
        finally:
            if self._running is running:
                self._running = None
                self.composer.set_running(False)
        await self._ended()

    async def _draw(self, element: TurnElement, came: Sequence[assistant.Event]) -> None:
        said = None
        for event in came:
            if isinstance(event, assistant.Said):
                said = event.text
            elif isinstance(event, assistant.Did):
                element.did(event.step, event.cards)
            else:
                said = None
                await self._show(event.turn, element)
                self._aloud.set_text(spoken(event.turn.answer))
        if said is not None:
            element.saying(said)
        self._to_end()

    def _wait_for(self, turn: TurnView, element: TurnElement) -> None:
        """An answer that another tab, or this one before it was loaded anew, is having written."""
        self._running = _Running(turn.id, threading.Event(), here=False)
        self.composer.set_running(True)

        async def look() -> None:
            with telling():
                now = await live.read(talks.get_turn, turn.id)
                if now.state in (TurnState.RUNNING, TurnState.STOPPING) or element.element.is_deleted:
                    return
                timer.deactivate()
                self._running = None
                self.composer.set_running(False)
                await self._show(now, element)

        with element.element:
            timer = ui.timer(LOOK_AGAIN, look)

    async def _show(self, turn: TurnView, element: TurnElement) -> None:
        """A turn as it is kept, with what it proposed."""
        self._put(turn, element)
        await self._propose(turn, element)

    def _put(self, turn: TurnView, element: TurnElement) -> None:
        """A turn is the last one until another is drawn."""
        element.show(turn, self._acts(turn))
        self._last = (turn, element)
        self._shown[turn.id] = turn.state
        self.moves += 1

    async def _propose(self, turn: TurnView, element: TurnElement) -> None:
        """Its suggestions under an answer, to be decided about there."""
        for key in turn.suggestions:
            with suppress(NotFound):
                view = await live.read(suggestions.get_suggestion, key)
                if element.element.is_deleted:
                    return
                self._offer(key, view, element)

    def _offer(self, key: UUID, view: SuggestionView, element: TurnElement) -> None:

        async def refresh() -> None:
            with telling():
                card.show(await live.read(suggestions.get_suggestion, key))

        with element.proposed:
            card = SuggestionCard(view, deciding(refresh, self.place), heading="h2")

    def _new(self, question: str) -> TurnElement:
        with self.place:
            return TurnElement(question, live.viewer(), self.money)

    def _acts(self, turn: TurnView) -> TurnActs:
        about = (self.composer.about[0],) if self.composer.about else ()
        return TurnActs(again=partial(self._ask, turn.question, about, turn.id), edit=partial(self._edit, turn))

    def _edit(self, turn: TurnView) -> None:
        self._replacing = turn.id
        self.composer.set_changing(self.leave_edit)
        self.composer.write(turn.question)

    def _last_has_no_acts(self) -> None:
        if self._last is not None:
            _turn, element = self._last
            element.rest()

    def _to_end(self) -> None:
        self.place.run_method("scrollIntoView", {"block": "end"})
