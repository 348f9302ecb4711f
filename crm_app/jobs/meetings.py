"""What the clock does for calendars and mail: what has ended becomes a meeting, and contacts that gained an address find their events and mails,
each as their owner.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from crm_app.domain.actor import Actor
from crm_app.domain.calendar import meeting_queries, settling
from crm_app.domain.jobs.queries import find_owner
from crm_app.domain.mail.landing_queries import list_people_with_unmatched_mail
from crm_app.domain.mail.missed_queries import list_people_with_missed_mail
from crm_app.domain.mail.settling import match_mail, match_missed
from crm_app.domain.unit_of_work import anonymous_work, run_service
from crm_app.jobs.defects import report

MISSED = timedelta(minutes=30)
"""How far back it is looked for mails and contacts that came at the same time: longer than any two transactions overlap, and this clock pauses."""


def settle(moment: datetime) -> int:
    """Look after everybody whose events have ended or whose mails are to be matched again; how many those were.

    What goes wrong for one person keeps nobody else waiting.
    """
    with anonymous_work() as session:
        meeting = [actor for person in meeting_queries.list_people_with_due_events(session, moment) if (actor := find_owner(session, person))]
        lately = moment - MISSED
        missing = [actor for person in list_people_with_missed_mail(session, lately) if (actor := find_owner(session, person))]
        writing = [actor for person in list_people_with_unmatched_mail(session) if (actor := find_owner(session, person))]
    settled = 0
    for actor in meeting:
        settled += _kindly(actor, lambda actor: run_service(actor, settling.settle_events, moment))
    for actor in writing:
        settled += _kindly(actor, lambda actor: run_service(actor, match_mail))
    for actor in missing:
        settled += _kindly(actor, lambda actor: run_service(actor, match_missed, lately))
    return settled


def _kindly(actor: Actor, look_after: Callable[[Actor], int]) -> int:
    try:
        return look_after(actor)
    except Exception as defect:  # noqa: BLE001  one person's defect must not keep everybody's meetings; the log has it
        report("settling meetings failed", defect, person=str(actor.user_id))
        return 0
