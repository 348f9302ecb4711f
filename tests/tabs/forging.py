"""What somebody can send who does not use the page: every listener of a tab, with values that fit and values that do not, hidden or not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from nicegui import Client, core, ui
from nicegui.element import Element

from crm_app.components.board import Board
from crm_app.components.drawn_menu import DrawnMenu
from crm_app.components.keys import Keys
from crm_app.components.month import Month
from crm_app.components.table import TableElement
from crm_app.components.task_parts import TaskList
from crm_app.components.time_grid import TimeGrid
from tests.tabs.tab import Tab

ROUNDS, FEW = 4, 4
TYPED = {"date": "2026-12-24", "time": "10:30", "datetime-local": "2026-12-24T10:30", "number": "7", "email": "forged@example.org", "tel": "+442079460000"}
# Values of the wrong kind, far outside of what is offered, or much too long.
HOSTILE: tuple[Any, ...] = (
    None, True, -1, 10**12, "nonsense", "x" * 5_000, [], {}, [{"value": 999, "label": "nonsense"}], {"value": 999, "label": "nonsense"}, {"value": -1},
    {"status": 201, "body": "{\"upload_id\": 7}"}, {"added": True, "rows": [{"id": "nonsense"}], "keys": ["nonsense"]}, {"added": True, "rows": [{"id": str(uuid4())}], "keys": []},
)  # fmt: skip

Message = tuple[int, str, Any]


class Forger:
    """Sends events of a tab past the page, and past the door's budget: what is tested is what an event may do, not how many there may be."""

    def __init__(self, tab: Tab) -> None:
        self._tab = tab
        self._sent: set[tuple[int, str]] = set()

    def replay(self) -> int:
        """Every listener once, with a value that fits; then those that this brought forth, until there are no more. Returns how many."""
        for _round in range(ROUNDS):
            fresh = [one for one in self._listeners() if one[:2] not in self._sent]
            if not fresh:
                break
            self._sent.update(one[:2] for one in fresh)
            # First what is typed and chosen, so that the buttons have something to save; all that closes things comes last.
            for kinds in (_is_value, lambda event: not _is_value(event) and event != "hide", lambda event: event == "hide"):
                self._send([(key, listener, value) for key, listener, event, values in fresh if kinds(event) for value in values])
        return len(self._sent)

    def assault(self, every: bool) -> int:
        """Each listener with ``every`` hostile value, or with a few so that all of them are tried somewhere; a press says nothing, so that it is
        sent with two. Returns how many listeners there were.
        """
        heard = [(key, listener, event.split(".")[0] in ("click", "keydown")) for key, listener, event, _values in self._listeners()]
        for turn in range(len(HOSTILE) if every else FEW):
            self._send([(key, listener, HOSTILE[(turn if every else turn + place * FEW) % len(HOSTILE)]) for place, (key, listener, is_press) in enumerate(heard) if turn < 2 or not is_press])
        return len(heard)

    def press_everything(self) -> None:
        """Press what can be pressed, one after the other, so that every dialog and menu stands open; ends where the page was left."""
        here = self._tab.path.partition("?")[0]
        for key, listener, event, values in self._listeners():
            if event.split(".")[0] == "click" and self._tab.path.partition("?")[0] == here:
                self._send([(key, listener, values[0])])

    def _listeners(self) -> list[tuple[int, str, str, list[Any]]]:
        return [] if self._tab.is_signed_out else self._tab._look(lambda client: list(_listeners_of(client)))

    def _send(self, messages: list[Message]) -> None:
        async def send() -> None:
            client = Client.instances.get(self._tab._client_id)
            sid = next(iter(client._socket_to_document_id), "") if client else ""
            for key, listener, value in messages:
                core.sio.handlers["/"]["event"](sid, {"id": key, "client_id": self._tab._client_id, "listener_id": listener, "args": [json.dumps(value)]})

        self._tab._do(send())


def _is_value(event: str) -> bool:
    return event.startswith("update:")


def _listeners_of(client: Client) -> Iterator[tuple[int, str, str, list[Any]]]:
    for element in list(client.elements.values()):
        if element is client.layout:
            continue  # its events are the address bar's, and looking elsewhere is no change
        for listener in element._event_listeners.values():
            yield element.id, listener.id, listener.type, list(_fitting(element, listener.type))


def _fitting(element: Element, event: str) -> Iterator[Any]:
    if isinstance(element, Keys):
        yield from element.bindings
    elif isinstance(element, (TaskList, DrawnMenu, TableElement, Board, Month, TimeGrid)):
        yield from _of_drawn(element, event)
    elif event == "change":
        yield {"status": 201, "body": json.dumps({"upload_id": str(uuid4())})}
    elif isinstance(element, ui.select):
        first = {"value": 0, "label": ""}
        yield [first] if element.multiple else first
    elif _is_value(event):
        yield TYPED.get(str(element.props.get("type")), "Forged") if isinstance(element, (ui.input, ui.textarea)) else True
    else:
        yield {}


def _of_drawn(element: Element, event: str) -> Iterator[Any]:
    """Everything that such an element can say of its rows, its columns and the lines of its menus."""
    if isinstance(element, TaskList):
        keys = [str(task.id) for task in element.tasks]
        if event == "move":
            yield from ({"id": key, "to": to} for key in keys for to in ("today", "later", "overdue", "urgent", "none"))
            return
        yield from [[key, line] for key in keys for line in range(6)] if event == "pick" else keys
    elif isinstance(element, DrawnMenu):
        yield from range(len(element.items))
    elif isinstance(element, TableElement):
        keys = [str(row["id"]) for row in element.rows]
        yield from {"choose": [keys], "sort": [column["name"] for column in element.columns]}.get(event, keys[:1])
    elif isinstance(element, Month):
        days = [day["key"] for day in element.values["days"]] or ["2026-11-26"]  # nothing is shown yet, and a browser may say anything
        keys = [card["id"] for day in element.values["days"] for card in day["cards"]]
        said = {"move": [{"id": key, "to": day} for key in keys for day in days[::6]], "menu": [{"id": key, "day": days[0], "at": "body"} for key in keys], "pick": keys, "toggle": keys,
                "shift": [{"id": key, "day": days[0], "days": by} for key in keys for by in (-7, 1, 99)], "go": [{"day": days[0], "days": -7}, {"day": days[-1], "months": 1}, {"day": 7}]}
        yield from said.get(event, days[::9])
    elif isinstance(element, TimeGrid):
        days, far = [day["key"] for day in element.values["days"]], ((1, 30), (0, -15), (99, 15), (True, 0))
        moved = [{"id": key, "days": days, "minutes": minutes} for key in element.rows for days, minutes in far]
        said = {"begin": [{"day": day, "top": 540, "foot": 600} for day in days[:2]] + [{"day": "2020-01-01", "top": 0, "foot": 1}], "move": moved, "stretch": moved, "pick": list(element.rows), "turn": [1, -1, 7]}
        yield from said.get(event, days[:1])
    elif isinstance(element, Board):
        stages = [column.key for column in element.columns]
        cards = [(card["id"], column.key) for column in element.columns for card in column.cards]
        said = {"move": [{"id": key, "from": at, "to": stage} for key, at in cards for stage in stages], "menu": [{"id": key, "column": at, "at": "c1"} for key, at in cards]}
        yield from said.get(event, stages)
    yield None
