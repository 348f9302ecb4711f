"""Where a question to the assistant is written: text with contacts named by an at sign, whom it is about, how much model, and what it may cost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui
from nicegui.element import Element

from crm_app.components.drawn_menu import DrawnMenu, Item
from crm_app.components.elements import icon, icon_button, tooltip
from crm_app.components.keys import CTRL_ENTER
from crm_app.components.mentions import ContactMentions
from crm_app.components.text import Text, attributes, block, text
from crm_app.components.voice import Listen
from crm_app.domain.ai.features import Tier
from crm_app.domain.i18n import _
from crm_app.domain.mentions.rules import find_mentions

TYPING_PAUSE = 0.6
ESCAPE = "(e) => { if (e.key === 'Escape' && !e.isComposing) { e.preventDefault(); emit(); } }"


def tiers() -> dict[Tier, tuple[str, str]]:
    """How much model one can ask for: what it is called, and what that means."""
    return {
        Tier.FAST: (_("Fast"), _("Quick and cheap: for looking things up")),
        Tier.BALANCED: (_("Balanced"), _("For most questions")),
        Tier.BEST: (_("Best"), _("For what needs thought; costs the most")),
        Tier.LOCAL: (_("Local"), _("Never leaves the practice's own machines")),
    }


@dataclass(frozen=True)
class ComposerActs:
    """``send`` and ``stop`` do what their buttons say; ``find`` gives contacts by what was typed; ``typed`` is told a moment after the last key."""

    send: Callable[[], Awaitable[Any]]
    stop: Callable[[], Awaitable[Any]]
    find: Callable[[str], Awaitable[Sequence[tuple[UUID, str]]]]
    typed: Callable[[], Awaitable[Any]]


@dataclass
class AssistantComposer:
    """The box. ``about`` is the record one came from; ``tier`` None lets the settings decide."""

    acts: ComposerActs
    language: str
    tier: Tier | None = None
    about: tuple[UUID, str] | None = None
    changing: Callable[[], Any] | None = None
    """Lets go of the question that is asked otherwise; None while a new one is written."""
    _named: dict[UUID, str] = field(default_factory=dict)

    def build(self) -> None:
        """Draw it."""
        with block("mc-composer mc-assistant-composer") as self.element:
            self._chips = block("mc-assistant-about")
            ContactMentions(self._find)
            self._text = ui.textarea(placeholder=_("Ask about a person, a week, a pattern…")).classes("mc-field mc-area mc-bare mc-composer-text")
            self._text.props("borderless autogrow maxlength=4000 rows=1")
            attributes(self._text, aria_label=_("Your question"))
            self._text.on_value_change(self._changed)
            self._text.on("keydown", self.acts.send, js_handler=CTRL_ENTER)
            self._text.on("keydown", self._escaped, js_handler=ESCAPE)
            self._pause = ui.timer(TYPING_PAUSE, self._quiet, active=False)
            with block("mc-composer-bar"):
                self._at()
                Listen(self.language)
                self._tiers()
                block("mc-grow")
                self._cost = attributes(text("", "mc-cap mc-num"), aria_live="polite")
                self._send = icon_button("arrow-up", _("Ask"), kind="primary", key="Ctrl ⏎", on_click=self.acts.send)
                self._stop = icon_button("square", _("Stop"), key="Esc", on_click=self.acts.stop)
        self.set_running(False)
        self._draw_about()

    @property
    def question(self) -> str:
        """What stands in the box."""
        return (self._text.value or "").strip()

    @property
    def people(self) -> tuple[UUID, ...]:
        """Whom the question is about: the record that one came from, and who is named by an at sign."""
        named = find_mentions(self.question, [(key, name) for key, name in self._named.items()])
        return tuple(dict.fromkeys([*([self.about[0]] if self.about else []), *named]))

    def write(self, question: str) -> None:
        """Put this into the box, and the cursor behind it."""
        self._text.set_value(question)
        self.focus()

    def focus(self) -> None:
        """Put the cursor into the box."""
        self._text.run_method("focus")

    def set_about(self, about: tuple[UUID, str] | None) -> None:
        """Ask from this record, or from none."""
        self.about = about
        self._draw_about()

    def set_changing(self, leave: Callable[[], Any] | None) -> None:
        """Say that what is written takes the place of the last question, with a way to ``leave`` that; None for a new question."""
        self.changing = leave
        self._draw_about()

    def set_running(self, running: bool) -> None:
        """While an answer is written the button stops it; the next question can be typed meanwhile."""
        self._send.set_visibility(not running)
        self._stop.set_visibility(running)

    def say_cost(self, words: str, why: str = "") -> None:
        """What it may cost, or why it cannot be asked."""
        self._cost.set_text(words)
        attributes(self._cost, title=why or None)

    def _at(self) -> None:
        at = icon_button("at-sign", _("Name a contact"), height=28)
        at.on("click", js_handler="""(e) => {
          const field = e.currentTarget.closest('.mc-composer').querySelector('textarea'), at = field.selectionEnd;
          field.focus();
          field.setRangeText(at && !/\\s$/.test(field.value.slice(0, at)) ? ' @' : '@', at, at, 'end');
          field.dispatchEvent(new Event('input', { bubbles: true }));
        }""")

    def _tiers(self) -> None:
        known = tiers()
        with ui.button(color=None).classes("mc-btn mc-ghost mc-h28") as opener:
            with block("mc-row mc-gap-6", tag="span"):
                icon("gauge", 14)
                self._tier: Text = text("", "mc-desk-only")
                icon("chevron-down", 14, "mc-ink-3 mc-desk-only")
            asked = [Item(f"{name}: {means}", partial(self._choose, tier)) for tier, (name, means) in known.items()]
            DrawnMenu([Item(_("As the settings say"), partial(self._choose, None)), *asked])
        self._opener: Element = opener
        tooltip(_("How much model"))
        self._show_tier()

    async def _choose(self, tier: Tier | None) -> None:
        self.tier = tier
        self._show_tier()
        await self.acts.typed()

    def _show_tier(self) -> None:
        name = tiers()[self.tier][0] if self.tier else _("As set")
        self._tier.set_text(name)
        attributes(self._opener, aria_label=_("How much model: %s") % name)

    def _draw_about(self) -> None:
        self._chips.clear()
        self._chips.set_visibility(bool(self.about or self.changing))
        with self._chips:
            if self.changing:
                _chip("pencil", _("Changes the last question"), _("Leave the last question as it is"), self._leave)
            if self.about:
                _chip("user", _("About %s") % self.about[1], _("Not about %s") % self.about[1], self._forget_about)

    async def _escaped(self) -> None:
        """Stops the answer that is written, else leaves the question that is asked otherwise."""
        if self._stop.visible:
            await self.acts.stop()
        else:
            self._leave()

    def _leave(self) -> None:
        if self.changing:
            self.changing()
            self.write("")

    async def _forget_about(self) -> None:
        self.set_about(None)
        await self.acts.typed()

    def _changed(self) -> None:
        self._pause.deactivate()
        self._pause.activate()

    async def _quiet(self) -> None:
        self._pause.deactivate()
        await self.acts.typed()

    async def _find(self, typed: str) -> Sequence[tuple[UUID, str]]:
        found = await self.acts.find(typed)
        self._named.update(found)
        return found


def _chip(glyph: str, words: str, away: str, leave: Callable[[], Any]) -> None:
    """A line of what is said with the question, and the way to take it ``away``."""
    with block("mc-tag mc-quiet", tag="span"):
        icon(glyph, 12)
        text(words, "mc-tag-text")
        with block("mc-tag-remove", tag="button").on("click", leave) as remove:
            icon("x", 12)
        attributes(remove, type="button", aria_label=away)
