"""Letters by Gmail: allowed on Google's page, sent once, and in their thread as Gmail keeps them, whatever id it gave them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_app.domain.connections.models import ConnectionState
from crm_app.domain.errors import Invalid
from crm_app.domain.google import service as google
from crm_app.domain.google.authority import SENDS, Wants
from crm_app.domain.letters import service as letters
from crm_app.domain.letters.schemas import LetterInput
from crm_app.domain.mail import service as mails
from crm_app.domain.mail.schemas import SendingSet
from crm_app.domain.rows import now
from crm_app.jobs.handlers import HANDLERS
from crm_app.jobs.outbox import Postman
from crm_app.jobs.runner import JobRunner
from crm_app.jobs.sources import bind_senders
from crm_app.providers.google import GOOGLE, GmailSender
from tests.jobs.mail_account import ANN
from tests.jobs.test_gmail import ME, fake, go, key, places, sign_in
from tests.providers.google.conftest import Unhurried
from tests.providers.google.test_google import fault

__all__ = ["fake", "go", "key", "places", "sign_in"]


@pytest.fixture
def sends(fake, sign_in, key):
    """The mailbox, whose owner has allowed sending, too."""
    bind_senders(gmail=lambda tokens, account, _gate: GmailSender(account, tokens, lambda _seconds: fake, GOOGLE, Unhurried()))
    assert sign_in(key, Wants.SENDING) == f"/settings/connections/{key}"
    yield key
    bind_senders()


def posted(run, alice, connection_id, **values):
    """A letter of alice's that is due."""
    made = run(alice, letters.create_letter, LetterInput(connection_id=connection_id, recipients=ANN, **{"subject": "Saturday", "body": "At four.", **values}))
    run(alice, letters.send_letter, made.id, version=made.version)
    return run(alice, letters.send_now, made.id)


def test_sending_is_asked_for_only_by_whoever_wants_it_and_stays_until_they_stop_it(run, alice, fake, sign_in, key):
    assert run(alice, letters.list_senders) == () and not any(SENDS in one.scopes for one in fake._grants.values())
    assert sign_in(key, Wants.SENDING, allows=lambda scope: scope != SENDS) == f"/settings/connections/{key}?edit=1&google=fewer"
    assert run(alice, letters.list_senders) == (), "and reading goes on"
    sign_in(key, Wants.SENDING)
    assert [(one.connection_id, one.address, one.resting) for one in run(alice, letters.list_senders)] == [(key, ME, "")]
    assert "gmail.send" in run(alice, google.begin_sign_in, key).address, "signing in again asks for what is wanted"
    with pytest.raises(Invalid, match="signing in"):
        run(alice, mails.set_sending, key, SendingSet(version=run(alice, mails.get_mailbox, key).version, host="smtp.gmail.com", address=ME))
    run(alice, mails.set_sending, key, SendingSet(version=run(alice, mails.get_mailbox, key).version))
    assert run(alice, letters.list_senders) == () and "gmail.send" not in run(alice, google.begin_sign_in, key).address


@pytest.mark.parametrize("renames", [False, True])
def test_an_answer_stands_in_its_thread_here_and_there_once(run, alice, fake, sends, go, ask, renames):
    fake.renames = renames
    go()
    ((mail_id,),) = ask("select e.id from email e join email_subject s on s.email_id = e.id where s.subject = 'Letter 0'")
    fresh = run(alice, letters.get_new_letter, answers_id=mail_id).fresh
    made = run(alice, letters.create_letter, fresh.model_copy(update={"body": "Lovely."}))
    run(alice, letters.send_letter, made.id, version=made.version)
    assert Postman(None, "").deliver(now()) == 0 and Postman(None, "").deliver(now() + timedelta(seconds=11)) == 1
    assert fake.told == [{"threadId": next(iter(fake.letters))}]
    JobRunner(HANDLERS).run_pending()
    assert run(alice, letters.list_letters) == () and ask("select state, text, letter from outbox") == [("sent", "", None)]
    count = "select count(*), count(distinct ident) from email where direction = 'out'"
    before = ask(count)
    go()
    assert ask(count) == before == [(2, 2)], "the sync finds the very same mail"
    assert ask("select count(*) from interaction where kind = 'email' and direction = 'outgoing'") == [(2,)]


@pytest.mark.parametrize(("answer", "state", "said"), [
    (fault(400, "invalidArgument"), "failed", "Check the addresses"), (fault(403, "rateLimitExceeded"), "waiting", "for now"),
    (fault(429), "waiting", "for now"), (fault(503), "unknown", "Nobody knows"),
])  # fmt: skip
def test_a_refusal_and_a_doubt_are_said_and_nothing_is_sent_twice(run, alice, fake, sends, answer, state, said):
    made = posted(run, alice, sends)
    fake.fault = lambda path: answer if path.startswith("/upload/") else None
    assert Postman(None, "").deliver(now()) == 0
    kept = run(alice, letters.get_letter, made.id)
    assert (kept.state, said in kept.reason) == (state, True) and not fake.told
    fake.fault = lambda path: None
    if state == "unknown":
        assert Postman(None, "").deliver(now() + timedelta(days=1)) == 0, "never again by itself"
        run(alice, letters.decide_letter, made.id, arrived=False)
        assert Postman(None, "").deliver(now()) == 1 and len(fake.told) == 1


def test_tok_05_an_access_that_was_taken_back_keeps_the_letter_here(run, alice, fake, sends, go, view):
    made = posted(run, alice, sends)
    fake.take_back()
    assert Postman(None, "").deliver(now()) == 0 and "Sign in with Google again" in run(alice, letters.get_letter, made.id).reason
    go()
    assert view().state is ConnectionState.SIGN_IN_NEEDED and run(alice, letters.get_letter, made.id).state == "waiting"


def test_what_gmail_does_not_hand_over_again_lands_as_it_left(run, alice, fake, sends, ask):
    posted(run, alice, sends)
    assert Postman(None, "").deliver(now()) == 1
    fake.fault = lambda path: fault(503) if "/messages/" in path else None
    for _turn in range(3):
        ask("update job set run_after = now(), lease_until = null where kind = 'letters.file' and state <> 'done'")
        JobRunner(HANDLERS).run_pending()
    assert run(alice, letters.list_letters) == () and ask("select count(*) from email where direction = 'out'") == [(1,)]
