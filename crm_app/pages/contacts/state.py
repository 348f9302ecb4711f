"""The list's state and the address that holds it, each made from the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import get_args

from starlette.datastructures import QueryParams

from crm_app.domain.contacts.models import Stage
from crm_app.domain.contacts.schemas import ContactFilter, Sort
from crm_app.pages.frame import Query

SORTS: tuple[str, ...] = get_args(Sort)
DEFAULT_SORT = "name"
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class ListState:
    """What is asked of the list; ``after`` is a cursor that an earlier page gave."""

    search: str = ""
    stages: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    favourite: bool = False
    mine: bool = False
    archived: bool = False
    created_from: date | None = None
    contacted_from: date | None = None
    sort: str = DEFAULT_SORT
    after: str | None = None

    @classmethod
    def from_query(cls, query: QueryParams) -> ListState:
        """The state of an address; what nobody knows is left out, so that an old link still opens."""
        known = {stage.value for stage in Stage}
        sort = query.get("sort", DEFAULT_SORT)
        return cls(
            search=query.get("q", "")[:200],
            stages=tuple(stage for stage in dict.fromkeys(query.getlist("stage")) if stage in known),
            tags=tuple(dict.fromkeys(name[:60] for name in query.getlist("tag")))[:20],
            favourite=query.get("favourite") == "1",
            mine=query.get("mine") == "1",
            archived=query.get("archived") == "1",
            created_from=_day(query.get("created_from")),
            contacted_from=_day(query.get("contacted_from")),
            sort=sort if sort in SORTS else DEFAULT_SORT,
            after=query.get("after"),
        )

    def to_query(self) -> Query:
        """The address's query; what is as usual is left out."""
        return {
            "q": self.search,
            "stage": self.stages,
            "tag": self.tags,
            "favourite": "1" if self.favourite else None,
            "mine": "1" if self.mine else None,
            "archived": "1" if self.archived else None,
            "created_from": self.created_from.isoformat() if self.created_from else None,
            "contacted_from": self.contacted_from.isoformat() if self.contacted_from else None,
            "sort": None if self.sort == DEFAULT_SORT else self.sort,
            "after": self.after,
        }

    @property
    def is_filtered(self) -> bool:
        """Whether anything narrows the list, so that an empty answer means "nothing matches"."""
        return bool(self.search or self.stages or self.tags or self.favourite or self.mine or self.archived or self.created_from or self.contacted_from)

    def changed(self, **changes: object) -> ListState:
        """Another question: it begins at its first page."""
        return replace(self, after=None, **changes)  # type: ignore[arg-type]

    def at(self, cursor: str | None) -> ListState:
        """Another page of the same list."""
        return replace(self, after=cursor)

    def to_filter(self) -> ContactFilter:
        """The question as the service wants it."""
        return ContactFilter(
            search=self.search, stages=tuple(Stage(stage) for stage in self.stages), tags=self.tags, favourite=True if self.favourite else None,
            mine=self.mine, archived=self.archived, created_from=self.created_from, contacted_from=self.contacted_from,
            sort=self.sort, after=self.after, limit=PAGE_SIZE,  # type: ignore[arg-type]
        )


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
