"""The day as a model tells it, ordered before somebody's morning, where they are: only for whoever has switched that on for themselves.

It is a job as if they had asked, on the same meter: what there is no money for is asked of no model.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from sqlmodel import Session

from crm_app.ai.skills.asking import order_analysis
from crm_app.domain.actor import Actor
from crm_app.domain.ai import briefing, queries
from crm_app.domain.analyses.models import SubjectKind
from crm_app.domain.analyses.schemas import Subject
from crm_app.domain.errors import CrmError
from crm_app.domain.i18n import in_locale
from crm_app.domain.jobs.queries import find_owner
from crm_app.domain.unit_of_work import anonymous_work, run_service
from crm_app.jobs.defects import report


def brief_people(moment: datetime) -> int:
    """Look after everybody whose hour may have come; how many days are to be told."""
    with anonymous_work() as session:
        people = [actor for person in queries.list_people_to_brief(session, moment) if (actor := find_owner(session, person))]
    return sum(_kindly(actor, moment) for actor in people)


def order_day(session: Session, actor: Actor, moment: datetime) -> bool:
    """Have the actor's day told if its hour has come. A day of which there is nothing to tell is told to nobody."""
    if not briefing.begin_day(session, actor, moment):
        return False
    with suppress(CrmError), session.begin_nested():
        return order_analysis(session, actor, "daily", Subject(kind=SubjectKind.DAY, id=actor.user_id)).state != "done"
    return False


def _kindly(actor: Actor, moment: datetime) -> bool:
    try:
        with in_locale(actor.locale):
            return bool(run_service(actor, order_day, moment))
    except Exception as defect:  # noqa: BLE001  one person's defect must not keep everybody's day; the log has it
        report("ordering a briefing failed", defect, person=str(actor.user_id))
        return False
