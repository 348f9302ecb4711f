"""The history in words: fields and values as people call them, days as the reader counts them, what is gone by its name."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from crm_app.components.history_words import Told, tell
from crm_app.domain.actor import Actor
from crm_app.domain.changes.schemas import FieldChange, HistoryLine, HistoryPage
from crm_app.domain.permissions import Role

ACTOR = Actor(user_id=UUID(int=9), role=Role.MEMBER, time_zone="Pacific/Auckland", locale="en")
BOB, TAG, GONE, TASK, HIDDEN = (str(UUID(int=number)) for number in range(1, 6))
PAGE = HistoryPage(acts=(), names={BOB: "Bob", TAG: "yoga", GONE: "sleep", TASK: "Call her"}, gone=frozenset({GONE}), next_cursor=None)


def changed(table: str, name: str, before: Any, after: Any, **row: Any) -> Told | None:
    line = HistoryLine(table=table, kind="changed", row={name: after, **row}, fields=(FieldChange(name=name, before=before, after=after),))
    return tell(line, PAGE, ACTOR, "contact" if table in ("goal", "programme") else table)


def did(table: str, how: str, subject: str, **row: Any) -> str | None:
    told = tell(HistoryLine(table=table, kind=how, row=row, fields=()), PAGE, ACTOR, subject)
    return told.what if told else None


@pytest.mark.parametrize(
    ("table", "name", "before", "after", "said"),
    [
        ("contact", "stage", "curious", "core_client", ("Stage", "Curious", "Core client")), ("contact", "city", "", "Bath", ("City", "", "Bath")),
        ("contact", "given_name", "Ann", "", ("First name", "Ann", "")), ("contact", "favourite", False, True, ("Favourite", "no", "yes")),
        ("contact", "owner_id", HIDDEN, BOB, ("Owner", "somebody or something you cannot see", "Bob")), ("contact", "audience", "team", "private", ("Who can see it", "Everyone in the team", "Only its owner")),
        ("contact", "cadence_days", 1, 14, ("Keep in touch", "Every day", "Every 14 days")), ("contact", "snoozed_until", None, "2001-12-24", ("Snoozed until", "", "24 Dec 2001")),
        ("contact", "extra", {}, {"Shoe": "42"}, ("Other fields", "", "Shoe: 42")), ("task", "status", "pending", "completed", ("Status", "To do", "Done")),
        ("task", "recurrence", "", "FREQ=DAILY;INTERVAL=3", ("Repeats", "", "Every 3 days")),
        ("task", "priority", "low", "urgent", ("Priority", "Low", "Urgent")), ("task", "assignee_id", None, BOB, ("Assigned to", "", "Bob")),
        ("task", "due_time", "09:30:00", None, ("Time", "09:30", "")), ("interaction", "occurred_at", "2001-07-01T22:30:00+00:00", "2001-12-24T10:00:00+00:00", ("When", "2 Jul 2001, 10:30", "24 Dec 2001, 23:00")),
        ("interaction", "kind", "note", "call", ("Kind", "Note", "Call")), ("interaction", "body", "a" * 400, "", ("What happened", "a" * 300 + "…", "")),
        ("task", "recurrence", "", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", ("Repeats", "", "Every 2 weeks on Tuesday")), ("task", "repeat_from", "due", "done", ("Counted from", "The day it was due", "The day it is done")),
        ("task", "remind_minutes", 0, 90, ("Remind me before", "At its time", "90 min before")), ("task", "estimate_minutes", None, 90, ("Estimate", "", "1 h 30 min")),
        ("task", "done_by", "user", "ai_assistant", ("Done by", "A person", "The assistant")), ("interaction", "duration_minutes", 45, 60, ("Minutes", "45 min", "1 h")),
        ("goal", "target_value", 7, 7.5, ("To", "7", "7.5")), ("goal", "target_value", 8000, 12000, ("To", "8,000", "12,000")), ("goal", "rhythm", "none", "weekly", ("Check in", "Whenever", "Every week")),
        ("goal", "deadline", None, "2001-12-24", ("Deadline", "", "24 Dec 2001")), ("programme", "price_micros", None, 490_500_000, ("Price", "", "490.5")),
        ("programme", "sessions_total", 6, 12, ("Sessions", "6", "12")), ("programme", "starts_on", "2001-12-23", "2001-12-24", ("Starts", "23 Dec 2001", "24 Dec 2001")),
        ("some_new_table", "some_field", "x", "y", ("Some field", "x", "y")),
    ],
)  # fmt: skip
def test_a_field_from_what_to_what(table: str, name: str, before: Any, after: Any, said: tuple[str, str, str]) -> None:
    told = changed(table, name, before, after)
    assert told and told.fields == (said,) and told.what == (": changed" if table in ("goal", "programme") else "")


@pytest.mark.parametrize(
    ("table", "name", "before", "after", "said"),
    [
        ("contact", "archived_at", None, "2026-01-01T00:00:00+00:00", "Put into the archive"), ("contact", "archived_at", "2026-01-01T00:00:00+00:00", None, "Brought back from the archive"),
        ("task", "deleted_at", None, "2026-01-01T00:00:00+00:00", "Moved to the trash"), ("interaction", "deleted_at", "2026-01-01T00:00:00+00:00", None, "Took back from the trash"),
        ("contact", "photo_id", None, BOB, "Put a photo on"), ("contact", "photo_id", BOB, TAG, "Changed the photo"), ("contact", "photo_id", BOB, None, "Took the photo off"),
    ],
)  # fmt: skip
def test_some_fields_are_something_that_was_done(table: str, name: str, before: Any, after: Any, said: str) -> None:
    assert changed(table, name, before, after) == Told(said)


def test_a_birthday_is_one_thing() -> None:
    told = changed("contact", "birth_year", 1985, None, birth_month=4, birth_day=12)
    assert told == Told("", (("Birthday", "12 April 1985", "12 April"),))


def test_what_hangs_on_a_record_is_named_even_when_it_is_gone() -> None:
    assert did("contact_tag", "made", "contact", tag_id=TAG) == "Added the tag yoga"
    assert did("contact_tag", "removed", "contact", tag_id=GONE) == "Removed the tag sleep (deleted since)"
    assert did("contact_tag", "removed", "contact", tag_id=HIDDEN) == "Removed the tag something you cannot see"
    assert did("contact_point", "made", "contact", kind="phone", value="+44 7700 900111") == "Added: Phone +44 7700 900111"
    assert did("task_contact", "made", "contact", task_id=TASK) == "Added the task Call her"
    assert did("task_contact", "removed", "task", contact_id=BOB) == "No longer about Bob"
    assert did("interaction_contact", "made", "contact", kind="call") == "Wrote to the timeline: Call" and did("interaction_contact", "made", "interaction", kind="call") is None
    assert did("a_new_table", "made", "contact") == "Added: a new table"


def test_what_follows_by_itself_is_not_told() -> None:
    assert changed("task", "completed_at", None, "2026-01-01T00:00:00+00:00") is None
    assert changed("contact_point", "position", 0, 1) is None
