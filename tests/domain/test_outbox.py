"""The outbox: a mail is written with what it tells of, once, and only those who manage the team decide on what went wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from crm_app.domain.errors import Forbidden, Invalid, NotFound, Unavailable
from crm_app.domain.outbox import delivering, queries
from crm_app.domain.outbox import service as outbox
from crm_app.domain.outbox.models import MailState
from crm_app.domain.outbox.posting import Letter, bind_mail, post_mail
from crm_app.domain.outbox.rules import FIRST_WAIT, LONGEST_WAIT, MOST_ATTEMPTS, wait_before
from crm_app.domain.rows import now
from crm_app.domain.unit_of_work import anonymous_work, unit_of_work

LETTER = Letter("ana@mail.example", "Come in", "The link: https://crm.example.org/join/secret\n", to_name="Ana")
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def sends_mail() -> Iterator[None]:
    bind_mail("crm@stillwater.example")
    yield
    bind_mail("")


@pytest.fixture
def post(database):
    """``post(actor, key)``: a mail of theirs in the outbox."""

    def write(actor, key="one", letter=LETTER, life=HOUR):
        with unit_of_work(actor, "tests.post") as session:
            return post_mail(session, actor, "invitation", letter, key=key, expires_at=now() + life)

    return write


@pytest.fixture
def rows(database):
    def see():
        with database.owner.connect() as connection:
            return connection.execute(text("select * from outbox order by id")).all()

    return see


@pytest.fixture
def fail(database, run):
    """``fail(actor, mail_id)``: its sending fails for good."""

    def failed(actor, settle=delivering.mark_failed, reason="This mailbox is full. (552)"):
        with anonymous_work() as session:
            claim = queries.claim_next(session, now(), HOUR)
        run(actor, delivering.begin_sending, claim, now())
        run(actor, settle, claim, reason)
        return claim.mail_id

    return failed


def test_a_mail_stands_or_falls_with_what_it_tells_of(alice, rows):
    with pytest.raises(RuntimeError), unit_of_work(alice, "tests.post") as session:
        post_mail(session, alice, "invitation", LETTER, key="one", expires_at=now() + HOUR)
        raise RuntimeError
    assert rows() == []


def test_the_same_mail_is_written_once_for_each_person(alice, bob, post, rows):
    assert post(alice) and post(alice) is None and post(bob) and post(alice, "two")
    assert len(rows()) == 3


def test_where_no_mail_is_sent_none_is_written(alice, post, rows):
    bind_mail("")
    assert post(alice) is None and rows() == []


@pytest.mark.parametrize("letter", [Letter("no address", "x", "y"), Letter("a@b.example", "x\ny", "z"), Letter("a@b.example", "x", "y", to_name="=?UTF-8?Q?a=0Ab?=")])
def test_inj_08_what_cannot_stand_in_a_header_is_refused_where_it_is_written(alice, post, rows, letter):
    with pytest.raises(Invalid):
        post(alice, letter=letter)
    assert rows() == []


def test_nobody_sees_anothers_mail(alice, bob, olivia, post, run):
    mail_id = post(alice)
    assert run(alice, queries.get_mail, mail_id).subject == "Come in"
    for other in (bob, olivia):
        with unit_of_work(other) as session:
            assert session.connection().execute(text("select count(*) from outbox")).scalar() == 0


def test_a_claimed_mail_is_nobody_elses_until_its_lease_ends(alice, post):
    post(alice)
    moment = now()
    with anonymous_work() as session:
        first = queries.claim_next(session, moment, HOUR)
        assert queries.claim_next(session, moment, HOUR) is None
        again = queries.claim_next(session, moment + HOUR + timedelta(seconds=1), HOUR)
    assert first and again and again.mail_id == first.mail_id and again.attempt == first.attempt + 1


def test_a_clock_that_was_set_back_locks_no_mail_in(alice, post):
    post(alice)
    with anonymous_work() as session:
        assert queries.claim_next(session, now() + timedelta(days=3), HOUR)
        assert queries.claim_next(session, now(), HOUR)


def test_whoever_lost_a_mail_changes_nothing_of_it(alice, post, run, rows):
    post(alice)
    with anonymous_work() as session:
        old = queries.claim_next(session, now(), timedelta(0))
        queries.claim_next(session, now() + HOUR, HOUR)
    for step in (lambda: run(alice, delivering.load_mail, old, "x.example", now()), lambda: run(alice, delivering.begin_sending, old, now())):
        with pytest.raises(delivering.MailLost):
            step()
    before = rows()
    run(alice, delivering.mark_sent, old, now())
    run(alice, delivering.mark_failed, old, "no")
    run(alice, delivering.put_off, old, "no", now())
    assert rows() == before


def test_words_are_forgotten_once_they_are_sent_and_once_nobody_has_use_for_them(alice, post, run, rows, fail):
    post(alice)
    with anonymous_work() as session:
        claim = queries.claim_next(session, now(), HOUR)
    run(alice, delivering.begin_sending, claim, now())
    run(alice, delivering.mark_sent, claim, now())
    assert (rows()[0].state, rows()[0].text, rows()[0].html, rows()[0].subject) == ("sent", "", "", "")
    post(alice, "two")
    fail(alice)
    assert "secret" in rows()[1].text
    with anonymous_work() as session:
        queries.give_up_on(session, now() + 2 * HOUR, "unknown", "late")
    assert rows()[1].text == ""


def test_a_mail_that_waited_too_long_is_not_sent(alice, post, rows):
    post(alice)
    with anonymous_work() as session:
        assert [why for _mail, _owner, why in queries.give_up_on(session, now() + 2 * HOUR, "unknown", "late")] == ["late"]
        assert queries.claim_next(session, now() + 2 * HOUR, HOUR) is None
    assert (rows()[0].state, rows()[0].reason) == ("failed", "late")


def test_after_thirty_days_nothing_of_it_is_left(alice, post, rows):
    post(alice)
    with anonymous_work() as session:
        queries.tidy(session, now() + timedelta(days=20))
    assert len(rows()) == 1
    with anonymous_work() as session:
        queries.tidy(session, now() + timedelta(days=31))
    assert rows() == []


# --- what those who manage the team see and decide


def test_an_admin_sees_what_went_wrong_and_none_of_its_words(alice, olivia, post, run, fail):
    post(alice)
    fail(alice)
    post(alice, "waiting")
    page = run(olivia, outbox.load_mail_page)
    assert (page.address, page.waiting) == ("crm@stillwater.example", 1)
    (trouble,) = page.troubles
    assert (trouble.owner_name, trouble.to_address, trouble.state, trouble.can_resend) == ("Alice", "ana@mail.example", MailState.FAILED, True)
    assert trouble.reason == "This mailbox is full. (552)" and "secret" not in page.model_dump_json()


@pytest.mark.parametrize("settle", [delivering.mark_failed, delivering.mark_unknown])
def test_sending_again_puts_it_back(alice, olivia, post, run, rows, fail, settle):
    post(alice)
    mail_id = fail(alice, settle)
    run(olivia, outbox.send_again, mail_id)
    assert (rows()[0].state, rows()[0].tries, rows()[0].reason) == ("queued", 0, "")
    assert run(olivia, outbox.load_mail_page).troubles == ()


def test_what_is_left_at_that_is_gone(alice, olivia, post, run, rows, fail):
    post(alice)
    run(olivia, outbox.forget_mail, fail(alice))
    assert rows() == []


def test_what_came_too_late_cannot_be_sent_again(alice, olivia, post, run, rows, fail):
    post(alice)
    mail_id = fail(alice)
    with time_machine.travel(datetime.now(UTC) + 2 * HOUR, tick=False):
        assert [trouble.can_resend for trouble in run(olivia, outbox.load_mail_page).troubles] == [False]
        with pytest.raises(NotFound):
            run(olivia, outbox.send_again, mail_id)
    assert rows()[0].state == "failed"


@pytest.mark.parametrize("decide", [outbox.send_again, outbox.forget_mail])
def test_the_litany_of_deciding(alice, bob, vera, charlie, olivia, post, run, snapshot, fail, decide):
    post(alice)
    mail_id = fail(alice)
    post(alice, "waiting")
    before = snapshot()
    for outsider in (bob, vera, charlie, alice):
        with pytest.raises(Forbidden):
            run(outsider, decide, mail_id)
    with pytest.raises(NotFound):
        run(olivia, decide, uuid4())
    assert snapshot() == before
    run(olivia, decide, mail_id)
    with pytest.raises(NotFound):  # somebody else has decided meanwhile
        run(olivia, decide, mail_id)


def test_a_waiting_mail_is_nothing_to_decide_on(alice, olivia, post, run, snapshot):
    mail_id = post(alice)
    before = snapshot()
    for decide in (outbox.send_again, outbox.forget_mail):
        with pytest.raises(NotFound):
            run(olivia, decide, mail_id)
    assert snapshot() == before


# --- trying it out


def test_a_test_goes_to_oneself_and_one_at_a_time(olivia, run, rows):
    first = run(olivia, outbox.send_test_mail)
    again = run(olivia, outbox.send_test_mail)
    assert first == again and first.state is MailState.QUEUED and first.to_address == "olivia@example.org"
    assert len(rows()) == 1
    with anonymous_work() as session:
        claim = queries.claim_next(session, now(), HOUR)
    run(olivia, delivering.begin_sending, claim, now())
    run(olivia, delivering.mark_sent, claim, now())
    assert run(olivia, outbox.load_mail_page).test.state is MailState.SENT
    run(olivia, outbox.send_test_mail)
    assert len(rows()) == 2


def test_the_litany_of_trying(alice, vera, charlie, olivia, run, snapshot):
    before = snapshot()
    for outsider in (alice, vera, charlie):
        for ask in (outbox.send_test_mail, outbox.load_mail_page):
            with pytest.raises(Forbidden):
                run(outsider, ask)
    bind_mail("")
    with pytest.raises(Unavailable):
        run(olivia, outbox.send_test_mail)
    assert run(olivia, outbox.load_mail_page).address == ""
    assert snapshot() == before


# --- how long to wait


@given(attempt=st.integers(1, 200), chance=st.randoms())
def test_waits_double_up_to_six_hours_and_are_never_all_the_same(attempt, chance):
    wait = wait_before(attempt, chance)
    assert timedelta(0) <= wait <= min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempt - 1, 20))


def test_a_mail_server_may_be_away_for_most_of_a_day():
    class Half:
        def random(self) -> float:
            return 0.5

    assert timedelta(hours=12) < sum((wait_before(attempt, Half()) for attempt in range(1, MOST_ATTEMPTS)), timedelta()) < timedelta(days=2)
