"""The palette: one field that finds people, entries, files, tasks, goals, programmes, pages and acts. The page says what it finds and what a choice does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nicegui import helpers, ui
from nicegui.element import Element

from crm_app.components.people import hue_of, initials
from crm_app.components.text import attributes, safe_link
from crm_app.domain.i18n import _

LONGEST = 100


@dataclass(frozen=True)
class Hit:
    """One line: a face (``identity`` given) or an icon, a title, something quieter, perhaps the key that does the same. It leads to ``href`` or calls ``act``."""

    key: str
    title: str
    hint: str = ""
    icon: str = "arrow-right"
    href: str | None = None
    act: Callable[[], Any] | None = None
    key_hint: str = ""
    identity: object = None
    photo: str | None = None


@dataclass(frozen=True)
class HitGroup:
    """Lines under a heading."""

    title: str
    hits: Sequence[Hit]


Find = Callable[[str], Awaitable[Sequence[HitGroup]]]


class Palette:
    """Made at the first use. ``find(words)`` is asked for every pause in typing, and for no words when it opens; ``more`` once that is shown."""

    def __init__(self, find: Find, more: Find) -> None:
        self._find, self._more = find, more
        self._asked = 0
        self._hits: dict[str, Hit] = {}
        with ui.dialog().classes("mc-palette-dialog").props("position=top no-route-dismiss") as self.window:
            self._list = _List(self._ask, self._choose, self.window.close)
        attributes(self.window, aria_label=_("Search or jump to"))

    async def open(self) -> None:
        """Show it with the cursor in its field."""
        self.window.open()
        self._list.run_method("begin")
        if not self._hits:
            await self._ask("")

    async def _ask(self, words: str) -> None:
        self._asked += 1
        mine = self._asked
        groups: list[HitGroup] = []
        for ask in (self._find, self._more):
            groups += [group for group in await ask(words[:LONGEST]) if group.hits]
            if mine != self._asked:
                return  # another letter was typed meanwhile
            self._hits = {hit.key: hit for group in groups for hit in group.hits}
            self._list.show(words, groups, looking=ask is self._find)

    async def _choose(self, key: str) -> None:
        hit = self._hits.get(key)
        if hit is None:
            return
        self.window.close()
        if hit.act is not None:
            found = hit.act()
            if helpers.should_await(found):
                await found


class _List(Element, component="vue/palette.js"):
    def __init__(self, ask: Callable[[str], Any], choose: Callable[[str], Any], close: Callable[[], Any]) -> None:
        super().__init__()
        self._props.update({
            "groups": [], "answered": "", "looking": False, "root": self.html_id,
            "words": {
                "ask": _("Search or jump to…"), "found": _("Found"), "open": _("Open"), "none": _("Nothing found. Another spelling may help."),
                "move": _("navigate"), "open_it": _("open"), "aside": _("open in a new tab"), "close": _("close"), "leave": _("Close"), "count": _("%d found"),
            },
        })  # fmt: skip
        self.on("ask", lambda event: ask(str(event.args)))
        self.on("choose", lambda event: choose(str(event.args)))
        self.on("close", close)

    def show(self, words: str, groups: Sequence[HitGroup], *, looking: bool) -> None:
        """Show what was found for ``words``; ``looking``: more may come, so that nothing found so far is not said to be nothing."""
        self._props["groups"] = [{"title": group.title, "items": [_shown(hit) for hit in group.hits]} for group in groups]
        self._props["answered"] = words
        self._props["looking"] = looking
        self.update()


def _shown(hit: Hit) -> dict[str, Any]:
    plain = {name: getattr(hit, name) for name in ("key", "title", "hint", "icon", "key_hint")}
    person = {"hue": hue_of(hit.identity), "initials": initials(hit.title), "photo": safe_link(hit.photo)} if hit.identity is not None else {}
    return plain | person | {"href": safe_link(hit.href)}
