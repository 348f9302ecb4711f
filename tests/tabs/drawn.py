"""What a component draws by itself: one element of the page, but many things to see and press."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nicegui.element import Element

from crm_app.components.agenda import Agenda
from crm_app.components.board import Board
from crm_app.components.drawn_menu import DrawnMenu
from crm_app.components.event_month import EventMonth, MiniMonth
from crm_app.components.mail_frame import MailFrame
from crm_app.components.mail_list import ThreadList
from crm_app.components.month import Month
from crm_app.components.table import TableElement
from crm_app.components.task_parts import TaskList
from crm_app.components.time_grid import DrawnEvents, TimeGrid


@dataclass(frozen=True)
class Part:
    """One thing inside such an element. Pressing it says ``event`` with ``said``, follows ``href``, posts to ``post``, or unfolds the menu of row ``menu``.

    ``around`` are the words of the row that it stands in.
    """

    element: Element
    role: str
    name: str
    event: str = ""
    said: Any = None
    href: str = ""
    post: str = ""
    menu: str = ""
    enabled: bool = True
    on: bool = False
    around: str = ""


def things(element: Element, unfolded: tuple[int, str] | None) -> Iterator[Part]:
    """What can be pressed in it. ``unfolded`` is the element, and perhaps the row, whose menu is open."""
    if isinstance(element, TaskList):
        for row in element.values["rows"]:
            yield from _task(element, row, unfolded == (element.id, row["id"]))
        if element.values.get("more"):
            yield Part(element, "button", str(element.values["more"]), "more")
    elif isinstance(element, DrawnMenu) and unfolded == (element.id, ""):
        yield from _items(element, element.values["items"], "")
    elif isinstance(element, TableElement):
        yield from (Part(element, "link", str(row["title"]), href=str(row["href"] or "")) for row in element.rows)
    elif isinstance(element, Month):
        yield from _month(element)
    elif isinstance(element, DrawnEvents):
        yield from _events(element)
    elif isinstance(element, ThreadList):
        yield from (Part(element, "link", row["subject"], href=row["href"], on=row["id"] == element.values["chosen"], around=_thread_words(row)) for row in element.values["rows"])
    elif isinstance(element, MiniMonth):
        yield from (Part(element, "button", day["label"], "day", day["key"]) for day in element.values["days"])
    elif isinstance(element, Board):
        yield from (Part(element, "link", card["title"], "pick", {"id": card["id"], "column": column.key}) for column in element.columns for card in column.cards)


def lines(element: Element) -> list[str]:
    """What is shown in it, row by row."""
    if isinstance(element, TaskList):
        rows = [_task_words(row) for row in element.values["rows"]]
        return [*rows, str(element.values.get("more") or "")]
    if isinstance(element, TableElement):
        return [" · ".join(cell for cell in row if cell) for row in table_rows(element)]
    if isinstance(element, Month):
        return [" ".join([day["name"], *(card["title"] for card in day["cards"])]) for day in element.values["days"] if day["cards"]]
    if isinstance(element, DrawnEvents):
        return [f"{name} {event['said']}" for name, event in _on_days(element)]
    if isinstance(element, ThreadList):
        return [_thread_words(row) for row in element.values["rows"]]
    if isinstance(element, MailFrame):
        return [re.sub(r"<[^>]*>", " ", str(element.values["page"]).partition("<body>")[2])]
    if isinstance(element, Board):
        return [line for column in element.columns for line in (f"{column.title} {column.count}", *(card["title"] for card in column.cards))]
    return []


def table_rows(element: TableElement) -> list[list[str]]:
    """The headings and the rows of a table as its cells show them."""
    columns = [column for column in element.columns if not column["unseen"]]
    return [[str(column["label"]) for column in columns], *([str(row.get(column["name"]) or "") for column in columns] for row in element.rows)]


def _thread_words(row: dict[str, Any]) -> str:
    return " ".join(part for part in ("Unread." if row["unread"] else "", row["who"], row["many"], row["subject"], row["snippet"]) if part)


def _month(element: Month) -> Iterator[Part]:
    for day in element.values["days"]:
        yield Part(element, "button", day["label"], "day", day["key"])
        if element.values["movable"]:
            yield Part(element, "button", f"{element.values['words']['add']}: {day['name']}", "add", day["key"])
        for card in day["cards"]:
            yield Part(element, "button", card["title"], "pick", card["id"], around=day["name"])
            yield Part(element, "button", f"{element.values['words']['menu']} {card['title']}", "menu", {"id": card["id"], "day": day["key"], "at": "body"})
            yield Part(element, "checkbox", card["check"], "toggle", card["id"], enabled=card["editable"], on=card["done"], around=day["name"])


def _on_days(element: DrawnEvents) -> Iterator[tuple[str, dict[str, Any]]]:
    """The days of a calendar with the events on each, every event once a day. An agenda that a wide window does not show is no second one."""
    values, events = element.values, element.values["events"]
    if isinstance(element, Agenda):
        days = [(day["title"], [row["id"] for row in day["rows"]]) for day in values["days"] if values["always"]]
    elif isinstance(element, EventMonth):
        days = [(day["label"].partition(",")[0], day["ids"]) for day in values["days"]]
    else:
        days = [
            (day["label"].partition(",")[0], [*(bar["id"] for bar in values["bars"] if bar["first"] <= number <= bar["last"]),
             *(piece["id"] for piece in values["pieces"] if piece["day"] == number and not piece["more"])]) for number, day in enumerate(values["days"])
        ]  # fmt: skip
    yield from ((name, {**events[key], "id": key}) for name, keys in days for key in keys)


def _events(element: DrawnEvents) -> Iterator[Part]:
    for name, event in _on_days(element):
        if event["href"]:
            yield Part(element, "link", event["title"], href=event["href"], around=f"{name} {event['said']}")
        else:
            yield Part(element, "button", event["title"], "pick", event["id"], around=f"{name} {event['said']}")
    if isinstance(element, (TimeGrid, EventMonth)):
        yield from (Part(element, "button", day["label"], "day", day["key"]) for day in element.values["days"])


def _task(element: TaskList, row: dict[str, Any], unfolded: bool) -> Iterator[Part]:
    words = _task_words(row)
    yield Part(element, "checkbox", row["check"], "toggle", row["id"], enabled=row["editable"], on=row["done"], around=words)
    yield Part(element, "button", row["title"], "open", row["id"], around=words)
    if row.get("href"):
        yield Part(element, "link", row["who"], href=row["href"], around=words)
    if row["menu"]:
        yield Part(element, "button", element.values["words"]["more"], menu=row["id"], around=words)
        if unfolded:
            yield from _items(element, element.values["menus"][row["menu"]], row["id"])


def _items(element: Element, items: list[dict[str, Any]], row: str) -> Iterator[Part]:
    around = " ".join(item["label"] for item in items)
    for number, item in enumerate(items):
        said = [row, number] if row else number
        yield Part(element, "menuitem", item["label"], "pick", said, href=item.get("href", ""), post=item.get("post", ""), around=around)


def _task_words(row: dict[str, Any]) -> str:
    return " ".join(part for part in (row["title"], row.get("timing", ""), row.get("who", "") + row.get("others", ""), row["due"]) if part)
