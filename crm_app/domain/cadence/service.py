"""Keeping in touch: who is due, putting somebody off, the team's defaults, days away, birthdays."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.cadence import queries, rules
from crm_app.domain.cadence.feeds import create_feed, get_feed, list_feed_items, revoke_feed
from crm_app.domain.cadence.models import AwayPeriod
from crm_app.domain.cadence.schemas import AwayCreate, AwayView, BirthdayRow, CadenceRules, DueFilter, DuePage, DueRow, Recount, TagCadence
from crm_app.domain.contacts.access import get_editable_contacts
from crm_app.domain.contacts.models import Stage
from crm_app.domain.days import today_of
from crm_app.domain.errors import Invalid, NotFound
from crm_app.domain.i18n import _
from crm_app.domain.jobs import service as jobs
from crm_app.domain.paging import encode_cursor
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now
from crm_app.domain.tags.queries import get_tag

__all__ = [
    "count_due", "create_feed", "create_away", "delete_away", "get_cadence_rules", "get_feed", "list_away", "list_birthdays", "list_due", "list_feed_items",
    "recount_contacts", "revoke_feed", "set_counted_kinds", "set_stage_cadence", "set_tag_cadence", "snooze_contacts",
]  # fmt: skip

RECOUNT = "contacts.recount"
AT_ONCE = 2_000
"""So many contacts follow a changed default within the click; a job brings the others along."""
MOST_AWAY, LONGEST_SNOOZE = 50, 3650


def list_due(session: Session, actor: Actor, wanted: DueFilter) -> DuePage:
    """Who is due, the longest due first: two statements. While the asker is away ``away`` says so; the rows are what waits."""
    actor.require(Permission.CONTACT_READ)
    today = today_of(actor)
    found, total = queries.list_due(session, actor, today, wanted)
    shown = found[: wanted.limit]
    return DuePage(
        rows=tuple(_due_row(actor, row, today) for row in shown),
        next_cursor=encode_cursor(shown[-1].due_at, shown[-1].id) if len(found) > wanted.limit else None,
        total=min(total, queries.COUNTED), total_is_capped=total > queries.COUNTED, away=_away_today(session, actor, today),
    )  # fmt: skip


def count_due(session: Session, actor: Actor, wanted: DueFilter) -> int:
    """How many are due, up to 1,001 for "more than a thousand"; 0 while the asker is away."""
    actor.require(Permission.CONTACT_READ)
    today = today_of(actor)
    return 0 if queries.find_away_today(session, actor, today) else queries.count_due(session, actor, today, wanted)


def snooze_contacts(session: Session, actor: Actor, contact_ids: Sequence[UUID], until: date | None) -> None:
    """Put contacts off until a day that lies ahead, in the actor's calendar; None lets them be due again."""
    rows = get_editable_contacts(session, actor, contact_ids)
    today = today_of(actor)
    if until is not None and not today < until <= today + timedelta(days=LONGEST_SNOOZE):
        raise Invalid(fields={"until": _("Choose a day after today, within ten years.")})
    for row in rows:
        if row.snoozed_until != until:
            row.snoozed_until = until
    session.flush()


def get_cadence_rules(session: Session, actor: Actor) -> CadenceRules:
    """The team's defaults."""
    actor.require(Permission.CONTACT_READ)
    days = queries.get_stage_cadences(session)
    tags = tuple(TagCadence(tag_id=tag.id, name=tag.name, days=tag.cadence_days) for tag in queries.list_tag_cadences(session))
    return CadenceRules(stages={stage.value: days.get(stage.value) for stage in Stage}, tags=tags, counted_kinds=queries.get_counted_kinds(session))


def set_stage_cadence(session: Session, actor: Actor, stage: Stage, days: int | None) -> Recount:
    """Set the team's default for a stage, or None for none; contacts with a cadence of their own or by a tag keep that."""
    actor.require(Permission.TEAM_MANAGE)
    if stage not in set(Stage):
        raise Invalid(fields={"stage": _("There is no such stage.")})
    queries.put_stage_cadence(session, Stage(stage).value, rules.checked_days(days))
    return _recount(session, actor)


def set_tag_cadence(session: Session, actor: Actor, tag_id: UUID, days: int | None) -> Recount:
    """Set how often the team wants to be in touch with everyone who has this tag, or None; the shortest of several tags counts."""
    actor.require(Permission.TAG_WRITE)
    tag = get_tag(session, tag_id)
    if tag is None:
        raise NotFound(_("That tag is not here. Someone may have deleted it."))
    tag.cadence_days = rules.checked_days(days)
    session.flush()
    return _recount(session, actor)


def set_counted_kinds(session: Session, actor: Actor, kinds: Collection[str]) -> Recount:
    """Say which kinds of entry count as being in touch. Every contact's last contact follows."""
    actor.require(Permission.TEAM_MANAGE)
    counted = rules.checked_kinds(kinds)
    team = queries.get_team(session)
    if team is None:
        raise NotFound
    team.counted_kinds = counted
    session.flush()
    return _recount(session, actor)


def recount_contacts(session: Session, actor: Actor, after: UUID | None) -> tuple[UUID | None, int]:
    """The next ``AT_ONCE`` contacts follow the team's defaults: the last one's key, None when all do, and how many there were."""
    actor.require(Permission.TAG_WRITE)
    last, count = queries.recount(session, after, AT_ONCE)
    return (last if count == AT_ONCE else None), count


def list_away(session: Session, actor: Actor) -> tuple[AwayView, ...]:
    """The asker's days away that are not over."""
    return tuple(AwayView.model_validate(row) for row in queries.list_away(session, actor, today_of(actor)))


def create_away(session: Session, actor: Actor, data: AwayCreate) -> AwayView:
    """Note days on which nobody is due for the asker. Invalid for days that are over or in the wrong order."""
    actor.require(Permission.PROFILE_WRITE)
    today = today_of(actor)
    if data.ends_on < data.starts_on:
        raise Invalid(fields={"ends_on": _("The last day can't be before the first.")})
    if data.ends_on < today:
        raise Invalid(fields={"ends_on": _("These days are over already.")})
    if len(queries.list_away(session, actor, today)) >= MOST_AWAY:
        raise Invalid(_("At most %d periods can be planned. Remove one first.") % MOST_AWAY)
    row = AwayPeriod(user_id=actor.user_id, **data.model_dump())
    session.add(row)
    session.flush()
    return AwayView.model_validate(row)


def delete_away(session: Session, actor: Actor, away_id: UUID) -> None:
    """Remove one of the asker's periods."""
    actor.require(Permission.PROFILE_WRITE)
    if not queries.delete_away_row(session, actor, away_id):
        raise NotFound


def list_birthdays(session: Session, actor: Actor, within_days: int = 14, mine: bool = True, limit: int = 200) -> tuple[BirthdayRow, ...]:
    """Whose birthday is today or within so many days (at most 366), the next first."""
    actor.require(Permission.CONTACT_READ)
    today = today_of(actor)
    found = queries.list_birthdays(session, actor, today, min(max(within_days, 0), 366), mine, min(limit, 1_000))
    return tuple(sorted((_birthday(row, today) for row in found), key=lambda row: (row.on, row.display_name)))


def _away_today(session: Session, actor: Actor, today: date) -> AwayView | None:
    row = queries.find_away_today(session, actor, today)
    return AwayView.model_validate(row) if row else None


def _recount(session: Session, actor: Actor) -> Recount:
    session.flush()
    last, count = recount_contacts(session, actor, None)
    if last is None:
        return Recount(done=count, job_id=None)
    job = jobs.enqueue_job(session, actor, RECOUNT, {"after": str(last), "done": count})
    return Recount(done=count, job_id=job.id)


def _due_row(actor: Actor, row: Any, today: date) -> DueRow:
    due_on = row.due_at.astimezone(actor.zone).date()
    since = row.last_contact_at or row.created_at
    return DueRow(
        contact_id=row.id, display_name=row.display_name, stage=row.stage, photo_sha=row.photo_sha, owner_id=row.owner_id, owner_name=row.owner_name,
        every_days=row.cadence_effective, last_contact_at=row.last_contact_at, due_on=due_on, days_late=(today - due_on).days,
        heat=round(rules.heat(since, row.cadence_effective, now()), 2), standing=rules.standing(due_on, row.snoozed_until, today),
    )  # fmt: skip


def _birthday(row: Any, today: date) -> BirthdayRow:
    on = rules.next_birthday(row.birth_month, row.birth_day, today)
    return BirthdayRow(contact_id=row.id, display_name=row.display_name, photo_sha=row.photo_sha, on=on, turns=on.year - row.birth_year if row.birth_year else None)
