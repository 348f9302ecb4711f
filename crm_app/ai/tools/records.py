"""Tools about what happened and what is to be done: timeline and mail, calendar, tasks, goals with programmes, files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field
from sqlmodel import Session

from crm_app.ai.tools.reading import EXCERPT, Reading, ToolResult
from crm_app.ai.tools.tool import Arguments, Day, Tool, span
from crm_app.domain.conversations import queries
from crm_app.domain.conversations.schemas import Card, CardRow
from crm_app.domain.disclosure import service as disclosure
from crm_app.domain.disclosure.schemas import LONGEST_SOURCE, Source, SourceFilter, SourceKind, people_of
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.interactions.models import Kind

MOST, LISTED = 30, 5
PEOPLE = Field(default=(), max_length=10, description="Short names of people, such as p1; empty: everybody.")
WORDS = Field(default="", max_length=100, description="Words that must stand in it.")
SINCE = Field(default=None, description="First day, such as 2026-10-01.")
UNTIL = Field(default=None, description="Last day, included.")


class Timeline(Arguments):
    """Which entries of the timeline."""

    people: tuple[str, ...] = PEOPLE
    words: str = WORDS
    kinds: tuple[Kind, ...] = Field(default=(), max_length=6, description="Only these kinds. Meetings that took place are 'meeting', classes 'class_attendance'.")
    since: Day | None = SINCE
    until: Day | None = UNTIL
    limit: int = Field(default=20, ge=1, le=MOST)


def read_timeline(session: Session, reading: Reading, asked: Timeline) -> ToolResult:
    """Entries of the timeline, the newest first."""
    found = _find(session, reading, asked, {SourceKind.ENTRY}, entry_kinds=frozenset(asked.kinds))
    if asked.kinds == (Kind.EMAIL,):
        step = ngettext("Read 1 email", "Read %d emails", len(found)).replace("%d", str(len(found)))
    else:
        step = ngettext("Read 1 entry", "Read %d entries", len(found)).replace("%d", str(len(found)))
    cards = (_card("meetings", _("Meetings"), found),) if asked.kinds == (Kind.MEETING,) and found else ()
    return ToolResult(_text(session, reading, found, "Nothing of that kind is on the timeline that you may read."), step, cards)


class Calendar(Arguments):
    """Which events."""

    people: tuple[str, ...] = PEOPLE
    words: str = WORDS
    since: Day = Field(description="First day, such as 2026-10-01.")
    until: Day = Field(description="Last day, included.")
    limit: int = Field(default=20, ge=1, le=MOST)


def read_calendar(session: Session, reading: Reading, asked: Calendar) -> ToolResult:
    """Events of the calendar, past and to come."""
    found = _find(session, reading, asked, {SourceKind.EVENT})
    cards = (_card("meetings", _("In the calendar"), found),) if found else ()
    return ToolResult(_text(session, reading, found, "Nothing that you may read is in the calendar then."), _("Checked calendar"), cards)


class Tasks(Arguments):
    """Which tasks."""

    people: tuple[str, ...] = PEOPLE
    words: str = WORDS
    status: Literal["open", "done", "any"] = "open"
    limit: int = Field(default=20, ge=1, le=MOST)


def read_tasks(session: Session, reading: Reading, asked: Tasks) -> ToolResult:
    """Tasks that are open, or done."""
    every = _find(session, reading, asked, {SourceKind.TASK}, limit=200)
    closed = ("completed", "cancelled")
    found = [task for task in every if asked.status == "any" or (task.what in closed) == (asked.status == "done")][: asked.limit]
    cards = (_card("tasks", _("Tasks"), found),) if found else ()
    return ToolResult(_text(session, reading, found, "There is no such task that you may read."), _("Looked at tasks"), cards)


class Goals(Arguments):
    """Whose goals."""

    people: tuple[str, ...] = PEOPLE
    words: str = WORDS
    limit: int = Field(default=20, ge=1, le=MOST)


def read_goals(session: Session, reading: Reading, asked: Goals) -> ToolResult:
    """Goals with their check-ins, and programmes with how much of them is used."""
    found = _find(session, reading, asked, {SourceKind.GOAL, SourceKind.PROGRAMME})
    cards = (_card("goals", _("Goals"), goals),) if (goals := [each for each in found if each.kind is SourceKind.GOAL]) else ()
    return ToolResult(_text(session, reading, found, "There is no goal and no programme that you may read."), _("Looked at goals"), cards)


class Files(Arguments):
    """Which files, or which part of one."""

    people: tuple[str, ...] = PEOPLE
    words: str = WORDS
    file: str = Field(default="", max_length=40, description="Short name of one file, such as d1, to read it part by part; empty: files are looked for.")
    part: int = Field(default=1, ge=1, le=100, description="Which part of that file.")
    limit: int = Field(default=5, ge=1, le=MOST)


def read_files(session: Session, reading: Reading, asked: Files) -> ToolResult:
    """Files of contacts, the latest first, each where the words stand in it; or one of them, a part at a time."""
    if asked.file:
        key = reading.handles.find(asked.file, "document")
        found: Sequence[Source] = [disclosure.get_document_part(session, reading.actor, key, part=asked.part)]
    else:
        found = _find(session, reading, asked, {SourceKind.DOCUMENT})
    step = ngettext("Read 1 file", "Read %d files", len(found)).replace("%d", str(len(found)))
    return ToolResult(_text(session, reading, found, "There is no such file that you may read.", LONGEST_SOURCE if len(found) == 1 else EXCERPT), step)


def _find(session: Session, reading: Reading, asked: Any, kinds: set[SourceKind], limit: int = 0, **more: Any) -> Sequence[Source]:
    people = tuple(reading.handles.find(name, "contact") for name in asked.people)
    disclosure.require_readable(session, reading.actor, people)
    since, until = span(reading, getattr(asked, "since", None), getattr(asked, "until", None))
    wanted = SourceFilter(words=asked.words, contact_ids=people, kinds=frozenset(kinds), since=since, until=until, limit=limit or asked.limit, **more)
    return disclosure.find_sources(session, reading.actor, wanted)


def _text(session: Session, reading: Reading, found: Sequence[Source], nothing: str, most: int = EXCERPT) -> str:
    return reading.tell(found, queries.find_names(session, people_of(found)), most) if found else nothing


def _card(kind: Any, title: str, found: Sequence[Source]) -> Card:
    rows = tuple(
        CardRow(kind=one.kind.value, ref_id=one.id, name=one.title, when=one.when, contact_id=next(iter(one.contact_ids)) if len(one.contact_ids) == 1 else None)
        for one in found[:LISTED]
    )
    return Card(kind=kind, title=title, rows=rows, total=len(found))


TOOLS: Sequence[Tool[Any]] = (
    Tool("read_timeline", "What happened: notes, calls, messages, mail, meetings and classes that took place, the newest first.", Timeline, read_timeline),
    Tool("read_calendar", "Events of the calendar between two days, past and to come.", Calendar, read_calendar),
    Tool("read_tasks", "Tasks, open or done, of everybody or of some people.", Tasks, read_tasks),
    Tool("read_goals", "Goals with their progress, and programmes (packages of sessions) with how much of them is used.", Goals, read_goals),
    Tool("read_files", "Files of people (PDF, Word, text): those that hold these words, where they stand; or one file, part by part.", Files, read_files),
)
