"""What the clock does for calendars: what has ended becomes a meeting, and contacts that gained an address find their events, each as their owner."""

from __future__ import annotations

from datetime import datetime

from crm_app.domain.calendar import meeting_queries, settling
from crm_app.domain.jobs.queries import find_owner
from crm_app.domain.unit_of_work import anonymous_work, run_service
from crm_app.jobs.defects import report


def settle(moment: datetime) -> int:
    """Look after everybody whose events have ended; how many events that were. What goes wrong for one person keeps nobody else waiting."""
    with anonymous_work() as session:
        people = [actor for person in meeting_queries.list_people_with_due_events(session, moment) if (actor := find_owner(session, person))]
    settled = 0
    for actor in people:
        try:
            settled += run_service(actor, settling.settle_events, moment)
        except Exception as defect:  # noqa: BLE001  one person's defect must not keep everybody's meetings; the log has it
            report("settling meetings failed", defect, person=str(actor.user_id))
    return settled
