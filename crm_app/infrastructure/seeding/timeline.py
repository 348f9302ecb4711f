"""Invented entries and tasks, written as lines for COPY: a million of them in seconds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from random import Random

from crm_app.domain.interactions.rules import search_text
from crm_app.infrastructure.seeding import words
from crm_app.infrastructure.seeding.people import Person, id_number

KINDS = ("note", "call", "meeting", "message", "email", "class_attendance")
KIND_SHARES = (25, 20, 20, 15, 15, 5)
DIRECTIONS = {"call": ("incoming", "outgoing"), "message": ("incoming", "outgoing"), "email": ("incoming", "outgoing")}
DURATIONS = {"call": (5, 10, 20, 30), "meeting": (45, 60, 75, 90), "class_attendance": (60, 75)}
HOURS = ("08:30", "10:00", "12:15", "16:00", "18:30")
PRIVATE_SHARE = 0.1
BATCH = 20_000
BODIES = 4_000


def entry_batches(people: list[Person], count: int, random: Random, until: datetime) -> Iterator[tuple[str, str]]:
    """``(lines of interaction, lines of interaction_contact)``, oldest first; keeps ``last_at`` of each person.

    Entries thin out towards the past and crowd around some people, as they do in life. An entry on a private contact is
    its owner's; on one of the team's it is anyone's, and one in ten is private.
    """
    texts = [_text(random) for _ in range(min(BODIES, max(count, 1)))]
    owners = sorted({person.owner for person in people})
    begin, span = until - timedelta(days=5 * 365), 5 * 365 * 86_400.0
    kinds = list(accumulate(KIND_SHARES))
    entries: list[str] = []
    links: list[str] = []
    for number in range(count):
        moment = begin + timedelta(seconds=int(span * ((number + 1) / (count + 1)) ** 0.6))
        person = people[int(len(people) * random.random() ** 1.5)]
        kind = random.choices(KINDS, cum_weights=kinds)[0]
        audience = "private" if person.audience == "private" or random.random() < PRIVATE_SHARE else "team"
        author = person.owner if person.audience == "private" else random.choice(owners)
        entry, link = _lines(person, kind, audience, author.hex, moment, random, texts)
        entries.append(entry)
        links.append(link)
        if kind != "note" and (audience == "team" or person.audience == "private"):
            person.last_at, person.last_kind = moment, kind
        if len(entries) == BATCH:
            yield "".join(entries), "".join(links)
            entries, links = [], []
    yield "".join(entries), "".join(links)


def _lines(person: Person, kind: str, audience: str, author: str, moment: datetime, random: Random, texts: list[tuple[str, str, str]]) -> tuple[str, str]:
    key = f"{id_number(int(moment.timestamp() * 1000), random):032x}"
    subject, body, search = random.choice(texts)
    when = moment.isoformat(sep=" ", timespec="seconds")
    minutes = random.choice(DURATIONS[kind]) if kind in DURATIONS else "\\N"
    direction = random.choice(DIRECTIONS[kind]) if kind in DIRECTIONS else "\\N"
    entry = f"{key}\t{author}\t{audience}\t{when}\t{when}\t{kind}\t{subject}\t{body}\t{when}\t{minutes}\t{direction}\tmanual\tt\t{audience}\t{search}\n"
    return entry, f"{key}\t{person.id.hex}\t{author}\t{audience}\t{kind}\t{when}\n"


ENTRY_COLUMNS = (
    "id, owner_id, audience, created_at, updated_at, kind, subject, body, occurred_at, duration_minutes, direction, source, ai_allowed, asked_audience, search_text"
)
LINK_COLUMNS = "interaction_id, contact_id, owner_id, audience, kind, occurred_at"


def _text(random: Random) -> tuple[str, str, str]:
    subject = f"{random.choice(words.OPENINGS)} {random.choice(words.TOPICS)}"
    body = " ".join(part for part in (f"{random.choice(words.OPENINGS)} {random.choice(words.TOPICS)}.", random.choice(words.CLOSINGS)) if part)
    return subject, body, search_text(subject, body)


def task_batches(people: list[Person], random: Random, today: date) -> Iterator[tuple[str, str]]:
    """A task for every second person, two of five done and one of four with a time; an open one becomes the person's next step."""
    tasks: list[str] = []
    links: list[str] = []
    for person in people[::2]:
        title, due = random.choice(words.TASK_TITLES), today + timedelta(days=random.randrange(-30, 45))
        done = random.random() < 0.4
        status, priority = "completed" if done else "pending", random.choice(("low", "medium", "medium", "high", "urgent"))
        made = datetime(today.year, today.month, today.day, 9, tzinfo=UTC) - timedelta(days=random.randrange(31, 60))
        key = f"{id_number(int(made.timestamp() * 1000), random):032x}"
        when = made.isoformat(sep=" ")
        completed = (made + timedelta(days=20)).isoformat(sep=" ") if done else "\\N"
        hour = random.choice(HOURS) if random.random() < 0.25 else None
        timed = f"{hour}\tUTC\t{due} {hour}+00" if hour else "\\N\t\\N\t\\N"
        owner = person.owner.hex
        tasks.append(
            f"{key}\t{owner}\t{person.audience}\t{when}\t{when}\t{person.audience}\t{title}\t\t{status}\t{priority}\tuser\t{owner}\t"
            f"{due}\t{timed}\t{completed}\n"
        )
        links.append(f"{key}\t{person.id.hex}\t{owner}\t{person.audience}\n")
        if not done:
            person.next_step, person.next_on = title, due.isoformat()
        if len(tasks) == BATCH:
            yield "".join(tasks), "".join(links)
            tasks, links = [], []
    yield "".join(tasks), "".join(links)


TASK_COLUMNS = (
    "id, owner_id, audience, created_at, updated_at, asked_audience, title, description, status, priority, done_by, assignee_id, "
    "due_date, due_time, due_zone, due_at, completed_at"
)
TASK_LINK_COLUMNS = "task_id, contact_id, owner_id, audience"
