"""Invented contacts, one after the other, always the same ones for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from crm_app.domain.contacts.models import Stage
from crm_app.domain.text import digits, fold
from crm_app.infrastructure.seeding import words

TEAM_SHARE = 0.3
PLANTED_EVERY = 33_333
STAGES = tuple(stage.value for stage in Stage)
STAGE_SHARES = (25, 15, 12, 25, 5, 6, 8, 4)

_FOLDED = [fold(tag) for tag in words.TAGS]


@dataclass(slots=True)
class Person:
    """One invented contact. ``last_at`` and what follows are filled while the timeline is written."""

    id: UUID
    owner: UUID
    audience: str
    given: str
    family: str
    name: str
    company: str
    job: str
    city: str
    country: str
    stage: str
    notes: str
    created_at: datetime
    favourite: bool
    archived: bool
    emails: tuple[str, ...]
    phone: str
    tags: tuple[int, ...]
    last_at: datetime | None = None
    last_kind: str | None = None
    next_step: str | None = None
    next_on: str | None = None
    phone_norm: str = field(default="")


def make_people(count: int, owners: list[UUID], random: Random, until: datetime) -> Iterator[Person]:
    """``count`` people over the six years before ``until``; three in ten are the team's. Ids sort by creation."""
    weights = [people.share for people in words.PEOPLES]
    cultures = random.choices(words.PEOPLES, weights, k=count)
    begin = until - timedelta(days=6 * 365)
    step = (until - begin) / max(count, 1)
    for number, culture in enumerate(cultures):
        yield _person(number, culture, owners[number % len(owners)], random, begin + step * number)


def _person(number: int, culture: words.People, owner: UUID, random: Random, created_at: datetime) -> Person:
    given, family = random.choice(culture.given), random.choice(culture.family)
    if number % PLANTED_EVERY == 777:
        given, family = words.PLANTED.split()
    name = f"{family}{'' if culture.country in ('中国', '日本', '대한민국') else ' '}{given}" if culture.family_first else f"{given} {family}"
    local = _local_part(given, family, number)
    emails: tuple[str, ...] = (f"{local}@mail.example",) if random.random() < 0.85 else ()
    if random.random() < 0.15:
        emails += (f"{local}@work.example",)
    phone = f"{culture.dial}{random.randrange(10_000):04d}" if random.random() < 0.8 else ""
    return Person(
        id=id_at(created_at, random), owner=owner, audience="team" if random.random() < TEAM_SHARE else "private", given=given, family=family, name=name,
        company=random.choice(words.COMPANIES) if random.random() < 0.3 else "", job=random.choice(words.JOBS), city=random.choice(culture.cities),
        country=culture.country, stage=random.choices(STAGES, STAGE_SHARES)[0], notes=random.choice(words.NOTES), created_at=created_at,
        favourite=random.random() < 0.03, archived=random.random() < 0.04, emails=emails, phone=phone, phone_norm="+" + digits(phone) if phone else "",
        tags=tuple(sorted(random.sample(range(len(words.TAGS)), random.choice((0, 0, 1, 1, 2, 3))), key=_FOLDED.__getitem__)),
    )  # fmt: skip


def _local_part(given: str, family: str, number: int) -> str:
    """Latin letters for the address, whatever the script of the name."""
    plain = "".join(char for char in fold(f"{given}.{family}").replace("-", "") if char.isascii() and (char.isalnum() or char == "."))
    return f"{plain.strip('.') or 'client'}.{number}"


def id_at(moment: datetime, random: Random) -> UUID:
    """A UUIDv7 of that moment whose random part comes from ``random``, so that a seed can be repeated."""
    return UUID(int=id_number(int(moment.timestamp() * 1000), random))


def id_number(milliseconds: int, random: Random) -> int:
    """The 128 bits of a UUIDv7 (RFC 9562 section 5.7)."""
    bits = random.getrandbits(74)
    return milliseconds << 80 | 0x7 << 76 | (bits >> 62) << 64 | 0b10 << 62 | bits & (1 << 62) - 1


def midnight(day: str | None) -> datetime:
    """The beginning of ``day`` (ISO), or of today, in UTC."""
    chosen = datetime.fromisoformat(day) if day else datetime.now(UTC)
    return chosen.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC)
