"""Which mails belong together: by the ids that their heads name, and only as a last resort by subject, among the same people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.mail import landing_queries as queries
from crm_app.domain.mail.identity import TALK_LASTS
from crm_app.domain.mail.models import MailThread, Shown
from crm_app.domain.rows import Audience

_STEPS = list(Shown)


@dataclass
class Clue:
    """By what the thread of one mail may be known. ``thread_id`` is what was found."""

    sent_at: datetime
    references: Sequence[str]
    talk: str
    answers: bool
    thread_id: UUID | None = None


    @property
    def found(self) -> UUID:
        """Its thread, once ``find_threads`` has looked."""
        if self.thread_id is None:
            raise RuntimeError("find_threads has not been called")
        return self.thread_id


@dataclass
class _Known:
    """The threads by what they are known, as the mails are taken in one by one."""

    threads: dict[str, UUID]
    moved: dict[UUID, datetime]
    fresh: dict[str, UUID] = field(default_factory=dict)
    made: dict[UUID, MailThread] = field(default_factory=dict)
    merged: dict[UUID, set[UUID]] = field(default_factory=dict)


def find_threads(session: Session, actor: Actor, clues: Sequence[Clue]) -> None:
    """Put each mail into a thread, a new one where none is known. Threads that turn out to be one become the oldest of them."""
    if not clues:
        return
    found = queries.list_references(session, actor, {ref for clue in clues for ref in (*clue.references, clue.talk) if ref})
    known = _Known({ref: thread_id for ref, (thread_id, _) in found.items()}, dict(found.values()))
    for clue in sorted(clues, key=lambda one: one.sent_at):
        clue.thread_id = _thread_of(actor, clue, known)
    _write(session, actor, clues, known)


def _thread_of(actor: Actor, clue: Clue, known: _Known) -> UUID:
    named = sorted({known.threads[ref] for ref in clue.references if ref in known.threads})
    if not named and clue.answers and (said := known.threads.get(clue.talk)) and abs(known.moved[said] - clue.sent_at) <= TALK_LASTS:
        named = [said]
    if named:
        thread_id = named[0]
        _merge(known, thread_id, set(named[1:]))
    else:
        row = MailThread(owner_id=actor.user_id, audience=Audience.PRIVATE.value, last_at=clue.sent_at)
        thread_id = row.id
        known.made[thread_id] = row
    known.moved[thread_id] = max(clue.sent_at, known.moved.get(thread_id, clue.sent_at))
    for ref in (*clue.references, clue.talk):
        if ref and known.threads.get(ref) != thread_id:
            known.threads[ref] = known.fresh[ref] = thread_id
    return thread_id


def _merge(known: _Known, into: UUID, away: set[UUID]) -> None:
    if not away:
        return
    for mapping in (known.threads, known.fresh):
        mapping.update({ref: into for ref, thread_id in mapping.items() if thread_id in away})
    swallowed = away.union(*(known.merged.pop(one, set()) for one in away))
    known.merged.setdefault(into, set()).update(swallowed)


def _write(session: Session, actor: Actor, clues: Sequence[Clue], known: _Known) -> None:
    kept = {lost: into for into, away in known.merged.items() for lost in away}
    for clue in clues:
        clue.thread_id = kept.get(clue.thread_id, clue.thread_id) if clue.thread_id else None
    session.add_all(row for key, row in known.made.items() if key not in kept)
    session.flush()
    stored = queries.list_threads(session, actor, {one for into, away in known.merged.items() for one in (into, *away)} - known.made.keys())
    for into, away in known.merged.items():
        old = [stored[one] for one in away if one in stored]
        target = stored.get(into) or known.made.get(into)
        if old and target is not None:
            _agree(target, old)
            session.flush()
            queries.merge_threads(session, into, [row.id for row in old])
            for row in old:
                session.expunge(row)
    queries.keep_references(session, actor, known.fresh)


def _agree(into: MailThread, away: Sequence[MailThread]) -> None:
    """Of what was said of several threads the narrowest holds for the one that they become."""
    said = [row.shown for row in (into, *away) if row.shown is not None]
    into.shown = min(said, key=lambda one: _STEPS.index(Shown(one))) if said else None
    into.irrelevant = into.irrelevant and all(row.irrelevant for row in away)
