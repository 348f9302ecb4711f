"""Sending: what waits goes out, trouble is put off, settled or told, and no mail is ever sent twice by itself."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from crm_app.domain.notifications import service as notifications
from crm_app.domain.notifications.kinds import Kind
from crm_app.domain.notifications.schemas import NotificationFilter
from crm_app.domain.outbox import queries
from crm_app.domain.outbox import service as outbox
from crm_app.domain.outbox.delivering import LEASE
from crm_app.domain.outbox.posting import Letter, bind_mail, post_mail
from crm_app.domain.outbox.rules import MOST_ATTEMPTS
from crm_app.domain.outbox.sending import MailPutOff, OutgoingMail
from crm_app.domain.rows import now
from crm_app.domain.unit_of_work import anonymous_work, unit_of_work
from crm_app.jobs.outbox import Postman, give_up
from crm_app.providers.smtp import FakeSender
from tests.commands import talk_to_python
from tests.jobs.test_letters import write_letter
from tests.mailboxes import make_mailbox
from tests.providers.smtp.conftest import authority, read, serve, world
from tests.security.counts import counted

__all__ = ["authority", "serve", "world"]

WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def sends_mail() -> Iterator[None]:
    bind_mail("crm@stillwater.example")
    yield
    bind_mail("")


@pytest.fixture
def post(database):
    def write(actor, to="ana@mail.example", key="", life=WEEK):
        with unit_of_work(actor, "tests.post") as session:
            return post_mail(session, actor, "invitation", Letter(to, "Come in", f"for {to}\n"), key=key or to, expires_at=now() + life)

    return write


@pytest.fixture
def rows(database):
    def see():
        with database.owner.connect() as connection:
            return {row.to_address.partition("@")[0]: row for row in connection.execute(text("select * from outbox order by id")).all()}

    return see


def postman(sender=None):
    return Postman(sender or FakeSender(), "stillwater.example", random.Random(1))


def told(run, actor):
    return [(view.headline, view.caption) for view in run(actor, notifications.list_notifications, NotificationFilter()).notifications if view.kind is Kind.MAIL_FAILED]


def test_whoever_runs_the_mail_is_led_to_it_and_anybody_else_to_their_settings(alice, olivia, post, run):
    for actor in (alice, olivia):
        post(actor, "bounce@mail.example")
    postman().deliver(now())
    links = [view.link for actor in (alice, olivia) for view in run(actor, notifications.list_notifications, NotificationFilter()).notifications if view.kind is Kind.MAIL_FAILED]
    assert links == ["/settings/notifications", "/settings/mail"]


def test_what_waits_arrives_at_a_real_server_once(alice, bob, post, rows, serve):
    sender, boxes = serve("starttls", user="crm", password="gehe1m")
    post(alice)
    post(bob, "ben@mail.example")
    assert postman(sender).deliver(now()) == 2 and postman(sender).deliver(now()) == 0
    arrived = {envelope.rcpt_tos[0]: read(envelope.original_content) for envelope in boxes.arrived}
    assert set(arrived) == {"ana@mail.example", "ben@mail.example"}
    assert arrived["ana@mail.example"]["message-id"] == f"<{rows()['ana'].id}@stillwater.example>"
    assert {row.state for row in rows().values()} == {"sent"} and all(row.sent_at and not row.text for row in rows().values())


def test_trouble_with_one_delays_no_other(alice, post, rows, run):
    fake = FakeSender()
    for name in ("bounce", "busy", "away", "silent", "ana"):
        post(alice, f"{name}@mail.example")
    assert postman(fake).deliver(now()) == 1 and len(fake.sent) == 1
    assert {name: row.state for name, row in rows().items()} == {"bounce": "failed", "busy": "queued", "away": "queued", "silent": "unknown", "ana": "sent"}
    assert "does not exist" in rows()["bounce"].reason and rows()["busy"].run_after > now() - timedelta(seconds=5)
    assert sorted(caption for _headline, caption in told(run, alice)) == sorted([rows()["bounce"].reason, rows()["silent"].reason])


def test_what_is_put_off_is_tried_again_and_in_the_end_given_up(alice, post, rows, run):
    post(alice, "away@mail.example")
    fake, moment = FakeSender(), now()
    for tries in range(1, MOST_ATTEMPTS):
        postman(fake).deliver(moment)
        row = rows()["away"]
        assert (row.state, row.tries) == ("queued", tries)
        moment = max(moment, row.run_after) + timedelta(seconds=1)
    assert told(run, alice) == []
    postman(fake).deliver(moment)
    assert rows()["away"].state == "failed" and len(told(run, alice)) == 1
    postman(fake).deliver(moment + WEEK / 2)
    assert rows()["away"].state == "failed", "and never again by itself"


def test_an_unknown_one_is_never_sent_again_by_itself(alice, olivia, post, rows, run):
    fake = FakeSender()
    mail_id = post(alice, "silent@mail.example")
    for hours in range(48):
        postman(fake).deliver(now() + timedelta(hours=hours))
    assert rows()["silent"].state == "unknown" and rows()["silent"].attempts == 1
    run(olivia, outbox.send_again, mail_id)
    postman(fake).deliver(now())
    assert rows()["silent"].attempts == 2, "only when somebody says so"


def test_whoever_may_no_longer_sign_in_sends_nothing(database, alice, post, rows):
    fake = FakeSender()
    post(alice)
    with database.owner.begin() as connection:
        connection.execute(text("update user_account set disabled_at = now() where id = :who"), {"who": alice.user_id})
    assert postman(fake).deliver(now()) == 0 and fake.sent == []
    assert rows()["ana"].state == "failed"


@pytest.mark.parametrize(("when", "state"), [("before", "failed"), ("after", "unknown")])
def test_a_defect_of_ours_is_settled_and_holds_up_nobody(alice, post, rows, run, when, state):
    class Broken(FakeSender):
        def send(self, mail: OutgoingMail, hand_over) -> None:
            if mail.to_address.startswith("odd"):
                if when == "after":
                    hand_over()
                raise KeyError("a defect")
            super().send(mail, hand_over)

    post(alice, "odd@mail.example")
    post(alice, "ana@mail.example")
    assert postman(Broken()).deliver(now()) == 1
    assert rows()["odd"].state == state and "mention" in rows()["odd"].reason and "KeyError" not in rows()["odd"].reason


def test_a_mail_that_another_took_meanwhile_is_not_handed_over(alice, post, rows):
    class Slow(FakeSender):
        def send(self, mail: OutgoingMail, hand_over) -> None:
            with anonymous_work() as session:
                assert queries.claim_next(session, now() + LEASE + timedelta(seconds=1), timedelta(seconds=30))
            super().send(mail, hand_over)

    slow = Slow()
    post(alice)
    assert postman(slow).deliver(now()) == 0
    assert slow.sent == [] and rows()["ana"].state == "queued"


def test_what_is_no_use_any_more_is_told_and_not_sent(alice, post, rows, run):
    class Away(FakeSender):
        def send(self, mail: OutgoingMail, hand_over) -> None:
            raise MailPutOff("The mail server did not answer.")

    post(alice, life=timedelta(minutes=10))
    postman(Away()).deliver(now())
    fake = FakeSender()
    postman(fake).deliver(now() + timedelta(minutes=11))
    assert fake.sent == [] and rows()["ana"].state == "failed"
    assert told(run, alice) == [("A mail did not arrive for certain", "This mail could not be sent in time.")]


def test_whoever_is_told_to_stop_ends_the_mail_at_hand_and_takes_no_other(alice, post, rows):
    class Last(FakeSender):
        def send(self, mail: OutgoingMail, hand_over) -> None:
            leaving.stop()
            super().send(mail, hand_over)

    for name in ("ana", "ben", "cleo"):
        post(alice, f"{name}@mail.example")
    leaving = postman(Last())
    assert leaving.deliver(now()) == 1 and leaving.deliver(now()) == 0
    assert Counter((row.state, row.attempts) for row in rows().values()) == {("sent", 1): 1, ("queued", 0): 2}
    assert postman().deliver(now()) == 2, "after the next start"


# --- whatever dies meanwhile


@pytest.fixture
def mortal(database, tmp_path):
    """``mortal(steps, moment)``: send what is due in a process that dies after so many steps; and what the mail server took in all."""
    sink = tmp_path / "taken"
    sink.touch()
    dsn = database.server.app_dsn(database.name)
    with talk_to_python("-m", "tests.jobs.mail_process", dsn, str(sink)) as process:
        assert process.hear() == "ready"
        yield lambda steps, moment: process.ask(f"run {steps} {moment.isoformat()}"), lambda: Counter(sink.read_text().split())


@counted(60, 400, "kills", name="kills")
def test_rel_06_killed_at_every_step_no_mail_is_sent_twice_and_none_is_lost(alice, post, database, mortal, kills):
    """What the deployment sends and what somebody writes themselves, in turn."""
    run, taken = mortal
    moment, ended, box = now(), Counter(), make_mailbox(alice, sends=True)
    later = LEASE + timedelta(seconds=1)  # what a dead process held is free; and after 400 of them no letter is too old to be sent
    for steps in range(kills):
        if steps % 2:
            post(alice, key=f"mail {steps}")
        else:
            write_letter(alice, box)
        ended[run(steps, moment)] += 1
        moment += later
    assert ended["killed"] >= min(30, kills // 2) and not set(ended) - {"killed", "done"}
    while run(100_000, moment) == "done" and database_waits(database):
        moment += later
    with database.owner.connect() as connection:
        domains = {"letter": "example.org"}
        states = {f"<{row.id}@{domains.get(row.kind, 'stillwater.example')}>": row.state for row in connection.execute(text("select id, kind, state from outbox"))}
    assert len(states) == kills and set(states.values()) == {"sent", "unknown"}
    arrived = taken()
    for message_id, state in states.items():
        assert arrived[message_id] == 1 if state == "sent" else arrived[message_id] <= 1
    give_up(moment)


def database_waits(database) -> bool:
    with database.owner.connect() as connection:
        return bool(connection.execute(text("select count(*) from outbox where state in ('queued', 'sending')")).scalar())
