"""Where a note, call, meeting or message is written down: kind, text, when, who may see it. What is typed is kept until it is saved."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from nicegui import events, ui

from crm_app.components import times, words
from crm_app.components.choices import Choice, Choices, segments
from crm_app.components.drawn_menu import DrawnMenu, Item
from crm_app.components.elements import busy, button, icon
from crm_app.components.keys import CTRL_ENTER
from crm_app.components.mentions import Colleagues, Mentioning
from crm_app.components.text import Text, attributes, block, text
from crm_app.components.timeline import LOOKS
from crm_app.domain.actor import Actor
from crm_app.domain.i18n import _

KINDS = ("note", "call", "meeting", "message")
TYPING_PAUSE = 0.8


@dataclass(frozen=True)
class Written:
    """What somebody wrote. ``occurred_at`` None means now."""

    kind: str
    body: str
    audience: str
    occurred_at: datetime | None
    duration_minutes: int | None
    ai_allowed: bool = True


Save = Callable[[Written], Awaitable[bool]]
Keep = Callable[[str], Awaitable[Any]]


class Composer:
    """``save`` returns whether it was saved; then the box is empty again. ``keep`` gets the text a moment after the last key.

    A ``plain`` one asks for words alone: whoever made it knows what they are about and when it was.
    """

    def __init__(self, actor: Actor, draft: str, save: Save, keep: Keep, colleagues: Colleagues, *, private: bool = False, plain: bool = False) -> None:
        self._actor = actor
        self._save = save
        self._keep = keep
        self._kind = "note"
        self._kinds: Choices | None = None
        self._audience = "private" if private else "team"
        self._ai_allowed = True
        self._only_private = private
        self._kept = draft
        self._saving = asyncio.Lock()
        with block("mc-composer") as self.element:
            if not plain:
                self._head()
            self._body(draft)
            self._mentions = Mentioning(self._text, colleagues, lambda: self._audience)
            self._foot(plain)

    @property
    def typed(self) -> str:
        """What stands in the box."""
        return self._text.value or ""

    def focus(self, kind: str = "note") -> None:
        """Put the cursor into the box, ready for an entry of this kind."""
        if self._kinds is not None:
            self._kinds.value = kind
            self._choose(kind)
        self._text.run_method("focus")

    def _head(self) -> None:
        with block("mc-composer-bar mc-between"):
            known = words.kinds()
            self._kinds = segments([Choice(kind, known[kind], LOOKS[kind][1]) for kind in KINDS], self._kind, self._choose, label=_("What is it"))

    def _body(self, draft: str) -> None:
        self._text = ui.textarea(value=draft, placeholder=_placeholder(self._kind)).classes("mc-field mc-area mc-bare mc-composer-text")
        self._text.props("borderless maxlength=20000")
        attributes(self._text, aria_label=_("What happened"))
        self._text.on_value_change(self._typed)
        self._text.on("keydown", self.save, js_handler=CTRL_ENTER)
        self._timer = ui.timer(TYPING_PAUSE, self._keep_now, active=False)

    def _foot(self, plain: bool) -> None:
        with block("mc-composer-bar"):
            self._now = button(_("Now"), kind="ghost", icon="clock", height=28, on_click=self._another_time)
            attributes(self._now, aria_label=_("It happened now; choose another time"))
            self._when = ui.input().classes("mc-field mc-h28 mc-composer-when").props('type="datetime-local"')
            attributes(self._when, aria_label=_("When; empty means now"), title=_("When; empty means now"))
            self._when.set_visibility(False)
            self._minutes = ui.input(placeholder=_("Minutes")).classes("mc-field mc-h28 mc-composer-minutes").props('type="number" min="0" max="10080"')
            attributes(self._minutes, aria_label=_("Minutes"))
            self._minutes.set_visibility(False)
            self._now.set_visibility(not plain)
            self._audience_button()
            with ui.button(color=None, on_click=self._let_read).classes("mc-btn mc-ghost mc-h28") as self._reading:
                self._reading_icon = icon("sparkles", 14)
            attributes(self._reading, aria_pressed="true", aria_label=_("The assistant may read this"), title=_("The assistant may read this"))
            block("mc-grow")
            self._button = button(_("Save"), kind="primary", height=28, key="Ctrl ⏎", on_click=self.save)

    def _audience_button(self) -> None:
        opener = ui.button(color=None).classes("mc-btn mc-ghost mc-h28")
        with opener:
            with block("mc-row mc-gap-6", tag="span"):
                self._audience_icon = icon("users", 14)
                self._audience_words: Text = text("", "mc-desk-only")
            known = words.audiences().items()
            DrawnMenu([
                Item(label, partial(self._show_to, audience), icon="lock" if audience == "private" else "users")
                for audience, label in known if audience == "private" or not self._only_private
            ])  # fmt: skip
        self._opener = opener
        self._see(self._audience)

    def _let_read(self) -> None:
        self._ai_allowed = not self._ai_allowed
        attributes(self._reading_icon, name="lu-sparkles" if self._ai_allowed else "lu-eye-off")
        said = _("The assistant may read this") if self._ai_allowed else _("The assistant never reads this")
        attributes(self._reading, aria_pressed="true" if self._ai_allowed else "false", title=said)

    def _another_time(self) -> None:
        self._when.set_value(times.as_input(datetime.now(UTC), self._actor))
        self._now.set_visibility(False)
        self._when.set_visibility(True)
        self._when.run_method("focus")

    async def _show_to(self, audience: str) -> None:
        self._see(audience)
        await self._mentions.look()

    def _see(self, audience: str) -> None:
        self._audience = audience
        label = words.audiences()[audience]
        self._audience_words.set_text(label)
        attributes(self._audience_icon, name="lu-lock" if audience == "private" else "lu-users")
        attributes(self._opener, aria_label=_("Who can see it: %s") % label)

    def _choose(self, kind: str) -> None:
        self._kind = kind
        self._text.props["placeholder"] = _placeholder(kind)
        self._text.update()
        self._minutes.set_visibility(kind in ("call", "meeting"))

    def _typed(self, event: events.ValueChangeEventArguments) -> None:
        self._timer.deactivate()
        self._timer.activate()

    async def _keep_now(self) -> None:
        self._timer.deactivate()
        typed = self._text.value or ""
        if typed != self._kept:
            self._kept = typed
            await self._keep(typed)

    async def save(self) -> None:
        """Hand over what was written; an empty box is not an entry, and a second press before the first is through means nothing new."""
        if self._saving.locked():
            return
        typed = self._text.value or ""
        if not typed.strip() and self._kind in ("note", "message"):
            self._text.run_method("focus")
            return
        async with self._saving:
            with busy(self._button):
                await self._hand_over(typed)

    async def _hand_over(self, typed: str) -> None:
        if not await self._mentions.said():
            return
        written = Written(self._kind, typed.strip(), self._audience, self._moment(), self._duration(), self._ai_allowed)
        # At once, and no more than what goes: whoever types on while this is saved writes the next entry.
        self._text.set_value((self._text.value or "").removeprefix(typed))
        if not await self._save(written):
            self._text.set_value(typed + (self._text.value or ""))
            return
        self._kept = ""
        if self.element.is_deleted:  # whoever saved it has put the box away
            await self._keep("")
            return
        self._timer.deactivate()
        for field in (self._when, self._minutes):
            field.set_value("")
        await self._mentions.look()
        self._when.set_visibility(False)
        self._now.set_visibility(self._kinds is not None)
        await self._keep(self._text.value or "")

    def _moment(self) -> datetime | None:
        return times.from_input(self._when.value, self._actor)

    def _duration(self) -> int | None:
        typed = str(self._minutes.value or "")
        return min(int(typed), 10_080) if typed.isdecimal() and self._kind in ("call", "meeting") else None


def _placeholder(kind: str) -> str:
    said = {
        "note": _("What stayed with you from this conversation?"), "call": _("What did you talk about?"),
        "meeting": _("How did the session go?"), "message": _("What did you write to each other?"),
    }  # fmt: skip
    return said[kind]
