"""What invented people work toward and have bought, as lines for COPY. What is used of a package the database counts itself afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from crm_app.infrastructure.seeding.people import Person, id_number

GOAL_COLUMNS = (
    "id, owner_id, audience, created_at, updated_at, contact_id, title, note, unit, start_value, target_value, starts_on, deadline, rhythm, "
    "current_value, checked_on, archived_at"
)
CHECK_IN_COLUMNS = "id, owner_id, audience, created_at, updated_at, goal_id, contact_id, value, day, note, author_id"
PROGRAMME_COLUMNS = "id, owner_id, audience, created_at, updated_at, contact_id, name, sessions_total, starts_on, ends_on, price_micros, currency, note"
CORRECTION_COLUMNS = "id, owner_id, audience, created_at, programme_id, contact_id, delta, reason, author_id"
BATCH = 5_000
GOAL_EVERY, PROGRAMME_EVERY = 8, 10
STEPS = {"daily": 1, "weekly": 7, "monthly": 30, "none": 18}
WORDS = ("", "", "", "", "A quiet week", "Travelled a lot", "Slept badly", "Easier than last time", "Away with the family")


@dataclass(frozen=True, slots=True)
class Wish:
    """A kind of goal: what is measured, from where to where, to how many digits."""

    title: str
    unit: str
    start: float
    target: float
    digits: int
    rhythm: str


WISHES = (
    Wish("Sleep 7 h on weekdays", "h", 5.2, 7, 1, "weekly"), Wish("Weight", "kg", 88, 80, 1, "weekly"), Wish("Steps a day", "steps", 3_200, 8_000, 0, "weekly"),
    Wish("Sit for 20 minutes", "min", 3, 20, 0, "daily"), Wish("Resting pulse", "bpm", 78, 66, 0, "weekly"),
    Wish("Upper blood pressure", "mmHg", 148, 128, 0, "monthly"), Wish("Evenings without a screen", "", 1, 5, 0, "weekly"),
    Wish("Days with a headache", "days", 9, 2, 0, "monthly"), Wish("Stress, from 1 to 10", "", 8, 4, 0, "weekly"),
    Wish("Fingers to the floor", "cm", 22, 0, 1, "none"),
)  # fmt: skip
OWN_WISHES = (
    Wish("Reach 60 active clients", "", 0, 60, 0, "weekly"), Wish("Publish breath course", "modules", 0, 11, 0, "none"),
    Wish("Weekly supervision", "", 0, 12, 0, "weekly"),
)  # fmt: skip
PACKAGES = (
    ("Breathwork, 12 sessions", 12, 960), ("Somatic coaching, 6 sessions", 6, 540), ("Class pass, 10 classes", 10, 150), ("Yoga one to one, 5 sessions", 5, 350),
    ("Nervous system reset, 8 weeks", 8, 780),
)  # fmt: skip


def goal_batches(people: list[Person], random: Random, today: date) -> Iterator[tuple[str, str]]:
    """``(lines of goal, lines of goal_check_in)``: three of the practice's own, and one for every eighth person."""
    goals: list[str] = []
    checks: list[str] = []
    for wish in OWN_WISHES:
        _add_goal(people[0], None, wish, random, today, goals=goals, checks=checks)
    for person in people[::GOAL_EVERY]:
        _add_goal(person, person, random.choice(WISHES), random, today, goals=goals, checks=checks)
        if len(goals) >= BATCH:
            yield "".join(goals), "".join(checks)
            goals, checks = [], []
    yield "".join(goals), "".join(checks)


def _add_goal(owner: Person, person: Person | None, wish: Wish, random: Random, today: date, *, goals: list[str], checks: list[str]) -> None:
    """One goal with its check-ins: some get ahead of their time, some fall behind, some stop looking."""
    since, length = random.randrange(20, 140), random.choice((60, 90, 120, 180))
    begin, audience = today - timedelta(days=since), person.audience if person else "team"
    made, key = _moment(begin), _key(begin, random)
    of, pace = person.id.hex if person else "\\N", random.uniform(0.2, 1.15)
    looked = since if random.random() < 0.8 else since // 2
    last = "\\N\t\\N"
    for day in _days(begin, looked, STEPS[wish.rhythm], random):
        share = min(1.05, pace * (day - begin).days / length + random.uniform(-0.05, 0.05))
        value = round(wish.start + (wish.target - wish.start) * share, wish.digits)
        written, words = _moment(day), random.choice(WORDS)
        checks.append(f"{_key(day, random)}\t{owner.owner.hex}\t{audience}\t{written}\t{written}\t{key}\t{of}\t{value}\t{day}\t{words}\t{owner.owner.hex}\n")
        last = f"{value}\t{day}"
    archived = made if person and random.random() < 0.05 else "\\N"
    goals.append(
        f"{key}\t{owner.owner.hex}\t{audience}\t{made}\t{made}\t{of}\t{wish.title}\t\t{wish.unit}\t{wish.start}\t{wish.target}\t"
        f"{begin}\t{begin + timedelta(days=length)}\t{wish.rhythm}\t{last}\t{archived}\n"
    )


def _days(begin: date, looked: int, step: int, random: Random) -> Iterable[date]:
    """The days on which somebody looked: one in eight was missed, and never more than sixty are kept."""
    days = [begin + timedelta(days=passed) for passed in range(step, looked + 1, step) if random.random() < 0.88]
    return days[-60:]


def programme_batches(people: list[Person], random: Random, today: date) -> Iterator[tuple[str, str]]:
    """``(lines of programme, lines of programme_correction)``: a package for every tenth person, some begun before it was kept here."""
    packages: list[str] = []
    corrections: list[str] = []
    for person in people[::PROGRAMME_EVERY]:
        name, total, price = random.choice(PACKAGES)
        begin = today - timedelta(days=random.randrange(5, 150))
        ends = begin + timedelta(days=180) if random.random() < 0.7 else "\\N"
        key, made, owned = _key(begin, random), _moment(begin), f"{person.owner.hex}\t{person.audience}"
        packages.append(f"{key}\t{owned}\t{made}\t{made}\t{person.id.hex}\t{name}\t{total}\t{begin}\t{ends}\t{price * 1_000_000}\tGBP\t\n")
        if random.random() < 0.6:
            used = random.randrange(1, total)
            corrections.append(
                f"{_key(begin, random)}\t{owned}\t{made}\t{key}\t{person.id.hex}\t{used}\tSessions before we kept them here\t{person.owner.hex}\n"
            )
        if len(packages) >= BATCH:
            yield "".join(packages), "".join(corrections)
            packages, corrections = [], []
    yield "".join(packages), "".join(corrections)


def _key(day: date, random: Random) -> str:
    return f"{id_number(int(_noon(day).timestamp() * 1000), random):032x}"


def _moment(day: date) -> str:
    return _noon(day).isoformat(sep=" ")


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(9), UTC)
