"""A task as a row of a list, and the head of a bucket of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from crm_app.components import words
from crm_app.components.elements import icon
from crm_app.components.people import avatar
from crm_app.components.text import attributes, block, text
from crm_app.domain.actor import Actor
from crm_app.domain.i18n import _
from crm_app.domain.tasks.schemas import Bucket, TaskRow

OnTask = Callable[[TaskRow], Awaitable[Any]]


def task_row(
    row: TaskRow, today: date, actor: Actor, on_toggle: OnTask, on_open: OnTask, menu: Callable[[TaskRow], Any] | None = None, *, person: bool = True
) -> None:
    """Check circle, title, person, due day; the title opens the task."""
    done = row.bucket is Bucket.DONE
    with block("mc-item mc-task-row"):
        _circle(row, done, on_toggle)
        with block("mc-task-title mc-truncate", tag="button").on("click", lambda: on_open(row)) as title:
            text(row.title, "mc-struck" if done else "")
        attributes(title, type="button", title=row.title)
        block("mc-grow", tag="span")
        if person:
            _person(row)
        _due(row, today, actor, done)
        if menu:
            menu(row)


def bucket_head(label: str, count: int, *, late: bool = False) -> None:
    """The heading of a bucket, with how many are in it."""
    with block("mc-section-head mc-bucket"):
        text(label, "mc-section" + (" mc-danger-ink" if late else ""), tag="h2")
        text(f"{count:,}", "mc-ink-3 mc-num")


def _circle(row: TaskRow, done: bool, on_toggle: OnTask) -> None:
    circle = block(f"mc-done mc-{row.priority.value}", tag="button")
    name = (_("Reopen: %s") if done else _("Complete: %s")) % row.title
    attributes(circle, type="button", role="checkbox", aria_checked="true" if done else "false", aria_label=name, disabled=None if row.may_edit else True)
    if row.may_edit:
        circle.on("click", lambda: on_toggle(row))
    with circle:
        icon("check")


def _person(row: TaskRow) -> None:
    if not row.contacts:
        return
    person_id, name = row.contacts[0]
    with block("mc-row mc-task-who mc-plain-link", tag="a") as who:
        avatar(name, person_id, size=20)
        text(name + (f" +{len(row.contacts) - 1}" if len(row.contacts) > 1 else ""), "mc-truncate mc-desk-only mc-ink-2")
    attributes(who, href=f"/contacts/{person_id}", title=name, aria_label=name)


def _due(row: TaskRow, today: date, actor: Actor, done: bool) -> None:
    late = row.bucket is Bucket.OVERDUE and not done
    said = words.due(row.due_date, actor, today)
    if row.due_time and row.bucket is Bucket.TODAY:
        said = row.due_time.strftime("%H:%M")
    with block("mc-task-due mc-cap mc-num" + (" mc-overdue" if late else ""), tag="span"):
        if late:
            text(_("Overdue, due "), "mc-visually-hidden")
        text(said)
