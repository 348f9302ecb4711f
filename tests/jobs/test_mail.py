"""Runs of a mailbox: what comes in and with it its words, what stays out and why, and that nothing is lost on the way."""

from __future__ import annotations

import random
from datetime import timedelta
from functools import partial

import pytest
from pydantic import SecretStr

from crm_app.domain.connections import service as connections
from crm_app.domain.connections.models import ConnectionState
from crm_app.domain.connections.schemas import ConnectionCreate
from crm_app.domain.connections.source import SourceDown
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, PointInput
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.models import JobState
from crm_app.domain.mail.source import NotAMailbox
from crm_app.domain.rows import now
from crm_app.infrastructure.outbound_probe import probe
from crm_app.jobs import connection_tests
from crm_app.jobs.handlers import HANDLERS
from crm_app.jobs.runner import JobRunner
from tests.jobs.fake_account import counts
from tests.jobs.mail_account import ANN, ME, PASSWORD, POISON_HEAD, Mailbox, mail, poison_words
from tests.security.counts import counted

NEW = ConnectionCreate(kind="imap", name="Mail", url="imaps://imap.example.org", username=ME, password=SecretStr(PASSWORD))


@pytest.fixture
def box_over_there(box):
    made = Mailbox().bind()
    for number in range(3):
        made.put("INBOX", mail(number))
    made.put("INBOX", mail("news", sender="news@shop.example", more=["List-Unsubscribe: <https://shop.example/u>"]))
    made.put("Sent", mail("mine", sender=ME, to=ANN, days=2))
    made.put("Junk", mail("junk"))
    return made


@pytest.fixture
def account(box_over_there):
    return box_over_there


@pytest.fixture
def ann(run, alice):
    return run(alice, contacts.create_contact, ContactCreate(display_name="Ann Lee", points=[PointInput(kind="email", value=ANN)]))


@pytest.fixture
def made(run, alice, account, ann):
    view = run(alice, connections.create_connection, NEW, start=False)
    return run(alice, connections.resume_connection, view.id)


def kept(ask) -> list[str]:
    """The subjects of the mails whose words are here."""
    return [subject for (subject,) in ask("select s.subject from email e join email_subject s on s.email_id = e.id join email_body b on b.email_id = e.id order by 1")]


def where(ask, subject: str) -> list[str]:
    """In which folders a mail lies."""
    return [ref for (ref,) in ask("select f.ref from email_subject s join email_place p on p.email_id = s.email_id join mail_folder f on f.id = p.folder_id where s.subject = :s", s=subject)]


@pytest.fixture
def an_hour_later(ask):
    """What is missing, and when was looked, was so an hour ago."""

    def go():
        ask("update email set gone_at = gone_at - interval '1 hour' where gone_at is not null")
        ask("update sync_run set created_at = created_at - interval '1 hour', ended_at = ended_at - interval '1 hour'")
        ask("update sync_problem set created_at = created_at - interval '1 hour'")

    return go


def test_everything_comes_in_once_and_nothing_new_writes_nothing(sync, rows, ask, account):
    first = sync()
    assert first.state == JobState.DONE and counts(first) == (5, 5, 0, 0, 0, 0)
    assert kept(ask) == ["Letter 0", "Letter 1", "Letter 2", "Letter mine"], "the newsletter's words are nobody's business, and junk is not even looked at"
    assert ask("select direction, count(*) from interaction where source = 'sync' and kind = 'email' group by 1 order by 1") == [("incoming", 3), ("outgoing", 1)]
    before, fetched = rows(), list(account.fetched)
    for asked in ({}, {"full": True}, {}):
        again = sync(**asked)
        assert again.state == JobState.DONE and counts(again)[1:] == (0, 0, 0, 0, 0)
        assert rows() == before, "a sync with nothing new writes nothing but its run"
    assert account.fetched == fetched and account.closed == 4


def test_a_folder_in_which_nothing_has_happened_is_not_opened(sync, account):
    sync()
    account.opened.clear()
    account.put("INBOX", mail("next"))
    sync()
    assert account.opened == ["INBOX"]


def test_what_comes_changes_and_goes(sync, account, ask, an_hour_later):
    sync()
    uid = account.put("INBOX", mail("next"))
    assert counts(sync()) == (1, 1, 0, 0, 0, 0)
    account.flag("INBOX", uid, ["\\Seen"])
    assert counts(sync())[2] == 1 and ask("select count(*) from email_place where not unread") == [(1,)]
    account.remove("INBOX", uid)
    assert "Letter next" in kept(ask)
    assert counts(sync(full=True))[3] == 0 and "Letter next" in kept(ask), "it may have been moved, and that not have been told yet"
    an_hour_later()
    assert counts(sync(full=True))[3] == 1 and "Letter next" not in kept(ask)


def test_what_moves_to_another_folder_stays(sync, account, ask, an_hour_later):
    account.add("Clients")
    sync()
    account.put("Clients", mail(1))
    account.remove("INBOX", 2)
    before = account.fetched[:]
    for _turn in range(2):
        assert counts(sync(full=True))[3] == 0
        an_hour_later()
    assert where(ask, "Letter 1") == ["Clients"] and "Letter 1" in kept(ask) and account.fetched == before


def test_a_folder_that_was_renumbered_over_there_loses_nothing(sync, account, ask, an_hour_later):
    sync()
    before = ask("select id from email order by 1")
    account.renumber("INBOX")
    account.put("INBOX", mail("next"))
    assert sync().state == JobState.DONE
    an_hour_later()
    assert counts(sync(full=True))[1:] == (0, 0, 0, 0, 0)
    assert {row for row in before} <= set(ask("select id from email order by 1")) and len(kept(ask)) == 5 and where(ask, "Letter 1") == ["INBOX"]


@pytest.mark.parametrize("renumbered", [False, True])
def test_what_is_older_than_the_months_that_are_read_by_now_stays_wherever_it_lies(sync, account, ask, an_hour_later, renumbered):
    long_ago = now() - timedelta(days=400)
    uid = account.put("INBOX", mail("old", days=400), received_at=long_ago)
    sync(since=now().date() - timedelta(days=600))
    ask("update connection set history_months = 12, created_at = created_at - interval '300 days'")
    if renumbered:
        account.renumber("INBOX")
    else:
        account.add("Clients")
        account.put("Clients", mail("old", days=400), received_at=long_ago)
        account.remove("INBOX", uid)
    account.put("INBOX", mail("not ours", days=400), received_at=long_ago)
    account.put("INBOX", POISON_HEAD, received_at=long_ago)
    for _turn in range(2):
        assert counts(sync(full=True))[3:] == (0, 0, 0), "of what is old and not here there is nothing to say"
        an_hour_later()
    assert "Letter old" in kept(ask) and "Letter not ours" not in kept(ask) and where(ask, "Letter old") == ["INBOX" if renumbered else "Clients"]


def test_what_is_older_than_a_mailbox_was_ever_read_stays(sync, account, ask, an_hour_later):
    uid = account.put("INBOX", mail("old", days=400), received_at=now() - timedelta(days=400))
    sync(since=now().date() - timedelta(days=600))
    ask("update connection set history_months = 12")
    account.remove("INBOX", uid)
    sync(full=True)
    an_hour_later()
    assert counts(sync(full=True))[3] == 0 and "Letter old" in kept(ask)


def test_what_may_have_moved_to_a_folder_that_does_not_open_stays(sync, account, ask, an_hour_later):
    account.add("Clients")
    sync()
    account.put("Clients", mail(1))
    account.remove("INBOX", 2)
    account.refused = {"Clients"}
    for _turn in range(2):
        assert counts(sync(full=True))[3] == 0
        an_hour_later()
    account.refused = set()
    assert counts(sync(full=True))[3] == 0 and where(ask, "Letter 1") == ["Clients"] and "Letter 1" in kept(ask)


@pytest.fixture
def other(run, alice, account):
    """Another account of hers, and its runs."""
    account.bind(other=Mailbox())
    view = run(alice, connections.create_connection, NEW.model_copy(update={"name": "Other", "username": "other"}), start=False)
    run(alice, connections.resume_connection, view.id)

    def do():
        job = run(alice, connections.sync_now, view.id, full=True)
        JobRunner(HANDLERS).run_pending()
        return run(alice, jobs.get_job, job.id)

    return do


@pytest.mark.parametrize("refused", [False, True])
def test_a_run_of_one_mailbox_forgets_nothing_that_another_has_not_looked_for(sync, other, account, ask, an_hour_later, refused):
    account.add("Clients")
    sync(), other(), an_hour_later()
    account.put("Clients", mail(1))
    account.remove("INBOX", 2)

    def breaks(step):
        if step.startswith("page") and account.opened[-1] == "Clients":
            raise SourceDown("The connection broke off.")

    account.refused, account.before = {"Clients"} if refused else set(), account.before if refused else breaks
    assert sync().state == (JobState.DONE if refused else JobState.FAILED) and where(ask, "Letter 1") == []
    an_hour_later()
    assert counts(other())[3] == 0
    account.before, account.refused = lambda step: None, set()
    assert counts(sync())[3] == 0 and counts(other())[3] == 0 and where(ask, "Letter 1") == ["Clients"] and "Letter 1" in kept(ask)
    account.remove("Clients", 1)
    sync(), an_hour_later(), sync()
    assert counts(other())[3] == 1 and "Letter 1" not in kept(ask), "once each has been looked at since"


@counted(8, 50, "places of fifty", "places")
def test_mail_06_one_bad_mail_at_any_place_keeps_no_other_out(sync, account, ask, run, alice, made, places):
    """At each place of fifty, or some drawn with both ends; most are from somebody who is no contact, so that there are only heads to keep."""
    account.drop("INBOX")
    drawn = {0, 49, *random.Random(6).sample(range(1, 49), places - 2)}
    for bad in sorted(drawn):
        account.add(f"{bad}")
        for number in range(50):
            stranger = number % 25 != bad % 25
            account.put(f"{bad}", POISON_HEAD if number == bad else mail(f"{bad}-{number}", sender="bea@else.example" if stranger else ANN))
    account.add("INBOX", role="inbox")
    job = sync()
    assert job.state == JobState.DONE and (job.result["created"], job.result["failed"]) == (49 * places + 1, places)
    assert ask("select count(*) from email_body") == [(places + 1,)] and ask("select count(*) from mail_folder where token <> ''")[0][0] >= places
    problems = run(alice, connections.list_problems, made.id, 100)
    assert {(one.calendar, one.item) for one in problems} == {(f"{bad}", f"{bad + 1}") for bad in drawn}
    assert all(one.reason == "One of its header lines is longer than 16 kB." and one.tries == 1 for one in problems)


def test_mail_06_words_that_cannot_be_read_are_said_and_their_head_is_here(sync, account, ask, run, alice, made):
    for number in range(5):
        account.put("INBOX", poison_words(f"p{number}") if number % 2 else mail(f"p{number}"))
    job = sync()
    assert job.state == JobState.DONE and counts(job)[5] == 2
    assert [subject for subject in kept(ask) if "p" in subject] == ["Letter p0", "Letter p2", "Letter p4"] and ask("select count(*) from email where not has_body and standing = 'kept'") == [(2,)]
    assert {one.reason for one in run(alice, connections.list_problems, made.id)} == {"It has more than 500 parts."}


def test_mail_06_a_bad_mail_is_tried_eight_times_and_then_by_hand_alone(sync, account, run, alice, made, ask):
    account.put("INBOX", poison_words("bad"))
    for tries in range(1, 9):
        sync()
        problem = run(alice, connections.list_problems, made.id)[0]
        assert (problem.tries, problem.given_up) == (tries, tries == 8)
        account.fetched.clear()
        sync()
        assert account.fetched == [], "it rests between two tries"
        ask("update sync_problem set retry_at = now() - interval '1 second' where retry_at is not null")
    sync(full=True)
    assert account.fetched == []
    job = run(alice, connections.retry_problems, made.id, [problem.id])
    JobRunner(HANDLERS).run_pending()
    assert run(alice, jobs.get_job, job.id).state == JobState.DONE
    assert account.fetched == [("INBOX", 5)] and run(alice, connections.list_problems, made.id)[0].tries == 1


def test_a_head_that_can_be_read_after_all_comes_in_with_its_words(sync, account, run, alice, made, ask):
    uid = account.put("INBOX", POISON_HEAD)
    sync()
    account._folders["INBOX"].messages[uid].content = mail("mended")
    assert counts(sync())[1] == 0, "it rests"
    run(alice, connections.retry_problems, made.id)
    JobRunner(HANDLERS).run_pending()
    assert "Letter mended" in kept(ask) and run(alice, connections.list_problems, made.id) == ()


def test_a_problem_goes_with_its_mail(sync, account, run, alice, made):
    uid = account.put("INBOX", POISON_HEAD)
    sync()
    account.remove("INBOX", uid)
    sync()
    assert run(alice, connections.list_problems, made.id) == ()


def test_a_folder_that_does_not_open_keeps_no_other_out(sync, account, run, alice, made, ask):
    account.refused = {"Sent"}
    job = sync()
    assert job.state == JobState.DONE and counts(job)[5] == 1 and len(kept(ask)) == 3
    (problem,) = run(alice, connections.list_problems, made.id)
    assert (problem.calendar, problem.title, problem.reason) == ("Sent", "Sent", "The server does not open this folder.")
    account.refused = set()
    sync()
    assert len(kept(ask)) == 4 and run(alice, connections.list_problems, made.id) == ()


def test_words_that_a_run_did_not_live_to_bring_come_with_the_next(sync, account, ask):
    def breaks(step):
        if step == "words":
            raise SourceDown("The connection broke off.")

    account.before = breaks
    job = sync()
    assert job.state == JobState.FAILED and ask("select count(*) from email") == [(1,)] and kept(ask) == []
    account.before = lambda step: None
    assert sync().state == JobState.DONE and len(kept(ask)) == 4


def test_who_becomes_a_contact_later_brings_their_letters_along(sync, account, run, alice, ask):
    account.put("INBOX", mail("early", sender="bea@mail.example"))
    sync()
    assert "Letter early" not in kept(ask)
    run(alice, contacts.create_contact, ContactCreate(display_name="Bea Roy", points=[PointInput(kind="email", value="bea@mail.example")]))
    sync()
    assert "Letter early" in kept(ask)


def test_only_so_many_months_are_read_and_reading_from_a_date_reads_more(sync, account, ask, run, alice, made):
    account.put("INBOX", mail("old", days=600), received_at=now() - timedelta(days=600))
    sync()
    assert "Letter old" not in kept(ask)
    before = ask("select xmin::text, id from email order by 2")
    job = sync(since=now().date() - timedelta(days=700))
    assert job.state == JobState.DONE and counts(job)[1] == 1 and "Letter old" in kept(ask)
    assert set(before) <= set(ask("select xmin::text, id from email order by 2")), "what is the same is not written again"


def test_a_dry_run_counts_and_keeps_nothing(sync, account, rows, view):
    account.put("INBOX", POISON_HEAD)
    before = rows()
    job = sync(dry=True)
    assert counts(job) == (6, 5, 0, 0, 0, 1) and rows() == before and view().last_ok_at is None and account.fetched == []
    sync()
    account.put("INBOX", mail("next"))
    before = rows()
    assert counts(sync(dry=True, full=True))[1] == 1 and rows() == before


def test_a_folder_that_is_let_go_of_or_gone_takes_its_mail_along(sync, account, ask):
    account.add("Old")
    account.put("Old", mail("old"))
    sync()
    account.drop("Old")
    assert sync().state == JobState.DONE and ask("select count(*) from mail_folder where ref = 'Old'") == [(0,)]
    kept_folders, account._folders = account._folders, {}
    job = sync()
    assert job.state == JobState.FAILED and "names no folder" in job.reason and ask("select count(*) from mail_folder")[0][0] == 3
    account._folders = kept_folders


def test_a_refused_sign_in_waits_for_its_owner(sync, account, view, told):
    sync()
    account.password = "changed"
    assert sync().state == JobState.FAILED
    assert (view().state, told()) == (ConnectionState.SIGN_IN_NEEDED, ["The sign-in was refused."])


@pytest.mark.parametrize("act", [connections.delete_connection, connections.pause_connection])
def test_a_run_ends_when_its_mailbox_goes_or_rests(sync, account, run, alice, made, ask, act):
    account.before = lambda step: step == "words" and run(alice, act, made.id)
    assert sync().state == JobState.CANCELLED and ask("select count(*) from email_body") == [(0,)]


@pytest.mark.parametrize(("failure", "answer"), [(None, "works"), (NotAMailbox("x"), "not_a_mailbox"), (SourceDown("x"), "no_answer")])
def test_a_test_of_a_mailbox_says_what_it_found_and_lists_its_folders(run, alice, made, account, ask, monkeypatch, failure, answer):
    monkeypatch.setattr(connection_tests, "probe", partial(probe, sleep=lambda seconds: None))

    def raises(step):
        raise failure

    if failure:
        account.before = raises
    job = run(alice, connections.test_connection, made.id)
    JobRunner(HANDLERS).run_pending()
    ended = run(alice, jobs.get_job, job.id)
    assert (ended.result["answer"], ended.result["folders"]) == (answer, [] if failure else ["INBOX", "Sent", "Junk"]) and ended.result["sentence"].endswith(".")
    assert ask("select count(*) from email") == [(0,)] and sorted(ask("select ref, synced from mail_folder")) == ([] if failure else [("INBOX", True), ("Junk", False), ("Sent", True)])


@pytest.mark.parametrize(("typed", "kept_as"), [("imap.example.org", "imaps://imap.example.org"), ("imap://imap.example.org:1143", "imap://imap.example.org:1143"), ("imaps://imap.example.org/x?y", "imaps://imap.example.org")])
def test_the_address_of_a_mailbox(run, alice, box, typed, kept_as):
    assert run(alice, connections.create_connection, NEW.model_copy(update={"url": typed}), start=False).url == kept_as
