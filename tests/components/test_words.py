"""Times as people say them, links only where links may lead, faces that keep their colour."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from crm_app.components import charts, people, text, times
from crm_app.domain.actor import Actor
from crm_app.domain.permissions import Role

LISBON = Actor(UUID(int=1), Role.MEMBER, time_zone="Europe/Lisbon")
TOKYO = Actor(UUID(int=1), Role.MEMBER, time_zone="Asia/Tokyo", locale="pt_PT")
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
