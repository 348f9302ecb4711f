"""Things at a provider that are not here: one row for each while it stands, tried again with longer and longer waits, and given up after eight times."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.connections import queries, rules
from crm_app.domain.connections.models import SyncProblem
from crm_app.domain.connections.plans import Bad
from crm_app.domain.rows import Audience

_CHANCE = random.Random()  # noqa: S311  spreading load, not a secret
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says of problems: see ``plans.Taken``. ``taken`` are the things that came in, also those of which ``bad`` says what is missing."""

    taken: Collection[str]
    bad: Sequence[Bad]
    gone: Collection[str]
    present: frozenset[str] | None
    noted: frozenset[str]


def known_until(told: Mapping[str, SyncProblem], moment: datetime) -> tuple[dict[str, str], bool]:
    """Those that are not asked for just now, with their etags; and whether others are due, which takes a look at everything."""
    known, due = {}, False
    for item, row in told.items():
        waits = row.retry_at is not None and row.retry_at > moment
        resting = row.kind == "skipped" or row.tries >= rules.MOST_TRIES
        if row.etag and (waits or (resting and row.retry_at is None)):
            known[item] = row.etag
        elif not waits and not resting:
            due = True
    return known, due


def keep(session: Session, actor: Actor, connection_id: UUID, calendar_ref: str, page: Page, moment: datetime) -> tuple[int, int]:
    """Bring the problems of a calendar in step with a page; how many of it are skipped, and how many failed."""
    told = queries.list_calendar_problems(session, actor, connection_id, calendar_ref)
    standing = {one.item: one for one in page.bad}
    for item, row in told.items():
        over = item in page.gone or item in page.taken or (page.present is not None and item not in page.present and item not in page.noted)
        if over and item not in standing:
            session.delete(row)
    for item, bad in standing.items():
        fresh = SyncProblem(
            owner_id=actor.user_id, audience=Audience.PRIVATE.value, connection_id=connection_id, calendar_ref=calendar_ref, item=item, kind="", reason="", tries=0
        )
        session.add(_told(told.get(item) or fresh, bad, moment))
    session.flush()
    failed = sum(bad.failed for bad in standing.values())
    return len(standing) - failed, failed


def _told(row: SyncProblem, bad: Bad, moment: datetime) -> SyncProblem:
    """The row as it says what is the matter now. What has changed over there is a new thing, and begins anew."""
    again = row.tries and row.etag in ("", bad.etag) and row.kind == ("failed" if bad.failed else "skipped")
    row.tries = (row.tries + 1 if again else 1) if bad.failed else 1
    wait = rules.wait_before_item(row.tries, _CHANCE) if bad.failed else None
    row.kind, row.etag, row.seen_at = "failed" if bad.failed else "skipped", bad.etag, moment
    row.reason, row.title, row.retry_at = rules.short(bad.reason, LONGEST_REASON), rules.short(bad.title, 240), moment + wait if wait is not None else None
    return row
