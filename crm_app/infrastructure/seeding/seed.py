"""``mindfulcrm seed``: many invented people in one transaction, by COPY. The one writer besides restore that goes around the services.

What the services would derive (sorting name, search text, last contact, next step) is made by the same functions, and
a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection, sql

from crm_app.domain.text import fold
from crm_app.infrastructure.seeding import calendars, mail, plans, timeline, words
from crm_app.infrastructure.seeding.lines import CONTACT_COLUMNS, POINT_COLUMNS, TAGGED_COLUMNS, contact_line, point_lines, tagged_lines
from crm_app.infrastructure.seeding.people import Person, id_at, make_people, midnight

TABLES = (
    "contact", "contact_point", "contact_tag", "interaction", "interaction_contact", "task", "task_contact",
    "goal", "goal_check_in", "programme", "programme_correction",
    "connection", "calendar", "calendar_item", "event", "event_attendee", "event_contact",
    "mailbox", "mail_folder", "mail_thread", "mail_reference", "email", "email_subject", "email_body", "email_place", "email_party", "email_contact",
)  # fmt: skip
FIRST_NAMES = ("Robin", "Kim", "Sasha", "Noor", "Toni", "Jules", "Mika", "Alex", "Dana", "Charlie")


@dataclass(frozen=True, slots=True)
class Seeded:
    """How much was written."""

    contacts: int
    interactions: int
    tasks: int
    users: int
    goals: int = 0
    programmes: int = 0
    events: int = 0
    mails: int = 0


def seed_database(
    connection: Connection[Any], *, contacts: int, interactions: int, users: int, day: str | None = None, events_a_week: int = 0, mails: int = 0
) -> Seeded:  # fmt: skip
    """Write ``contacts`` people with ``interactions`` entries in all, shared out among ``users`` members of the team, each with a calendar
    of a hundred weeks of ``events_a_week`` and a mailbox; ``mails`` is how many all of these hold.

    People who are in the team already come first; missing ones are made, without a password. The same numbers on the
    same ``day`` (ISO, today when None) give the same rows in an empty database. ``connection`` is the owner's, without a transaction.
    """
    until = midnight(day)
    with connection.transaction(), _bulk_mode(connection):
        random = Random(f"mindfulcrm {_count(connection, 'contact')}")  # noqa: S311  invented people, not secrets
        team = _team(connection, users, random, until)
        people = list(make_people(contacts, team, random, until))
        tags = _tags(connection, random, until)
        tasks = _write_timeline(connection, people, interactions, random, until)
        mails = _write_mail(connection, people, team, mails, until)
        _write_people(connection, people, tags, random)
        goals, programmes = _write_plans(connection, people, until)
        events = _write_calendars(connection, people, team, events_a_week, until)
    connection.execute("vacuum analyze")
    if programmes:  # what is used of them follows from the timeline, by the database's own rule
        connection.execute("select recount_programmes(array(select distinct contact_id from programme))")
    return Seeded(len(people), interactions if people else 0, tasks, len(team), goals, programmes, events, mails)


def _write_timeline(connection: Connection[Any], people: list[Person], interactions: int, random: Random, until: datetime) -> int:
    if not people:
        return 0
    for entries, links in timeline.entry_batches(people, interactions, random, until):
        _copy(connection, "interaction", timeline.ENTRY_COLUMNS, [entries])
        _copy(connection, "interaction_contact", timeline.LINK_COLUMNS, [links])
    tasks = 0
    for rows, links in timeline.task_batches(people, random, until.date()):
        _copy(connection, "task", timeline.TASK_COLUMNS, [rows])
        _copy(connection, "task_contact", timeline.TASK_LINK_COLUMNS, [links])
        tasks += rows.count("\n")
    return tasks


def _write_people(connection: Connection[Any], people: list[Person], tags: list[UUID], random: Random) -> None:
    """Last, since timeline and mail decide when somebody was last in touch."""
    _copy(connection, "contact", CONTACT_COLUMNS, (contact_line(person) for person in people))
    _copy(connection, "contact_point", POINT_COLUMNS, (point_lines(person, random) for person in people))
    _copy(connection, "contact_tag", TAGGED_COLUMNS, (tagged_lines(person, tags) for person in people))


def _write_plans(connection: Connection[Any], people: list[Person], until: datetime) -> tuple[int, int]:
    """Goals and programmes. They are drawn apart from the rest, which so stays what it was."""
    if not people:
        return 0, 0
    random, written = Random(f"mindfulcrm plans {people[0].id}"), [0, 0]  # noqa: S311  invented people, not secrets
    parts = (
        (plans.goal_batches, ("goal", plans.GOAL_COLUMNS), ("goal_check_in", plans.CHECK_IN_COLUMNS)),
        (plans.programme_batches, ("programme", plans.PROGRAMME_COLUMNS), ("programme_correction", plans.CORRECTION_COLUMNS)),
    )
    for place, (batches, outer, inner) in enumerate(parts):
        for rows, inside in batches(people, random, until.date()):
            _copy(connection, *outer, [rows])
            _copy(connection, *inner, [inside])
            written[place] += rows.count("\n")
    return written[0], written[1]


def _write_calendars(connection: Connection[Any], people: list[Person], team: list[UUID], a_week: int, until: datetime) -> int:
    """Calendars and what stands in them, drawn apart from the rest as well."""
    if not people or not a_week:
        return 0
    random, written = Random(f"mindfulcrm calendars {people[0].id}"), 0  # noqa: S311  invented people, not secrets
    made, connections, rows = calendars.calendar_lines(team, random, until)
    _copy(connection, "connection", calendars.CONNECTION_COLUMNS, [connections])
    _copy(connection, "calendar", calendars.CALENDAR_COLUMNS, [rows])
    for items, events, attendees, links in calendars.event_batches(people, made, a_week, random, until):
        _copy(connection, "calendar_item", calendars.ITEM_COLUMNS, [items])
        _copy(connection, "event", calendars.EVENT_COLUMNS, [events])
        _copy(connection, "event_attendee", calendars.ATTENDEE_COLUMNS, [attendees])
        _copy(connection, "event_contact", calendars.LINK_COLUMNS, [links])
        written += events.count("\n")
    connection.execute(calendars.NEXT_STEPS)
    return written


def _write_mail(connection: Connection[Any], people: list[Person], team: list[UUID], mails: int, until: datetime) -> int:
    """Mailboxes and what lies in them, drawn apart from the rest as well."""
    if not people or not mails:
        return 0
    random, written = Random(f"mindfulcrm mail {people[0].id}"), 0  # noqa: S311  invented people, not secrets
    addresses = dict(connection.execute("select id, lower(email) from user_account where id = any(%s)", [team]).fetchall())
    boxes, lines = mail.box_lines([(owner, addresses[owner]) for owner in team], random, until)
    _copy_lines(connection, lines)
    for batch in mail.mail_batches(people, boxes, mails, random, until):
        _copy_lines(connection, batch)
        written += len(batch["email"])
    return written


def _copy_lines(connection: Connection[Any], lines: mail.Lines) -> None:
    for table, rows in lines.items():
        _copy(connection, table, mail.COLUMNS[table], ["".join(rows)])


def _copy(connection: Connection[Any], table: str, columns: str, parts: Iterable[str]) -> None:
    with connection.cursor().copy(sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(table), sql.SQL(columns))) as copy:  # type: ignore[arg-type]
        for part in parts:
            copy.write(part)


def _count(connection: Connection[Any], table: str) -> int:
    row = connection.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(table))).fetchone()
    return int(row[0]) if row else 0


def _team(connection: Connection[Any], users: int, random: Random, until: datetime) -> list[UUID]:
    connection.execute(
        "insert into team (id, name, country, updated_at) values (1, 'Stillwater', 'GB', now()) on conflict (id) do nothing"
    )
    found = connection.execute(
        "select id from user_account where disabled_at is null and role <> 'viewer' order by created_at, id limit %s", [users]
    ).fetchall()
    team = [row[0] for row in found]
    for number in range(len(team), users):
        name = f"{FIRST_NAMES[number % len(FIRST_NAMES)]} Seedling {number + 1}"
        key = id_at(until, random)
        connection.execute(
            "insert into user_account (id, created_at, email, name, role, time_zone, locale, theme, week_start, sidebar_collapsed) "
            "values (%s, %s, %s, %s, 'member', 'UTC', 'en', 'system', 0, false)",
            [key, until, f"seed{number + 1}@team.example", name],
        )
        team.append(key)
    return team


def _tags(connection: Connection[Any], random: Random, until: datetime) -> list[UUID]:
    for name in words.TAGS:
        connection.execute(
            "insert into tag (id, created_at, updated_at, name, folded) values (%s, %s, %s, %s, %s) on conflict (folded) do nothing",
            [id_at(until, random), until, until, name, fold(name)],
        )
    known = dict(connection.execute("select folded, id from tag").fetchall())
    return [known[fold(name)] for name in words.TAGS]


@contextmanager
def _bulk_mode(connection: Connection[Any]) -> Iterator[None]:
    """No triggers meanwhile (the rows come as the triggers would leave them); indexes and foreign keys are made once, at the end.

    COPY refuses tables that force row security on their owner, who is no superuser on a rented server.
    """
    connection.execute("set local maintenance_work_mem = '256MB'")
    connection.execute("set local synchronous_commit = off")
    _alter(connection, "disable trigger user", "no force row level security")
    keys = _drop_foreign_keys(connection)
    indexes = _drop_indexes(connection)
    yield
    for statement in (*indexes, *keys):
        connection.execute(sql.SQL(statement))  # type: ignore[arg-type]
    _alter(connection, "enable trigger user", "force row level security")


def _alter(connection: Connection[Any], *changes: LiteralString) -> None:
    for table in TABLES:
        for change in changes:
            connection.execute(sql.SQL("alter table {} ").format(sql.Identifier(table)) + sql.SQL(change))


def _drop_foreign_keys(connection: Connection[Any]) -> list[str]:
    """Drop the foreign keys of the tables and return how to make them again."""
    rows = connection.execute(
        "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint "
        "where contype = 'f' and conrelid = any(%s::regclass[]) order by conname",
        [list(TABLES)],
    ).fetchall()
    for table, name, _ in rows:
        connection.execute(sql.SQL("alter table {} drop constraint {}").format(sql.Identifier(table), sql.Identifier(name)))
    return [f'alter table {table} add constraint "{name}" {definition}' for table, name, definition in rows]


def _drop_indexes(connection: Connection[Any]) -> list[str]:
    """Drop what no constraint needs and return how to make it again."""
    rows = connection.execute(
        "select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) from pg_index i "
        "where i.indrelid = any(%s::regclass[]) and not i.indisunique order by 1",
        [list(TABLES)],
    ).fetchall()
    for name, _ in rows:
        connection.execute(sql.SQL("drop index {}").format(sql.Identifier(name)))
    return [definition for _, definition in rows]
