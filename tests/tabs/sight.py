"""What somebody sees on an open tab, and how they find a thing there: by what it is called, and by what it stands beside."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Coroutine
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from nicegui import Client, ui
from nicegui.element import Element

from crm_app.components.table import TableElement
from tests.tabs import drawn, reading
from tests.tabs.drawn import Part
from tests.tabs.house import Browser, RunningHouse
from tests.tabs.wire import Wire

T = TypeVar("T")
Thing = Element | Part
PATIENCE = 20.0  # only what fails waits it out


class Sight:
    """The half of a tab that looks. It knows the server's own tree of elements, which is what the browser was told."""

    def __init__(self, house: RunningHouse, browser: Browser) -> None:
        self.house, self.browser = house, browser
        self.path = ""
        self.plain = self.html = ""
        self.downloads: list[tuple[str, bytes]] = []
        self.left: list[str] = []
        self.focused: list[int] = []
        self._client_id = ""
        self._wire: Wire | None = None
        self._going: asyncio.Task[None] | None = None
        self._unfolded: tuple[int, str] | None = None

    # --- looking --------------------------------------------------------------------------------------------------

    @property
    def lines(self) -> list[str]:
        """Everything that is shown, line by line; of a page that is not ours to build, its text."""
        return self._look(lambda client: [line for root in self._roots(client) for line in reading.lines(root)] + self._menu_lines(client))

    @property
    def text(self) -> str:
        """The same as one text."""
        return "\n".join(self.lines) if not self.plain else re.sub(r"\s+", " ", re.sub(r"<(style|script).*?</\1>|<[^>]+>", " ", self.plain, flags=re.DOTALL))

    @property
    def title(self) -> str:
        """What stands in the tab."""
        return self._look(lambda client: client.resolve_title())

    @property
    def is_signed_out(self) -> bool:
        """Whether this browser has landed at the sign-in."""
        return urlsplit(self.path).path == "/signin"

    def sees(self, *sentences: str) -> Self:
        """All of this is shown, now or in a moment."""
        for sentence in sentences:
            self._until(lambda sentence=sentence: sentence in self.text, f"{sentence!r} is not shown")
        return self

    def sees_not(self, *sentences: str) -> Self:
        """None of this is shown, now or once it had a moment to go."""
        for sentence in sentences:
            self._until(lambda sentence=sentence: sentence not in self.text, f"{sentence!r} is shown")
        return self

    def has(self, name: str, role: str = "") -> bool:
        """Whether something is called so and can be pressed or filled in."""
        return bool(self._look(lambda client: self._called(client, name, (role,) if role else (*reading.PRESSED, *reading.FIELDS, "file"))))

    def place_of(self, name: str) -> int:
        """Which element of the page it is: another one once it was drawn anew."""
        return _element(self._one(name, reading.PRESSED)).id

    def names(self, role: str) -> list[str]:
        """What every thing of this role is called, in the order of the page."""
        return self._look(lambda client: [_name(thing) for thing in self._all(client) if _role(thing) == role])

    def value(self, field: str, beside: str = "") -> Any:
        """What stands in a field; of a choice, its words."""
        element = self._field(field, reading.FIELDS + ("switch", "checkbox"), beside)
        return self._look(lambda _client: reading.own_text(element) if isinstance(element, ui.select) else element.value)  # type: ignore[attr-defined]

    def error(self, field: str) -> str:
        """The sentence under a field."""
        return str(self._field(field).error or "")  # type: ignore[attr-defined]

    def is_on(self, name: str, beside: str = "") -> bool:
        """Whether a star, a tab, a radio, a check or a switch says that it is on."""
        element = self._one(name, reading.PRESSED, beside)
        if isinstance(element, Part):
            return element.on
        if isinstance(element, (ui.switch, ui.checkbox)):
            return bool(element.value)
        return any(element.props.get(state) == "true" for state in ("aria-pressed", "aria-checked", "aria-selected"))

    def can_press(self, name: str, beside: str = "") -> bool:
        """Whether it is there and not disabled."""
        return is_enabled(self._one(name, reading.PRESSED, beside))

    @property
    def focus(self) -> str:
        """What the server last put the cursor into."""
        return self._look(lambda client: reading.name(client.elements[self.focused[-1]])) if self.focused else ""

    @property
    def rows(self) -> list[list[str]]:
        """The rows of the page's table, without its headings."""
        return self._look(lambda client: [row for table in self._all(client) if isinstance(table, TableElement) for row in drawn.table_rows(table)[1:]])

    @property
    def toasts(self) -> list[str]:
        """The sentences at the bottom right, the newest last."""
        return self._look(lambda client: [reading.words(element) for element in client.elements.values() if "mc-toast-text" in element.classes])

    @property
    def dialog(self) -> str:
        """The title of the dialog that is open; empty when none is."""
        return self._look(lambda client: next((reading.name(root) for root in self._roots(client) if isinstance(root, ui.dialog)), ""))

    # --- finding --------------------------------------------------------------------------------------------------

    def _roots(self, client: Client) -> list[Element]:
        """The page, or the dialog over it, with the toasts."""
        dialogs = [element for element in client.elements.values() if isinstance(element, ui.dialog) and element.value and element.visible]
        if not dialogs:
            return [client.layout]
        toasts = [element for element in client.elements.values() if "mc-toasts" in element.classes]
        return [dialogs[-1], *toasts]

    def _all(self, client: Client) -> list[Thing]:
        elements = [element for root in self._roots(client) for element in reading.shown(root)]
        return [thing for element in elements for thing in (element, *drawn.things(element, self._unfolded))]

    def _menu_lines(self, client: Client) -> list[str]:
        menu = client.elements.get(self._unfolded[0]) if self._unfolded else None
        return [] if menu is None else [str(menu.values.get("title") or ""), *(one.name for one in drawn.things(menu, self._unfolded) if one.role == "menuitem")]

    def _called(self, client: Client, name: str, roles: tuple[str, ...], beside: str = "") -> list[Thing]:
        found = [thing for thing in self._all(client) if _role(thing) in roles and _name(thing) == name]
        if beside:
            found = _nearest(found, beside)
        inside = [thing for thing in found if any(outer.tag == "main" for outer in _element(thing).ancestors())]
        return inside if len(found) > 1 and inside else found

    def _field(self, name: str, roles: tuple[str, ...] = reading.FIELDS, beside: str = "") -> Element:
        return _element(self._one(name, roles, beside))

    def _one(self, name: str, roles: tuple[str, ...], beside: str = "") -> Thing:
        ends = time.monotonic() + PATIENCE
        while True:
            found = self._look(lambda client: self._called(client, name, roles, beside))
            if len(found) == 1:
                return found[0]
            if found or time.monotonic() > ends:
                where = f" beside {beside!r}" if beside else ""
                raise AssertionError(f"{len(found)} things are called {name!r}{where} at {self.path}; what is shown:\n" + self.text)
            time.sleep(0.02)

    def _table(self) -> TableElement:
        return self._look(lambda client: next(element for element in self._all(client) if isinstance(element, TableElement)))

    # --- waiting --------------------------------------------------------------------------------------------------

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        async def and_settle() -> T:
            value = await work
            await self._settle()
            return value

        return self.house.loop.do(and_settle())

    async def _settle(self) -> None:
        await self.house.loop.settled(self._is_busy)

    def _is_busy(self) -> bool:
        """Something is said and not read, on either side, or the browser is on its way to another page."""
        if self._going is not None and not self._going.done():
            return True
        client = Client.instances.get(self._client_id)
        if self._wire is None or not self._wire.open or client is None:
            return False
        return self._wire.busy or bool(client.outbox.messages) or bool(client.outbox.updates)

    def _look(self, look: Callable[[Client], T]) -> T:
        async def looked() -> T:
            client = Client.instances.get(self._client_id)
            if client is None:
                raise AssertionError(f"there is no live page at {self.path}")
            return look(client)

        return self.house.loop.do(looked())

    def _until(self, holds: Callable[[], bool], complaint: str) -> None:
        ends = time.monotonic() + PATIENCE
        while not holds():
            if time.monotonic() > ends:
                raise AssertionError(f"{complaint} at {self.path}; what is shown:\n" + self.text)
            time.sleep(0.02)
        self.house.loop.do(self._settle())


def _role(thing: Thing) -> str:
    return thing.role if isinstance(thing, Part) else reading.role(thing)


def _name(thing: Thing) -> str:
    return thing.name if isinstance(thing, Part) else reading.name(thing)


def is_enabled(thing: Thing) -> bool:
    return thing.enabled if isinstance(thing, Part) else reading.is_enabled(thing)


def _element(thing: Thing) -> Element:
    return thing.element if isinstance(thing, Part) else thing


def _nearest(found: list[Thing], words: str) -> list[Thing]:
    """Those that share the smallest surroundings with the words."""
    ranked = []
    for thing in found:
        around = [_element(thing), *_element(thing).ancestors()]
        if isinstance(thing, Part) and words in thing.around:
            ranked.append(len(around) + 1)
        else:
            ranked.append(next((len(around) - number for number, outer in enumerate(around) if words in reading.words(outer)), 0))
    return [thing for thing, depth in zip(found, ranked, strict=True) if depth and depth == max(ranked)]
