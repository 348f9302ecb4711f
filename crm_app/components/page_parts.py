"""Small pieces that several pages put together: a line for an empty list, a first step, a field that adds by Enter."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from nicegui import ui
from nicegui.element import Element
from nicegui.events import GenericEventArguments

from crm_app.components.elements import icon
from crm_app.components.text import Text, attributes, block, link, text
from crm_app.domain.i18n import _

_NEAR_END = "(e) => { const t = e.target; if (t.scrollTop > 0 && t.scrollTop + t.clientHeight > t.scrollHeight - 400) emit(); }"
_TAKE_LINE = """(e) => {
    if (e.isComposing) return;
    const line = e.target.value;
    e.target.value = "";
    e.target.dispatchEvent(new Event("input", { bubbles: true }));
    setTimeout(() => emit(line));
}"""
"""The field is emptied where it is typed in: emptied from here, it would take along what was typed on the way. The server hears of that first."""


def empty_line(sentence: str, way: tuple[str, str] | None = None) -> None:
    """What stands in a list that holds nothing: one line, and where to go (words, address)."""
    with block("mc-empty-small"):
        text(sentence + " ")
        if way:
            link(*way)


def step_card(title: str, hint: str, icon_name: str, href: str, *, done: bool = False) -> None:
    """One way to begin; a done one says so."""
    with block("mc-way", tag="a") as card:
        with block("mc-tile mc-accent", tag="span"):
            icon("check" if done else icon_name, 18)
        with block("mc-col", tag="span"):
            text(title, "mc-strong mc-ink")
            text(_("Done") if done else hint, "mc-cap")
    attributes(card, href=href)


def on_near_end(scroller: Element, callback: Callable[[], Awaitable[Any]]) -> None:
    """Call when somebody has scrolled to within 400 pixels of the end of ``scroller``; at most three times a second."""
    scroller.on("scroll", callback, js_handler=_NEAR_END, throttle=0.3)


def quick_add(label: str, add: Callable[[str], Awaitable[bool]], *, icon_name: str = "plus", max_length: int = 240) -> ui.input:
    """A row to type in; Enter takes the line, and the next one can be typed while it is added. It comes back when ``add`` says that it could not be."""
    with block("mc-quick"):
        icon(icon_name, classes="mc-ink-3")
        field = ui.input(placeholder=label).classes("mc-field mc-bare mc-grow").props(f"borderless maxlength={max_length} autocomplete=off")
    attributes(field, aria_label=label)

    adding = asyncio.Lock()

    async def take(event: GenericEventArguments) -> None:
        line = str(event.args)[:max_length]
        if not line and adding.locked():  # Enter was pressed twice
            return
        async with adding:  # in the order in which they were typed
            if not await add(line) and not field.is_deleted:
                field.set_value(" ".join(filter(None, (line, field.value))))

    field.on("keydown.enter", take, js_handler=_TAKE_LINE)
    return field


@dataclass(frozen=True, slots=True)
class GroupRow:
    """What a row of a settings group may change of itself later: its caption, and what stands at its right."""

    caption: Text
    end: Element


@contextmanager
def group_row(icon_name: str, title: str, caption: str = "") -> Iterator[GroupRow]:
    """A row of a settings group: tile, title, caption; the block adds what stands at the right. A label there is spoken, not shown."""
    with block("mc-group-row"):
        with block("mc-tile", tag="span"):
            icon(icon_name, 18)
        with block("mc-grow"):
            attributes(text(title, "mc-strong mc-truncate", tag="p"), title=title)
            said = text(caption, "mc-cap", tag="p")
        with block("mc-row mc-gap-8 mc-group-end") as end:
            yield GroupRow(said, end)
