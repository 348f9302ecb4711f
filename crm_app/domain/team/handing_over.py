"""Handing over: what belongs to somebody who leaves goes to a colleague. A job does it, all or nothing.

What is the team's may be handed over by the person themselves and by those who manage the team. What is private goes along only
by the word of the person themselves, or, once they are disabled, of the team's owner, who must say why; that is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.accounts.models import UserAccount
from crm_app.domain.actor import Actor
from crm_app.domain.audit.writing import note
from crm_app.domain.errors import Forbidden, Invalid, NotFound
from crm_app.domain.i18n import _
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.schemas import JobView
from crm_app.domain.permissions import Permission, Role
from crm_app.domain.team import queries, rules
from crm_app.domain.team.schemas import HandOver, HandOverCount, HandOverPreview

KIND = "team.hand_over"
STEP = 1_000
_WRITERS = frozenset({Role.OWNER.value, Role.ADMIN.value, Role.MEMBER.value})


def preview_hand_over(session: Session, actor: Actor, leaver_id: UUID) -> HandOverPreview:
    """How much of each kind would go. Private figures are there only for those who may hand private things over."""
    leaver = _leaver(session, actor, leaver_id)
    counts = tuple(
        HandOverCount(kind=row.kind, shared=row.shared, private=row.hidden)
        for row in queries.list_hand_over_counts(session, leaver_id)
        if row.shared or row.hidden
    )
    return HandOverPreview(leaver_id=leaver_id, leaver_name=leaver.name, counts=counts, private_because=_private_because(actor, leaver))


def start_hand_over(session: Session, actor: Actor, data: HandOver) -> JobView:
    """Put a hand-over into the queue. Invalid when the heir cannot take it, or a reason is missing."""
    leaver = _leaver(session, actor, data.leaver_id)
    _check(session, actor, data, leaver)
    return jobs.enqueue_job(session, actor, KIND, data.model_dump(mode="json"))


def run_hand_over(session: Session, actor: Actor, job_id: UUID, attempt: int, progress: Callable[[int, int], None]) -> None:
    """Do what a job of this kind was started for, in one transaction. ``progress`` may raise to stop; then nothing stays."""
    data = HandOver.model_validate(jobs.get_job(session, actor, job_id).payload)
    leaver = _leaver(session, actor, data.leaver_id)
    _check(session, actor, data, leaver)
    counts = preview_hand_over(session, actor, data.leaver_id).counts
    total = sum(count.shared + (count.private if data.private else 0) for count in counts)
    values = {"leaver": data.leaver_id, "heir": data.heir_id, "private": data.private, "reason": data.reason, "most": STEP}
    done = 0
    progress(0, total)
    while moved := int(queries.call(session, "select team_hand_over(:leaver, :heir, :private, :reason, :most)", **values)):
        done += moved  # what hangs on a thing is moved and counted as well
        progress(min(done, total), total)
    went = {count.kind: count.shared + (count.private if data.private else 0) for count in counts}
    details = {"heir": str(data.heir_id), "private": data.private, **({"reason": data.reason} if data.reason else {}), **went}
    note(session, actor, "team.handed_over", "person", data.leaver_id, **details)  # type: ignore[arg-type]
    jobs.finish_job(session, actor, job_id, {"went": went, "leaver": leaver.name}, attempt=attempt)


def _leaver(session: Session, actor: Actor, leaver_id: UUID) -> UserAccount:
    """Whose things they are, if the actor may hand them over."""
    actor.require(Permission.CONTACT_WRITE)
    if leaver_id != actor.user_id and not actor.can(Permission.TEAM_MANAGE):
        raise Forbidden(_("You can hand over what is yours. For anybody else's, ask the owner of this team or an admin."))
    leaver = queries.get_person(session, leaver_id)
    if leaver is None:
        raise NotFound(_("That person is not in the team."))
    return leaver


def _check(session: Session, actor: Actor, data: HandOver, leaver: UserAccount) -> None:
    heir = queries.get_person(session, data.heir_id)
    if heir is None or heir.disabled_at is not None or heir.role not in _WRITERS or heir.id == leaver.id:
        raise Invalid(fields={"heir_id": _("Choose a colleague who can sign in and may write.")})
    if not data.private:
        return
    why = _private_because(actor, leaver)
    if why == "no":
        raise Forbidden(_("Private things go along only by the word of the person whose they are, or, once they are disabled, of the team's owner."))
    if why == "reason" and len(data.reason) < rules.SHORTEST_REASON:
        raise Invalid(fields={"reason": _("Say in a few words why you need what they kept private. It is kept in the audit log.")})


def _private_because(actor: Actor, leaver: UserAccount) -> Literal["own", "reason", "no"]:
    if leaver.id == actor.user_id:
        return "own"
    return "reason" if actor.role is Role.OWNER and leaver.disabled_at is not None else "no"
