"""Invented contacts as lines for COPY, with every derived column filled by the rules that the services use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from random import Random
from uuid import UUID

from crm_app.domain.contacts.rules import folded_fields
from crm_app.infrastructure.seeding import words
from crm_app.infrastructure.seeding.people import Person, id_number

CONTACT_COLUMNS = (
    "id, owner_id, audience, created_at, updated_at, display_name, given_name, middle_name, family_name, name_prefix, name_suffix, nickname, pronouns, "
    "company, job_title, street, city, region, postal_code, country, language, notes, stage, favourite, locked, ai_allowed, source, archived_at, "
    "sort_name, search_text, last_contact_at, last_contact_kind, next_step, next_step_on, primary_email, primary_phone"
)
POINT_COLUMNS = "id, owner_id, audience, created_at, contact_id, kind, label, value, value_norm, is_primary, position"
TAGGED_COLUMNS = "owner_id, audience, contact_id, tag_id"


def contact_line(person: Person) -> str:
    """One line of ``contact``."""
    fields = {
        "display_name": person.name, "given_name": person.given, "family_name": person.family, "company": person.company, "job_title": person.job,
        "city": person.city, "notes": person.notes,
    }  # fmt: skip
    derived = folded_fields(fields, _points(person), [words.TAGS[index] for index in person.tags])
    made = _time(person.created_at)
    return _line(
        person.id.hex, person.owner.hex, person.audience, made, made, person.name, person.given, "", person.family, "", "", "", "",
        person.company, person.job, "", person.city, "", "", person.country, "", person.notes, person.stage, "t" if person.favourite else "f", "f", "t",
        "manual", made if person.archived else None, derived["sort_name"], derived["search_text"], _time(person.last_at) if person.last_at else None,
        person.last_kind, person.next_step, person.next_on, derived["primary_email"], derived["primary_phone"],
    )  # fmt: skip


def point_lines(person: Person, random: Random) -> str:
    """The person's lines of ``contact_point``."""
    made, milliseconds = _time(person.created_at), int(person.created_at.timestamp() * 1000)
    return "".join(
        _line(
            f"{id_number(milliseconds, random):032x}", person.owner.hex, person.audience, made, person.id.hex, str(point["kind"]), str(point["label"]),
            str(point["value"]), str(point["value_norm"]), "t" if point["is_primary"] else "f", str(position),
        )  # fmt: skip
        for position, point in enumerate(_points(person))
    )


def tagged_lines(person: Person, tags: Sequence[UUID]) -> str:
    """The person's lines of ``contact_tag``."""
    return "".join(_line(person.owner.hex, person.audience, person.id.hex, tags[index].hex) for index in person.tags)


def _points(person: Person) -> list[dict[str, object]]:
    found: list[dict[str, object]] = [
        {"kind": "email", "label": "" if index == 0 else "work", "value": email, "value_norm": email, "is_primary": index == 0}
        for index, email in enumerate(person.emails)
    ]
    if person.phone:
        found.append({"kind": "phone", "label": "mobile", "value": person.phone, "value_norm": person.phone_norm, "is_primary": True})
    return found


def _time(moment: datetime) -> str:
    return moment.isoformat(sep=" ")


def _line(*values: str | None) -> str:
    """COPY's text format; nothing that we invent holds a tab, a backslash or a line feed."""
    return "\t".join("\\N" if value is None else value for value in values) + "\n"
