"""Looking at mail and deciding about it: what each person sees of it in steps, and what a hand, a rule and an undo come to."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import event, text

from crm_app.domain.changes import service as changes
from crm_app.domain.connections import service as connections
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, PointInput
from crm_app.domain.errors import Conflict, Forbidden, Invalid, NotFound
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionUpdate
from crm_app.domain.mail import service as mails
from crm_app.domain.mail.reading_schemas import Mailbox as Address
from crm_app.domain.mail.schemas import FolderChoice, MailboxUpdate
from crm_app.domain.mail.taken import TakenBody
from crm_app.domain.unit_of_work import perform, unit_of_work
from crm_app.jobs import meetings as duty
from tests.domain.people import exported
from tests.domain.test_mail_landing import NOW, count, rows, threads, timeline
from tests.mailboxes import attached, mail, make_mailbox

STEPS = ("private", "metadata", "subject", "full")


@pytest.fixture
def ana(run, alice):
    return run(alice, contacts.create_contact, ContactCreate(display_name="Ana Silva", points=[PointInput(kind="email", value="ana@mail.example")]))


@pytest.fixture
def box(database, alice):
    return make_mailbox(alice)


@pytest.fixture
def thread(run, alice, ana, box):
    """A thread of alice's with Ana, all of it private."""
    box.land(mail("Retreat", "ana@mail.example", text="the secret plan", html="<p>the secret plan</p>", attachments=(attached(),)))
    return threads(run, alice)[0]


def at(run, who, thread):
    return run(who, mails.get_thread, thread.id)


def test_the_steps_by_which_a_mail_is_shown(run, database, alice, bob, vera, olivia, ana, thread):
    """Nothing, that there was a mail, its subject, its words: in rows, in the thread, on the timeline, in an export, and in no step more."""
    for shown in (*STEPS, *reversed(STEPS)):
        run(alice, mails.share_thread, thread.id, shown, version=at(run, alice, thread).version)
        for who in (bob, vera, olivia):
            entries, said = timeline(run, who, ana.id), []
            if shown == "private":
                with pytest.raises(NotFound):
                    at(run, who, thread)
                assert (threads(run, who), entries) == ((), ())
            else:
                view = at(run, who, thread)
                (message,), (row,), (entry,) = view.messages, threads(run, who), entries
                assert (view.own, view.reasons, view.said, message.from_address) == (False, (), None, "ana@mail.example")
                subject = "Retreat" if shown in ("subject", "full") else None
                assert (message.subject, view.subject, row.subject, entry.subject) == (subject, subject, subject, subject or "")
                words = "the secret plan" if shown == "full" else None
                assert (message.text, message.snippet, row.snippet, entry.mail.snippet) == (words, words, words, words)
                assert (row.has_attachment, len(message.attachments), row.unread) == (shown == "full", int(shown == "full"), 0)
                written = run(who, changes.list_history, "interaction", entry.id).model_dump_json()
                said = [view.model_dump_json(), row.model_dump_json(), entry.model_dump_json(), written]
            said.append(json.dumps(changes_of(run, who, ana)))
            everything = " ".join(said)
            assert ("secret plan" in everything) is (shown == "full") and ("Retreat" in everything) <= (shown in ("subject", "full"))
        assert [entry.subject for entry in timeline(run, alice, ana.id)] == ["" if shown == "metadata" else "Retreat"]
    assert run(bob, contacts.get_contact, ana.id).last_contact_at is None


def changes_of(run, who, contact):
    return run(who, changes.list_history, "contact", contact.id).model_dump(mode="json")


@pytest.mark.parametrize("shown,seen", [("private", set()), ("metadata", {"email", "email_party", "email_contact", "mail_thread"}), ("full", {"email", "email_party", "email_contact", "mail_thread", "email_subject", "email_body"})])
def test_row_security_shows_as_much_as_the_step(run, database, alice, bob, thread, shown, seen):
    run(alice, mails.share_thread, thread.id, shown, version=at(run, alice, thread).version)
    found = set()
    with unit_of_work(bob, "tests.raw") as session:
        for table in ("mailbox", "mail_folder", "mail_thread", "mail_reference", "email", "email_subject", "email_body", "email_place", "email_party", "email_contact", "mail_rule"):
            if session.connection().execute(text(f"select count(*) from {table}")).scalar():
                found.add(table)
            session.connection().execute(text(f"update {table} set audience = audience"))
    assert found == seen
    with database.owner.connect() as connection:
        assert connection.execute(text("select count(*) from email_body where text = 'the secret plan'")).scalar() == 1


def test_a_mail_with_a_private_contact_is_nobody_elses(run, database, alice, bob, ana):
    hidden = run(alice, contacts.create_contact, ContactCreate(display_name="Hid Den", audience="private", points=[PointInput(kind="email", value="h@mail.example")]))
    make_mailbox(alice, shown="full").land(mail("Both", "ana@mail.example", cc=["h@mail.example"]))
    assert threads(run, bob) == () and timeline(run, bob, ana.id) == ()
    run(alice, contacts.set_audience, [hidden.id], "team")
    assert len(threads(run, bob)) == 1 and len(timeline(run, bob, ana.id)) == 1
    run(alice, contacts.set_audience, [hidden.id], "private")
    assert threads(run, bob) == () and timeline(run, bob, ana.id) == ()


def test_the_mailbox_decides_where_nothing_was_said_of_a_thread(run, database, alice, bob, ana, box, thread):
    box.land(mail("Second", "ana@mail.example"))
    other = next(row for row in threads(run, alice) if row.id != thread.id)
    run(alice, mails.share_thread, other.id, "private", version=1)
    view = run(alice, mails.get_mailbox, box.connection_id)
    assert (view.shown, view.new_contacts, view.mails, view.kept, [folder.name for folder in view.folders]) == ("private", "never", 2, 2, ["Inbox", "Archive", "Sent", "Junk"])
    changed = run(alice, mails.update_mailbox, box.connection_id, MailboxUpdate(version=view.version, shown="subject", new_contacts="people"))
    assert (changed.shown, changed.new_contacts) == ("subject", "people")
    assert [row.id for row in threads(run, bob)] == [thread.id]
    assert [entry.subject for entry in timeline(run, bob, ana.id)] == ["Retreat"]
    with pytest.raises(Conflict):
        run(alice, mails.update_mailbox, box.connection_id, MailboxUpdate(version=view.version, shown="full"))
    run(alice, mails.share_thread, other.id, None, version=at(run, alice, other).version)
    assert len(threads(run, bob)) == 2
    run(alice, mails.update_mailbox, box.connection_id, MailboxUpdate(version=changed.version, shown="private"))
    assert threads(run, bob) == () and timeline(run, bob, ana.id) == () and len(timeline(run, alice, ana.id)) == 2


def test_what_is_no_longer_shown_is_taken_out_of_an_entry_that_was_edited(run, alice, bob, ana, thread):
    run(alice, mails.share_thread, thread.id, "full", version=1)
    (entry,) = timeline(run, bob, ana.id)
    run(alice, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, body="my note"))
    run(alice, mails.share_thread, thread.id, "metadata", version=at(run, alice, thread).version)
    assert [(one.subject, one.body) for one in timeline(run, bob, ana.id)] == [("", "my note")]
    run(alice, mails.share_thread, thread.id, "private", version=at(run, alice, thread).version)
    assert timeline(run, bob, ana.id) == ()


def test_a_thread_is_put_to_a_contact_and_taken_off_for_good(run, alice, ana, box, thread):
    ben = run(alice, contacts.create_contact, ContactCreate(display_name="Ben Ode"))
    view = run(alice, mails.link_contact, thread.id, ben.id)
    assert [(one.contact.name, one.how) for one in view.contacts] == [("Ana Silva", "address"), ("Ben Ode", "hand")]
    assert [entry.subject for entry in timeline(run, alice, ben.id)] == ["Retreat"]
    view = run(alice, mails.unlink_contact, thread.id, ana.id)
    assert [one.contact.name for one in view.contacts] == ["Ben Ode"] and timeline(run, alice, ana.id) == ()
    box.land(mail("Re: Retreat", "ana@mail.example", sent_at=NOW))
    assert at(run, alice, thread).contacts == view.contacts, "what was said holds for what comes later"
    assert (len(timeline(run, alice, ben.id)), timeline(run, alice, ana.id)) == (2, ())
    with pytest.raises(NotFound):
        run(alice, mails.unlink_contact, thread.id, run(alice, contacts.create_contact, ContactCreate(display_name="No One")).id)


def test_what_was_said_by_hand_is_undone_and_told_once_in_the_history(run, database, alice, ana, box, thread):
    box.land(mail("Re: Retreat", "ana@mail.example", sent_at=NOW))
    ben = run(alice, contacts.create_contact, ContactCreate(display_name="Ben Ode"))
    linked = perform(alice, mails.link_contact, thread.id, ben.id)
    (act, *_) = run(alice, changes.list_history, "contact", ben.id).acts
    assert [(line.table, line.kind) for line in act.lines if line.table == "email_contact"] == [("email_contact", "made")]
    run(alice, changes.undo_change_set, linked.change_set_id)
    assert [one.contact.name for one in at(run, alice, thread).contacts] == ["Ana Silva"] and timeline(run, alice, ben.id) == ()
    taken = perform(alice, mails.unlink_contact, thread.id, ana.id)
    assert [row.id for row in threads(run, alice, "unmatched")] == [thread.id], "its words stay, so that it can be put to somebody else"
    run(alice, changes.undo_change_set, taken.change_set_id)
    duty.settle(NOW)
    assert [row.id for row in threads(run, alice)] == [thread.id] and len(timeline(run, alice, ana.id)) == 2


def test_linking_somebody_to_an_unknown_persons_thread_asks_for_its_words(run, alice, ana, box):
    box.land(mail("Unknown", "new@mail.example", message_id="u@x"))
    (row,) = threads(run, alice, "unmatched")
    assert run(alice, mails.get_threads).unmatched == 1 and at(run, alice, row).messages[0].text is None
    run(alice, mails.link_contact, row.id, ana.id)
    assert box.wanted() == (1,)
    box.bodies([TakenBody(1, mail("Unknown", "new@mail.example", message_id="u@x"))])
    assert [entry.subject for entry in timeline(run, alice, ana.id)] == ["Unknown"] and run(alice, mails.get_threads).unmatched == 0


def test_an_irrelevant_thread_leaves_the_timelines_and_comes_back(run, alice, bob, ana, thread):
    run(alice, mails.share_thread, thread.id, "full", version=1)
    view = run(alice, mails.mark_irrelevant, thread.id, True, version=2)
    assert view.irrelevant and threads(run, alice) == () == timeline(run, alice, ana.id) and threads(run, bob) == ()
    assert [row.id for row in threads(run, alice, "irrelevant")] == [thread.id]
    run(alice, mails.mark_irrelevant, thread.id, False, version=view.version)
    assert len(threads(run, bob)) == 1 and len(timeline(run, alice, ana.id)) == 1


def test_rules_of_senders(run, database, alice, ana, box, thread):
    rule = run(alice, mails.set_rule, " ANA@mail.example ", "never")
    assert (rule.address, rule.verdict) == ("ana@mail.example", "never")
    assert threads(run, alice) == () == timeline(run, alice, ana.id) and count(database, "email_body") == 0, "never means that no word stays"
    box.land(mail("Another", "ana@mail.example"))
    assert len(threads(run, alice, "irrelevant")) == 2
    assert run(alice, mails.set_rule, "ana@mail.example", "always").id == rule.id
    assert box.wanted() == (2, 1)
    run(alice, mails.remove_rule, rule.id)
    assert run(alice, mails.list_rules) == () and box.wanted() == (2, 1)
    run(alice, mails.set_rule, "@shop.example", "always")
    assert box.land(mail("Order", "no-reply@shop.example")).wanted == (3,)
    assert [reason for reason in at(run, alice, threads(run, alice, "unmatched")[0]).reasons][0] == "You always keep mail from this sender."
    for address in ("nonsense", "@", "alice@example.org", "@shop", "a@b@c"):
        with pytest.raises(Invalid):
            run(alice, mails.set_rule, address, "never")
    with pytest.raises(Invalid):
        run(alice, mails.set_rule, "x@y.example", "met")


def test_why_a_mail_is_here_is_said_to_its_owner(run, alice, thread):
    assert at(run, alice, thread).reasons == ("Ana Silva is a contact.", "It is addressed to you.")


def test_a_folder_that_is_not_wanted_any_more(run, database, alice, ana, box, thread):
    inbox = next(folder for folder in run(alice, mails.get_mailbox, box.connection_id).folders if folder.role == "inbox")
    with pytest.raises(Conflict):
        run(alice, mails.choose_folder, inbox.id, FolderChoice(version=inbox.version + 1, synced=False))
    assert not run(alice, mails.choose_folder, inbox.id, FolderChoice(version=inbox.version, synced=False)).synced
    assert (count(database, "email"), count(database, "mail_thread"), timeline(run, alice, ana.id)) == (0, 0, ())


def test_entries_stay_when_their_account_is_let_go_of(run, database, alice, ana, box, thread):
    box.land(mail("Unknown", "new@mail.example"), mail("Twice", "ana@mail.example", message_id="twice@x"))
    make_mailbox(alice, "Other").land(mail("Twice", "ana@mail.example", message_id="twice@x"))
    parts = run(alice, connections.count_connection_parts, box.connection_id)
    assert (parts.threads, parts.mails, parts.entries, parts.calendars) == (2, 2, 1, 0), "what lies in another mailbox too stays"
    run(alice, connections.delete_connection, box.connection_id)
    assert count(database, "email") == count(database, "mail_thread") == count(database, "mailbox") == 1
    assert sorted((entry.subject, entry.mail is None) for entry in timeline(run, alice, ana.id)) == [("Retreat", True), ("Twice", False)]


LOOKED_FOR = (
    ("secret pla", 1), ("retreat", 1), ("ANA@MAIL", 2), ("zlutoucky", 1), ("nothing", 0), ("'; & | ! :*", 0), ("\x00", 2), ("dvor", 1), ("te", 1), ("t", 0),
    ("ana silva", 2), ("silva retreat", 0), ("example", 2),
)  # fmt: skip


def test_searching(run, alice, bob, ana, box, thread):
    """Words of a subject, of a text, of a name or an address, and of a contact's name; among the latest threads as among all of them, page by page."""
    box.land(mail("Žluťoučký kůň", "ana@mail.example", name="Tereza Dvořáková", sent_at=NOW))
    for words, expected in LOOKED_FOR:
        assert len(threads(run, alice, search=words)) == expected == len(run(alice, mails.get_threads, search=words, limit=expected or 1).rows), words
    first = run(alice, mails.get_threads, search="example", limit=1)
    rest = run(alice, mails.get_threads, search="example", limit=1, after=first.next)
    assert [row.subject for row in (*first.rows, *rest.rows)] == ["Žluťoučký kůň", "Retreat"] and rest.next is None
    assert threads(run, bob, search="secret") == () == threads(run, bob, search="ana")
    run(alice, mails.share_thread, thread.id, "metadata", version=1)
    assert [[len(threads(run, bob, search=words)) for words in ("secret", "retreat", "ana@mail", "dvor")]] == [[0, 0, 1, 0]]
    assert len(threads(run, alice, contact_id=ana.id, search="retreat")) == 1


def test_a_sender_who_may_be_somebody_else_is_marked_for_whoever_knows_the_other(run, alice, bob, ana, box):
    """MAIL-05: a contact's name with an address of nobody's; the same once somebody has said that it is them."""
    box.land(mail("Help", "ana@evil.example", name="Аna Silva", reply_to=(Address(address="x@evil.example"),)))
    (row,) = threads(run, alice, "unmatched")
    (message,) = at(run, alice, row).messages
    assert message.odd == ("It is written with letters of different alphabets that look alike.", "Ana Silva is one of your contacts, but the address is not one of theirs.")
    assert [one.address for one in message.reply_to] == ["x@evil.example"]
    (message,) = run(alice, mails.link_contact, row.id, ana.id).messages
    assert message.odd == ("It is written with letters of different alphabets that look alike.", "A reply would go to another address: x@evil.example.")
    box.land(mail("Me", "alice@home.example", name=alice.name), mail("Team", "x@evil.example", name=bob.name))
    odd = [at(run, alice, row).messages[0].odd for row in threads(run, alice, "unmatched")]
    assert sorted(odd) == [(), (f"{bob.name} is a colleague's name, but the address is not theirs.",)]


def test_pages_of_threads(run, alice, ana, box):
    for number in range(7):
        box.land(mail(f"Mail {number}", "ana@mail.example", sent_at=NOW.replace(microsecond=number)))
    first = run(alice, mails.get_threads, limit=3)
    second = run(alice, mails.get_threads, limit=3, after=first.next)
    third = run(alice, mails.get_threads, limit=3, after=second.next, contact_id=ana.id)
    assert [row.subject for page in (first, second, third) for row in page.rows] == [f"Mail {number}" for number in range(6, -1, -1)] and third.next is None
    for wrong in ({"box": "spam"}, {"after": "nonsense"}):
        with pytest.raises(Invalid):
            run(alice, mails.get_threads, **wrong)


def test_few_statements(run, database, alice, ana, box):
    for number in range(12):
        box.land(mail(f"Mail {number}", "ana@mail.example"), mail(f"Re: Mail {number}", "ana@mail.example"))
    seen: list[str] = []
    event.listen(database.app, "before_cursor_execute", lambda *args: seen.append(args[2]))
    row = threads(run, alice)[0]
    listed, opened = [one for one in seen if "set_config" not in one and "publish_changes" not in one], []
    assert 0 < len(listed) <= 4, listed
    seen.clear()
    threads(run, alice, search="mail 1")
    assert 0 < len([one for one in seen if "publish_changes" not in one]) <= 8, seen
    seen.clear()
    at(run, alice, row)
    opened = [one for one in seen if "set_config" not in one and "publish_changes" not in one]
    assert 0 < len(opened) <= 4, opened


def test_the_litany(run, alice, bob, vera, ana, box, thread, snapshot):
    run(alice, mails.share_thread, thread.id, "full", version=1)
    version, ben = at(run, alice, thread).version, run(bob, contacts.create_contact, ContactCreate(display_name="Ben Ode"))
    rule, inbox = run(alice, mails.set_rule, "spam@mail.example", "never"), run(alice, mails.get_mailbox, box.connection_id).folders[0]
    acts = (
        (mails.link_contact, (thread.id, ben.id), {}), (mails.unlink_contact, (thread.id, ana.id), {}), (mails.mark_irrelevant, (thread.id, True), {"version": version}),
        (mails.share_thread, (thread.id, "private"), {"version": version}),
    )  # fmt: skip
    own = ((mails.remove_rule, (rule.id,), {}), (mails.choose_folder, (inbox.id, FolderChoice(version=1, synced=False)), {}), (mails.update_mailbox, (box.connection_id, MailboxUpdate(version=1, shown="full")), {}))  # fmt: skip
    before = snapshot()
    for service, arguments, named in acts:
        for who in (bob, vera):
            with pytest.raises(Forbidden):
                run(who, service, *arguments, **named)
    for service, arguments, named in own:
        for who, refusal in ((bob, NotFound), (vera, Forbidden)):
            with pytest.raises(refusal):
                run(who, service, *arguments, **named)
    with pytest.raises(Forbidden):
        run(vera, mails.set_rule, "x@y.example", "never")
    for service in (mails.mark_irrelevant, mails.share_thread):
        with pytest.raises(Conflict) as stale:
            run(alice, service, thread.id, True if service is mails.mark_irrelevant else "private", version=version - 1)
        assert stale.value.current["subject"] == "Retreat"
    assert snapshot() == before
    run(alice, mails.share_thread, thread.id, "private", version=version)
    before = snapshot()
    for service, arguments, named in acts:
        with pytest.raises(NotFound):
            run(bob, service, *arguments, **named)
    with pytest.raises(NotFound):
        run(alice, mails.link_contact, thread.id, run(bob, contacts.create_contact, ContactCreate(display_name="Hidden", audience="private")).id)
    assert snapshot() != "" and [row.id for row in threads(run, alice)] == [thread.id]


def test_an_export_tells_the_mail_of_each_contact(run, alice, bob, ana, thread):
    def told(who):
        (card,) = [card for card in json.loads(exported(run, who, "json"))["contacts"] if card["display_name"] == "Ana Silva"]
        return [(one.get("subject"), one.get("text"), one["people"][0]["address"]) for one in card.get("emails", ())]

    assert told(alice) == [("Retreat", "the secret plan", "ana@mail.example")] and told(bob) == []
    run(alice, mails.share_thread, thread.id, "metadata", version=1)
    assert [(subject, words) for subject, words, _ in told(bob)] == [(None, None)]


def test_mail_stays_its_owners_when_the_rest_is_handed_over(run, database, alice, bob, olivia, thread):
    with database.owner.connect() as connection:
        handed = set(connection.execute(text("select team_owned_tables(false)")).scalars())
    assert not handed & {"mailbox", "mail_folder", "mail_thread", "mail_reference", "email", "email_subject", "email_body", "email_place", "email_party", "email_contact", "mail_rule"}
    assert {"interaction", "contact"} <= handed


def test_mail_of_somebody_in_the_trash_comes_back_with_them(run, database, alice, ana, thread):
    run(alice, contacts.delete_contacts, [ana.id])
    assert threads(run, alice)[0].contacts == ()
    run(alice, contacts.restore_contacts, [ana.id])
    assert [one.id for one in threads(run, alice)[0].contacts] == [ana.id] and len(timeline(run, alice, ana.id)) == 1
    assert rows(database, "select count(*) from email where forgotten") == [(0,)]
