"""Several mailboxes send at a time, none of them more than one mail, and no more of them than there is room for: who is slow delays nobody else."""

from __future__ import annotations

import threading

import pytest

from crm_app.domain.letters import service as letters
from crm_app.domain.outbox.sending import MailPutOff
from crm_app.domain.rows import now
from crm_app.jobs import outbox
from crm_app.jobs.outbox import Postman
from crm_app.jobs.sources import bind_senders
from crm_app.providers.smtp import FakeSender
from tests.jobs.test_letters import account, write_letter
from tests.mailboxes import make_mailbox

__all__ = ["account"]
ENOUGH = 60
"""Seconds after which a test that hangs has failed. None waits for so long."""


class Asked(FakeSender):
    """Notes who is being sent to, and does what ``when`` says of them before it takes the mail."""

    def __init__(self, **when) -> None:
        super().__init__()
        self.when, self.begun, self.at_once, self.most, self._lock = when, [], 0, 0, threading.Lock()

    def send(self, mail, hand_over) -> None:
        name = mail.to_address.partition("@")[0]
        with self._lock:
            self.begun.append(name)
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        try:
            self.when.get(name, lambda: None)()
            super().send(mail, hand_over)
        finally:
            with self._lock:
                self.at_once -= 1


@pytest.fixture
def write(alice, account):
    """``write(mailbox, name)``: a letter of alice's that is due. ``mailbox`` is told by its name."""
    made = {}

    def due(mailbox, name):
        made.setdefault(mailbox, make_mailbox(alice, mailbox, sends=True))
        return write_letter(alice, made[mailbox], f"{name}@mail.example")

    return due


def test_a_slow_server_delays_nobody_else_and_its_own_mail_waits_its_turn(run, alice, write):
    others, seen = threading.Event(), []

    def slow():
        assert others.wait(ENOUGH), "the others had to wait"
        seen.extend(sender.begun)

    sender = Asked(slow=slow, ben=others.set)
    bind_senders(lambda _account, _gate: sender)
    write("Slow", "slow"), write("Slow", "after"), write("Quick", "ana"), write("Quick", "ben")
    assert Postman(None, "").deliver(now()) == 4
    assert sorted(seen) == ["ana", "ben", "slow"] and seen.index("ana") < seen.index("ben"), "one at a time by each mailbox, in the order in which they were due"
    assert sender.begun[-1] == "after" and {one.state for one in run(alice, letters.list_letters)} == {"sent"}


def test_no_more_mailboxes_send_at_a_time_than_there_is_room_for(write):
    both = threading.Barrier(2)
    sender = Asked(ana=lambda: both.wait(ENOUGH), ben=lambda: both.wait(ENOUGH))
    bind_senders(lambda _account, _gate: sender)
    for mailbox, name in (("A", "ana"), ("B", "ben"), ("C", "cleo"), ("D", "dora")):
        write(mailbox, name)
    assert Postman(None, "", at_once=2).deliver(now()) == 4
    assert sender.most == 2 and sorted(sender.begun) == ["ana", "ben", "cleo", "dora"]


def test_whoever_begins_waits_for_nothing_and_hears_at_the_next_turn_what_went_wrong(write, monkeypatch):
    on, said = threading.Event(), threading.Event()

    def held():
        said.set()
        assert on.wait(ENOUGH)

    sender = Asked(slow=held)
    bind_senders(lambda _account, _gate: sender)
    postman = Postman(None, "")
    write("Slow", "slow")
    postman.begin(now())
    assert said.wait(ENOUGH) and sender.sent == []
    write("Quick", "ana")
    postman.begin(now())
    on.set()
    assert postman.wait() == 2
    with monkeypatch.context() as patch:
        patch.setattr(outbox.queries, "claim_next", lambda *_asked: 1 / 0)
        postman.begin(now())
        with pytest.raises(ZeroDivisionError):
            postman.wait()
    write("Quick", "ben")
    assert postman.deliver(now()) == 1, "nothing is held up by it"


def test_a_server_that_was_waited_for_in_vain_has_its_rest(run, alice, write):
    """By a clock of the test's: after six seconds in vain it is left alone for a minute, and then asked again."""
    seconds = [0.0]

    def in_vain():
        seconds[0] += 6
        raise MailPutOff("The mail server did not answer.")

    sender = Asked(slow=in_vain)
    bind_senders(lambda _account, _gate: sender)
    postman = Postman(None, "", clock=lambda: seconds[0])
    first = write("Slow", "slow")
    postman.deliver(now())
    run(alice, letters.take_back, first.id)
    for passed, asked in ((0, ["slow"]), (59.9, ["slow"]), (0.2, ["slow", "ana"])):
        seconds[0] += passed
        letter = write("Slow", "ana")
        sent = postman.deliver(now())
        assert sender.begun == asked and sent == len(asked) - 1
        if not sent:
            run(alice, letters.take_back, letter.id)
