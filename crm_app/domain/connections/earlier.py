"""Events from before the months that are read: one line for each calendar says how many there are over there, and what brings them in."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session

from crm_app.domain import times
from crm_app.domain.actor import Actor
from crm_app.domain.calendar.models import Calendar
from crm_app.domain.connections import queries, rules
from crm_app.domain.connections.models import Connection, SyncProblem
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.rows import Audience, now


def keep(session: Session, actor: Actor, connection: Connection, calendar: Calendar, first: date) -> None:
    """Bring the line of a calendar in step with how many of its events lay before ``first``, the first day that is read. Without any there is none."""
    count, row = queries.count_left_out(session, actor, [calendar.id]), queries.find_earlier(session, actor, connection.id, calendar.external_id)
    if not count:
        if row is not None:
            session.delete(row)
            session.flush()
        return
    reason = _sentence(actor, count, first, connection.history_months)
    if row is None:
        row = SyncProblem(
            owner_id=actor.user_id, audience=Audience.PRIVATE.value, connection_id=connection.id, calendar_ref=calendar.external_id, item=queries.EARLIER,
            kind="skipped", title=_("Earlier events"), reason="",
        )  # fmt: skip
        session.add(row)
    if row.reason != reason:
        row.reason, row.seen_at = reason, now()
    session.flush()


def _sentence(actor: Actor, count: int, first: date, months: int) -> str:
    said = ngettext("%(count)s event before %(day)s was left out.", "%(count)s events before %(day)s were left out.", count)
    if months < rules.MOST_MONTHS:
        way = ngettext("Choose more months to read to bring it in.", "Choose more months to read to bring them in.", count)
    else:
        way = _("Calendars are read back to 24 months at most.")
    return f"{said % {'count': f'{count:,}', 'day': times.short_date(first, actor)}} {way}"
