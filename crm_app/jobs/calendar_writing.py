"""A change to somebody's calendar, told to its provider once: whatever is interrupted is looked at again before it is tried again."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from prometheus_client import Counter
from sqlalchemy.exc import OperationalError

from crm_app.domain.actor import Actor
from crm_app.domain.calendar import carrying, wishes, writing_queries
from crm_app.domain.calendar.carrying import Carried, Stood, Task
from crm_app.domain.calendar.cutting import slim
from crm_app.domain.calendar.landing import TakenItem, digest_of
from crm_app.domain.calendar.models import ChangeKind, ChangeState
from crm_app.domain.calendar.reading import ItemFailed, ItemRefused, Window, read_items, rewrite_item
from crm_app.domain.calendar.reading_schemas import ReadItem
from crm_app.domain.connections.plans import Bad
from crm_app.domain.connections.source import CalendarWriter, Changed, RemoteItem, SignInNeeded, SourceDown, SourceError
from crm_app.domain.errors import Forbidden, NotFound
from crm_app.domain.i18n import _, in_locale
from crm_app.domain.jobs.queries import find_owner
from crm_app.domain.jobs.schemas import JobCancelled, JobEnded
from crm_app.domain.unit_of_work import anonymous_work, run_service
from crm_app.jobs.defects import report
from crm_app.jobs.running import Running
from crm_app.jobs.sources import open_writer

WRITES = Counter("crm_calendar_writes_total", "Changes to calendars, by what became of them.", ["state"])
AROUND = timedelta(days=2)


def run_writing(held: Running) -> None:
    """Tell a provider of one change, and take in what stands there then."""
    with in_locale(held.actor.locale):
        try:
            task = run_service(held.actor, carrying.begin_write, held.job)
            _carry(held, task)
        except NotFound:  # the calendar was let go of, and the change with it
            raise JobCancelled from None


def resume_lost(moment: datetime) -> int:
    """Take up the changes whose job got lost; how many there were."""
    with anonymous_work() as session:
        lost = writing_queries.list_lost(session, moment)
        people = {owner: find_owner(session, owner) for owner in {owner for _change, owner in lost}}
    return sum(_take_up(change_id, people[owner]) for change_id, owner in lost)


def _take_up(change_id: UUID, owner: Actor | None) -> bool:
    if owner is None:
        return False
    try:
        with in_locale(owner.locale):
            return run_service(owner, carrying.take_up, change_id)
    except Forbidden:  # its owner's role changed meanwhile
        return False


def _carry(held: Running, task: Task) -> None:
    try:
        carried = _told(held, task)
    except SourceDown as down:
        run_service(held.actor, carrying.wait_and_try_again, held.job, task, down.reason, down.after)
        return
    except SignInNeeded as refusal:
        carried = Carried(ChangeState.REFUSED, refusal.reason, sign_in=True)
    except (SourceError, ItemRefused) as refusal:
        carried = Carried(ChangeState.REFUSED, refusal.reason)
    except (JobEnded, OperationalError, Forbidden, NotFound):
        raise
    except Exception as defect:  # noqa: BLE001  a defect with one change must not keep the others waiting, nor be tried again; the log has it
        reference = report("a change to a calendar failed", defect, change=str(task.change_id), kind=task.plan.kind)
        carried = Carried(ChangeState.REFUSED, _("Something went wrong on our side. If you ask for help, mention %s.") % reference)
    WRITES.labels(carried.state.value).inc()
    run_service(held.actor, carrying.end_write, held.job, task, carried)


def _told(held: Running, task: Task) -> Carried:
    """What became of it over there."""
    if task.fault:
        return Carried(ChangeState.REFUSED, task.fault)
    if task.gone:
        return Carried(ChangeState.DONE) if task.what is ChangeKind.DELETE else Carried(ChangeState.CONFLICT, _no_longer())
    with closing(open_writer(task.plan, held.actor)) as writer:
        named = replace(task, ref=task.ref or writer.name_new(task.calendar_ref, task.uid))
        standing = writer.fetch(task.calendar_ref, named.ref) if task.again or task.what is not ChangeKind.CREATE else None
        state = _judged(named, standing)
        if state is None:
            held.stop_if_asked()
            state = _write(writer, named, standing)
            standing = writer.fetch(task.calendar_ref, named.ref)
        return _carried(named, state, standing)


def _judged(task: Task, standing: RemoteItem | None) -> ChangeState | None:
    """What there is to say of a change before anything is written; None: it is to be written.

    Whoever changed something else over there meanwhile, another one of the series or an alarm, is not in the way.
    """
    if task.what is ChangeKind.CREATE:
        return ChangeState.DONE if standing is not None else None
    if standing is None:
        return ChangeState.DONE if task.what is ChangeKind.DELETE else ChangeState.CONFLICT
    if standing.etag == task.etag and not task.again:
        return None
    event = task.find(_read(task, standing, near=True))
    if event is None:
        return ChangeState.DONE if task.what is ChangeKind.DELETE else ChangeState.CONFLICT
    if task.what is ChangeKind.CHANGE and wishes.is_as_wished(event, task.wish, task.own):
        return ChangeState.DONE
    return None if digest_of(event) == task.meant_for else ChangeState.CONFLICT


def _write(writer: CalendarWriter, task: Task, standing: RemoteItem | None) -> ChangeState:
    if standing is not None and not standing.etag:
        raise SourceError(_("Your calendar does not say when something in it has changed, so nothing is written into it."))
    etag = standing.etag if standing is not None else ""
    content = rewrite_item(standing.content if standing is not None else b"", task.options())
    try:
        if content:
            writer.write(task.calendar_ref, task.ref, etag, content)
        else:
            writer.erase(task.calendar_ref, task.ref, etag)
    except Changed:  # something of our new one's own name is ours: it came to be before
        return ChangeState.DONE if task.what is ChangeKind.CREATE else ChangeState.CONFLICT
    return ChangeState.DONE


def _carried(task: Task, state: ChangeState, standing: RemoteItem | None) -> Carried:
    if standing is None:
        if state is ChangeState.DONE and task.what is not ChangeKind.DELETE:
            return Carried(ChangeState.REFUSED, _("Your calendar did not keep it."), Stood(task.ref))
        return Carried(state, _no_longer() if state is ChangeState.CONFLICT else "", Stood(task.ref))
    reason = _("It was changed in your calendar meanwhile. Nothing was overwritten.") if state is ChangeState.CONFLICT else ""
    return Carried(state, reason, _stood(task, standing))


def _stood(task: Task, standing: RemoteItem) -> Stood:
    try:
        taken = TakenItem(standing.ref, standing.etag, slim(standing.content), _read(task, standing))
    except ItemRefused as refusal:
        return Stood(standing.ref, bad=Bad(standing.ref, refusal.reason, standing.etag, failed=isinstance(refusal, ItemFailed)))
    return Stood(standing.ref, taken)


def _read(task: Task, standing: RemoteItem, *, near: bool = False) -> ReadItem:
    """What it holds: in the months that are read, or ``near`` the days that the change is about, wherever they lie. Raises ``ItemRefused``."""
    first, last = task.plan.first, task.plan.last
    if near and task.days():
        first, last = min(task.days()) - AROUND, max(task.days()) + AROUND
    (answer,) = read_items([slim(standing.content)], window=Window(first, last, task.plan.moment.date()), zone=task.zone)
    if isinstance(answer, ItemRefused):
        raise answer
    return answer


def _no_longer() -> str:
    return _("It is no longer in your calendar.")
