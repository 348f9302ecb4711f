"""Rows as sources: plain words, a line for each thing, moments in UTC and said to be. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from crm_app.domain.contacts.models import Contact
from crm_app.domain.disclosure.schemas import LONGEST_SOURCE, Source, SourceKind
from crm_app.domain.interactions.models import Direction, Kind
from crm_app.domain.letters import signatures

SAID = {
    "pronouns": "Pronouns", "company": "Company", "job_title": "Job", "city": "City", "country": "Country", "language": "Language", "stage": "Stage",
}  # fmt: skip
PART = 3_600
"""So many letters of a file are told at a time."""
APART = {"health_goals": "Health goals", "emergency_contact": "Emergency contact", "private_notes": "Private notes"}


def entry(row: Any, people: frozenset[UUID], mail: tuple[str, str] | None) -> Source:
    """``row``: id, kind, subject, body, when, direction, minutes. Of a mail what it says itself; of one that was sent without the signature, which is
    the same under all of them.
    """
    key, kind, subject, body, when, direction, minutes = row
    head = [f"Direction: {direction}"] if direction else []
    head += [f"Minutes: {minutes}"] if minutes else []
    text = (mail[1] if mail else "") or body
    if kind == Kind.EMAIL and direction == Direction.OUTGOING:
        text = signatures.without(text)
    return _source(SourceKind.ENTRY, key, subject or (mail[0] if mail else ""), when, [*head, text], people, what=kind)


def event(row: Any, people: frozenset[UUID]) -> Source:
    """``row``: id, title, location, description, begin, end, whether it lasts whole days. Where nobody is concerned, its time alone: it may name strangers."""
    key, title, location, description, starts, ends, all_day = row
    lines = [f"All day, {starts.date()}" if all_day else f"From {_moment(starts)} to {_moment(ends)}"]
    if not people:
        return _source(SourceKind.EVENT, key, "Busy", starts, lines, people, what="event")
    lines += [f"Where: {location}"] if location else []
    return _source(SourceKind.EVENT, key, title, starts, [*lines, description], people, what="event")


def task(row: Any, people: frozenset[UUID], steps: Sequence[tuple[str, bool]]) -> Source:
    """``row``: id, title, description, status, priority, due day, when it was done, when."""
    key, title, description, status, priority, due, done, when = row
    lines = [f"Status: {status}", f"Priority: {priority}"]
    lines += [f"Due: {due}"] if due else []
    lines += [f"Done: {_moment(done)}"] if done else []
    return _source(SourceKind.TASK, key, title, when, [*lines, description, *(f"[{'x' if ticked else ' '}] {name}" for name, ticked in steps)], people, what=status)


def goal(row: Any, check_ins: Sequence[Any]) -> Source:
    """``row``: id, title, note, unit, start, target, now, first day, deadline, contact, when."""
    key, title, note, unit, start, target, current, starts_on, deadline, contact_id, when = row
    lines = [f"From {start:g} to {target:g} {unit}".rstrip(), f"Now: {current:g}" if current is not None else "No check-in yet", f"Since {starts_on}"]
    lines += [f"Deadline: {deadline}"] if deadline else []
    told = [f"{one.day}: {one.value:g}" + (f" ({one.note})" if one.note else "") for one in check_ins]
    return _source(SourceKind.GOAL, key, title, when, [*lines, note, *told], _one(contact_id))


def programme(row: Any) -> Source:
    """``row``: id, name, note, sessions, used, first day, last day, contact, when."""
    key, name, note, total, used, starts_on, ends_on, contact_id, when = row
    lines = [f"Sessions: {used} of {total} used", f"Since {starts_on}", *([f"Until {ends_on}"] if ends_on else [])]
    return _source(SourceKind.PROGRAMME, key, name, when, [*lines, note], _one(contact_id))


def document(row: Any, words: str, first: int, letters: int) -> Source:
    """``row``: id, name, contact, when it was added. ``words`` are those from the letter ``first`` on, of so many ``letters``."""
    key, name, contact_id, when = row
    more = first + len(words) <= letters
    if not words:
        words = "No words could be read in this file." if not letters else "There is no such part of this file."
    elif first > 1 or more:
        words = f"Letters {first} to {first + len(words) - 1} of {letters}:\n{words}"
    return _source(SourceKind.DOCUMENT, key, name, when, [words], _one(contact_id), what="file").model_copy(update={"cut": more})


def facts(contact: Contact, tags: Sequence[str], apart: Mapping[str, str]) -> Source:
    """The contact itself. Addresses and numbers are not among what a model needs."""
    lines = [f"{word}: {getattr(contact, name)}" for name, word in SAID.items() if getattr(contact, name)]
    lines += [f"Tags: {', '.join(tags)}"] if tags else []
    if contact.birth_month and contact.birth_day:
        lines.append(f"Birthday: {contact.birth_month:02}-{contact.birth_day:02}")
    lines.append(f"Last contact: {_moment(contact.last_contact_at)} ({contact.last_contact_kind})" if contact.last_contact_at else "Last contact: never")
    lines += [f"Due to be in touch: {_moment(contact.due_at)}"] if contact.due_at else []
    lines += [f"{APART[name]}: {text}" for name, text in apart.items() if text]
    lines += [f"About: {contact.notes}"] if contact.notes else []
    return _source(SourceKind.CONTACT, contact.id, contact.display_name, contact.updated_at, lines, _one(contact.id))


def _moment(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _one(contact_id: UUID | None) -> frozenset[UUID]:
    return frozenset({contact_id} if contact_id else ())


def _source(kind: SourceKind, key: UUID, title: str, when: datetime | None, lines: Sequence[str], people: frozenset[UUID], what: str = "") -> Source:
    text = "\n".join(line for line in lines if line and line.strip())
    return Source(kind=kind, id=key, title=title, when=when, text=text[:LONGEST_SOURCE], contact_ids=people, what=what, cut=len(text) > LONGEST_SOURCE)
