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
from crm_app.domain.tasks.schemas import Bucket, StatusBoard, TaskBoard, TaskRow
from crm_app.pages.tasks.view import TaskView


@dataclass(frozen=True)
class Section:
    """A heading with rows below it; of ``count`` (``more``: or still others) they are the first. ``rest`` is the way to all of it, empty for none."""

    key: str
    title: str
    rows: tuple[TaskRow, ...]
    today: date
    count: int
    more: bool = False
    late: bool = False
    rest: str = ""

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


def sections_of(found: TaskBoard | TaskGroups, view: TaskView) -> list[Section]:
    """What holds something, in its order."""
    return list(_by_day(found, view) if isinstance(found, TaskBoard) else _by_group(found, view))


def ids_of(found: TaskBoard | TaskGroups | StatusBoard | TaskCalendar) -> set[UUID]:
    """Which tasks an answer shows."""
    if isinstance(found, TaskBoard):
        return {row.id for rows in found.buckets.values() for row in rows}
    parts = found.columns if isinstance(found, StatusBoard) else found.groups if isinstance(found, TaskGroups) else found.days
    return {row.id for part in parts for row in part.rows}


def _by_day(board: TaskBoard, view: TaskView) -> Iterator[Section]:
    alone = len(view.buckets) == 1
    for bucket in view.buckets:
        rows = board.buckets.get(bucket, ())
        if rows:
            rest = "" if alone else "/tasks?show=done" if bucket is Bucket.DONE else replace(view, bucket=bucket).address
            yield Section(
                bucket.value, bucket_words()[bucket], rows, board.today, board.counts.get(bucket, len(rows)), bucket in board.capped, bucket is Bucket.OVERDUE, rest
            )


def _by_group(found: TaskGroups, view: TaskView) -> Iterator[Section]:
    for group in found.groups:
        title, rest = _named(found.by, group, view)
        yield Section(group.key or "none", title, group.rows, found.today, group.total, rest=rest)


def _named(by: GroupBy, group: TaskGroup, view: TaskView) -> tuple[str, str]:
    """What a group is called, and where all of it is shown."""
    alone = replace(view, group=None)
    if by is GroupBy.PRIORITY:
        return words.priorities()[group.key], replace(alone, priority=Priority(group.key)).address
    if by is GroupBy.PROJECT:
        title = group.rows[0].project_title or _("No project")
        return title, replace(alone, project_id=UUID(group.key)).address if group.key else ""
    return group.rows[0].assignee_name or _("Nobody"), replace(alone, assignee_id=UUID(group.key)).address if group.key else ""

