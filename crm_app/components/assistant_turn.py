"""A question to the assistant with its answer: what was done for it, the words with their sources, what was found, and what it cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from nicegui.element import Element

from crm_app.components import times, words
from crm_app.components.elements import button, icon, icon_button, pill, stage_chip
from crm_app.components.limited import spoken
from crm_app.components.limited_text import LimitedText, Sources
from crm_app.components.money import Money
from crm_app.components.people import avatar
from crm_app.components.text import Text, attributes, block, text
from crm_app.components.theme import STAGE_HUES
from crm_app.components.timeline import LOOKS
from crm_app.components.voice import ReadAloud
from crm_app.domain.actor import Actor
from crm_app.domain.conversations.models import TurnState
from crm_app.domain.conversations.schemas import Card, CardRow, Cited, TurnView
from crm_app.domain.i18n import _, ngettext

_ICONS: Final = {"contact": "user", "event": "calendar", "task": "square-check-big", "goal": "target", "programme": "layers", "document": "file-text"}
_CARD_ICONS: Final = {"people": "users", "meetings": "calendar", "tasks": "square-check-big", "goals": "target"}
Act = Callable[[], Any]


def address_of(kind: str, key: object, contact_id: object | None) -> str | None:
    """Where a record opens; None for one that hangs on somebody who is not there."""
    ways = {"contact": f"/contacts/{key}", "event": f"/calendar?event={key}", "task": f"/tasks?open={key}", "goal": f"/goals?open={key}"}
    theirs = f"/contacts/{contact_id}"
    whose = {"entry": f"{theirs}?entry={key}", "programme": f"{theirs}?programme={key}", "document": f"{theirs}?kind=files"}
    return ways.get(kind) or (whose.get(kind) if contact_id else None)


@dataclass(frozen=True)
class TurnActs:
    """What can be done with a turn. ``again`` and ``edit`` are there for the last one alone."""

    again: Act | None = None
    edit: Act | None = None


class TurnElement:
    """One turn. ``saying`` and ``did`` while it is answered, ``show`` once it has ended."""

    def __init__(self, question: str, actor: Actor, money: Money) -> None:
        self._actor, self._money = actor, money
        self._steps: list[str] = []
        self._again: list[Element] = []
        with block("mc-turn", tag="article") as self.element:
            with block("mc-ask-row"):
                text(question, "mc-ask", tag="p")
            self._head = block("mc-trail")
            self._answer = LimitedText()
            attributes(self._answer.element, aria_live="off")
            self._found = block("mc-found")
            self.proposed = block("mc-found")
            """Where the page puts what was proposed."""
            self._after = block("mc-turn-after")
        attributes(self.element, aria_label=question[:120])
        self._waiting()

    def saying(self, answer: str) -> None:
        """The answer as far as it has come."""
        self._answer.show(answer)

    def did(self, step: str, cards: Iterable[Card]) -> None:
        """A step was taken, and found this."""
        self._steps.append(step)
        self._waiting()
        with self._found:
            for card in cards:
                draw_card(card, self._actor)

    def show(self, turn: TurnView, acts: TurnActs = TurnActs()) -> None:
        """The turn as it is kept."""
        for part in (self._head, self._found, self.proposed, self._after):
            part.clear()
        sources: Sources = {one.number: (one.title, address_of(one.kind, one.ref_id, one.contact_id)) for one in turn.sources}
        self._answer.show(turn.answer, lambda: sources)
        with self._head:
            self._done(turn)
        with self._found:
            for card in turn.cards:
                draw_card(card, self._actor)
        with self._after:
            if turn.sources:
                with attributes(block("mc-sources", tag="ul"), aria_label=_("Sources")):
                    for source in turn.sources:
                        draw_source(source, self._actor)
            self._said(turn)
            self._acts(turn, acts)

    def rest(self) -> None:
        """Another turn follows: this one is not asked again."""
        for element in self._again:
            element.delete()
        self._again = []

    def _waiting(self) -> None:
        self._head.clear()
        with self._head:
            block("mc-spinner", tag="span")
            self._listed(self._steps or [_("Thinking")])
        attributes(self._head, role="status")

    def _listed(self, steps: Sequence[str]) -> None:
        with block("mc-trail-list", tag="span"):
            for number, step in enumerate(steps):
                if number:
                    attributes(text("·", "mc-trail-dot"), aria_hidden="true")
                text(step)

    def _done(self, turn: TurnView) -> None:
        attributes(self._head, role=None)
        marks = {TurnState.DONE: ("check", "mc-ok-ink"), TurnState.STOPPED: ("square", "mc-ink-3"), TurnState.FAILED: ("circle-alert", "mc-danger-ink")}
        name, ink = marks.get(turn.state, ("clock", "mc-ink-3"))
        with block("mc-trail-fold", tag="details"):
            with block("mc-trail-line", tag="summary"):
                icon(name, 14, ink)
                self._listed(list(turn.steps) or [_("Answered") if turn.state is TurnState.DONE else _("Answered in part") if turn.answer else _("Not answered")])
                text(f"{words.decimal(turn.seconds)} s · {self._money.words(turn.cost_micros)}", "mc-trail-cost mc-num")
                icon("chevron-right", 14, "mc-trail-open")
            said = [line for line in (turn.model_label and _("Model: %s") % turn.model_label, turn.why) if line]
            text(" · ".join(said) or _("No model was asked."), "mc-cap mc-trail-why", tag="p")

    def _said(self, turn: TurnView) -> None:
        """What has to be known of this answer besides its words."""
        if turn.hidden:
            self._note("eye-off", _("This speaks of somebody whom you can't see any more, so it is not shown."))
        elif turn.state is TurnState.FAILED:
            self._note("circle-alert", turn.failure, bad=True)
        elif turn.state is TurnState.STOPPED:
            self._note("square", _("Stopped before it was finished."))
        elif turn.state is TurnState.DONE and not turn.sources and not turn.cards:
            self._note("info", _("This answer rests on no record of yours."))

    def _note(self, glyph: str, sentence: str, *, bad: bool = False) -> None:
        with attributes(block("mc-turn-note" + (" mc-danger-ink" if bad else "")), role="alert" if bad else None):
            icon(glyph, 14)
            text(sentence)

    def _acts(self, turn: TurnView, acts: TurnActs) -> None:
        with block("mc-turn-acts"):
            if turn.answer:
                ReadAloud(spoken(turn.answer), self._actor.locale)
            self._again = [button(_("Ask again"), icon="rotate-ccw", kind="ghost", height=28, on_click=acts.again)] if acts.again else []
            self._again += [icon_button("pencil", _("Change the question"), height=28, on_click=acts.edit)] if acts.edit else []


def draw_source(source: Cited, actor: Actor) -> Element:
    """A record that was used, as a chip that opens it."""
    href = address_of(source.kind, source.ref_id, source.contact_id)
    with block(tag="li"), block("mc-source", tag="a" if href else "span") as chip:
        attributes(text(str(source.number), "mc-cite"), aria_hidden="true")
        icon(_ICONS.get(source.kind) or LOOKS.get(source.what, LOOKS["note"])[1], 14)
        text(source.title or words.kinds().get(source.what, _("Entry")), "mc-truncate")
        if source.when is not None and source.kind != "contact":
            text(times.short_date(times.day_of(source.when, actor), actor), "mc-ink-3 mc-num")
    return attributes(chip, href=href, aria_label=_("Source %d") % source.number + f": {source.title}")


def draw_card(card: Card, actor: Actor) -> Element:
    """What a tool found, line by line; nothing of it comes from a model."""
    with block("mc-result", tag="section") as box:
        with block("mc-result-head"):
            icon(_CARD_ICONS.get(card.kind, "list"))
            text(card.title, "mc-section mc-grow mc-truncate", tag="h3")
            text(words.people(card.total) if card.kind == "people" else words.number(card.total), "mc-cap mc-num")
        for row in card.rows:
            _card_row(row, actor)
        if card.total > len(card.rows) or card.kept_back:
            _rest(card)
    return attributes(box, aria_label=card.title)


def _rest(card: Card) -> None:
    more = card.total - len(card.rows)
    said = [ngettext("and 1 more", "and %d more", more).replace("%d", str(more))] if more > 0 else []
    if card.kept_back:
        said.append(ngettext("1 more has not agreed to AI", "%d more have not agreed to AI", card.kept_back).replace("%d", str(card.kept_back)))
    text(" · ".join(said), "mc-result-rest mc-cap", tag="p")


def _card_row(row: CardRow, actor: Actor) -> None:
    href = address_of(row.kind, row.ref_id, row.contact_id)
    with block("mc-result-row", tag="a" if href else "div") as line:
        if row.kind == "contact":
            avatar(row.name, row.ref_id)
        else:
            icon(_ICONS.get(row.kind, "notebook-pen"), 16, "mc-ink-3")
        text(row.name, "mc-strong mc-truncate mc-result-name")
        if row.stage:
            with block("mc-result-stage mc-desk-only", tag="span"):
                stage_chip(words.stage_of(row.stage), STAGE_HUES[row.stage])
        block("mc-grow", tag="span")
        _when(row, actor)
        if row.overdue:
            pill(_("%d d overdue") % row.overdue, "warn")
    attributes(line, href=href)


def _when(row: CardRow, actor: Actor) -> Text | None:
    if row.kind == "contact":
        said = _("never") if row.days is None else _("today") if row.days == 0 else ngettext("%d day ago", "%d days ago", row.days) % row.days
        return text(said, "mc-ink-2 mc-num mc-result-when")
    return text(times.short_date(times.day_of(row.when, actor), actor), "mc-ink-2 mc-num mc-result-when") if row.when else None
