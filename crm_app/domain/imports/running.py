"""Goes through a file once: for a preview without writing, for a run with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.ahead import read_ahead
from crm_app.domain.calendar.settling import match_events
from crm_app.domain.imports import alone
from crm_app.domain.imports.cards import Problem
from crm_app.domain.imports.matching import Matcher
from crm_app.domain.imports.queries import put_referrers
from crm_app.domain.imports.reader import Parsed
from crm_app.domain.imports.schemas import ImportSummary, PlannedRow, Preview
from crm_app.domain.imports.writing import write_identities, write_people
from crm_app.domain.mail.settling import match_mail

PREVIEWED, SHOWN, MOST_PROBLEMS = 5_000, 200, 10_000
Progress = Callable[[int, int], None]


@dataclass
class Tally:
    """What has been decided so far."""

    actions: Counter[str] = field(default_factory=Counter)
    rows: list[PlannedRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    records: int = 0
    failed: int = 0

    def add_problems(self, problems: tuple[Problem, ...]) -> None:
        """Count what was left out, and keep the sentences of the first ten thousand."""
        self.failed += sum(problem.lost for problem in problems)
        self.problems.extend(problems[: MOST_PROBLEMS - len(self.problems)])

    def summary(self) -> ImportSummary:
        """The counts of a run."""
        return ImportSummary(
            created=self.actions["create"], updated=self.actions["update"], skipped=self.actions["skip"], failed=self.failed, problems=tuple(self.problems)
        )


def preview(session: Session, actor: Actor, parsed: Parsed) -> Preview:
    """What a run would do with the first 5,000 records."""
    tally, matcher, seen = Tally(), Matcher(session, actor, parsed.source), set[UUID]()
    complete = True
    for batch in read_ahead(parsed.batches()):
        if tally.records >= PREVIEWED:
            complete = False
            break
        tally.records += batch.records
        for row, _ in (*matcher.take(batch.cards), *alone.decide(session, actor, batch.alone, seen)):
            tally.actions[row.action] += 1
            if len(tally.rows) < SHOWN:
                tally.rows.append(row)
    tally.add_problems(tuple(parsed.problems))
    return Preview(
        created=tally.actions["create"], updated=tally.actions["update"], skipped=tally.actions["skip"], failed=tally.failed,
        rows=tuple(tally.rows), problems=tuple(tally.problems[:SHOWN]), complete=complete,
    )  # fmt: skip


def run(session: Session, actor: Actor, parsed: Parsed, audience: str, progress: Progress) -> ImportSummary:
    """Take the whole file, piece by piece, in the caller's transaction. ``progress`` may raise to stop; then nothing stays."""
    tally, matcher, seen = Tally(), Matcher(session, actor, parsed.source), set[UUID]()
    referred: list[tuple[UUID, UUID]] = []
    progress(0, parsed.total)
    for batch in read_ahead(parsed.batches()):
        people = []
        for card, (row, person) in zip(batch.cards, matcher.take(batch.cards), strict=True):
            tally.actions[row.action] += 1
            people.append(person)
            if card.referred_by and row.action == "create":
                referred.append((person.id, card.referred_by))
        write_people(session, actor, people, audience)
        write_identities(session, actor, parsed.source, matcher.identities)
        matcher.identities.clear()
        decided = alone.decide(session, actor, batch.alone, seen)
        tally.actions.update(row.action for row, _ in decided)
        alone.write(session, actor, [one for row, one in decided if row.action == "create"], audience)
        tally.records += batch.records
        progress(tally.records, max(tally.records, parsed.total))
    match_events(session, actor)
    match_mail(session, actor)
    put_referrers(session, [(contact_id, who) for contact_id, named in referred if (who := matcher.person_called(str(named))) and who != contact_id])
    tally.add_problems(tuple(parsed.problems))
    return tally.summary()


def rehearse(session: Session, actor: Actor, parsed: Parsed) -> ImportSummary:
    """The counts that a run would have, of the whole file; nothing is written."""
    tally, matcher, seen = Tally(), Matcher(session, actor, parsed.source), set[UUID]()
    for batch in read_ahead(parsed.batches()):
        tally.actions.update(row.action for row, _ in (*matcher.take(batch.cards), *alone.decide(session, actor, batch.alone, seen)))
    tally.add_problems(tuple(parsed.problems))
    return tally.summary()
