"""Times as people say them, links only where links may lead, faces that keep their colour."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest

from crm_app.components import charts, people, text, times, words
from crm_app.components.task_parts import due_words
from crm_app.domain.actor import Actor
from crm_app.domain.permissions import Role
from crm_app.domain.tasks.schemas import Bucket, TaskRow

LISBON = Actor(UUID(int=1), Role.MEMBER, time_zone="Europe/Lisbon")
TOKYO = Actor(UUID(int=1), Role.MEMBER, time_zone="Asia/Tokyo", locale="pt_PT")
NEW_YORK = Actor(UUID(int=1), Role.MEMBER, time_zone="America/New_York", locale="en_US")
NOW = datetime(2026, 4, 15, 12, 12, tzinfo=UTC)  # Wednesday, 13:12 in Lisbon


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (timedelta(seconds=20), "Just now"), (timedelta(minutes=12), "12 min ago"), (timedelta(hours=3), "3 h ago"), (timedelta(hours=20), "Yesterday"),
        (timedelta(days=4), "Saturday"), (timedelta(days=6), "Thursday"), (timedelta(days=7), "8 Apr"), (timedelta(days=400), "11 Mar 2025"),
        (timedelta(minutes=-30), "in 30 min"), (timedelta(hours=-4), "in 4 h"), (timedelta(days=-1), "Tomorrow"), (timedelta(days=-20), "5 May"),
    ],
)
def test_moments_are_relative(before: timedelta, said: str) -> None:
    assert times.relative(NOW - before, LISBON, now=NOW) == said


def test_days_are_the_readers_days() -> None:
    late = datetime(2026, 4, 15, 16, 0, tzinfo=UTC)  # already the 16th in Tokyo
    assert times.clock(late, LISBON) == "17:00"
    assert times.day_group(late - timedelta(hours=4), TOKYO, now=late) == "Yesterday"
    assert times.day_group(late - timedelta(hours=4), LISBON, now=late) == "Today"
    assert times.exact(late, LISBON) == "Wednesday 15 April 2026, 17:00 WEST"


@pytest.mark.parametrize(
    ("locale", "clock", "said", "day", "whole"),
    [
        ("en", "", "13:12", "15 Apr", "Wednesday 15 April 2026, 13:12 WEST"),
        ("en_GB", "12", "1:12 pm", "15 Apr", "Wednesday 15 April 2026, 1:12 pm WEST"),
        ("en_US", "", "1:12 PM", "Apr 15", "Wednesday, April 15, 2026, 1:12 PM WEST"),
        ("en_US", "24", "13:12", "Apr 15", "Wednesday, April 15, 2026, 13:12 WEST"),
        ("de", "", "13:12", "15. Apr.", "Mittwoch, 15. April 2026, 13:12 WEST"),
        ("de", "12", "1:12 PM", "15. Apr.", "Mittwoch, 15. April 2026, 1:12 PM WEST"),
        ("sv", "24", "13:12", "15 apr.", "onsdag 15 april 2026, 13:12 WEST"),
    ],
)
def test_times_are_said_in_the_readers_language_and_by_their_clock(locale: str, clock: str, said: str, day: str, whole: str) -> None:
    reader = replace(LISBON, locale=locale, clock=clock)
    assert times.clock(NOW, reader).replace("\u202f", " ") == said
    assert times.time_words(time(13, 12), reader).replace("\u202f", " ") == said
    assert times.short_date(NOW.date(), reader, today=NOW.date()) == day
    assert times.exact(NOW, reader).replace("\u202f", " ") == whole


def test_what_the_browsers_own_field_holds_is_the_readers_time() -> None:
    late = datetime(2026, 4, 15, 16, 0, tzinfo=UTC)
    assert times.as_input(late, TOKYO) == "2026-04-16T01:00" and times.from_input("2026-04-16T01:00", TOKYO) == late
    assert times.from_input("", TOKYO) is None and times.from_input("soon", TOKYO) is None
    assert times.machine(late.astimezone(TOKYO.zone)) == "2026-04-15T16:00:00+00:00"


@pytest.mark.parametrize(
    ("reader", "bucket", "said"),
    [(LISBON, Bucket.TOMORROW, "Tomorrow"), (TOKYO, Bucket.LATER, "quinta, 16"), (NEW_YORK, Bucket.TODAY, "6:30\u202fPM")],
)
def test_a_task_is_due_when_it_is_due_for_its_reader(reader: Actor, bucket: Bucket, said: str) -> None:
    """Half past eleven at night in Lisbon: the next morning in Tokyo, and the afternoon before in New York."""
    row = TaskRow.model_construct(due_date=date(2026, 4, 15), due_time=time(23, 30), due_zone="Europe/Lisbon", bucket=bucket)
    assert due_words(row, reader, today=NOW.date() - timedelta(days=1) if bucket is not Bucket.TODAY else NOW.date()) == said


def test_overdue_says_so_in_words() -> None:
    assert times.overdue(date(2026, 3, 29), LISBON, today=date(2026, 4, 15)) == "17 d overdue"
    assert times.overdue(date(2026, 4, 15), LISBON, today=date(2026, 4, 15)) is None


@pytest.mark.parametrize("address", ["https://norva.io/a?b=1", "mailto:amara@norva.io", "tel:+351912440187", "/contacts/1"])
def test_ordinary_links_stand(address: str) -> None:
    assert text.safe_link(address) == address


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", " JaVaScript:alert(1)", "java\tscript:alert(1)", "data:text/html,x", "//evil.example", "/\\evil.example", "vbscript:x", "https:///x", "ftp://x", "", None, "http://[bad"],
)
def test_other_links_do_not(address: str | None) -> None:
    assert text.safe_link(address) is None


def test_addresses_cannot_smuggle() -> None:
    assert text.mail_link("a@b.c?bcc=evil@x") == "mailto:a@b.c%3Fbcc%3Devil@x"
    assert text.phone_link("+351 912 (440) 187;ext=1") == "tel:+3519124401871"


def test_initials_and_hues_stay() -> None:
    assert [people.initials(name) for name in ("Amara Okafor", "Anika Sharma-Whitfield", "Nørva", "", "  ", "李 小龍")] == ["AO", "AW", "N", "?", "?", "李小"]
    assert people.hue_of(UUID(int=7)) == people.hue_of(UUID(int=7))
    assert "slate" not in people.PERSON_HUES and len(people.PERSON_HUES) == 7


def test_a_sparkline_of_nothing_is_nothing() -> None:
    assert charts.spark_points([]) == "" and charts.spark_points([3]) == "2.0,15.0"


@pytest.mark.parametrize(("part", "said"), [(0, "0%"), (-0.1, "0%"), (0.001, "1%"), (0.5, "50%"), (0.994, "99%"), (0.999, "99%"), (1, "100%"), (1.2, "100%")])
def test_a_share_is_nothing_or_all_only_when_it_is(part: float, said: str) -> None:
    assert words.share(part) == said
