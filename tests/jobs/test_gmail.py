"""A mailbox at Gmail from the sign-in to its mails: what a run writes, what comes by the history, and what stays of a place that is no longer known."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from crm_app.domain.connections import service as connections
from crm_app.domain.connections.models import ConnectionKind, ConnectionState
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, PointInput
from crm_app.domain.errors import Invalid
from crm_app.domain.google import service as google
from crm_app.domain.google.authority import Client, Wants, bind_google
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.models import JobState
from crm_app.domain.links import bind_public_url
from crm_app.domain.mail import service as mails
from crm_app.domain.mail.schemas import SendingSet
from crm_app.jobs.handlers import HANDLERS
from crm_app.jobs.mail_files import open_attachment
from crm_app.jobs.runner import JobRunner
from crm_app.jobs.sources import bind_sources
from crm_app.providers.google import GOOGLE, GmailSource, GoogleAuthority
from crm_app.providers.google.fake_mail import FakeGmail
from crm_app.web.google import _taken
from tests.jobs.fake_account import counts
from tests.jobs.mail_account import ANN, mail
from tests.providers.google.conftest import CLIENT, Unhurried
from tests.providers.google.test_google import fault
from tests.security.counts import counted

ME = "ana@gmail.com"


@pytest.fixture
def fake(box):
    bind_public_url("https://crm.example.org")
    made = FakeGmail()
    made.clients[CLIENT.client_id] = CLIENT.secret.get_secret_value()
    bind_google(GoogleAuthority(lambda: made), Client(CLIENT.client_id, CLIENT.secret))
    bind_sources({ConnectionKind.GMAIL: lambda _url, _name, tokens, _gate: GmailSource(tokens, made, GOOGLE, Unhurried())})
    made.labels = {"Label_1": "Clients"}
    for number in range(3):
        made.letter(mail(number, to=ME))
    made.letter(mail("news", sender="news@shop.example", to=ME, more=["List-Unsubscribe: <https://shop.example/u>"]))
    made.letter(mail("mine", sender=ME, to=ANN, days=2), ("SENT",))
    made.letter(mail("spam", to=ME), ("SPAM",))
    return made


@pytest.fixture
def sign_in(run, alice, fake):
    def do(connection_id=None, wants=Wants.MAIL, **how):
        given = parse_qs(urlsplit(fake.sign_in(run(alice, google.begin_sign_in, connection_id, wants).address, **how)).query)
        return _taken(alice, given["state"][0], SecretStr(given["code"][0]))

    return do


@pytest.fixture
def key(run, alice, sign_in, view):
    """A mailbox that is signed in to and has been tested, beside a contact who writes to it."""
    run(alice, contacts.create_contact, ContactCreate(display_name="Ann Lee", points=[PointInput(kind="email", value=ANN)]))
    sign_in()
    JobRunner(HANDLERS).run_pending()
    run(alice, connections.resume_connection, view().id)
    return view().id


@pytest.fixture
def go(run, alice, key):
    """``go(**asked)``: one run to its end; the job."""

    def do(**asked):
        job = run(alice, connections.sync_now, key, **asked)
        JobRunner(HANDLERS).run_pending()
        return run(alice, jobs.get_job, job.id)

    return do


@pytest.fixture
def places(ask):
    """Of each mail whose words are here, in which folders it lies."""

    def read():
        found = ask(
            "select s.subject, array_agg(f.name order by f.name) from email e join email_subject s on s.email_id = e.id join email_body b on b.email_id = e.id "
            "join email_place p on p.email_id = e.id join mail_folder f on f.id = p.folder_id group by 1 order by 1"
        )
        return {subject: names for subject, names in found}

    return read


def test_from_the_sign_in_to_the_mail_and_what_comes_moves_and_goes(run, alice, fake, key, go, view, ask, rows, places):
    (job,) = run(alice, jobs.list_jobs, ("connections.test",))
    assert job.result == {"answer": "works", "sentence": "It works.", "folders": ["Inbox", "Sent", "Archive", "Clients"], "sending": ""}
    assert (view().kind, view().name, view().username) == (ConnectionKind.GMAIL, "Gmail", ME)
    assert counts(go()) == (5, 5, 0, 0, 0, 0)
    assert places() == {"Letter 0": ["Inbox"], "Letter 1": ["Inbox"], "Letter 2": ["Inbox"], "Letter mine": ["Sent"]}
    assert ask("select direction, count(*) from interaction where source = 'sync' and kind = 'email' group by 1 order by 1") == [("incoming", 3), ("outgoing", 1)]
    before = rows()
    fake.asked.clear()
    assert counts(go()) == (0, 0, 0, 0, 0, 0) and rows() == before, "a sync with nothing new writes nothing but its run"
    assert [path.rpartition("/")[2] for _method, path, _asked in fake.asked] == ["labels", "history"], "and asks for no mail"
    first, second, third, *_others = fake.letters
    fake.letter(mail("next", to=ME))
    assert counts(go()) == (1, 1, 0, 0, 0, 0)
    fake.label(first, take=["UNREAD"])
    assert counts(go())[:3] == (0, 0, 1) and ask("select count(*) from email_place where not unread") == [(2,)]
    fake.label(second, take=["INBOX"], add=["Label_1"])
    fake.label(third, add=["TRASH"], take=["INBOX"])
    go()
    assert places()["Letter 1"] == ["Clients"] and "Letter 2" not in places()
    fake.forget_history()
    fake.letter(mail("late", to=ME))
    assert counts(go())[1] == 1 and set(places()) == {"Letter 0", "Letter 1", "Letter late", "Letter mine", "Letter next"}
    assert counts(go()) == (0, 0, 0, 0, 0, 0)


def test_its_files_and_its_end(run, alice, fake, key, go, ask):
    words = '--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n--b\r\nContent-Type: text/csv; name="n.csv"\r\nContent-Disposition: attachment\r\n\r\na,b\r\n--b--'
    fake.letter(mail("files", to=ME, words=words, more=["MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="b"']))
    go()
    ((email_id,),) = ask("select email_id from email_body where attachments <> '[]'")
    opened = open_attachment(alice, email_id, "2")
    assert (opened.name, opened.content) == ("n.csv", b"a,b")
    with pytest.raises(Invalid, match="signing in"):
        run(alice, mails.set_sending, key, SendingSet(version=1, host="smtp.gmail.com", address=ME))
    run(alice, connections.delete_connection, key)
    for table in ("email", "email_place", "mail_folder", "mailbox", "connection_secret"):
        assert ask(f"select count(*) from {table}") == [(0,)], "its mail goes with it"
    assert ask("select count(*) from interaction where kind = 'email'") == [(5,)], "what stands on timelines stays"


def test_tok_05_the_access_that_ends_is_renewed_once_and_where_it_was_taken_back_its_owner_is_asked(run, alice, fake, sign_in, key, go, view, told, places):
    go()
    fake.end_access()
    fake.letter(mail("next", to=ME))
    assert counts(go())[1] == 1 and view().state is ConnectionState.ACTIVE
    fake.take_back()
    assert go().state == JobState.FAILED and view().state is ConnectionState.SIGN_IN_NEEDED
    assert told() == ["Google no longer accepts this sign-in: it was taken back, or it ended. Sign in with Google again."]
    fake.letter(mail("meanwhile", to=ME))
    assert sign_in(key, allows=lambda scope: "gmail" not in scope) == f"/settings/connections/{key}?edit=1&google=fewer"
    assert sign_in(key) == f"/settings/connections/{key}"
    fake.asked.clear()
    JobRunner(HANDLERS).run_pending()
    assert "Letter meanwhile" in places() and any(path.endswith("history") for _method, path, _asked in fake.asked), "it went on from where it was"


@pytest.mark.parametrize("answer", [fault(403, "rateLimitExceeded", retry_after="900"), fault(429, retry_after="900"), fault(500), fault(503), fault(200, body=b"<html>")])
def test_rel_09_whatever_google_refuses_takes_nothing_away_and_is_asked_again_later(fake, key, go, view, places, answer):
    go()
    before = places()
    fake.fault = lambda path: answer if "gmail" in path else None
    assert go(full=True).state == JobState.FAILED and view().state is ConnectionState.ACTIVE and places() == before
    if answer[0] in (403, 429):
        assert (view().next_run_at - view().last_run_at).total_seconds() > 800, "as long as Google asked for"
    fake.fault = lambda path: None
    fake.letter(mail("next", to=ME))
    assert counts(go())[1] == 1 and places() == before | {"Letter next": ["Inbox"]}


@counted(5, 200, "questions after which Google no longer answers")
def test_rel_02_a_run_that_is_cut_off_after_any_question_is_made_whole_by_the_next(fake, key, go, ask, places, monkeypatch, count):
    monkeypatch.setattr("crm_app.providers.google.mailbox.PAGE", 2)
    fake.asked.clear()
    go()
    whole, total, cut = places(), sum("gmail" in path for _method, path, _asked in fake.asked), 0
    for number in range(min(count, total)):
        for table in ("email", "mail_thread", "mail_folder", "interaction", "sync_problem"):
            ask(f"delete from {table}")
        left = [number * total // min(count, total)]

        def dies(path, left=left):
            left[0] -= "gmail" in path
            return fault(503) if left[0] < 0 and "gmail" in path else None

        fake.fault = dies
        cut += go().state == JobState.FAILED
        fake.fault = lambda path: None
        ask("update connection set next_run_at = now()")
        assert go().state == JobState.DONE and places() == whole
        assert ask("select count(*), count(distinct ident) from email") == [(5, 5)]
        assert ask("select count(*) from interaction where kind = 'email'") == [(4,)], "and nothing is doubled"
        assert counts(go()) == (0, 0, 0, 0, 0, 0)
    assert cut == min(count, total)


def test_a_test_says_what_is_missing_at_google(run, alice, fake, sign_in, monkeypatch):
    monkeypatch.setattr("crm_app.infrastructure.outbound_probe.PROBE_SECONDS", 0.0)
    for answer, expected, said in (
        (fault(403, "accessNotConfigured"), "not_a_mailbox", "The Gmail API is not switched on"), (fault(500), "no_answer", "a problem of its own"),
        (fault(403, "insufficientPermissions"), "sign_in_refused", "tick the box"),
    ):  # fmt: skip
        fake.fault = lambda path, answer=answer: answer if "gmail" in path else None
        sign_in()
        JobRunner(HANDLERS).run_pending()
        latest = run(alice, jobs.list_jobs, ("connections.test",))[0]
        assert latest.result["answer"] == expected and said in latest.result["sentence"], answer


def test_mail_and_calendars_of_one_account_are_asked_for_apart_and_kept_beside_each_other(run, alice, fake, sign_in, key):
    assert not any("calendar" in scope for grant in fake._grants.values() for scope in grant.scopes)
    assert sign_in(wants=Wants.CALENDARS, allows=lambda scope: "calendar" not in scope).endswith("?add=google&google=fewer")
    assert sign_in(allows=lambda scope: "mail" not in scope or scope == "email").endswith(f"/{key}"), "what was allowed before stays so"
    sign_in(wants=Wants.CALENDARS)
    both = run(alice, connections.get_connections).connections
    assert [(one.kind, one.name, one.username) for one in both] == [("gmail", "Gmail", ME), ("google", "Google", ME)]
