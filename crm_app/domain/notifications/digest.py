"""The day in one mail: what is due, with whom to be in touch, birthdays, and what has been told and not read. Nothing to say, no mail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.cadence.queries import find_away_today, list_due
from crm_app.domain.cadence.rules import due_day as cadence_due_day
from crm_app.domain.cadence.schemas import DueFilter
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.links import absolute
from crm_app.domain.notifications import queries, reminder_queries, rules, wording
from crm_app.domain.notifications.digest_mail import write_digest
from crm_app.domain.notifications.kinds import Kind
from crm_app.domain.notifications.models import NotificationProfile
from crm_app.domain.notifications.stopping import stop_path
from crm_app.domain.outbox.posting import Letter, mail_address, post_mail
from crm_app.domain.tasks.rules import due_here, in_order
from crm_app.domain.times import day_in_year, short_date, time_words

MOST_LINES: Final = 12
LATEST: Final = timedelta(hours=6)
"""A server that was away for longer than this after the hour leaves the day's mail out: the day is well under way."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing: what it is called, what there is to say about it, and the path to it."""

    title: str
    note: str
    link: str


@dataclass(frozen=True, slots=True)
class Section:
    """Things of one sort. ``said`` stands in the mail's subject; ``more`` is how many are left out."""

    title: str
    said: str
    lines: tuple[Line, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Day:
    """The day of a digest: which one, and from when on news has not been mailed yet."""

    today: date
    since: datetime


Source = Callable[[Session, Actor, Day], Section | None]


def queue_digest(session: Session, actor: Actor, moment: datetime) -> bool:
    """Write the actor's mail of the day if its hour has come; whether there was anything to write. Each day is considered once."""
    if not mail_address() or not actor.email:
        return False
    today = moment.astimezone(actor.zone).date()
    if not _is_due(queries.get_profile(session, actor), today, moment, actor):  # nearly always: nothing is locked or written for that
        return False
    profile = queries.get_profile(session, actor, lock=True)
    if not _is_due(profile, today, moment, actor):
        return False
    due = digest_moment(profile, today, actor)
    before, profile.digested_on = profile.digested_on, today
    session.flush()
    if moment > due + LATEST or find_away_today(session, actor, today):
        return False
    since = max(digest_moment(profile, before, actor) if before else due - timedelta(days=1), due - timedelta(days=7))
    sections = list_sections(session, actor, Day(today, since))
    if not sections:
        return False
    subject, text, html = write_digest(actor, today, sections)
    letter = Letter(actor.email, subject, text, html, actor.name, unsubscribe=absolute(stop_path(actor.user_id, profile.stop_nonce)))
    return post_mail(session, actor, "digest", letter, key=f"digest:{today}", expires_at=due + LATEST) is not None


def _is_due(profile: NotificationProfile, today: date, moment: datetime, actor: Actor) -> bool:
    considered = profile.digested_on is not None and profile.digested_on >= today
    return profile.digest and not considered and moment >= digest_moment(profile, today, actor)


def digest_moment(profile: NotificationProfile, day: date, actor: Actor) -> datetime:
    """When the mail of a day goes out: at the chosen hour, or when the quiet ends that it falls into."""
    chosen = rules.at(day, profile.digest_at, actor.zone)
    return rules.quiet_end(profile, chosen, actor.zone) or chosen


def list_sections(session: Session, actor: Actor, day: Day) -> list[Section]:
    """What there is to say, of the kinds that the actor wants by mail."""
    channels = queries.get_channels(session, actor)
    return [section for kind, source in SECTIONS if channels[kind].mail and (section := source(session, actor, day))] + _unread(session, actor, day)


def tasks_due(session: Session, actor: Actor, day: Day) -> Section | None:
    """One's own open tasks that are overdue or due today, in the order of the list."""
    found = reminder_queries.list_open_tasks(session, actor, date.min, day.today + timedelta(days=1))
    here = {task.id: due_here(task.due_date, task.due_time, task.due_zone, actor.zone) for task in found}
    days = {key: due or day.today for key, (due, _at) in here.items()}
    due = sorted((task for task in found if days[task.id] <= day.today), key=in_order)
    late = sum(days[task.id] < day.today for task in due)
    lines = [Line(task.title, _due_note(days[task.id], here[task.id][1], day.today, actor), f"/tasks?open={task.id}") for task in due]
    parts = [ngettext("%d task overdue", "%d tasks overdue", late) % late] if late else []
    if len(due) > late:
        parts.append(ngettext("%d task today", "%d tasks today", len(due) - late) % (len(due) - late))
    return _section(_("Tasks"), ", ".join(parts), lines)


def _due_note(due: date, at: time | None, today: date, actor: Actor) -> str:
    if due < today:
        return _("overdue since %s") % short_date(due, actor, today=today)
    return f"{_('today')}, {time_words(at, actor)}" if at else _("today")


def to_reconnect(session: Session, actor: Actor, day: Day) -> Section | None:
    """With whom to be in touch, the longest overdue first."""
    rows, total = list_due(session, actor, day.today, DueFilter(mine=True, limit=MOST_LINES))
    lines = []
    for row in rows[:MOST_LINES]:
        days = (day.today - (cadence_due_day(row.due_at, actor.zone) or day.today)).days
        lines.append(Line(row.display_name, ngettext("%d day overdue", "%d days overdue", days) % days if days > 0 else _("due today"), f"/contacts/{row.id}"))
    return _section(_("Be in touch with"), ngettext("%d person to be in touch with", "%d people to be in touch with", total) % total, lines, total)


def birthdays(session: Session, actor: Actor, day: Day) -> Section | None:
    """Whose birthday it is, or soon will be, as early as the actor wants to know."""
    ahead = queries.get_profile(session, actor).birthday_days
    lines = []
    for distance in sorted({0, ahead}):
        when = day.today + timedelta(days=distance)
        said = {0: _("today"), 1: _("tomorrow")}.get(distance) or _("on %s") % day_in_year(when, actor)
        lines += [Line(name, said, f"/contacts/{key}") for key, name in reminder_queries.list_birthday_names(session, actor, when)]
    return _section(_("Birthdays"), ngettext("%d birthday", "%d birthdays", len(lines)) % len(lines), lines)


def _unread(session: Session, actor: Actor, day: Day) -> list[Section]:
    """What else was told since the last mail and has not been read."""
    channels = queries.get_channels(session, actor)
    kinds = [kind for kind, ways in channels.items() if ways.mail and kind not in {own for own, _source in SECTIONS}]
    rows = queries.list_calling(session, actor, kinds, day.since, (), MOST_LINES + 1)[::-1]
    lines = [Line(view.headline, view.caption, view.link) for view in wording.get_views(session, actor, rows[:MOST_LINES])]
    section = _section(_("Not read yet"), ngettext("%d notification", "%d notifications", len(rows)) % len(rows), lines, len(rows))
    return [section] if section else []


def _section(title: str, said: str, lines: Sequence[Line], total: int = 0) -> Section | None:
    shown = tuple(lines[:MOST_LINES])
    return Section(title, said, shown, max(total, len(lines)) - len(shown)) if shown else None


SECTIONS: Final[tuple[tuple[Kind, Source], ...]] = (
    (Kind.TASK_DUE, tasks_due),
    (Kind.RECONNECT_DUE, to_reconnect),
    (Kind.BIRTHDAY, birthdays),
)
"""Whoever brings another part of the day adds it here, under the kind whose mail switch it obeys."""
