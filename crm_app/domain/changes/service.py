"""Undo and history, from the record that the database keeps of every change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.changes import queries
from crm_app.domain.changes.history import HAND_OVER, list_history
from crm_app.domain.changes.schemas import UndoSummary
from crm_app.domain.changes.steps import Step, plan, undo_step
from crm_app.domain.contacts.derived import refresh_derived
from crm_app.domain.errors import Conflict, NotFound
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now

__all__ = ["list_history", "undo_change_set"]

_IN_USE = text("select contacts_in_use(:ids) union select contacts_with_goals(:ids) union select contacts_with_programmes(:ids)")
_USED_BY = {
    "goal": (text("select exists (select from goal_check_in where goal_id = any(:ids))"), "check-ins"),
    "programme": (text("select exists (select from programme_correction where programme_id = any(:ids))"), "corrections"),
}
"""What is unmade only while nothing of this hangs on it, and what that is called."""
_REFUSED = frozenset({"42501", "23503", "23505"})
"""Row security or a trigger's refusal, a row that is missing, a name that was taken meanwhile."""


def undo_change_set(session: Session, actor: Actor, change_set_id: UUID) -> UndoSummary:
    """Take back everything that one call of the actor's changed, or nothing.

    NotFound for what others did; Conflict says what has changed since. Undoing is a change set itself, so an undo can
    be undone. Derived facts follow.
    """
    actor.require(Permission.CHANGE_UNDO)
    done = queries.get_own_set(session, actor, change_set_id)
    if done is None:
        raise NotFound(_("That change is not here. It may be too old, or someone else made it."))
    if done.undone_at is not None:
        raise Conflict(_("This has been undone already."))
    if done.action == HAND_OVER:
        raise Conflict(_("A hand-over can't be taken back like this. Hand the things over again."))
    queries.read_by_key(session)
    changes = queries.list_steps(session, change_set_id)
    if not changes:
        raise Conflict(_("What this changed has been made private since, so it can't be undone."))
    touched = _contacts_of(session, changes)
    try:
        for step in plan(changes):
            _require_free(session, step)
            undo_step(session, step)
    except (IntegrityError, ProgrammingError) as error:
        if getattr(error.orig, "sqlstate", None) not in _REFUSED:
            raise
        raise Conflict(_("This can't be undone any more: something it needs has been changed or removed since.")) from error
    done.undone_at = now()
    session.flush()
    session.expire_all()
    _refresh_entries(session, changes)
    refresh_derived(session, touched | _contacts_of(session, changes))
    tables = Counter(str(table) for _, table, _, _ in changes)
    return UndoSummary(change_set_id=change_set_id, action=done.action, rows=len(changes), tables=dict(tables), contact_ids=tuple(sorted(touched)))


def _require_free(session: Session, step: Step) -> None:
    """A contact, a goal or a programme that was made is unmade only while nothing hangs on it, seen or not: the rest of its own change set has gone before."""
    if step.table not in ("contact", *_USED_BY) or step.kind != "insert":
        return
    ids = [UUID(key[0]) for key in step.keys]
    if step.table in _USED_BY:
        used_by, what = _USED_BY[step.table]
        if session.connection().execute(used_by, {"ids": ids}).scalar():
            raise Conflict(_("There are %s by now. Put it in the trash instead, if it should go.") % _(what))
        return
    used = session.connection().execute(_IN_USE, {"ids": ids}).scalars().all()
    if used:
        since = ngettext(
            "One of these contacts has been used since: notes, tasks, goals, programmes, files or phones were added. Delete it instead, if it should go.",
            "%d of these contacts have been used since: notes, tasks, goals, programmes, files or phones were added. Delete them instead, if they should go.",
            len(used),
        )
        raise Conflict(since if len(used) == 1 else since % len(used))


def _contacts_of(session: Session, changes: Iterable[Any]) -> set[UUID]:
    """The contacts whose derived facts may follow from these rows: themselves, and those that the entries hang on now."""
    found: set[UUID] = set()
    entries: dict[str, set[UUID]] = {"interaction": set(), "task": set(), "tag": set()}
    for _id, table, before, after in changes:
        row = after or before
        key = row.get("id") if table == "contact" else row.get("contact_id")
        if key:
            found.add(UUID(key))
        if table in entries:
            entries[table].add(UUID(row["id"]))
    for table, ids in entries.items():
        if ids:
            links = "contact_tag" if table == "tag" else f"{table}_contact"
            found.update(session.connection().execute(text(f"select contact_id from {links} where {table}_id = any(:ids)"), {"ids": list(ids)}).scalars())  # noqa: S608
    return found


def _refresh_entries(session: Session, changes: Iterable[Any]) -> None:
    queries.refold_entries(session, {UUID((after or before)["id"]) for _, table, before, after in changes if table == "interaction"})
