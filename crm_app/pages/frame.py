"""What every page gets from the shell: where it is, how it keeps its state in the address, and who hears of a new one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from nicegui import background_tasks, helpers, ui
from nicegui.element import Element
from starlette.datastructures import QueryParams

from crm_app.components import live
from crm_app.components.guard import telling
from crm_app.domain.accounts import service as accounts
from crm_app.domain.errors import NotFound
from crm_app.pages.errors import not_found

PATIENCE = 1.5
Query = Mapping[str, str | Sequence[str] | None]


class Frame:
    """One per open tab. The address is the state: a page writes it with ``replace`` and reads it from ``query``."""

    def __init__(self, whose: str = "", alone: bool = False) -> None:
        self._whose, self.alone = whose, alone
        self._router = ui.context.client.sub_pages_router
        self._here = self.path
        self._router.on_path_changed(self._left)
        self._router.on_path_changed(self._moved)
        self.built = asyncio.Event()
        self.views: Any = None
        self.place: Element | None = None
        self._watch: tuple[str, Element, Callable[[], Any]] | None = None

    async def first_page(self) -> None:
        """Wait until the first page stands, so that the answer carries it; a slow one comes over the socket instead."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.built.wait(), PATIENCE)

    @property
    def path(self) -> str:
        """The path that is open now, without its query."""
        return urlsplit(self._router.current_path).path

    @property
    def query(self) -> QueryParams:
        """The query of the address that is open now."""
        return QueryParams(urlsplit(self._router.current_path).query)

    def whose(self, otherwise: str) -> str:
        """Whose things are looked at: what the address says, else what the person last chose anywhere, else ``otherwise``."""
        asked = {"all": "team"}.get(self.query.get("whose", ""), self.query.get("whose", ""))
        return asked if asked in ("mine", "team") else self._whose or otherwise

    async def choose_whose(self, whose: str) -> None:
        """Remember the choice, for this tab and for the person."""
        self._whose = whose
        await live.change(accounts.set_whose, whose)  # type: ignore[arg-type]  # the service checks it

    def replace(self, values: Query) -> None:
        """Put ``values`` into the address without a step in the browser's history; what is empty is left out."""
        self.go_on(address(self.path, values))

    def go_on(self, url: str) -> None:
        """Put an address of this same page, without a step in the browser's history."""
        if url != self._router.current_path:
            self._router.current_path = url
            ui.navigate.history.replace(url)

    def change(self, values: Query) -> None:
        """Like ``replace``, but what else stands in the address stays there."""
        query = self.query
        self.replace({**{name: query.getlist(name) for name in query}, **values})

    def show_gone(self, error: NotFound) -> None:
        """What the page shows was deleted, or is no longer for this person: in its place stands our page for that, and nothing of it."""
        if self.place is not None and not self.place.is_deleted:
            with self.place.clear():
                not_found(error.message)

    def on_query(self, callback: Callable[[], Any]) -> None:
        """Call ``callback`` when someone comes to this very page with another query, for as long as the page stands."""
        self._watch = (self.path, ui.context.slot.parent, callback)

    def _left(self, url: str) -> None:
        """A dialog belongs to the page that it stands over: on the way to another page, also by the browser's Back, it closes."""
        if (path := urlsplit(url).path) != self._here:
            self._here = path
            for element in list(ui.context.client.elements.values()):
                if isinstance(element, ui.dialog) and element.value:
                    element.close()

    def _moved(self, url: str) -> None:
        if self._watch is None:
            return
        path, owner, callback = self._watch
        if owner.is_deleted or urlsplit(url).path != path:
            self._watch = None
            return
        background_tasks.create(_told(callback), name="new query", context=owner)


async def _told(callback: Callable[[], Any]) -> None:
    with telling():
        result = callback()
        if helpers.should_await(result):
            await result


def address(path: str, values: Query) -> str:
    """``address("/contacts", {"q": "anna", "stage": ["curious"], "tag": []})`` is ``/contacts?q=anna&stage=curious``."""
    query = urlencode(pairs(values))
    return f"{path}?{query}" if query else path


def key_of(text: str) -> UUID:
    """The key that an address or a browser names; what is none is not found."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


def pairs(values: Query) -> list[tuple[str, str]]:
    """Names and values one by one; what is empty is left out."""
    return [(name, item) for name, value in values.items() if value for item in ([value] if isinstance(value, str) else value)]
