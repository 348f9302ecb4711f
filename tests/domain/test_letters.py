"""Writing mail: a letter is kept while it is typed, becomes one mail of the outbox, can be taken back until it is handed over, and is nobody's but its writer's."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import text

from crm_app.domain.connections import service as connections
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, PointInput
from crm_app.domain.errors import Conflict, Forbidden, Invalid, NotFound
from crm_app.domain.letters import rules
from crm_app.domain.letters import service as letters
from crm_app.domain.letters.schemas import LetterInput, LetterUpdate, TemplateInput, TemplateUpdate
from crm_app.domain.mail import service as mails
from crm_app.domain.mail.schemas import SendingSet
from crm_app.domain.outbox import delivering, queries
from crm_app.domain.outbox import service as outbox
from crm_app.domain.outbox.delivering import LEASE, MailLost
from crm_app.domain.rows import now
from crm_app.domain.unit_of_work import anonymous_work, unit_of_work
from tests.domain.test_mail_landing import rows, threads
from tests.mailboxes import mail, make_mailbox


@pytest.fixture
def ana(run, alice):
    return run(alice, contacts.create_contact, ContactCreate(display_name="Ana Silva", points=[PointInput(kind="email", value="ana@mail.example")]))


@pytest.fixture
def box(database, alice):
    return make_mailbox(alice, sends=True)


@pytest.fixture
def written(run, alice, box):
    """``written(...)``: a letter of alice's."""

    def write(**values):
        whole = {"connection_id": box.connection_id, "recipients": "Ana Silva <ana@mail.example>", "subject": "Saturday", "body": "See you at four.", **values}
        return run(alice, letters.create_letter, LetterInput(**whole))

    return write


@pytest.fixture
def sent(run, alice, written):
    """``sent(...)``: a letter of alice's that waits to leave."""

    def send(at=None, **values):
        made = written(**values)
        return run(alice, letters.send_letter, made.id, version=made.version, at=at)

    return send


def claim(moment):
    with anonymous_work() as session:
        return queries.claim_next(session, moment, LEASE)


def settle(actor, step, *values):
    with unit_of_work(actor, "tests.settle") as session:
        return step(session, actor, *values)


SOON = timedelta(seconds=11)


def test_a_letter_is_kept_while_it_is_typed(run, alice, written, ana):
    made = written(contact_id=ana.id)
    changed = run(alice, letters.update_letter, made.id, LetterUpdate(version=made.version, body="See you at five."))
    assert changed.body == "See you at five." and changed.version == made.version + 1 and changed.state == "draft"
    with pytest.raises(Conflict) as stale:
        run(alice, letters.update_letter, made.id, LetterUpdate(version=made.version, body="Lost"))
    assert stale.value.current["body"] == "See you at five."
    assert run(alice, letters.get_new_letter, contact_id=ana.id).kept == changed, "and is there again where it was begun"
    run(alice, letters.discard_letter, made.id, version=changed.version)
    assert run(alice, letters.list_letters) == ()
    assert run(alice, letters.get_new_letter, contact_id=ana.id).fresh.recipients == "Ana Silva <ana@mail.example>"


def test_an_answer_begins_with_its_people_its_subject_and_what_it_quotes(run, alice, box, ana):
    box.land(mail("Retreat", "ana@mail.example", "alice@example.org", name="Ana", message_id="one@x"))
    box.land(mail("Re: Retreat", "ana@mail.example", "alice@example.org", name="Ana", text="June works.\n> So?", message_id="two@x", answers="one@x", cc=["ben@mail.example"]))
    (thread,) = threads(run, alice)
    last = run(alice, mails.get_thread, thread.id).messages[-1]
    fresh = run(alice, letters.get_new_letter, answers_id=last.id, everyone=True).fresh
    assert (fresh.subject, fresh.recipients, fresh.copies) == ("Re: Retreat", "Ana <ana@mail.example>", "ben@mail.example")
    assert fresh.connection_id == box.connection_id
    said, *lines = fresh.quoted.splitlines()
    assert said.endswith("Ana wrote:") and lines == ["> June works.", ">> So?"]
    assert run(alice, letters.get_new_letter, answers_id=last.id).fresh.copies == ""
    made = run(alice, letters.create_letter, fresh.model_copy(update={"body": "Lovely."}))
    run(alice, letters.send_letter, made.id, version=made.version)
    leaving = settle(alice, delivering.load_mail, claim(now() + SOON), "host.example", now())
    assert leaving.head.references == ("one@x", "two@x") and leaving.message_id.endswith("@example.org>")
    assert leaving.text.startswith("Lovely.\n\nOn ") and leaving.text.endswith(">> So?\n")
    assert [(one.address, one.role) for one in leaving.people] == [("ana@mail.example", "to"), ("ben@mail.example", "cc")]


@pytest.mark.parametrize(("values", "field"), [
    ({"recipients": ""}, "recipients"), ({"recipients": "ana at mail"}, "recipients"), ({"copies": "=?UTF-8?Q?x=0ABcc=3A?= <b@mail.example>"}, "copies"),
    ({"subject": "=?UTF-8?Q?=0ABcc:_x@mail.example?="}, "subject"), ({"body": " ", "quoted": ""}, "body"), ({"connection_id": None}, "connection_id"),
    ({"recipients": ", ".join(f"p{number}@mail.example" for number in range(51))}, "recipients"),
])  # fmt: skip
def test_what_cannot_leave_says_why_and_stays(run, alice, database, written, values, field):
    made = written(**values)
    with pytest.raises(Invalid) as refusal:
        run(alice, letters.send_letter, made.id, version=made.version)
    assert set(refusal.value.fields) == {field}
    assert rows(database, "select id from outbox") == [] and run(alice, letters.get_letter, made.id).state == "draft"


def test_nobody_gets_it_twice():
    people = rules.all_people("Ana <ana@mail.example>; ANA@mail.example", '"Odes, Ben" <ben@mail.example>, ana@mail.example')
    assert [(one.address, one.name, one.role) for one in people] == [("ana@mail.example", "Ana", "to"), ("ben@mail.example", "Odes, Ben", "cc")]
    assert rules.answer_subject("AW: Retreat") == "AW: Retreat" and rules.answer_subject("Retreat") == "Re: Retreat"


def test_it_is_written_once_waits_ten_seconds_and_can_be_taken_back(run, alice, database, sent):
    waiting = sent()
    assert waiting.state == "waiting" and timedelta(seconds=8) < waiting.leaves_at - now() <= timedelta(seconds=10)
    for act in (lambda: run(alice, letters.send_letter, waiting.id, version=waiting.version), lambda: run(alice, letters.discard_letter, waiting.id, version=waiting.version), lambda: run(alice, letters.update_letter, waiting.id, LetterUpdate(version=waiting.version, body="x"))):
        with pytest.raises(Conflict):
            act()
    assert claim(now()) is None, "not before its time"
    assert run(alice, letters.take_back, waiting.id).state == "draft" and rows(database, "select id from outbox") == []
    again = run(alice, letters.send_letter, waiting.id, version=waiting.version)
    assert again.state == "waiting" and len(rows(database, "select id from outbox")) == 1


def test_taken_back_in_time_it_is_not_handed_over_and_too_late_it_is(run, alice, sent):
    waiting = sent()
    held = claim(now() + SOON)
    run(alice, letters.take_back, waiting.id)
    with pytest.raises(MailLost):
        settle(alice, delivering.begin_sending, held, now())
    later = run(alice, letters.send_letter, waiting.id, version=waiting.version)
    held = claim(now() + SOON)
    settle(alice, delivering.begin_sending, held, now())
    with pytest.raises(Conflict, match="too late"):
        run(alice, letters.take_back, later.id)
    assert run(alice, letters.get_letter, later.id).state == "sending"


def test_it_waits_for_its_time_or_leaves_now(run, alice, sent):
    at = now() + timedelta(days=2)
    waiting = sent(at=at)
    assert waiting.leaves_at == at and claim(now() + timedelta(days=1)) is None
    assert run(alice, letters.send_now, waiting.id).leaves_at <= now() and claim(now())
    for wrong in (now() - timedelta(hours=1), now() + timedelta(days=400)):
        with pytest.raises(Invalid):
            sent(at=wrong)


def test_of_one_of_which_nobody_knows_its_writer_decides(run, alice, olivia, sent, database):
    waiting, handed_over = sent(), now() - timedelta(minutes=3)
    for arrived in (False, True):
        held = claim(now() + SOON)
        settle(alice, delivering.begin_sending, held, now() if arrived else handed_over)
        settle(alice, delivering.mark_unknown, held, "Nobody knows whether this mail arrived.")
        assert run(alice, letters.get_letter, waiting.id).state == "unknown"
        assert run(olivia, outbox.load_mail_page).troubles == () and run(olivia, outbox.load_mail_page).waiting == 0
        with pytest.raises(NotFound):
            run(olivia, outbox.send_again, held.mail_id)
        with pytest.raises(Conflict):
            run(alice, letters.take_back, waiting.id)
        assert run(alice, letters.decide_letter, waiting.id, arrived=arrived).state == ("sent" if arrived else "waiting")
    assert rows(database, "select kind from job") == [("letters.file",)] and rows(database, "select kind from notification") == [("letter_failed",)] * 2
    with pytest.raises(Conflict):
        run(alice, letters.decide_letter, waiting.id, arrived=False)
    assert rows(database, "select sent_at from outbox") == [(handed_over,)], "the date that it bears, however often it left"


def test_one_that_was_refused_becomes_a_draft_again(run, alice, sent):
    waiting = sent()
    settle(alice, delivering.mark_failed, claim(now() + SOON), "This address does not exist there. (550)")
    failed = run(alice, letters.get_letter, waiting.id)
    assert (failed.state, failed.reason) == ("failed", "This address does not exist there. (550)")
    assert run(alice, letters.take_back, waiting.id).state == "draft"


def test_the_litany(run, alice, bob, vera, olivia, ana, box, sent, written, snapshot):
    draft, waiting, now_on = written(), sent(), now() + timedelta(hours=1)
    acts = (
        (letters.get_letter, (draft.id,), {}), (letters.update_letter, (draft.id, LetterUpdate(version=1, body="x")), {}), (letters.discard_letter, (draft.id,), {"version": 1}),
        (letters.send_letter, (draft.id,), {"version": 1, "at": now_on}), (letters.take_back, (waiting.id,), {}), (letters.send_now, (waiting.id,), {}),
        (letters.decide_letter, (waiting.id,), {"arrived": True}), (mails.set_sending, (box.connection_id, SendingSet(version=1)), {}),
    )  # fmt: skip
    before = snapshot()
    for service, arguments, named in acts:
        for who, refusal in ((bob, NotFound), (olivia, NotFound), (vera, Forbidden)):
            with pytest.raises(refusal):
                run(who, service, *arguments, **named)
    for service, arguments in ((letters.list_letters, ()), (letters.list_senders, ()), (letters.get_new_letter, ()), (letters.create_letter, (LetterInput(),))):
        with pytest.raises(Forbidden):
            run(vera, service, *arguments)
    assert run(bob, letters.list_letters) == () and run(bob, letters.list_senders) == ()
    box.land(mail("Hers", "ana@mail.example"))
    (thread,) = threads(run, alice)
    hers = run(alice, mails.get_thread, thread.id).messages[0].id
    for fields in ({"answers_id": hers}, {"connection_id": box.connection_id}):
        with pytest.raises((NotFound, Invalid)):
            run(bob, letters.create_letter, LetterInput(**fields))
    hidden = run(bob, contacts.create_contact, ContactCreate(display_name="Hidden", audience="private"))
    with pytest.raises(NotFound):
        run(alice, letters.create_letter, LetterInput(contact_id=hidden.id))
    assert before != "" and {one.state for one in run(alice, letters.list_letters)} == {"draft", "waiting"}


def test_a_mailbox_says_by_which_server_it_sends(run, alice, database):
    box = make_mailbox(alice)
    with pytest.raises(Invalid):
        run(alice, letters.create_letter, LetterInput(connection_id=box.connection_id))
    for wrong, field in (({"host": "not a host"}, "host"), ({"port": 8025}, "port"), ({"security": "none"}, "security"), ({"address": "me"}, "address")):
        with pytest.raises(Invalid) as refusal:
            run(alice, mails.set_sending, box.connection_id, SendingSet(**{"version": 1, "host": "smtp.mail.example", **wrong}))
        assert set(refusal.value.fields) == {field}
    view = run(alice, mails.set_sending, box.connection_id, SendingSet(version=1, host="SMTP.mail.example", port=587, security="starttls", name="Ana Studio"))
    assert (view.sending.host, view.sending.port, view.sending.address, view.sending.name) == ("smtp.mail.example", 587, "alice@example.org", "Ana Studio")
    with pytest.raises(Conflict):
        run(alice, mails.set_sending, box.connection_id, SendingSet(version=1))
    assert [one.address for one in run(alice, letters.list_senders)] == ["alice@example.org"]
    run(alice, connections.pause_connection, box.connection_id)
    assert "paused" in run(alice, letters.list_senders)[0].resting
    made = run(alice, letters.create_letter, LetterInput(connection_id=box.connection_id, recipients="ana@mail.example", body="x"))
    with pytest.raises(Invalid, match="another look"):
        run(alice, letters.send_letter, made.id, version=made.version)


def erase(database, contact):
    with database.owner.begin() as connection:
        connection.execute(text("delete from contact where id = :one"), {"one": contact.id})


def test_what_was_written_to_an_erased_person_goes_with_them(run, alice, database, ana, sent, written):
    sent(), written(contact_id=ana.id, recipients="somebody@mail.example"), written(recipients="other@mail.example", copies="Ana <ANA@mail.example>")
    sent(recipients="other@mail.example", copies="Ana (Silva) <Ana@mail.example>"), written(recipients="other@mail.example;ana@mail.example")
    kept = written(recipients="other@mail.example")
    erase(database, ana)
    assert [one.id for one in run(alice, letters.list_letters)] == [kept.id] and rows(database, "select id from outbox") == []


def test_what_merely_holds_the_address_of_an_erased_person_stays(run, alice, database, ana, sent, written):
    """As a part of another address, as its writer's own, and among the ids of what it answers."""
    stay = {written(recipients="Joana <joana@mail.example>").id, sent(recipients="joana@mail.example", copies="mariana@mail.example").id}
    with database.owner.begin() as connection:
        connection.execute(text("""update outbox set letter = letter || '{"references": ["ana@mail.example"], "sender": {"address": "ana@mail.example", "name": "", "role": "to"}}'"""))
    erase(database, ana)
    assert {one.id for one in run(alice, letters.list_letters)} == stay and len(rows(database, "select id from outbox")) == 1


def test_what_is_typed_is_no_news_and_what_comes_and_goes_is(run, alice, written, database):
    """Every page that shows letters is drawn again at each notice, also the one on which somebody types."""
    with psycopg.connect(database.server.owner_dsn(database.name), autocommit=True) as listening:
        listening.execute("listen crm_changes")
        made = written()
        run(alice, letters.update_letter, made.id, LetterUpdate(version=made.version, body="See you at five."))
        run(alice, letters.discard_letter, made.id, version=made.version + 1)
        told = [notice.payload for notice in listening.notifies(timeout=0.3)]
    assert len([one for one in told if '"letter"' in one]) == 2


def test_a_template_is_filled_in_for_whom_it_is_and_what_is_missing_is_never_sent(run, alice, bob, vera, ana, written, event):
    made = run(alice, letters.create_template, TemplateInput(name="Reminder", subject="Hello {first_name}", body="{name}, see you {next_meeting}. {my_name}, {practice} {odd}", audience="team"))
    filled = run(alice, letters.get_filled_template, made.id, recipients="Somebody <ANA@mail.example>")
    assert filled.subject == "Hello Ana" and filled.missing == ("{next_meeting}", "{odd}") and "Ana Silva, see you {next_meeting}. Alice, Stillwater" in filled.body
    event(alice, "Session", asked=["ana@mail.example"])
    assert run(alice, letters.get_filled_template, made.id, contact_id=ana.id).missing == ("{odd}",)
    ben = run(alice, contacts.create_contact, ContactCreate(display_name="Ben Odes", points=[PointInput(kind="email", value="ben@mail.example")]))
    for recipients, greeted in (("ben@mail.example", "Ben"), ("ben@mail.example, ana@mail.example", "Ana"), ("nobody@mail.example", "{first_name}"), ("", "Ana")):
        said = run(alice, letters.get_filled_template, made.id, contact_id=ana.id, recipients=recipients).subject
        assert said == f"Hello {greeted}", "for whom it goes to, wherever it was begun"
    assert run(alice, letters.get_filled_template, made.id, contact_id=ben.id, recipients="Ben <BEN@mail.example>").subject == "Hello Ben"
    assert run(alice, letters.get_filled_template, made.id, recipients="nobody@mail.example").subject == "Hello {first_name}"
    for words in ({"body": "Hello {first_name}"}, {"subject": "{odd}"}, {"body": "Hello {First name}"}, {"body": "{x}"}):
        letter = written(**words)
        with pytest.raises(Invalid) as refusal:
            run(alice, letters.send_letter, letter.id, version=letter.version)
        assert set(refusal.value.fields) == set(words)
    changed = run(alice, letters.update_template, made.id, TemplateUpdate(version=1, audience="private"))
    with pytest.raises(Conflict):
        run(alice, letters.update_template, made.id, TemplateUpdate(version=1, name="x"))
    for who, refusal in ((bob, NotFound), (vera, Forbidden)):
        for act in ((letters.get_filled_template, made.id), (letters.update_template, made.id, TemplateUpdate(version=2, name="x")), (letters.delete_template, made.id)):
            with pytest.raises(refusal):
                run(who, *act)
    run(alice, letters.update_template, made.id, TemplateUpdate(version=changed.version, audience="team"))
    assert [(one.name, one.own) for one in run(bob, letters.list_templates)] == [("Reminder", False)]
    with pytest.raises(Forbidden):
        run(bob, letters.delete_template, made.id)
    run(alice, letters.delete_template, made.id)
    assert run(bob, letters.list_templates) == ()
