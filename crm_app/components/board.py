"""A board: columns of cards that are dragged from one to another. One element, however many cards it holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from nicegui.events import GenericEventArguments

from crm_app.components import words
from crm_app.components.drawn import Drawn
from crm_app.components.people import hue_of, initials
from crm_app.components.repeat_words import repeats
from crm_app.components.task_parts import OnPlace, assistant_words, day_of, due_words, steps_words, timing, with_place
from crm_app.components.text import safe_link
from crm_app.domain.actor import Actor
from crm_app.domain.i18n import _
from crm_app.domain.tasks.schemas import Bucket, TaskRow

Card = dict[str, Any]


@dataclass
class BoardColumn:
    """A column: its key, its title with a dot in a hue, how many it holds in words, its first cards, and whether there are more."""

    key: str
    title: str
    hue: str
    count: str
    cards: list[Card] = field(default_factory=list)
    more: bool = False


def card(
    key: str, title: str, href: str, *, photo: str | None = None, mark: str | None = None, more: str = "", tags: Sequence[str] = (),
    when: str = "", at: str | None = None, exact: str = "", tone: str = "", next_step: str = "",
) -> Card:  # fmt: skip
    """One card: a face and a name that leads to ``href``, a quieter line, two tags, and at its foot a moment and what comes next."""
    return {
        "id": key, "title": title, "href": safe_link(href), "hue": hue_of(key), "initials": initials(title), "photo": safe_link(photo), "mark": mark,
        "more": more, "tags": list(tags[:2]), "more_tags": f"+{len(tags) - 2}" if len(tags) > 2 else "", "all_tags": ", ".join(tags),
        "when": when, "at": at, "exact": exact, "tone": tone, "next": next_step,
    }  # fmt: skip


def task_card(task: TaskRow, actor: Actor, today: date) -> Card:
    """A card of a task: its project, its title, and at the foot when it is due, how many of its steps are done, and whom it is about."""
    person_id, name = task.contacts[0] if task.contacts else (None, "")
    done = task.bucket is Bucket.DONE
    return {
        "id": str(task.id), "task": True, "day": day_of(task), "title": task.title, "done": done, "project": task.project_title, "dot": task.project_hue,
        "when": due_words(task, actor, today), "late": task.bucket is Bucket.OVERDUE, "steps": steps_words(task),
        "again": repeats(task.recurrence), **timing(task, actor), "assistant": assistant_words(task),
        "priority": task.priority.value if task.priority.value in ("high", "urgent") and not done else "", "urgent": words.priorities()[task.priority.value],
        "who": name, "hue": hue_of(person_id) if person_id else "", "initials": initials(name) if person_id else "",
    }  # fmt: skip


class Board(Drawn, component="vue/board.js"):
    """``on_move(card, from, to)`` is called when a card was let go over another column, where it stays until the server shows otherwise.

    ``on_menu(card, column, selector)`` opens the menu that does the same by keyboard, ``on_more(column)`` when somebody wants further
    cards, ``on_pick(card, column)`` when a card is pressed, ``on_add(column)`` by a column's plus. With ``on_place(card, beside, after)`` cards are
    put in order within their column.
    """

    def __init__(
        self,
        *,
        movable: bool,
        on_move: Callable[[str, str, str], Awaitable[Any]],
        on_menu: Callable[[str, str, str], Awaitable[Any]],
        on_more: Callable[[str], Awaitable[Any]],
        on_pick: Callable[[str, str], Any],
        on_add: Callable[[str], Any] | None = None,
        on_place: OnPlace | None = None,
        said: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        self.columns: list[BoardColumn] = []
        words = {"more": _("Show more"), "none": _("Nobody here"), "menu": _("More about"), "add": _("Add a contact"), "late": _("Overdue, due "), **(said or {})}
        self.put(columns=[], movable=movable, root=self.html_id, words=words if on_add else {**words, "add": ""})
        self.on("move", lambda event: on_move(*_texts(event, "id", "from", "to")))
        self.on("menu", lambda event: on_menu(*_texts(event, "id", "column", "at")))
        self.on("more", lambda event: on_more(str(event.args)))
        self.on("pick", lambda event: on_pick(*_texts(event, "id", "column")))
        if on_place is not None:
            self.put(sortable=True)
            self.on("place", lambda event: with_place(event.args, on_place))
        if on_add is not None:
            self.on("add", lambda event: on_add(event.args) if event.args in [column.key for column in self.columns] else None)

    def show(self, columns: Sequence[BoardColumn]) -> None:
        """Show these columns; what was dragged meanwhile stands as they say."""
        self.columns = list(columns)
        self.put(columns=[
            {"key": one.key, "title": one.title, "hue": one.hue, "count": one.count, "cards": list(one.cards), "more": one.more} for one in columns
        ])  # fmt: skip

    def append(self, key: str, cards: Sequence[Card], more: bool) -> None:
        """Further cards at the end of a column, sent alone."""
        column = next((one for one in self.columns if one.key == key), None)
        if column is not None:
            column.cards.extend(cards)
            column.more = more
            self.run_method("append", key, list(cards), more)


def _texts(event: GenericEventArguments, *names: str) -> tuple[str, ...]:
    """The parts of an event as text; whatever else a browser may send is nothing."""
    said = event.args if isinstance(event.args, dict) else {}
    return tuple(str(said.get(name, ""))[:80] for name in names)
