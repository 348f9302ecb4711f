"""The sections of a list of tasks: parts of the calendar, or projects, priorities or people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from crm_app.components import words
from crm_app.components.choices import Choice
from crm_app.domain.i18n import _
from crm_app.domain.tasks.models import Priority
from crm_app.domain.tasks.overview_schemas import GroupBy, TaskCalendar, TaskGroup, TaskGroups
from crm_app.domain.tasks.rules import day_for
from crm_app.domain.tasks.schemas import Bucket, StatusBoard, TaskBoard, TaskRow
from crm_app.pages.tasks.view import TaskView

NONE = "none"
"""The key of the group of those that are in none."""


@dataclass(frozen=True)
class Section:
    """A heading with rows below it; of ``count`` (``more``: or still others) they are the first. ``rest`` is the way to all of it, empty for none.

    Tasks can be moved to one that ``takes`` them. It may hold nothing yet; then it shows only while one is dragged.
    """

    key: str
    title: str
    rows: tuple[TaskRow, ...]
    today: date
    count: int
    more: bool = False
    late: bool = False
    rest: str = ""
    takes: bool = False

    @property
    def whole(self) -> bool:
        """Whether all of it is shown."""
        return not self.more and self.count <= len(self.rows)


def bucket_words() -> dict[Bucket, str]:
    """What each part of the calendar is called."""
    return {
        Bucket.OVERDUE: _("Overdue"), Bucket.TODAY: _("Today"), Bucket.TOMORROW: _("Tomorrow"), Bucket.THIS_WEEK: _("This week"),
        Bucket.LATER: _("Later"), Bucket.DONE: _("Done lately"),
    }  # fmt: skip


def group_choices() -> list[Choice]:
    """By what a list can be put into sections; the empty key is by day."""
    return [
        Choice("", _("Due day"), icon="calendar"), Choice(GroupBy.PROJECT.value, _("Project"), icon="folder"),
        Choice(GroupBy.PRIORITY.value, _("Priority"), icon="flag"), Choice(GroupBy.ASSIGNEE.value, _("Person"), icon="user"),
    ]  # fmt: skip


def sections_of(found: TaskBoard | TaskGroups, view: TaskView, week_start: int) -> list[Section]:
    """What holds something, and between it what can take something, in their order; nothing where there is no task at all."""
    sections = list(_by_day(found, view, week_start) if isinstance(found, TaskBoard) else _by_group(found, view))
    return sections if any(section.rows for section in sections) else []


def ids_of(found: TaskBoard | TaskGroups | StatusBoard | TaskCalendar) -> set[UUID]:
    """Which tasks an answer shows."""
    if isinstance(found, TaskBoard):
        return {row.id for rows in found.buckets.values() for row in rows}
    parts = found.columns if isinstance(found, StatusBoard) else found.groups if isinstance(found, TaskGroups) else found.days
    return {row.id for part in parts for row in part.rows}


def _by_day(board: TaskBoard, view: TaskView, week_start: int) -> Iterator[Section]:
    alone = len(view.buckets) == 1
    for bucket in view.buckets:
        rows = board.buckets.get(bucket, ())
        takes = not alone and day_for(bucket, board.today, week_start) is not None
        if rows or takes:
            rest = "" if alone else "/tasks?show=done" if bucket is Bucket.DONE else replace(view, bucket=bucket).address
            count, late = board.counts.get(bucket, len(rows)), bucket is Bucket.OVERDUE
            yield Section(bucket.value, bucket_words()[bucket], rows, board.today, count, bucket in board.capped, late, rest, takes)


def _by_group(found: TaskGroups, view: TaskView) -> Iterator[Section]:
    for group in found.groups:
        title, rest = _named(found.by, group, view)
        yield Section(group.key or NONE, title, group.rows, found.today, group.total, rest=rest, takes=True)


def _named(by: GroupBy, group: TaskGroup, view: TaskView) -> tuple[str, str]:
    """What a group is called, and where all of it is shown."""
    alone = replace(view, group=None)
    if by is GroupBy.PRIORITY:
        return words.priorities()[group.key], replace(alone, priority=Priority(group.key)).address
    if by is GroupBy.PROJECT:
        title = group.rows[0].project_title or _("No project")
        return title, replace(alone, project_id=UUID(group.key)).address if group.key else ""
    return group.rows[0].assignee_name or _("Nobody"), replace(alone, assignee_id=UUID(group.key)).address if group.key else ""

