"""What the clock does for calendars and mail: what has ended becomes a meeting, and contacts that gained an address find their events and mails,
each as their owner.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from crm_app.domain.actor import Actor
from crm_app.domain.calendar import meeting_queries, settling
from crm_app.domain.calendar.missed_queries import list_people_with_missed_events
from crm_app.domain.jobs.queries import find_owner
from crm_app.domain.mail.landing_queries import list_people_with_unmatched_mail
from crm_app.domain.mail.missed_queries import list_people_with_missed_mail
from crm_app.domain.mail.settling import match_mail, match_missed
from crm_app.domain.unit_of_work import anonymous_work, run_service
from crm_app.jobs.defects import report

MISSED = timedelta(minutes=30)
"""How far back it is looked for contacts, and events or mails, that came at the same time: longer than any two transactions overlap, and this clock pauses."""


def settle(moment: datetime) -> int:
    """Look after everybody whose events have ended, or whose events or mails are to be matched again; how many those were.

    What goes wrong for one person keeps nobody else waiting.
    """
    lately = moment - MISSED
    with anonymous_work() as session:
        duties = (
            (meeting_queries.list_people_with_due_events(session, moment), settling.settle_events, (moment,)),
            (list_people_with_missed_events(session, lately), settling.match_missed, (lately,)),
            (list_people_with_unmatched_mail(session), match_mail, ()),
            (list_people_with_missed_mail(session, lately), match_missed, (lately,)),
        )
        due = [(actor, duty, when) for people, duty, when in duties for person in people if (actor := find_owner(session, person))]
    return sum(_kindly(actor, duty, *when) for actor, duty, when in due)


def _kindly(actor: Actor, duty: Callable[..., int], *when: datetime) -> int:
    try:
        return run_service(actor, duty, *when)
    except Exception as defect:  # noqa: BLE001  one person's defect must not keep everybody's meetings; the log has it
        report("settling meetings failed", defect, person=str(actor.user_id))
        return 0
