"""Mail as those who manage the team see it: whether it works, and what did not arrive for certain."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.errors import NotFound, Unavailable
from crm_app.domain.i18n import _
from crm_app.domain.outbox import posting, queries
from crm_app.domain.outbox.models import MailState
from crm_app.domain.outbox.posting import Letter, mail_address
from crm_app.domain.outbox.schemas import MailPage, TestView, TroubleView
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now

SHOWN = 50
TEST_LIFE = timedelta(hours=1)


def load_mail_page(session: Session, actor: Actor) -> MailPage:
    """Whether mail is sent at all, one's latest test of it, and what went wrong lately."""
    actor.require(Permission.TEAM_MANAGE)
    test = queries.find_latest(session, actor, "test")
    return MailPage(
        address=mail_address(), waiting=queries.count_waiting(session), test=TestView.model_validate(test, from_attributes=True) if test else None,
        troubles=tuple(TroubleView(**row._mapping) for row in queries.list_troubles(session, now(), SHOWN)),
    )  # fmt: skip


def send_test_mail(session: Session, actor: Actor) -> TestView:
    """Send oneself a mail, to see whether it arrives; while one is on its way there is no other. Unavailable when this server sends no mail."""
    actor.require(Permission.TEAM_MANAGE)
    if not mail_address():
        raise Unavailable(_("This server sends no mail yet."))
    test = queries.find_latest(session, actor, "test")
    if test is None or test.state not in (MailState.QUEUED, MailState.SENDING):
        said = _("This is a test. If you can read it, mail from your MindfulCRM arrives.")
        letter = Letter(actor.email, _("A test from MindfulCRM"), f"{said}\n", to_name=actor.name)
        posting.post_mail(session, actor, "test", letter, key=f"test:{session.info['change_set_id']}", expires_at=now() + TEST_LIFE)
        test = queries.find_latest(session, actor, "test")
    return TestView.model_validate(test, from_attributes=True)


def send_again(session: Session, actor: Actor, mail_id: UUID) -> None:
    """Put a mail that failed, or of which nobody knows, back into the queue. NotFound when there is no such mail, or when it came too late."""
    actor.require(Permission.TEAM_MANAGE)
    if not queries.decide(session, mail_id, True, now()):
        raise NotFound(_("That mail cannot be sent again. It may have been sent by now, or it is too late for it."))


def forget_mail(session: Session, actor: Actor, mail_id: UUID) -> None:
    """Leave it at that: it is not sent again, and nobody is shown it any more."""
    actor.require(Permission.TEAM_MANAGE)
    if not queries.decide(session, mail_id, False, now()):
        raise NotFound(_("That mail is not waiting for a decision any more."))
