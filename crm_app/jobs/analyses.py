"""What models make in the background: what somebody asked for, what is to be tried again, and what has come that a skill has not read yet.

What may be spent bounds it: a call that there is no money for is put off, and looked for again an hour later. A feature that is switched off has
nothing made, and what waits for it waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlmodel import Session

from crm_app.ai.skills import SKILLS, frame
from crm_app.ai.skills.asking import Order, features_on, of_contact, of_event, order_analysis, resume_analysis
from crm_app.domain.actor import Actor
from crm_app.domain.ai.features import Feature
from crm_app.domain.analyses import due_queries, queries
from crm_app.domain.analyses import service as analyses
from crm_app.domain.analyses.models import SubjectKind
from crm_app.domain.analyses.schemas import Subject
from crm_app.domain.errors import CrmError
from crm_app.domain.i18n import in_locale
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.queries import find_owner
from crm_app.domain.jobs.schemas import JobEnded
from crm_app.domain.unit_of_work import anonymous_work, run_service
from crm_app.jobs.defects import report
from crm_app.jobs.running import Running

AT_ONCE = 8
"""So many are begun for one person at a turn, so that a first day costs no fortune and nobody else waits."""
LOOKED_AT = timedelta(days=14)
AHEAD = timedelta(days=7)
REST = timedelta(hours=20)


def run_making(held: Running) -> None:
    """Have one skill say something about one subject. Whatever comes of it stands with the analysis; what may no longer be read leaves none."""
    order = Order.model_validate(held.job.payload)
    with in_locale(held.actor.locale):
        try:
            view = frame.make(held.actor, SKILLS[order.skill], order.subject, job_id=held.job.id)
            result = {"state": view.state.value, "failure": view.failure}
        except JobEnded:
            raise
        except CrmError as refusal:
            run_service(held.actor, analyses.forget_analysis, order.subject, order.skill)
            result = {"state": "refused", "failure": refusal.message}
    run_service(held.actor, jobs.finish_job, held.job.id, result, attempt=held.job.attempts)


def resume_due(moment: datetime) -> int:
    """Have everybody's analyses made whose turn has come; how many were begun."""
    with anonymous_work() as session:
        people = [actor for person in queries.list_people_with_due_analyses(session, moment) if (actor := find_owner(session, person))]
    return sum(_kindly(actor, resume_for) for actor in people)


def look_for_new(moment: datetime) -> int:
    """Look for everybody for what has come and may be read by a feature that is on; how many were begun."""
    with anonymous_work() as session:
        people = [actor for person in due_queries.list_people(session) if (actor := find_owner(session, person))]
    return sum(_kindly(actor, order_new, moment) for actor in people)


def resume_for(session: Session, actor: Actor) -> int:
    """Begin what waits for this person and is due."""
    return sum(resume_analysis(session, actor, due) for due in analyses.list_due_analyses(session, actor, AT_ONCE))


def order_new(session: Session, actor: Actor, moment: datetime) -> int:
    """Begin what is new for this person, as far as it may be read; the most pressing first."""
    begun = 0
    for skill, subject in _new(session, actor, moment, features_on(session, actor)):
        if begun >= AT_ONCE:
            break
        try:
            with session.begin_nested():
                begun += order_analysis(session, actor, skill, subject).state != "done"
        except CrmError:  # somebody on it does not agree, or it says nothing
            continue
    return begun


def _new(session: Session, actor: Actor, moment: datetime, on: frozenset[Feature]) -> Iterator[tuple[str, Subject]]:
    if Feature.BRIEFING in on:
        yield from (("brief", of_event(key)) for key in due_queries.list_unread_events(session, actor, "brief", moment, moment + timedelta(days=1), AT_ONCE))
    if Feature.EVENTS in on:
        yield from (("events", of_event(key)) for key in due_queries.list_unread_events(session, actor, "events", moment, moment + AHEAD, AT_ONCE))
    if Feature.SUMMARIES in on:
        threads = due_queries.list_grown_threads(session, actor, "mail_summary", moment - LOOKED_AT, AT_ONCE)
        yield from (("mail_summary", Subject(kind=SubjectKind.MAIL, id=key)) for key in threads)
    if Feature.SENTIMENT in on:
        entries = due_queries.list_unread_entries(session, actor, "sentiment", moment - LOOKED_AT, AT_ONCE * 4)
        yield from (("sentiment", Subject(kind=SubjectKind.INTERACTION, id=key)) for key in entries)
    if Feature.INSIGHT in on:
        grown = due_queries.list_grown_contacts(session, actor, "insight", moment - LOOKED_AT, moment - REST, AT_ONCE)
        yield from ((skill, of_contact(key)) for key in grown for skill in ("insight", "lifecycle"))
    if Feature.PLANNING in on:
        yield from (("next_session", of_contact(key)) for key in due_queries.list_met_lately(session, actor, "next_session", moment, AT_ONCE))


def _kindly(actor: Actor, look: object, *given: object) -> int:
    try:
        with in_locale(actor.locale):
            return int(run_service(actor, look, *given))  # type: ignore[arg-type]
    except Exception as defect:  # noqa: BLE001  one person's defect must not keep everybody's analyses; the log has it
        report("looking for analyses failed", defect, person=str(actor.user_id))
        return 0
