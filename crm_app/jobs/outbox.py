"""Mail on its way out: claimed, handed over once, and settled. Between a hand-over and its answer nobody knows, and nobody tries again.

Several mailboxes send at a time, each one mail: a server that is slow delays what leaves by it, and nobody else's.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
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

AT_ONCE = 8
"""So many mailboxes send at a time. The threads wait for others' servers, and hold a connection of ours for moments only."""
SLOW, REST = 5.0, 60.0
"""After so many seconds in vain nothing more waits for a server, for so many more."""


class Postman:
    """Sends what waits in the outbox: letters by the mailbox of whoever wrote them, everything else through ``sender``, if this deployment has one;
    ``domain`` stands in the Message-IDs of the latter. ``clock`` counts seconds.
    """

    def __init__(
        self, sender: MailSender | None, domain: str, chance: random.Random | None = None, *, at_once: int = AT_ONCE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._sender, self._domain, self._at_once, self._clock = sender, domain, at_once, clock
        self._chance = chance or random.Random()  # noqa: S311  spreading load, not a secret
        self._stopping, self._turn = threading.Event(), threading.Lock()
        self._senders = ThreadPoolExecutor(at_once, thread_name_prefix="postman")
        self._begun: list[Future[int]] = []
        self._busy: set[UUID] = set()
        self._slow: dict[UUID, tuple[float, str]] = {}

    def stop(self) -> None:
        """This process is going down: the mails that are being sent are the last ones. What waits is sent after the next start."""
        self._stopping.set()

    def close(self) -> None:
        """The same, and wait for those."""
        self.stop()
        self._senders.shutdown(wait=True)

    def begin(self, moment: datetime) -> None:
        """Have everything sent that is due, and wait for nothing of it. What a turn before came to, if it could not go on, is raised here."""
        give_up(moment)
        with self._turn:
            over = [one for one in self._begun if one.done()]
            self._begun = [one for one in self._begun if not one.done()]
        self._call_one(moment, self._clock())
        for one in over:
            one.result()

    def wait(self) -> int:
        """Until nothing is being sent any more; how much was sent."""
        sent = 0
        while True:
            with self._turn:
                one = self._begun.pop() if self._begun else None
            if one is None:
                return sent
            sent += one.result()

    def deliver(self, moment: datetime) -> int:
        """Send everything that is due; how much was sent. What goes wrong with one mail delays no other: a server that kept us waiting for nothing is
        asked no more for a while.
        """
        self.begin(moment)
        return self.wait()

    def _call_one(self, moment: datetime, began: float) -> None:
        """Have one more look for what is due, unless enough are at it."""
        with self._turn:
            if not self._stopping.is_set() and sum(not one.done() for one in self._begun) < self._at_once:
                self._begun.append(self._senders.submit(copy_context().run, self._send_due, moment, began))

    def _send_due(self, moment: datetime, began: float) -> int:
        """Send one mail after the other, as long as there are any for a mailbox that is not sending; how many. Whoever finds one calls another."""
        sent = 0
        while not self._stopping.is_set():
            moment_now = moment + timedelta(seconds=self._clock() - began)  # a lease begins when its mail is taken
            claim, owner = self._take(moment_now)
            if claim is None:
                break
            try:
                self._call_one(moment, began)
                sent += self._settle(claim, owner, moment_now)
            finally:
                with self._turn:
                    self._busy.discard(claim.mailbox)
        return sent

    def _take(self, moment: datetime) -> tuple[Claim | None, Actor | None]:
        """The next mail and its owner; its mailbox is busy from here on."""
        with self._turn:
            with anonymous_work() as session:
                claim = queries.claim_next(session, moment, LEASE, self._busy)
                owner = find_owner(session, claim.owner_id) if claim else None
            if claim is not None:
                self._busy.add(claim.mailbox)
            return claim, owner

    def _settle(self, claim: Claim, owner: Actor | None, moment: datetime) -> bool:
        actor = owner or Actor(user_id=claim.owner_id, role=Role.VIEWER, via="job")
        with in_locale(actor.locale):
            if owner is not None:
                return self._deliver(actor, claim, moment)
            run_service(actor, delivering.mark_failed, claim, _("The person who wanted this sent can no longer sign in."))
            return False

    def _deliver(self, actor: Actor, claim: Claim, moment: datetime) -> bool:
        settle: Callable[..., Any] = partial(run_service, actor)
        try:
            mail: OutgoingMail = settle(delivering.load_mail, claim, self._domain, moment)
            with self._asked(claim.mailbox):
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

    @contextmanager
    def _asked(self, mailbox: UUID) -> Iterator[None]:
        """Ask a mailbox's server, or this server's own, unless it is among the slow ones: why it was waited for in vain. Else it is put there when it is."""
        began = self._clock()
        until, reason = self._slow.get(mailbox, (began, ""))
        if began < until:
            raise MailPutOff(reason)
        try:
            yield
        except MailPutOff as failure:
            if (moment := self._clock()) - began >= SLOW:
                self._slow[mailbox] = moment + REST, failure.reason
            raise

    def _again(self, settle: Callable[..., object], claim: Claim, reason: str, moment: datetime) -> None:
        if claim.tries + 1 >= MOST_ATTEMPTS:
            settle(delivering.mark_failed, claim, reason)
        else:
            settle(delivering.put_off, claim, reason, moment + wait_before(claim.tries + 1, self._chance))

    def _defect(self, settle: Callable[..., object], claim: Claim, defect: Exception) -> None:
        """Before the hand-over it surely was not sent; after it, nobody knows."""
        reference = report("a mail could not be sent", defect, mail=str(claim.mail_id))
        settle(delivering.mark_failed_or_unknown, claim, _("Something went wrong on our side. If you ask for help, mention %s.") % reference)


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
