"""The inverse of recorded changes, as statements over many rows at once.

A step is a run of changes of one kind in one table that touches no row twice. Steps are undone in the reverse
order of what happened; each first makes sure that its rows still stand as the change left them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy import Computed, text
from sqlmodel import Session

from crm_app.domain.contacts.derived import DERIVED as CONTACT_DERIVED
from crm_app.domain.errors import Conflict
from crm_app.domain.i18n import _
from crm_app.domain.tables import metadata

MOVED = frozenset({"version", "updated_at"})
"""Columns that move by themselves: they neither make a conflict nor are they put back."""
DERIVED = {
    "contact": frozenset(CONTACT_DERIVED) | {"search_grams", "ai_consent"}, "task": frozenset({"doer_id", "due_at"}),
    "interaction": frozenset({"search_text", "search_vector", "sentiment", "sentiment_confidence"}), "blob": frozenset({"data"}),
    "document": frozenset({"text", "search_text", "search_vector"}),
    "goal": frozenset({"current_value", "checked_on"}),
    "programme": frozenset({"sessions_counted", "sessions_corrected", "sessions_left"}),
}  # fmt: skip
RETURNING = {"interaction": frozenset({"sentiment", "sentiment_confidence"})}
"""Derived columns that are recorded with a row that goes, and come back with it: nothing derives them anew at once."""
_SHARED = (
    "contact_point", "contact_sensitive", "contact_tag", "interaction", "task", "task_contact", "blob", "mention",
    "goal", "goal_check_in", "programme", "programme_correction", "task_step", "task_tag", "task_time", "document",
)  # fmt: skip
CARRIED = {
    **dict.fromkeys(_SHARED, frozenset({"audience"})), "interaction_contact": frozenset({"audience", "kind", "occurred_at"}),
    "event_contact": frozenset({"audience", "starts_at"}), "email_contact": frozenset({"audience", "sent_at", "thread_id"}),
}  # fmt: skip
"""Columns that a trigger carries over from another row. They are put back, but when that row went first they stand already."""
WORDS = {
    "project": "The project", "task_step": "A step", "task_tag": "A task's tag", "task_time": "The time spent on a task",
    "contact": "The contact", "contact_point": "A phone, e-mail or link", "contact_sensitive": "The sensitive part", "contact_tag": "A contact's tag",
    "tag": "The tag", "interaction": "The timeline entry", "interaction_contact": "Who was there", "task": "The task", "task_contact": "Whom the task is about",
    "blob": "The file", "document": "The file", "mention": "Who is mentioned", "goal": "The goal", "goal_check_in": "The check-in",
    "programme": "The programme", "programme_correction": "The correction", "event_contact": "Whom the event concerns",
    "email_contact": "Whom the mail concerns",
}  # fmt: skip


@dataclass
class Step:
    """Changes of one table that were all insertions, all updates or all deletions, with the same columns."""

    table: str
    kind: str
    columns: frozenset[str]
    ids: list[int] = field(default_factory=list)
    keys: set[tuple[str, ...]] = field(default_factory=set)


def primary_key(table: str) -> list[str]:
    """The columns that name a row."""
    return [column.name for column in metadata.tables[table].primary_key.columns]


def plan(changes: Iterable[Any]) -> list[Step]:
    """Steps for ``(id, table, before, after)``, the latest change first."""
    steps: list[Step] = []
    for change_id, table, before, after in _parents_first(changes):
        kind = "insert" if before is None else "delete" if after is None else "update"
        row = after if before is None else before
        key = tuple(str(row[name]) for name in primary_key(table))
        last = steps[-1] if steps else None
        if last is None or (last.table, last.kind, last.columns) != (table, kind, frozenset(row)) or key in last.keys:
            last = Step(table, kind, frozenset(row))
            steps.append(last)
        last.ids.append(change_id)
        last.keys.add(key)
    return steps


def _parents_first(changes: Iterable[Any]) -> Iterable[Any]:
    """A foreign key's cascade is recorded after the row that caused it, so rows removed together come back in the order of their tables."""
    order = {table.name: rank for rank, table in enumerate(metadata.sorted_tables)}
    for removed, together in groupby(changes, key=lambda change: change[3] is None):
        run = list(together)
        yield from sorted(run, key=lambda change: order[change[1]]) if removed else run


def undo_step(session: Session, step: Step) -> None:
    """Take one step back. Conflict names what has changed since, or what can no longer be done."""
    if step.kind == "delete":
        written = _put_back(session, step)
    else:
        _require_untouched(session, step)
        written = _take_out(session, step) if step.kind == "insert" else _set_back(session, step)
    if written != len(step.ids):
        raise Conflict(_("%s can't be put back as it was: it is no longer yours to change.") % _(WORDS[step.table]))


def _require_untouched(session: Session, step: Step) -> None:
    skipped = sorted(MOVED | DERIVED.get(step.table, frozenset()) | CARRIED.get(step.table, frozenset()))
    statement = text(
        f"{_changes(step.table, 'after')} select c.row as wanted, to_jsonb(t) as standing from c left join {step.table} t on {_same_row(step.table)} "  # noqa: S608
        "where to_jsonb(t) is null or to_jsonb(t) - cast(:skipped as text[]) is distinct from c.row - cast(:skipped as text[]) limit 3"
    )
    changed = session.connection().execute(statement, {"ids": step.ids, "skipped": skipped}).all()
    if changed:
        raise Conflict(" ".join(_since(step.table, wanted, standing, frozenset(skipped)) for wanted, standing in changed))


def _since(table: str, wanted: dict[str, Any], standing: dict[str, Any] | None, skipped: frozenset[str]) -> str:
    name = wanted.get("display_name") or wanted.get("title") or wanted.get("subject") or (wanted.get("name") if table == "tag" else "")
    what = f"{WORDS[table]} {name}" if name else WORDS[table]
    if standing is None:
        return f"{what} is not there any more."
    fields = sorted(column for column in wanted if column not in skipped and standing.get(column) != wanted[column])
    return f"{what} has been changed since: {', '.join(column.removesuffix('_id').removesuffix('_at').replace('_', ' ') for column in fields)}."


def _take_out(session: Session, step: Step) -> int:
    if step.table == "task":  # completing a colleague's task may have made the next one, which is theirs
        return int(session.connection().execute(text("select take_out_tasks(:ids)"), {"ids": step.ids}).scalar_one())
    statement = text(f"{_changes(step.table, 'after')} delete from {step.table} t using c where {_same_row(step.table)}")  # noqa: S608
    return session.connection().execute(statement, {"ids": step.ids}).rowcount


def _set_back(session: Session, step: Step) -> int:
    columns = _kept(step, primary_key(step.table))
    statement = text(
        f"{_changes(step.table, 'before')} update {step.table} t set {', '.join(f'{name} = r.{name}' for name in columns)} "  # noqa: S608
        f"from c cross join lateral jsonb_populate_record(null::{step.table}, c.row) r where {_same_row(step.table)}"
    )
    return session.connection().execute(statement, {"ids": step.ids}).rowcount


def _put_back(session: Session, step: Step) -> int:
    if step.table in ("blob", "document"):
        raise Conflict(_("The file is gone for good, so this can't be undone."))
    columns = {name: f"r.{name}" for name in _kept(step, ())} | dict.fromkeys(_empty(step.table), "''")
    statement = text(
        f"insert into {step.table} ({', '.join(columns)}) select {', '.join(columns.values())} "  # noqa: S608
        f"from change c cross join lateral jsonb_populate_record(null::{step.table}, c.before) r where c.id = any(:ids) on conflict do nothing"
    )
    return session.connection().execute(statement, {"ids": step.ids}).rowcount


def _kept(step: Step, but: Iterable[str]) -> list[str]:
    """The recorded columns that the table still has and that are not made by the database or derived."""
    derived = DERIVED.get(step.table, frozenset()) - (RETURNING.get(step.table, frozenset()) if step.kind == "delete" else frozenset())
    left_out = set(but) | derived | (MOVED if step.kind == "update" else set())
    known = {column.name for column in metadata.tables[step.table].columns if not isinstance(column.server_default, Computed)}
    return sorted((step.columns & known) - left_out)


def _empty(table: str) -> list[str]:
    """Derived columns that must hold something until they are derived anew."""
    columns = metadata.tables[table].columns
    return sorted(name for name in DERIVED.get(table, frozenset()) if not columns[name].nullable and columns[name].server_default is None)


def _changes(table: str, recorded: str) -> str:
    """The step's recorded rows with their keys, read once: a planner that knows no numbers yet would read them for every row of the table."""
    keys = ", ".join(f"({recorded} ->> '{name}')::uuid as key_{name}" for name in primary_key(table))
    return f"with c as materialized (select {recorded} as row, {keys} from change where id = any(:ids))"  # noqa: S608  names of our own tables


def _same_row(table: str) -> str:
    return " and ".join(f"t.{name} = c.key_{name}" for name in primary_key(table))
