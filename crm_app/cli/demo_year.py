"""The demo's other people and the year that they have had, brought in as a file of ours is: the same people, whenever it is laid out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

import psycopg

from crm_app.cli.demo_people import PEOPLE
from crm_app.domain.actor import Actor
from crm_app.domain.imports import service as imports
from crm_app.domain.unit_of_work import run_service
from crm_app.infrastructure.seeding import words
from crm_app.infrastructure.seeding.people import Person, id_at, make_people

LONGEST, RECENT, A_WHILE = 450, 60, 150
MOST_SESSIONS, LATEST_HOUR = 12, 18


@dataclass
class _Course:
    """One person's way through the practice: when it began, what happened, and how it stands today."""

    person: Person
    began: int
    stage: str
    cadence: int | None = None
    entries: list[dict[str, Any]] = field(default_factory=list)


def fill_year(connection: psycopg.Connection[Any], people: Sequence[Actor], how_many: int) -> None:
    """Add ``how_many`` people, shared out among the team, two thirds with the first; nobody bears a name that is there already."""
    chance, today = Random(2026), datetime.now(UTC).replace(minute=0, second=0, microsecond=0)  # noqa: S311  invented people, no secret
    courses = [_course(person, chance, today) for person in islice(_others(chance, today), how_many)]
    for place, actor in enumerate(people):
        theirs = [one for number, one in enumerate(courses) if min(number % 3, 1) == place]
        if theirs:
            file = {"format": "mindfulcrm.contacts", "version": 1, "contacts": [_card(one) for one in theirs]}
            run_service(actor, imports.import_file, "practice.json", json.dumps(file).encode())
    connection.execute(
        "update contact c set created_at = first.moment from (select l.contact_id, min(l.occurred_at) as moment from interaction_contact l group by 1) first "
        "where first.contact_id = c.id and first.moment < c.created_at"
    )


def _others(chance: Random, today: datetime) -> Iterator[Person]:
    """Invented people, each with a name of their own."""
    known = {who.name for who in PEOPLE}
    for person in make_people(5_000, [id_at(today, chance)], chance, today):
        if person.name not in known and person.emails:
            known.add(person.name)
            yield person


def _course(person: Person, chance: Random, today: datetime) -> _Course:
    """A first conversation; with two of three also sessions, week by week or every other one, and what is heard of people after their last."""
    began = chance.randint(4, LONGEST)
    course = _Course(person, began, "discovery" if began < RECENT else "curious")
    _add(course, chance, today, began, "call", "First call", 25)
    if chance.random() < 1 / 3:
        return course
    pace, sessions = chance.choice((7, 14)), chance.randint(3, MOST_SESSIONS)
    days = [began - 5 - pace * number for number in range(sessions)]
    held = [day for day in days if day > 0]
    for number, day in enumerate(held, 1):
        _add(course, chance, today, day, "meeting", f"Session {number} of {sessions}", 50)
    _stand(course, chance, today, days, held)
    return course


def _stand(course: _Course, chance: Random, today: datetime, days: Sequence[int], held: Sequence[int]) -> None:
    """How it stands with somebody: still coming, just done, a friend of the house, or not heard of for long."""
    last = days[-1]
    if last <= 0:
        course.stage, course.cadence = ("core_client" if len(held) > 2 else "new_client"), 21
    elif last < RECENT:
        course.stage, course.cadence = "core_client", 90
    elif chance.random() < 0.3:
        course.stage, course.cadence = "ambassador", 90
        for day in range(last - chance.randint(30, 50), 0, -70):
            _add(course, chance, today, day, "message", "", None)
    else:
        course.stage = "needs_reconnecting" if last < A_WHILE and chance.random() < 0.2 else "inactive"


def _add(course: _Course, chance: Random, today: datetime, days: int, kind: str, subject: str, minutes: int | None) -> None:
    """An entry on a weekday, between breakfast and dinner."""
    moment = (today - timedelta(days=days)).replace(hour=chance.randint(7, LATEST_HOUR), minute=chance.choice((0, 30)))
    moment -= timedelta(days=max(0, moment.weekday() - 4))
    said = f"{chance.choice(words.OPENINGS)} {chance.choice(words.TOPICS)}. {chance.choice(words.CLOSINGS)}".strip()
    entry = {"id": str(id_at(moment, chance)), "kind": kind, "subject": subject, "body": said, "occurred_at": moment.isoformat()}
    course.entries.append(entry | ({"duration_minutes": minutes} if minutes else {}))


def _card(course: _Course) -> Mapping[str, Any]:
    """A contact as a file of ours tells of it."""
    person = course.person
    points = [{"kind": "email", "value": person.emails[0], "is_primary": True}, *([{"kind": "phone", "value": person.phone}] if person.phone else [])]
    return {
        "display_name": person.name, "given_name": person.given, "family_name": person.family, "company": person.company,
        "job_title": person.job if person.company else "", "city": person.city, "country": person.country, "notes": person.notes,
        "stage": course.stage, "points": points, "entries": course.entries, "tags": [words.TAGS[tag] for tag in person.tags],
        **({"cadence_days": course.cadence} if course.cadence else {}),
    }  # fmt: skip
