"""Reading the history of one record."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, text
from sqlmodel import Session, col, select

from crm_app.domain.accounts.models import UserAccount
from crm_app.domain.actor import Actor
from crm_app.domain.changes.models import Change, ChangeSet
from crm_app.domain.paging import decode_cursor

# Whose changes stand under a contact: in which tables, and which column of theirs names the record.
_UNDER = {"task": (("task_contact", "task_id"),), "goal": (("goal", "id"), ("goal_check_in", "goal_id"))}
_LINKS = ("interaction_contact", "task_contact", "event_contact", "email_contact", "mention")
Row = tuple[Change, str | None, ChangeSet | None]
# What an id may stand for, and the column that names it. Row security leaves out what the reader may not know.
_NAMED = (
    ("user_account", "name"), ("tag", "name"), ("contact", "display_name"), ("task", "title"), ("project", "title"), ("goal", "title"), ("programme", "name"),
    ("event", "title"),
)  # fmt: skip
_EACH = " union all ".join(f"select id::text, {name} as name from {table} where id = any(:ids)" for table, name in _NAMED)  # noqa: S608  names of ours
_EACH += " union all select email_id::text, subject as name from email_subject where email_id = any(:ids)"


def changes_of(actor: Actor, subject: str, row_id: UUID, beside: Collection[UUID]) -> Any:
    """The condition of being a change of this record that the actor may see.

    ``beside`` are contacts under which a part of it stands: a task's links to them, or all of a contact's goal.
    """
    visible = (col(Change.owner_id) == actor.user_id) | (col(Change.audience) == "team")
    here: Any = Change.row_id == row_id
    for table, name in _UNDER.get(subject, ()) if beside else ():
        named = func.coalesce(Change.after, Change.before)[name].astext
        here = here | (col(Change.row_id).in_(beside) & (Change.table_name == table) & (named == str(row_id)))
    return here & visible


def list_sets(session: Session, here: Any, *, after: str | None, limit: int) -> Sequence[tuple[UUID, int]]:
    """``(change set, its last change here)`` of a record, the newest first."""
    last = func.max(Change.id)
    found = select(Change.change_set_id, last).where(here).group_by(col(Change.change_set_id)).order_by(last.desc()).limit(limit)
    return session.exec(found.having(last < decode_cursor(after, int)[0]) if after else found).all()  # type: ignore[return-value]


def list_rows(session: Session, here: Any, sets: Collection[UUID]) -> Sequence[Row]:
    """What these sets changed on the record, set by set, with who did it, and the set where it is the asker's own."""
    found = (
        select(Change, UserAccount.name, ChangeSet)
        .outerjoin(UserAccount, col(UserAccount.id) == col(Change.actor_id))
        .outerjoin(ChangeSet, col(ChangeSet.id) == col(Change.change_set_id))
        .where(here, col(Change.change_set_id).in_(sets))
        .order_by(col(Change.change_set_id), col(Change.id))
    )
    return session.exec(found).all() if sets else ()  # type: ignore[return-value]


def list_contacts_of_task(session: Session, task_id: UUID) -> tuple[UUID, ...]:
    """Whom a task is about, and was about when it was made: a link's change stands under its contact."""
    made = "select c.row_id from change c where c.table_name = 'task_contact' and c.change_set_id in (select change_set_id from change where row_id = :task)"
    found = session.connection().execute(text(f"select contact_id from task_contact where task_id = :task union {made}"), {"task": task_id}).scalars()  # noqa: S608
    return tuple(found)


def count_records(session: Session, sets: Collection[UUID]) -> dict[UUID, int]:
    """How many records each set touched. A link between an entry and a person is not one of its own."""
    found = (
        select(Change.change_set_id, func.count(func.distinct(Change.row_id)))
        .where(col(Change.change_set_id).in_(sets), col(Change.table_name).not_in(_LINKS))
        .group_by(col(Change.change_set_id))
    )
    return dict(session.exec(found).all()) if sets else {}


def find_names(session: Session, ids: Collection[UUID]) -> tuple[dict[str, str], frozenset[str]]:
    """What these ids are called, and which of them name a tag that is there no more: the record of its end still knows its name."""
    if not ids:
        return {}, frozenset()
    wanted: dict[str, Any] = {"ids": list(ids)}
    names: dict[str, str] = dict(session.connection().execute(text(_EACH), wanted).tuples().all())
    ended = "select row_id::text, before ->> 'name' from change where table_name = 'tag' and row_id = any(:ids) and before is not null order by id"
    gone = {key: name for key, name in session.connection().execute(text(ended), wanted).tuples() if key not in names}
    return names | gone, frozenset(gone)
