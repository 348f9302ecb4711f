"""The contact list's state and the address that holds it, each made from the other. The record reads it too: it is the list one came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, get_args
from urllib.parse import urlencode
from uuid import UUID

from starlette.datastructures import QueryParams

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Stage
from crm_app.domain.contacts.schemas import ContactFilter, Sort
from crm_app.domain.days import today_of
from crm_app.pages.frame import Frame, Query, address, pairs

SORTS: tuple[str, ...] = get_args(Sort)
VIEWS = ("table", "cards", "board")
WHOSE = ("mine", "team")
DEFAULT_SORT = "name"
PAGE_SIZE = 50
LONGEST_SEARCH = 200
A_YEAR = 366
ME, YES = "me", "1"
_STAGES = frozenset(stage.value for stage in Stage)


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition of the list: a field, what it does with its values, the values."""

    field: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListState:
    """What is asked of the list. ``after`` is a cursor that an earlier page gave; ``column`` the stage of the board that one looks at.

    ``whose`` is mine or team; empty stands for the team's where the page has not said otherwise.
    """

    search: str = ""
    filters: tuple[Filter, ...] = ()
    sort: str = DEFAULT_SORT
    view: str = "table"
    after: str | None = None
    column: str = ""
    whose: str = ""

    @classmethod
    def from_query(cls, query: QueryParams) -> ListState:
        """The state of an address; what nobody knows is left out, so that an old link still opens."""
        sort, view, column = query.get("sort", DEFAULT_SORT), query.get("view", "table"), query.get("column", "")
        return cls(
            search=query.get("q", "")[:LONGEST_SEARCH], filters=_filters_of(query), sort=sort if sort in SORTS else DEFAULT_SORT,
            view=view if view in VIEWS else "table", after=query.get("after") or None, column=column if column in _STAGES else "",
            whose=query.get("whose", "") if query.get("whose") in WHOSE else "",
        )  # fmt: skip

    @classmethod
    @lru_cache(maxsize=1_000)
    def from_address(cls, address: str) -> ListState:
        """The state that ``came_from`` wrote down."""
        return cls.from_query(QueryParams(address[:4_000]))

    def to_query(self) -> Query:
        """The address's query; what is as usual is left out."""
        return {
            "q": self.search,
            **{PARAMETERS[found.field, found.operator][0]: found.values for found in self.filters},
            "whose": self.whose,
            "sort": None if self.sort == DEFAULT_SORT else self.sort,
            "view": None if self.view == "table" else self.view,
            "after": self.after,
        }

    def came_from(self) -> str:
        """The state as one word for a record's address. Never empty, so that a record opened by itself is told apart."""
        return urlencode(pairs({**self.to_query(), "sort": self.sort, "column": self.column}))

    @property
    def is_filtered(self) -> bool:
        """Whether anything narrows the list, so that an empty answer means "nothing matches"."""
        return bool(self.search or self.filters)

    def filter_of(self, field: str) -> Filter | None:
        """What narrows the list by this field."""
        return next((found for found in self.filters if found.field == field), None)

    def has(self, field: str) -> bool:
        """Whether the list is narrowed by this field."""
        return self.filter_of(field) is not None

    def narrowed(self, field: str, operator: str, values: tuple[str, ...]) -> ListState:
        """The list narrowed by this field in another way; without values, no longer by it."""
        kept = {found.field: found for found in self.filters if found.field != field}
        if values:
            kept[field] = Filter(field, operator, values)
        return self.changed(filters=tuple(kept[name] for name in FIELDS if name in kept))

    def changed(self, **changes: object) -> ListState:
        """Another question: it begins at its first page."""
        return replace(self, after=None, **changes)  # type: ignore[arg-type]

    def at(self, cursor: str | None) -> ListState:
        """Another page of the same list."""
        return replace(self, after=cursor)

    def cleared(self) -> ListState:
        """Everyone, in the same order and look."""
        return ListState(sort=self.sort, view=self.view, whose=self.whose)

    def to_filter(self, actor: Actor) -> ContactFilter:
        """The question as the service wants it; days are counted back from the actor's today."""
        asked: dict[str, Any] = {}
        for found in self.filters:
            asked |= _ASKED[found.field, found.operator](found.values, actor)
        if self.whose == "mine" and not self.has("owner"):  # asking for somebody's in particular says more than the switch
            asked["mine"] = True
        if self.column:
            asked["stages"] = (Stage(self.column),)
        return ContactFilter(search=self.search, sort=self.sort, after=self.after, limit=PAGE_SIZE, **asked)  # type: ignore[arg-type]


def asked_of(frame: Frame) -> ListState:
    """What the open address asks for; whose people it does not say, so it is what the person chose last."""
    state = ListState.from_query(frame.query)
    return replace(state, whose="mine") if frame.whose("team") == "mine" else state


def record_address(contact_id: UUID | str, state: ListState) -> str:
    """A record's address, with the list that one comes from."""
    return f"/contacts/{contact_id}{_way_back(state)}"


@lru_cache(maxsize=64)
def _way_back(state: ListState) -> str:
    """The query that is the same for every row of a list."""
    return address("", {"from": state.came_from()})


def _filters_of(query: QueryParams) -> tuple[Filter, ...]:
    found: dict[str, Filter] = {}
    for (field, operator), (name, known) in PARAMETERS.items():
        values = tuple(value for value in dict.fromkeys(query.getlist(name)) if known(value))[:20]
        if values and field not in found:
            found[field] = Filter(field, operator, values)
    return tuple(found.values())


def _is_stage(value: str) -> bool:
    return value in _STAGES


def _is_tag(value: str) -> bool:
    return 0 < len(value) <= 60


def _is_person(value: str) -> bool:
    try:
        return value == ME or bool(UUID(value))
    except ValueError:
        return False


def _is_days(value: str) -> bool:
    return value.isascii() and value.isdecimal() and 0 < int(value[:5]) <= 3_650 and len(value) <= 4


def _is_day(value: str) -> bool:
    try:
        return bool(date.fromisoformat(value))
    except ValueError:
        return False


def _is_yes(value: str) -> bool:
    return value == YES


# (field, operator) → its name in the address, and which values are known. A field is narrowed in one way at a time.
PARAMETERS: Mapping[tuple[str, str], tuple[str, Callable[[str], bool]]] = {
    ("stage", "is"): ("stage", _is_stage), ("stage", "is_not"): ("not_stage", _is_stage), ("tag", "all"): ("tag", _is_tag), ("tag", "any"): ("any_tag", _is_tag),
    ("owner", "is"): ("owner", _is_person), ("last", "within"): ("contacted", _is_days), ("last", "before"): ("silent", _is_days),
    ("last", "since"): ("contacted_from", _is_day), ("last", "never"): ("never", _is_yes), ("added", "within"): ("added", _is_days),
    ("added", "since"): ("created_from", _is_day), ("favourite", "is"): ("favourite", _is_yes),
    ("due", "is"): ("due", _is_yes), ("birthday", "within"): ("birthday", _is_days), ("programme", "is"): ("running_out", _is_yes),
    ("archived", "is"): ("archived", _is_yes),
}  # fmt: skip
FIELDS = tuple(dict.fromkeys(field for field, _operator in PARAMETERS))

Values = tuple[str, ...]


def _back(values: Values, actor: Actor) -> date:
    return today_of(actor) - timedelta(days=int(values[0]))


_ASKED: Mapping[tuple[str, str], Callable[[Values, Actor], dict[str, Any]]] = {
    ("stage", "is"): lambda values, _: {"stages": values},
    ("stage", "is_not"): lambda values, _: {"not_stages": values},
    ("tag", "all"): lambda values, _: {"tags": values},
    ("tag", "any"): lambda values, _: {"any_tags": values},
    ("owner", "is"): lambda values, actor: {"owners": tuple(actor.user_id if value == ME else UUID(value) for value in values)},
    ("last", "within"): lambda values, actor: {"contacted_from": _back(values, actor)},
    ("last", "before"): lambda values, actor: {"contacted_before": _back(values, actor)},
    ("last", "since"): lambda values, _: {"contacted_from": date.fromisoformat(values[0])},
    ("last", "never"): lambda values, _: {"never_contacted": True},
    ("added", "within"): lambda values, actor: {"created_from": _back(values, actor)},
    ("added", "since"): lambda values, _: {"created_from": date.fromisoformat(values[0])},
    ("favourite", "is"): lambda values, _: {"favourite": True},
    ("due", "is"): lambda values, _: {"due": True},
    ("birthday", "within"): lambda values, _: {"birthday_within": min(int(values[0]), A_YEAR)},
    ("programme", "is"): lambda values, _: {"running_out": True},
    ("archived", "is"): lambda values, _: {"archived": True},
}
