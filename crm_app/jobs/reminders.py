"""Reminders and the mail of the day, person by person: each in a unit of work of their own, as themselves."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from crm_app.domain.actor import Actor
from crm_app.domain.i18n import in_locale
from crm_app.domain.jobs.queries import find_owner
from crm_app.domain.notifications import digest, reminder_queries, reminders
from crm_app.domain.unit_of_work import anonymous_work, run_service
from crm_app.jobs.defects import report


class Caller:
    """Looks after everybody, and remembers up to when it has looked: where nothing is due, nothing is written."""

    def __init__(self) -> None:
        self._looked: dict[UUID, datetime] = {}

    def give_reminders(self, moment: datetime) -> int:
        """Look at everybody; how many reminders were given. What goes wrong for one person keeps nobody else from theirs.

        Their mail of the day is written after their reminders, so that it tells of them.
        """
        with anonymous_work() as session:
            people = [actor for person in reminder_queries.list_people(session) if (actor := find_owner(session, person))]
        return sum(self._look_after(actor, moment) for actor in people)

    def _look_after(self, actor: Actor, moment: datetime) -> int:
        given, looked = 0, self._looked.get(actor.user_id)
        try:
            if run_service(actor, reminders.find_due, moment, looked):
                given = run_service(actor, reminders.give_reminders, moment, looked)
            self._looked[actor.user_id] = moment
        except Exception as defect:  # noqa: BLE001  one person's defect must not silence everybody's reminders; the log has it
            report("reminders failed", defect, person=str(actor.user_id))
        write_digest(actor, moment)
        return given


def write_digest(actor: Actor, moment: datetime) -> None:
    """Write somebody's mail of the day if its hour has come, in their language."""
    try:
        with in_locale(actor.locale):
            run_service(actor, digest.queue_digest, moment)
    except Exception as defect:  # noqa: BLE001  the same goes for their mail
        report("the mail of the day failed", defect, person=str(actor.user_id))


def tidy(moment: datetime) -> None:
    """Forget what was read long ago."""
    with anonymous_work() as session:
        reminder_queries.tidy(session, moment)
