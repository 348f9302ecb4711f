"""The lists of an export that stand beside its contacts: everything of a kind once, also what is about nobody. A few hundred rows to a statement."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.exports.own_parts import OWN_COLUMNS
from crm_app.domain.exports.part_queries import COLUMNS, SEEN, WITH_WORDS
from crm_app.domain.imports.parts import ListedEvent, OwnGoalPart

PIECE = 500
Listed = tuple[Any, tuple[UUID, ...]]
"""A part, and the contacts whom it is about."""
_ABOUT = (
    "coalesce((select jsonb_agg(c.id order by c.id) from {link} l join contact c on c.id = l.contact_id "
    "where l.{of} = p.id and c.deleted_at is null{more}), '[]') as about"
)
# Who is in the trash is not told of, nor is what is about them alone.
_LIVING = (
    "(not exists (select from {link} l where l.{of} = p.id) "
    "or exists (select from {link} l join contact c on c.id = l.contact_id where l.{of} = p.id and c.deleted_at is null))"
)


def _linked(table: str) -> tuple[str, str]:
    names = {"link": f"{table}_contact", "of": f"{table}_id", "more": ""}
    return _ABOUT.format(**names), f"{SEEN} and {_LIVING.format(**names)}"


_GOAL_ABOUT = "coalesce((select jsonb_agg(c.id) from contact c where c.id = p.contact_id and c.deleted_at is null), '[]') as about"
_GOAL_SEEN = f"{SEEN} and (p.contact_id is null or exists (select from contact c where c.id = p.contact_id and c.deleted_at is null))"
_SOME = _ABOUT.replace("{more}", " and l.how <> 'removed'")
_OWN_OR_TEAMS = "(p.owner_id = :who or p.audience = 'team')"
_CALENDAR = "coalesce((select k.name from calendar k where k.id = p.calendar_id), '') as calendar"
# By the name of each list: which part it holds (None: as it stands with a contact), what more than its columns is asked for, of which table, how
# a row says whom it is about, and which rows are told.
_LISTS: dict[str, tuple[str, type[Any] | None, str, str, str, str]] = {
    "interactions": ("entries", None, "", "interaction p", *_linked("interaction")),
    "events": ("events", ListedEvent, f", {_CALENDAR}", "event p", _SOME.format(link="event_contact", of="event_id"), _OWN_OR_TEAMS),
    "emails": (
        "emails", None, "", f"email p {WITH_WORDS}", _SOME.format(link="email_contact", of="email_id"), f"{_OWN_OR_TEAMS} and p.standing = 'kept'",
    ),
    "tasks": ("tasks", None, "", "task p", *_linked("task")),
    "goals": ("goals", OwnGoalPart, ", p.audience", "goal p", _GOAL_ABOUT, _GOAL_SEEN),
    "letters": ("letters", None, "", "mail_draft p", _GOAL_ABOUT, "p.owner_id = :who"),
    "templates": ("templates", None, "", "mail_template p", "'[]'::jsonb as about", _OWN_OR_TEAMS),
    "signatures": ("signatures", None, "", "mailbox p", "'[]'::jsonb as about", "p.owner_id = :who and p.signature <> ''"),
}
_COLUMNS = {**COLUMNS, **OWN_COLUMNS}


_STATEMENTS = {
    name: text(f"select {_COLUMNS[part][2]}{more}, {about} from {table} where p.id > :after and {seen} order by p.id limit :most")  # noqa: S608  names of ours
    for name, (part, _own, more, table, about, seen) in _LISTS.items()
}


def list_lists(session: Session, actor: Actor) -> Iterator[tuple[str, Iterator[Listed]]]:
    """Each list by its name, with all of it that the actor sees, in the order in which it was made."""
    for name in _LISTS:
        yield name, chain.from_iterable(_pieces(session, actor, name))


def _pieces(session: Session, actor: Actor, name: str) -> Iterator[list[Listed]]:
    part, own, *_rest = _LISTS[name]
    permission, usual, _columns = _COLUMNS[part]
    made, after = own or usual, UUID(int=0)
    while actor.can(permission):
        rows = session.connection().execute(_STATEMENTS[name], {"who": actor.user_id, "after": after, "most": PIECE}).mappings().all()
        yield [(made.model_validate({field: row[field] for field in made.model_fields}), tuple(map(UUID, row["about"]))) for row in rows]
        if len(rows) < PIECE:
            return
        after = rows[-1]["id"]
