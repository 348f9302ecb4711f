"""What stands under a letter: put there once, exchanged with the mailbox while nobody has touched it, and nobody's own words."""

from __future__ import annotations

import pytest

from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, PointInput
from crm_app.domain.errors import Conflict, Forbidden, Invalid, NotFound
from crm_app.domain.letters import looks, signatures
from crm_app.domain.letters import service as letters
from crm_app.domain.letters.schemas import LetterInput, LetterUpdate
from crm_app.domain.mail import service as mails
from crm_app.domain.mail.schemas import MailboxUpdate
from tests.domain.test_mail_landing import rows, threads
from tests.mailboxes import mail, make_mailbox

ANN, STUDIO = "Ann Lee\n*Yoga in Lund*", "The studio"
BELOW = f"-- \n{ANN}"


def test_it_stands_there_once_and_goes_with_its_mailbox_until_it_is_touched():
    assert signatures.under("", ANN).lstrip() == BELOW and signatures.under("Hello", "") == "Hello"
    signed = signatures.under("Hello\n", ANN)
    assert signed == f"Hello\n\n{BELOW}" and signatures.under(signed, ANN) == signed
    assert signatures.under("Warmly,\nAnn Lee \n*Yoga in Lund*", ANN).count("Ann Lee") == 1, "a template may end with it by itself"
    assert signatures.under("Ann Lee, hello", "Ann Lee").endswith("-- \nAnn Lee"), "a name in a sentence is no signature"
    assert signatures.parted(signed, STUDIO, ANN) == ("Hello", ANN) and signatures.parted("Hello", ANN) == ("Hello", "")
    assert signatures.exchanged(signed, ANN, STUDIO) == "Hello\n\n-- \nThe studio" and signatures.exchanged(signed, ANN, "") == "Hello"
    assert signatures.exchanged("Hello", "", STUDIO) == "Hello\n\n-- \nThe studio" == signatures.exchanged(signed, "A.", STUDIO, ANN)
    for touched in ("Hello", f"{signed}!", signed.replace("Lund", "Malmö")):
        assert signatures.exchanged(touched, ANN, STUDIO) == touched
    assert signatures.opened(BELOW) == f"\n\n{BELOW}" and signatures.opened(signed) == signed
    assert "<br>Ann Lee<br><em>Yoga in Lund</em>" in looks.as_html(signed)


def test_what_was_sent_is_read_without_it():
    quote = "On Monday, Ana wrote:\n> Hello\n> -- \n> Ana"
    assert signatures.without("See you.\n\n--\nAnn Lee\n\nLund") == signatures.without("See you.\n\n-- \nAnn Lee\n") == "See you."
    assert signatures.without(f"See you.\n\n-- \nAnn Lee\n\n{quote}") == "See you.\n\n> Hello\n> -- \n> Ana"
    drawn = "One\n--\n" + "\n".join(map(str, range(40)))
    assert signatures.without(drawn) == drawn and signatures.without("a -- b\n--c") == "a -- b\n--c"


def test_a_mailbox_has_one_that_its_owner_alone_writes(run, alice, bob, vera, olivia, database):
    box = make_mailbox(alice, sends=True)
    for words, said in (("\n".join("x" * 16), "lines"), ("Dear {first_name}", "filled in")):
        with pytest.raises(Invalid, match="another look") as refusal:
            run(alice, mails.update_mailbox, box.connection_id, MailboxUpdate(version=1, signature=words))
        assert said in refusal.value.fields["signature"]
    view = run(alice, mails.update_mailbox, box.connection_id, MailboxUpdate(version=1, signature=f"\n{ANN} \n"))
    assert view.signature == ANN and run(alice, letters.list_senders)[0].signature == ANN
    for who, refusal in ((alice, Conflict), (bob, NotFound), (olivia, NotFound), (vera, Forbidden)):
        with pytest.raises(refusal):
            run(who, mails.update_mailbox, box.connection_id, MailboxUpdate(version=1, signature="Mine"))
    assert [tuple(row) for row in rows(database, "select details ->> 'fields' from audit_entry where action = 'connection.changed'")] == [("signature",)]
    assert run(alice, mails.update_mailbox, box.connection_id, MailboxUpdate(version=view.version, signature="")).signature == ""


def test_a_letter_begins_with_it_over_what_it_quotes_and_it_alone_is_no_letter(run, alice):
    box, ana = make_mailbox(alice, sends=True), ContactCreate(display_name="Ana Silva", points=[PointInput(kind="email", value="ana@mail.example")])
    run(alice, mails.update_mailbox, box.connection_id, MailboxUpdate(version=1, signature=ANN))
    fresh = run(alice, letters.get_new_letter, contact_id=run(alice, contacts.create_contact, ana).id).fresh
    assert fresh.body == BELOW
    made = run(alice, letters.create_letter, fresh)
    with pytest.raises(Invalid) as refusal:
        run(alice, letters.send_letter, made.id, version=made.version)
    assert set(refusal.value.fields) == {"body"}
    run(alice, mails.update_mailbox, box.connection_id, MailboxUpdate(version=2, signature=STUDIO))
    made = run(alice, letters.update_letter, made.id, LetterUpdate(version=made.version, subject="Sunday", body="\n\n" + BELOW))
    with pytest.raises(Invalid):
        run(alice, letters.send_letter, made.id, version=made.version)
    run(alice, mails.update_mailbox, box.connection_id, MailboxUpdate(version=3, signature=ANN))
    box.land(mail("Retreat", "ana@mail.example", "alice@example.org"))
    (thread,) = threads(run, alice)
    answer = run(alice, letters.get_new_letter, answers_id=run(alice, mails.get_thread, thread.id).messages[0].id).fresh
    assert answer.body == BELOW and answer.quoted.endswith("> How are you?")
    assert run(alice, letters.create_letter, LetterInput(connection_id=box.connection_id, body="Hi")).body == "Hi", "what a program writes is left as it is"
