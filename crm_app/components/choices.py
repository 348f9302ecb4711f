"""One of a few: segmented control, tabs, large choices, inner navigation. All by arrow key and by mouse."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nicegui import ui
from nicegui.element import Element

from crm_app.components.elements import icon
from crm_app.components.text import Text, attributes, block, text

Choose = Callable[[str], Any]

# Arrow keys move between the choices of a group, as in any radio group or tab list.
_ARROWS = """(e) => {
  const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[e.key];
  if (!step) return;
  const all = [...e.currentTarget.querySelectorAll('button')];
  const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
  e.preventDefault(); next.focus(); next.click();
}"""


@dataclass(frozen=True)
class Choice:
    """One option: its key, its name, and what may stand beside it."""

    key: str
    label: str
    icon: str | None = None
    count: str | None = None
    hint: str | None = None


class Choices:
    """A group of which exactly one is chosen. ``value`` is its key; setting it moves the mark without calling back."""

    def __init__(self, options: Sequence[Choice], value: str, on_choose: Choose, *, look: str, label: str, icons_only: bool = False) -> None:
        self._buttons: dict[str, Element] = {}
        self._counts: dict[str, Text] = {}
        self._mark = "aria-selected" if look in ("tabs", "underline") else "aria-checked"
        self._on_choose = on_choose
        frame, item = _LOOKS[look]
        roles = ("tablist", "tab") if self._mark == "aria-selected" else ("radiogroup", "radio")
        with block(frame) as self.element:
            for option in options:
                self._buttons[option.key] = self._button(option, item, roles[1], icons_only)
        attributes(self.element, role=roles[0], aria_label=label)
        self.element.on("keydown", js_handler=_ARROWS)
        self._value = ""
        self.value = value

    @property
    def value(self) -> str:
        """The key of the chosen option."""
        return self._value

    @value.setter
    def value(self, key: str) -> None:
        self._value = key
        for name, button in self._buttons.items():
            chosen = name == key
            # Only the chosen one is in the tab order; arrows reach the others.
            attributes(button, **{self._mark: "true" if chosen else "false", "tabindex": 0 if chosen else -1})

    def set_count(self, key: str, count: str) -> None:
        """Another figure beside an option that was given one."""
        self._counts[key].set_text(count)

    def _button(self, option: Choice, item: str, role: str, icons_only: bool) -> Element:
        with block(item, tag="button").on("click", lambda: self._choose(option.key)) as button:
            if option.icon:
                icon(option.icon, 14)
            if not icons_only:
                text(option.label)
            if option.count is not None:
                self._counts[option.key] = text(option.count, "mc-count")
            if option.hint:
                text(option.hint, "mc-cap")
            if icons_only:
                ui.tooltip(option.label)
        return attributes(button, type="button", role=role, aria_label=option.label if icons_only else None)

    def _choose(self, key: str) -> Any:
        if key == self._value:
            return None
        self.value = key
        return self._on_choose(key)


_LOOKS: Mapping[str, tuple[str, str]] = {
    "segments": ("mc-segments", "mc-segment"),
    "tabs": ("mc-tabs", "mc-tab"),
    "underline": ("mc-tabs mc-underline", "mc-tab"),
    "choices": ("mc-row mc-wrap", "mc-choice mc-grow"),
}


def segments(options: Sequence[Choice], value: str, on_choose: Choose, *, label: str, icons_only: bool = False) -> Choices:
    """Two to four views of one thing."""
    return Choices(options, value, on_choose, look="segments", label=label, icons_only=icons_only)


def tabs(options: Sequence[Choice], value: str, on_choose: Choose, *, label: str, underline: bool = False) -> Choices:
    """Saved views as quiet pills, or with ``underline`` the sections of a record."""
    return Choices(options, value, on_choose, look="underline" if underline else "tabs", label=label)


def choices(options: Sequence[Choice], value: str, on_choose: Choose, *, label: str) -> Choices:
    """Large boxes, each with a line of explanation."""
    return Choices(options, value, on_choose, look="choices", label=label)


def inner_nav(items: Sequence[tuple[str, str, str]], current: str, *, label: str, headings: Mapping[str, str] | None = None) -> Element:
    """Navigation inside a page: (href, icon, name). ``current`` is the href of this page; ``headings`` stand above the item of their href."""
    with block("mc-inner-nav", tag="nav") as nav:
        for href, glyph, name in items:
            if headings and href in headings:
                text(headings[href], "mc-nav-heading", tag="h2")
            with block("mc-nav", tag="a") as item:
                icon(glyph)
                text(name)
            attributes(item, href=href, aria_current="page" if href == current else None)
    return attributes(nav, aria_label=label)
