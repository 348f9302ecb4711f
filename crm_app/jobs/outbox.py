"""Mail on its way out: claimed, handed over once, and settled. Between a hand-over and its answer nobody knows, and nobody tries again."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from crm_app.domain.actor import Actor
from crm_app.domain.i18n import _, in_locale
from crm_app.domain.jobs.queries import find_owner
from crm_app.domain.letters.routes import load_route
from crm_app.domain.outbox import delivering, queries
from crm_app.domain.outbox.delivering import LEASE, MailLost
from crm_app.domain.outbox.queries import Claim
from crm_app.domain.outbox.rules import MOST_ATTEMPTS, wait_before
from crm_app.domain.outbox.sending import MailPutOff, MailRefused, MailSender, MailUncertain, OutgoingMail
from crm_app.domain.permissions import Permission, Role
from crm_app.domain.unit_of_work import anonymous_work, run_service
from crm_app.jobs.defects import report
from crm_app.jobs.sources import open_sender

SLOW = 5.0
"""After so many seconds in vain nothing more waits for a server this time."""


class Postman:
    """Sends what waits in the outbox: letters by the mailbox of whoever wrote them, everything else through ``sender``, if this deployment has one;
    ``domain`` stands in the Message-IDs of the latter.
    """

    def __init__(self, sender: MailSender | None, domain: str, chance: random.Random | None = None) -> None:
        self._sender, self._domain = sender, domain
        self._chance = chance or random.Random()  # noqa: S311  spreading load, not a secret
        self._stopping = threading.Event()

    def stop(self) -> None:
        """This process is going down: the mail that is being sent is the last one. What waits is sent after the next start."""
        self._stopping.set()

    def deliver(self, moment: datetime) -> int:
        """Send everything that is due; how much was sent. What goes wrong with one mail delays no other: a server that kept us waiting for nothing is
        asked no more this time.
        """
        give_up(moment)
        began, sent = time.monotonic(), 0
        slow: dict[UUID | None, str] = {}
        while not self._stopping.is_set():
            moment_now = moment + timedelta(seconds=time.monotonic() - began)  # a lease begins when its mail is taken
            with anonymous_work() as session:
                claim = queries.claim_next(session, moment_now, LEASE)
                owner = find_owner(session, claim.owner_id) if claim else None
            if claim is None:
                break
            actor = owner or Actor(user_id=claim.owner_id, role=Role.VIEWER, via="job")
            with in_locale(actor.locale):
                if owner is None:
                    run_service(actor, delivering.mark_failed, claim, _("The person who wanted this sent can no longer sign in."))
                else:
                    sent += self._deliver(actor, claim, moment_now, slow)
        return sent

    def _deliver(self, actor: Actor, claim: Claim, moment: datetime, slow: dict[UUID | None, str]) -> bool:
        settle: Callable[..., Any] = partial(run_service, actor)
        try:
            mail: OutgoingMail = settle(delivering.load_mail, claim, self._domain, moment)
            with _asked(mail.head.connection_id if mail.head else None, slow):
                kept = self._sender_of(actor, mail).send(mail, lambda: settle(delivering.begin_sending, claim, moment))
            settle(delivering.mark_letter_sent, claim, kept or "") if mail.head else settle(delivering.mark_sent, claim, moment)
            return True
        except MailLost:
            return False
        except MailUncertain as doubt:
            settle(delivering.mark_unknown, claim, doubt.reason)
        except MailRefused as refusal:
            settle(delivering.mark_failed, claim, refusal.reason)
        except MailPutOff as failure:
            self._again(settle, claim, failure.reason, moment)
        except Exception as defect:  # noqa: BLE001  a defect in one mail must not hold up the others; the log has it
            self._defect(settle, claim, defect)
        return False

    def _sender_of(self, actor: Actor, mail: OutgoingMail) -> MailSender:
        if mail.head is not None:
            return open_sender(run_service(actor, load_route, mail.head.connection_id), actor)
        if self._sender is None:
            raise MailPutOff(_("This server sends no mail now."))
        return self._sender

    def _again(self, settle: Callable[..., object], claim: Claim, reason: str, moment: datetime) -> None:
        if claim.tries + 1 >= MOST_ATTEMPTS:
            settle(delivering.mark_failed, claim, reason)
        else:
            settle(delivering.put_off, claim, reason, moment + wait_before(claim.tries + 1, self._chance))

    def _defect(self, settle: Callable[..., object], claim: Claim, defect: Exception) -> None:
        """Before the hand-over it surely was not sent; after it, nobody knows."""
        reference = report("a mail could not be sent", defect, mail=str(claim.mail_id))
        settle(delivering.mark_failed_or_unknown, claim, _("Something went wrong on our side. If you ask for help, mention %s.") % reference)


@contextmanager
def _asked(mailbox: UUID | None, slow: dict[UUID | None, str]) -> Iterator[None]:
    """Ask a mailbox's server, or this server's own, unless it is among the slow ones: why it was waited for in vain. Else it is put there when it is."""
    if mailbox in slow:
        raise MailPutOff(slow[mailbox])
    began = time.monotonic()
    try:
        yield
    except MailPutOff as failure:
        if time.monotonic() - began >= SLOW:
            slow[mailbox] = failure.reason
        raise


def give_up(moment: datetime) -> None:
    """Settle what nobody will send any more: its owner is told why."""
    unknown = _("Nobody knows whether this mail arrived: the server stopped while sending it.")
    late = _("This mail could not be sent in time.")
    with anonymous_work() as session:
        given_up = queries.give_up_on(session, moment, unknown, late)
        people = {owner_id: find_owner(session, owner_id) for _mail, owner_id, _why in given_up}
    for mail_id, owner_id, why in given_up:
        if actor := people[owner_id]:
            run_service(actor, delivering.tell_given_up, mail_id, why)


def tidy(moment: datetime) -> None:
    """Forget what was sent long ago, and have letters put where they belong whose job came to nothing."""
    with anonymous_work() as session:
        queries.tidy(session, moment)
        left = queries.list_left(session, moment)
        people = {owner_id: find_owner(session, owner_id) for _mail, owner_id in left}
    for mail_id, owner_id in left:
        owner = people[owner_id]
        if owner is not None and owner.can(Permission.MAIL_WRITE):
            run_service(owner, delivering.file_letter, mail_id)
