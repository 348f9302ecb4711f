"""Reads of the ledger: one's own calls, and sums of them, or of everybody's for those who manage the team."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text, tuple_
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.days import day_begins
from crm_app.domain.errors import NotFound
from crm_app.domain.paging import decode_cursor
from crm_app.domain.spending.models import AiCall, AiCallContact, AiCallContent, CallState
from crm_app.domain.spending.views import CallFilter, ReportFilter

_REPORT = text("select * from ai_report(:first, :until, :zone, :everybody)")
_LINES = text("select * from ai_report_lines(:first, :until, :zone, :everybody)")


def list_calls(session: Session, actor: Actor, wanted: CallFilter) -> Sequence[AiCall]:
    """The actor's calls, newest first, and one more than ``limit`` when there are more."""
    found = select(AiCall).where(AiCall.owner_id == actor.user_id).order_by(col(AiCall.started_at).desc(), col(AiCall.id).desc()).limit(wanted.limit + 1)
    if wanted.feature:
        found = found.where(AiCall.feature == wanted.feature.value)
    if wanted.state:
        found = found.where(AiCall.state == wanted.state.value)
    if wanted.after:
        found = found.where(tuple_(col(AiCall.started_at), col(AiCall.id)) < decode_cursor(wanted.after, datetime, UUID))
    return session.exec(found).all()


def get_own_call(session: Session, actor: Actor, call_id: UUID) -> AiCall:
    """The actor's own call, else NotFound: nobody sees what another has asked."""
    row = session.exec(select(AiCall).where(AiCall.id == call_id, AiCall.owner_id == actor.user_id)).first()
    if row is None:
        raise NotFound
    return row


def find_content(session: Session, call: AiCall) -> AiCallContent | None:
    """What was sent and what came, while it is kept."""
    return session.exec(select(AiCallContent).where(AiCallContent.call_id == call.id)).first()


def list_paid_of_job(session: Session, actor: Actor, job_id: UUID, skill: str) -> Sequence[tuple[AiCall, str]]:
    """The actor's calls that a job has made for a skill and that have their answer, the newest first, each with what came."""
    found = select(AiCall, AiCallContent.came).join(AiCallContent, col(AiCallContent.call_id) == col(AiCall.id))
    mine = found.where(AiCall.owner_id == actor.user_id, AiCall.job_id == job_id, AiCall.skill == skill, AiCall.state == CallState.SETTLED.value)
    return session.exec(mine.order_by(col(AiCall.started_at).desc()).limit(4)).all()


def list_spoken_of(session: Session, call: AiCall) -> Sequence[UUID]:
    """Of whom a call spoke."""
    return session.exec(select(AiCallContact.contact_id).where(AiCallContact.call_id == call.id).order_by(col(AiCallContact.contact_id))).all()


def list_sums(session: Session, actor: Actor, wanted: ReportFilter) -> Sequence[Row[Any]]:
    """Sums over all calls of these days, and over those of each day, person, feature and model (``part`` says which)."""
    return session.connection().execute(_REPORT, _span(actor, wanted)).all()


def list_lines(session: Session, actor: Actor, wanted: ReportFilter) -> Iterator[Row[Any]]:
    """A sum for each day, person, feature, skill and model, in this order."""
    yield from session.connection().execute(_LINES, _span(actor, wanted))


def _span(actor: Actor, wanted: ReportFilter) -> dict[str, Any]:
    until = day_begins(wanted.last + timedelta(days=1), actor.zone)
    return {"first": day_begins(wanted.first, actor.zone), "until": until, "zone": actor.time_zone, "everybody": wanted.everybody}
