"""A mail that is kept becomes one entry of the timeline, however many folders and accounts hold it, and the entry follows the mail.

It follows until somebody writes in it: then it is theirs, and stays as they left it, but for what the mail's owner no longer shows.
One that a person has deleted is not made again. A colleague's entry of the same mail, where it is seen, serves the contacts on it.
The entry holds no words of the mail: the timeline asks for those under their own policy.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.calendar.meeting_queries import list_entries, list_people, list_seen
from crm_app.domain.calendar.meeting_rules import entry_hash
from crm_app.domain.contacts.derived import refresh_derived
from crm_app.domain.contacts.models import Source
from crm_app.domain.interactions.models import Direction as Began
from crm_app.domain.interactions.models import Interaction, Kind
from crm_app.domain.interactions.rules import search_text
from crm_app.domain.interactions.synced import change_people, link_people
from crm_app.domain.mail import entry_queries as queries
from crm_app.domain.mail.landing_queries import list_links, list_texts, list_threads
from crm_app.domain.mail.models import Direction, Email, LinkHow, MailThread, Shown, Standing
from crm_app.domain.rows import Audience

MOST_AT_ONCE = 500


@dataclass
class _Case:
    """One mail, the entry that it has, and a colleague's. ``said``: whom a person has just put to it, or taken off, meaning the entry too."""

    row: Email
    thread: MailThread | None
    subject: str
    linked: set[UUID]
    entry: Interaction | None
    on: set[UUID]
    theirs: set[UUID]
    said: Mapping[UUID, bool]

    @property
    def wanted(self) -> bool:
        """Whether it is to stand on timelines."""
        return self.row.has_body and self.row.standing == Standing.KEPT and self.thread is not None and not self.thread.irrelevant and bool(self.linked)

    @property
    def level(self) -> str:
        """How much of it the team sees."""
        return self.thread.level if self.thread else Shown.PRIVATE.value

    @property
    def fields(self) -> dict[str, Any]:
        """What the entry says: the subject only where nobody reads it who may not."""
        began = Began.OUTGOING if self.row.direction == Direction.OUT else Began.INCOMING
        subject = "" if self.level == Shown.METADATA else self.subject
        return {"subject": subject, "occurred_at": self.row.sent_at, "direction": began.value}

    @property
    def asked(self) -> str:
        """Who is to see the entry, where all its contacts are the team's."""
        return Audience.PRIVATE.value if self.level == Shown.PRIVATE else Audience.TEAM.value


def reference(row: Email) -> str:
    """By which the timeline knows the mail again."""
    return f"mail:{row.ident}"


def follow(session: Session, actor: Actor, rows: Sequence[Email], *, people: Collection[UUID] = (), said: Mapping[UUID, bool] | None = None) -> None:
    """Make, change and take away entries as these mails have it now, and refresh what is derived of their contacts and of ``people``."""
    session.flush()
    touched = set(people)
    for start in range(0, len(rows), MOST_AT_ONCE):
        touched |= _follow(session, actor, rows[start : start + MOST_AT_ONCE], said or {})
    refresh_derived(session, sorted(touched))


def take_away(session: Session, actor: Actor, rows: Sequence[Email]) -> None:
    """These mails are gone: so are their entries that nobody has touched."""
    entries = list_entries(session, actor, [reference(row) for row in rows]) if rows else {}
    on = list_people(session, [row.id for row in entries.values()])
    touched: set[UUID] = set()
    for row in rows:
        entry = entries.get(reference(row))
        if entry is not None and entry.deleted_at is None and row.entry_hash and entry_hash(entry, on.get(entry.id, set())) == row.entry_hash:
            touched |= on.get(entry.id, set())
            session.delete(entry)
    session.flush()
    refresh_derived(session, sorted(touched))


def _follow(session: Session, actor: Actor, rows: Sequence[Email], said: Mapping[UUID, bool]) -> set[UUID]:
    cases = _cases(session, actor, rows, said)
    touched: set[UUID] = set()
    made: list[tuple[_Case, Interaction, set[UUID]]] = []
    for case in cases:
        if case.entry is not None:
            touched |= _keep_up(session, case, case.entry)
        elif case.wanted and case.row.interaction_id is None and (not case.row.entry_hash or any(said.values())) and (people := case.linked - case.theirs):
            made.append((case, _begin(actor, case), people))
    session.add_all(entry for _, entry, _ in made)
    session.flush()
    link_people(session, [(entry, people) for _, entry, people in made])
    for case, entry, people in made:
        _note(case.row, interaction_id=entry.id, entry_hash=entry_hash(entry, people))
        touched |= people
    session.flush()
    return touched


def _cases(session: Session, actor: Actor, rows: Sequence[Email], said: Mapping[UUID, bool]) -> list[_Case]:
    ids = [row.id for row in rows]
    threads, links = list_threads(session, actor, {row.thread_id for row in rows}), list_links(session, ids)
    entries = list_entries(session, actor, [reference(row) for row in rows]) if rows else {}
    on, (subjects, _) = list_people(session, [row.id for row in entries.values()]), list_texts(session, ids)
    others = queries.list_others(session, actor, [row.ident for row in rows])
    seen = list_seen(session, {one for standing in links.values() for one in standing})
    cases = []
    for row in rows:
        entry = entries.get(reference(row))
        stands = on.get(entry.id, set()) if entry else set()
        linked = {one for one, how in links.get(row.id, {}).items() if how != LinkHow.REMOVED and (one in seen or one in stands)}
        subject = subjects[row.id].subject if row.id in subjects else ""
        cases.append(_Case(row, threads.get(row.thread_id), subject, linked, entry, stands, others.get(row.ident, set()), said))
    return cases


def _begin(actor: Actor, case: _Case) -> Interaction:
    fields = case.fields
    return Interaction(
        owner_id=actor.user_id, kind=Kind.EMAIL.value, source=Source.SYNC.value, external_id=reference(case.row), audience=case.asked,
        asked_audience=case.asked, search_text=search_text(fields["subject"], ""), **fields,
    )  # fmt: skip


def _keep_up(session: Session, case: _Case, entry: Interaction) -> set[UUID]:
    """Bring an entry up to date with its mail, unless it is somebody's by now; whom that concerns."""
    ours = entry_hash(entry, case.on) in (case.row.entry_hash, entry_hash({"kind": Kind.EMAIL.value, **case.fields}, case.linked))
    if entry.deleted_at is not None or not ours:
        _note(case.row, interaction_id=entry.id)
        _hide(case, entry)
        wanted = (case.on | {one for one, put in case.said.items() if put}) - {one for one, put in case.said.items() if not put}
        return change_people(session, entry, case.on, wanted) if case.said and entry.deleted_at is None else set()
    if not case.wanted:
        session.delete(entry)
        session.flush()
        _note(case.row, interaction_id=None, entry_hash="")
        return case.on
    values = {name: value for name, value in case.fields.items() if getattr(entry, name) != value}
    if values:
        entry.sqlmodel_update({**values, "search_text": search_text(case.fields["subject"], entry.body)})
    if entry.asked_audience != case.asked:
        entry.asked_audience = values["asked_audience"] = case.asked
    wanted = case.linked - (case.theirs - case.on) or case.on
    changed = change_people(session, entry, case.on, wanted)
    _note(case.row, interaction_id=entry.id, entry_hash=entry_hash(entry, wanted))
    return case.on | wanted if values or changed else set()


def _hide(case: _Case, entry: Interaction) -> None:
    """What its owner no longer shows is not shown by an entry either in which somebody has written since."""
    if case.level == Shown.METADATA and case.subject and entry.subject == case.subject:
        entry.sqlmodel_update({"subject": "", "search_text": search_text("", entry.body)})
    if case.level == Shown.PRIVATE and entry.asked_audience != Audience.PRIVATE:
        entry.asked_audience = Audience.PRIVATE.value


def _note(row: Email, **values: Any) -> None:
    """Write down only what differs: a second look writes nothing."""
    row.sqlmodel_update({name: value for name, value in values.items() if getattr(row, name) != value})
