"""What the tasks page shows, as its address says it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, get_args
from uuid import UUID

from starlette.datastructures import QueryParams

from crm_app.domain.tasks.models import DoneBy, Priority
from crm_app.domain.tasks.overview import FIRST_YEAR, LAST_YEAR
from crm_app.domain.tasks.overview_schemas import GroupBy
from crm_app.domain.tasks.schemas import Bucket, TaskNarrowing
from crm_app.domain.times import month_key
from crm_app.pages.frame import address

FEW, SOME, MANY = 12, 30, 200
OPEN = tuple(bucket for bucket in Bucket if bucket is not Bucket.DONE)
Look = Literal["list", "board", "calendar"]
LOOKS: tuple[Look, ...] = get_args(Look)


@dataclass(frozen=True)
class TaskView:
    """Whose tasks, of which project, narrowed by what, as a list, a board or the calendar of a month; one bucket may stand alone, and what is done.

    ``assistant``: only what the assistant does.
    """

    mine: bool = True
    done: bool = False
    assistant: bool = False
    bucket: Bucket | None = None
    look: Look = "list"
    month: date | None = None
    group: GroupBy | None = None
    project_id: UUID | None = None
    priority: Priority | None = None
    assignee_id: UUID | None = None
    tag: str = ""
    search: str = ""

    @classmethod
    def read(cls, query: QueryParams, whose: str, project_id: UUID | None) -> TaskView:
        """What an address says; what makes no sense is left out. A project shows everyone's tasks unless the address itself asks for one's own."""
        wanted, urgent, grouped = query.get("bucket"), query.get("priority"), query.get("group")
        return cls(
            mine=(query.get("whose") if project_id else whose) == "mine", project_id=project_id,
            done=query.get("show") == "done", assistant=query.get("show") == "assistant",
            bucket=Bucket(wanted) if wanted in {bucket.value for bucket in OPEN} else None,
            look=look_of(query.get("view")), month=month_of(query.get("month")), group=GroupBy(grouped) if grouped in set(GroupBy) else None,
            priority=Priority(urgent) if urgent in set(Priority) else None,
            assignee_id=uuid_of(query.get("person")), tag=query.get("tag", "")[:60], search=query.get("q", "")[:200],
        )  # fmt: skip

    @property
    def path(self) -> str:
        """The page it is on."""
        return f"/tasks/projects/{self.project_id}" if self.project_id else "/tasks"

    @property
    def address(self) -> str:
        """Where it can be found again."""
        values = {
            "whose": None if self.done else "mine" if self.mine else None if self.project_id else "team",
            "show": "done" if self.done else "assistant" if self.assistant else None,
            "bucket": self.bucket.value if self.bucket else None, **self.as_look,
            "priority": self.priority.value if self.priority else None, "person": str(self.assignee_id) if self.assignee_id else None,
            "tag": self.tag or None, "q": self.search or None,
        }  # fmt: skip
        return address(self.path, values)

    @property
    def as_look(self) -> dict[str, str | None]:
        """The part of the address that says in which of the ways it is looked at."""
        month = month_key(self.month) if self.month and self.look == "calendar" else None
        return {"view": self.look if self.look != "list" else None, "month": month, "group": self.group.value if self.group and self.is_grouped else None}

    @property
    def is_grouped(self) -> bool:
        """Whether the list is in groups: what is done, one part of the calendar, and what is no list never is."""
        return self.group is not None and self.look == "list" and not self.done and self.bucket is None

    @property
    def buckets(self) -> tuple[Bucket, ...]:
        """The parts of the calendar that are shown."""
        if self.bucket:
            return (self.bucket,)
        return (Bucket.DONE,) if self.done else (*OPEN, Bucket.DONE) if self.project_id else OPEN

    @property
    def first(self) -> int:
        """How many rows of each section stand there at once."""
        return FEW if self.is_grouped else SOME if len(self.buckets) > 1 else MANY

    @property
    def narrowing(self) -> TaskNarrowing:
        """As the services take it."""
        return TaskNarrowing(
            project_id=self.project_id, priority=self.priority, assignee_id=self.assignee_id, tag=self.tag or None, search=self.search,
            done_by=DoneBy.AI_ASSISTANT if self.assistant else None,
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter is on."""
        return bool(self.priority or self.assignee_id or self.tag or self.search or (self.project_id and self.mine))

    @property
    def widened(self) -> TaskView:
        """The same without its filters."""
        return replace(self, priority=None, assignee_id=None, tag="", search="", mine=self.mine and self.project_id is None)


def look_of(value: str | None) -> Look:
    """The way of looking that an address or a control names; a list where it is none."""
    return next((look for look in LOOKS if look == value), "list")


def month_of(value: str | None) -> date | None:
    """The first day of the month that an address names, if it is one that a calendar shows."""
    try:
        month = date.fromisoformat(f"{value}-01") if value else None
    except ValueError:
        return None
    return month if month and FIRST_YEAR < month.year < LAST_YEAR else None


def uuid_of(value: str | None) -> UUID | None:
    """The id that an address names, if it is one."""
    try:
        return UUID(value) if value else None
    except ValueError:
        return None
