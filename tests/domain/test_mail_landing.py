"""From a folder to mails, threads, contacts and timelines: what comes, moves, goes; and that nothing is told twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from crm_app.domain.changes import service as changes
from crm_app.domain.connections.models import Connection
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, ContactUpdate, PointInput
from crm_app.domain.errors import Forbidden, NotFound
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionUpdate
from crm_app.domain.mail import landing, settling
from crm_app.domain.mail import service as mails
from crm_app.domain.mail.models import FolderRole
from crm_app.domain.mail.reading_schemas import Mailbox as Address
from crm_app.domain.mail.taken import TakenBody, TakenFolder, TakenHead
from crm_app.domain.permissions import Role
from crm_app.domain.unit_of_work import unit_of_work
from crm_app.jobs import meetings as duty
from tests.mailboxes import FOLDERS, attached, head_of, mail, make_mailbox

NOW = datetime.now(UTC).replace(microsecond=0)
TABLES = (
    "mailbox", "mail_folder", "mail_thread", "mail_reference", "email", "email_subject", "email_body", "email_place", "email_party", "email_contact", "interaction",
    "interaction_contact", "contact", "change",
)  # fmt: skip


@pytest.fixture
def person(run):
    """``person(actor, name)``: a contact with the address of their first name."""

    def made(actor, name: str, audience: str = "team", *more: str):
        points = [PointInput(kind="email", value=f"{name.split()[0]}@mail.example"), *(PointInput(kind="email", value=one) for one in more)]
        return run(actor, contacts.create_contact, ContactCreate(display_name=name, audience=audience, points=points))

    return made


@pytest.fixture
def ana(person, alice):
    return person(alice, "Ana Silva")


@pytest.fixture
def box(database, alice):
    return make_mailbox(alice)


def rows(database, statement: str, **values):
    with database.owner.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement), values)]


def count(database, table: str) -> int:
    return rows(database, f"select count(*) from {table}")[0][0]


def written(database) -> str:
    """Which transaction wrote each row of mail and of the timeline last."""
    return str([rows(database, f"select xmin, ctid from {table} order by 2") for table in TABLES])


def timeline(run, actor, contact_id):
    return run(actor, interactions.list_timeline, contact_id).entries


def threads(run, actor, box="people", **how):
    return run(actor, mails.get_threads, box=box, **how).rows


def test_a_mail_of_a_contact_is_kept_and_stands_on_their_timeline(run, box, alice, ana):
    read = mail("Retreat dates", "Ana@Mail.example", name="Ana Silva", text="June works better for us.", attachments=(attached(),))
    landed = box.land(read, flags=["\\Flagged"])
    assert (landed.created, landed.updated, landed.deleted, landed.skipped, landed.wanted) == (1, 0, 0, 0, (1,))
    (row,) = threads(run, alice)
    assert (row.subject, row.snippet, row.names, row.count, row.unread, row.has_attachment, row.own) == ("Retreat dates", "June works better for us.", ("Ana Silva",), 1, 1, True, True)
    assert [(one.id, one.name) for one in row.contacts] == [(ana.id, "Ana Silva")]
    (entry,) = timeline(run, alice, ana.id)
    assert (entry.kind, entry.subject, entry.body, entry.direction, entry.occurred_at, entry.audience) == ("email", "Retreat dates", "", "incoming", read.sent_at, "private")
    assert (entry.mail.thread_id, entry.mail.snippet, entry.mail.has_attachment) == (row.id, "June works better for us.", True)
    assert run(alice, contacts.get_contact, ana.id).last_contact_at is None, "a private mail moves nothing that the team sees"


def test_it_moves_last_contact_where_the_mailbox_shows_that_there_was_a_mail(run, database, alice, ana):
    read = mail("Hello", "ana@mail.example")
    make_mailbox(alice, shown="metadata").land(read)
    assert run(alice, contacts.get_contact, ana.id).last_contact_at == read.sent_at


def test_sent_mail_is_outgoing_and_is_with_whom_it_was_written_to(run, box, alice, ana, person):
    ben = person(alice, "Ben Ode")
    box.land(mail("Dates", "alice@example.org", ["ana@mail.example", "alice@example.org"], cc=["ben@mail.example"]), ref="Sent")
    (row,) = threads(run, alice)
    assert (row.direction, row.unread, {one.id for one in row.contacts}) == ("out", 0, {ana.id, ben.id})
    assert [entry.direction for entry in timeline(run, alice, ben.id)] == ["outgoing"]


def test_the_owners_other_addresses_are_learnt_from_what_they_send(run, database, box, alice, person):
    me = person(alice, "Me Myself", "private", "studio@alice.example")
    box.land(mail("Offer", "studio@alice.example", "someone@mail.example"), ref="Sent")
    box.land(mail("Re: Offer", "someone@mail.example", "studio@alice.example"))
    assert timeline(run, alice, me.id) == (), "one's own address is never a match"
    assert rows(database, "select addresses from mailbox") == [("studio@alice.example",)]


def test_a_second_landing_writes_nothing(run, database, box, alice, ana):
    reads = [mail("One", "ana@mail.example", message_id="1@x"), mail("Re: One", "alice@example.org", "ana@mail.example", message_id="2@x", answers="1@x"), mail("News", "list@news.example")]
    heads = [TakenHead(uid, frozenset({"\\Seen"}), 10, head_of(read)) for uid, read in enumerate(reads, 1)]
    first = box.heads(heads, token="1:4:9")
    bodies = [TakenBody(uid, read) for uid, read in enumerate(reads, 1)]
    assert box.bodies(bodies).updated == 2 and first.wanted == (1, 2)
    box.sweep()
    before = written(database)
    again = box.heads(heads, token="1:4:9", present={1, 2, 3}, flags={1: frozenset({"\\Seen"})})
    assert (again.created, again.updated, again.deleted, again.wanted) == (0, 0, 0, ())
    assert box.bodies(bodies).updated == 0 and box.sweep() == 0
    with unit_of_work(alice, "tests.folders") as session:
        landing.land_folders(session, alice, session.get_one(Connection, box.connection_id), FOLDERS)
    assert written(database) == before


def test_one_mail_in_several_folders_and_accounts_is_one(run, database, box, alice, ana):
    read = mail("Once", "ana@mail.example")
    box.land(read)
    assert box.land(read, ref="Archive").created == 0
    other = make_mailbox(alice, "Other", shown="full")
    assert other.land(read).created == 0
    assert (count(database, "email"), count(database, "email_place"), len(timeline(run, alice, ana.id))) == (1, 3, 1)
    assert rows(database, "select level from mail_thread") == [("private",)], "the narrowest mailbox decides"
    with unit_of_work(alice, "tests.leave") as session:
        session.delete(session.get_one(Connection, box.connection_id))
    assert (count(database, "email"), len(timeline(run, alice, ana.id))) == (1, 1), "the other account still has it"


def test_a_mail_that_moves_between_folders_stays_itself(run, database, box, alice, ana):
    read = mail("Moved", "ana@mail.example")
    box.land(read)
    (thread,) = threads(run, alice)
    run(alice, mails.link_contact, thread.id, run(alice, contacts.create_contact, ContactCreate(display_name="Ben Ode")).id)
    box.heads(gone=[1])
    assert box.sweep(minutes=-10) == 0, "a run that began before it was missed cannot know where it went"
    box.heads([TakenHead(7, frozenset(), 10, head_of(read))], ref="Archive")
    assert box.sweep() == 0
    assert [row.id for row in threads(run, alice)] == [thread.id] and len(threads(run, alice)[0].contacts) == 2
    box.heads(present=(), ref="Archive")
    assert (box.sweep(), threads(run, alice), timeline(run, alice, ana.id)) == (1, (), ())
    assert [count(database, table) for table in ("email", "mail_thread", "mail_reference", "email_body")] == [0, 0, 0, 0]


def test_what_somebody_wrote_in_an_entry_stays_when_its_mail_is_gone(run, box, alice, ana):
    box.land(mail("Kept", "ana@mail.example"))
    (entry,) = timeline(run, alice, ana.id)
    run(alice, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, body="We talked about it."))
    box.heads(gone=[1])
    assert box.sweep() == 1
    assert [(one.subject, one.body, one.mail) for one in timeline(run, alice, ana.id)] == [("Kept", "We talked about it.", None)]


def test_an_entry_that_a_person_deleted_is_not_made_again(run, box, alice, ana):
    read = mail("Gone", "ana@mail.example")
    box.land(read)
    run(alice, interactions.delete_interaction, timeline(run, alice, ana.id)[0].id)
    box.land(read, ref="Archive")
    with unit_of_work(alice, "tests.match") as session:
        settling.weigh_again(session, alice, [row.id for row in settling.queries.list_of_threads(session, alice, [threads(run, alice)[0].id])])
    assert timeline(run, alice, ana.id) == ()


def test_threads_by_references_whatever_the_order(run, box, alice, ana):
    one = mail("A", "ana@mail.example", message_id="a@x", sent_at=NOW - timedelta(hours=3))
    two = mail("Re: A", "alice@example.org", "ana@mail.example", message_id="b@x", answers="a@x", sent_at=NOW - timedelta(hours=2))
    three = mail("Re: A", "ana@mail.example", message_id="c@x", answers="b@x", sent_at=NOW - timedelta(hours=1))
    box.land(three)
    box.land(one)
    assert len(threads(run, alice)) == 2
    box.land(two, ref="Sent")
    (row,) = threads(run, alice)
    assert (row.count, row.direction) == (3, "in")


def test_a_subject_joins_only_answers_among_the_same_people_that_say_nothing_else(run, box, alice, ana, person):
    person(alice, "Ben Ode")
    box.land(mail("Dates", "ana@mail.example", sent_at=NOW - timedelta(days=9)))
    box.land(mail("RE: dates", "ana@mail.example", sent_at=NOW - timedelta(days=8)), mail("Re: Dates", "ben@mail.example"), mail("Dates", "ana@mail.example"))
    assert sorted(row.count for row in threads(run, alice)) == [1, 1, 2]
    box.land(mail("Re: Dates", "ana@mail.example", sent_at=NOW - timedelta(days=300)))
    assert sorted(row.count for row in threads(run, alice)) == [1, 1, 1, 2], "too long ago to be the same talk"


def test_of_mail_that_is_not_kept_nothing_stays_but_the_head(run, database, box, alice, ana):
    landed = box.land(mail("Please", "stranger@mail.example", text="secret words"), mail("Sale!", "ana@mail.example", marks={"list-unsubscribe": "<x>"}, text="buy words"))
    assert (landed.created, landed.skipped, landed.wanted) == (2, 2, ())
    assert [(row.subject, row.names) for row in threads(run, alice, "unmatched")] == [(None, ("stranger@mail.example",))]
    assert len(threads(run, alice, "irrelevant")) == 1 and threads(run, alice) == ()
    assert (count(database, "email_subject"), count(database, "email_body")) == (0, 0)
    kept = str(rows(database, "select to_jsonb(e)::text from email e union all select to_jsonb(p)::text from email_party p union all select to_jsonb(r)::text from mail_reference r"))
    assert "secret" not in kept and "Please" not in kept and "Sale" not in kept


def test_a_contact_who_gains_an_address_later_gets_its_mail(run, database, box, alice):
    box.land(mail("Before", "zoe@mail.example", message_id="z@x"))
    zoe = run(alice, contacts.create_contact, ContactCreate(display_name="Zoe Adler"))
    assert box.wanted() == ()
    run(alice, contacts.update_contact, zoe.id, ContactUpdate(version=zoe.version, points=[PointInput(kind="email", value="Zoe@mail.example")]))
    assert box.wanted() == (1,)
    box.bodies([TakenBody(1, mail("Before", "zoe@mail.example", message_id="z@x"))])
    assert [entry.subject for entry in timeline(run, alice, zoe.id)] == ["Before"]


def test_a_colleagues_contact_who_gains_an_address_is_found_by_the_clock(run, database, box, alice, bob):
    box.land(mail("Before", "zoe@mail.example"))
    run(bob, contacts.create_contact, ContactCreate(display_name="Zoe Adler", points=[PointInput(kind="email", value="zoe@mail.example")]))
    run(bob, contacts.create_contact, ContactCreate(display_name="Hid Den", audience="private", points=[PointInput(kind="email", value="hidden@mail.example")]))
    assert box.wanted() == ()
    assert duty.settle(NOW) == 1 and duty.settle(NOW) == 0
    assert box.wanted() == (1,)


@pytest.mark.parametrize("how", ["made", "restored"])
@pytest.mark.parametrize("first", ["mail", "contact"])
def test_a_contact_who_is_made_or_restored_while_their_mail_comes_finds_it_once_both_are_over(run, database, box, alice, first, how):
    """Two sessions, neither of which sees what the other has not committed, whichever ends first."""
    zoe = ContactCreate(display_name="Zoe Adler", points=[PointInput(kind="email", value="zoe@mail.example")])
    me = ContactCreate(display_name="Alice", points=[PointInput(kind="email", value=alice.email)])
    run(alice, contacts.create_contact, me)
    write, what = contacts.create_contact, zoe
    if how == "restored":
        key = run(alice, contacts.create_contact, zoe).id
        run(alice, contacts.delete_contacts, [key])
        with database.owner.begin() as connection:
            connection.execute(text("update contact_point set created_at = created_at - interval '1 day'"))
        write, what = contacts.restore_contacts, [key]
    if first == "contact":
        with unit_of_work(alice.on_behalf("job"), "connections.sync") as session:
            heads = [TakenHead(box.uid(), frozenset(), 10, head_of(mail("Together", "zoe@mail.example")))]
            landing.land_heads(session, alice.on_behalf("job"), box.folder(session, "INBOX"), heads)
            run(alice, write, what)
    else:
        with unit_of_work(alice, "contacts.write") as session:
            write(session, alice, what)
            box.land(mail("Together", "zoe@mail.example"))
    assert box.wanted() == () and count(database, "email_contact") == 0, "neither saw the other"
    assert duty.settle(NOW) == 1 and box.wanted() == (1,)
    assert rows(database, "select c.display_name from email_contact l join contact c on c.id = l.contact_id") == [("Zoe Adler",)]
    before = rows(database, "select xmin::text from email")
    assert duty.settle(NOW) == 0 and rows(database, "select xmin::text from email") == before, "and it is done once"
    assert duty.settle(NOW + timedelta(hours=1)) == 0


def test_a_killed_run_loses_nothing(run, box, alice, ana):
    box.heads([TakenHead(1, frozenset(), 10, head_of(mail("One", "ana@mail.example", message_id="k@x")))], token="1:2:3")
    assert box.wanted() == (1,), "heads and cursor are in, the words are asked for again"
    assert timeline(run, alice, ana.id) == ()


def test_a_new_numbering_of_a_folder_is_one_whole_look(run, database, box, alice, ana):
    one, two = mail("One", "ana@mail.example"), mail("Two", "ana@mail.example")
    box.land(one, two)
    landed = box.heads([TakenHead(1, frozenset(), 10, head_of(two)), TakenHead(5, frozenset(), 10, head_of(one))], present={1, 5}, token="2:6:1")
    assert (landed.created, landed.wanted, box.sweep(), count(database, "email"), count(database, "email_place")) == (0, (), 0, 2, 2)


def test_flags_that_change_are_followed(run, box, alice, ana):
    box.land(mail("One", "ana@mail.example"))
    assert threads(run, alice)[0].unread == 1
    assert box.heads(flags={1: frozenset({"\\Seen"}), 99: frozenset()}).updated == 1
    assert threads(run, alice)[0].unread == 0


def test_a_hostile_head_takes_nothing_over(run, database, box, alice, ana):
    real = mail("Real", "ana@mail.example", message_id="same@x")
    box.land(real)
    forged = mail("Forged", "evil@mail.example", message_id="same@x")
    assert box.land(forged).created == 1, "the sender is part of what a mail is known by"
    nul = mail("N\x00ul", "ana@mail.example", message_id="nul\x00@x", text="a\x00b", name="An\x00a")
    assert box.land(nul).created == 1
    late = mail("Late", "ana@mail.example", sent_at=NOW + timedelta(days=4000))
    box.land(late, crowded(mail("Crowd", "ana@mail.example")))
    assert rows(database, "select max(sent_at) <= now() from email") == [(True,)]
    assert rows(database, "select max(n) from (select count(*) n from email_party group by email_id) t")[0][0] <= 100


def crowded(read):
    """The same mail to two thousand people."""
    return read.model_copy(update={"to": tuple(Address(address=f"p{one}@mail.example") for one in range(2_000))})


def test_mail_without_an_id_is_known_again_by_its_head(run, database, box, alice, ana):
    read = mail("No id", "ana@mail.example").model_copy(update={"message_id": ""})
    box.land(read)
    assert box.land(read, ref="Archive").created == 0 and count(database, "email") == 1


@pytest.mark.parametrize("rule,expected", [("never", 0), ("written_to", 1), ("people", 2)])
def test_people_become_contacts_by_the_mailboxs_rule(run, database, alice, rule, expected):
    box = make_mailbox(alice, new_contacts=rule)
    box.land(mail("Hi", "wanda@mail.example", name="Wanda Maximoff"), mail("No", "no-reply@shop.example"), mail("News", "news@shop.example", marks={"list-unsubscribe": "<x>"}))
    box.land(mail("Offer", "alice@example.org", "will@mail.example"), ref="Sent")
    assert box.meet() == expected and box.meet() == 0
    made = rows(database, "select display_name, source, audience from contact order by 1")
    assert made == {0: [], 1: [("will@mail.example", "sync", "private")], 2: [("Wanda Maximoff", "sync", "private"), ("will@mail.example", "sync", "private")]}[expected]
    assert len(box.wanted()) + len(box.wanted("Sent")) == expected


def test_somebody_who_was_made_by_mail_can_be_taken_back_and_is_not_made_again(run, database, alice):
    box = make_mailbox(alice, new_contacts="people")
    box.land(mail("Hi", "wanda@mail.example", name="Wanda Maximoff"))
    assert box.meet() == 1
    ((change_set,),) = rows(database, "select distinct change_set_id from change where table_name = 'contact'")
    run(alice, changes.undo_change_set, change_set)
    box.land(mail("Hi again", "wanda@mail.example", name="Wanda Maximoff"))
    assert (box.meet(), count(database, "contact"), len(threads(run, alice, "unmatched"))) == (0, 0, 2)
    assert "wanda" not in str(rows(database, "select address from mail_rule"))


def test_two_people_with_the_same_mail_tell_it_once(run, database, alice, bob, ana):
    read = mail("To both", "ana@mail.example", ["alice@example.org", "bob@example.org"])
    make_mailbox(alice, shown="full").land(read)
    make_mailbox(bob, shown="full").land(read)
    assert (count(database, "email"), len(timeline(run, alice, ana.id)), len(timeline(run, bob, ana.id))) == (2, 1, 1)
    assert (len(threads(run, alice)), len(threads(run, bob))) == (1, 1), "one's own stands for both"


def test_only_its_owner_lands_mail_and_a_viewer_lands_none(run, box, alice, bob, vera, snapshot):
    before = snapshot()
    with unit_of_work(alice, "tests.find") as session:
        folder = box.folder(session)
    for who, refusal in ((bob, NotFound), (replace(alice, role=Role.VIEWER), Forbidden)):
        for call in (lambda s, a: landing.land_heads(s, a, folder, []), lambda s, a: landing.land_bodies(s, a, folder, []), lambda s, a: landing.list_wanted(s, a, folder)):
            with pytest.raises(refusal), unit_of_work(who, "tests.land") as session:
                call(session, who)
    assert snapshot() == before


def test_a_folder_that_is_gone_over_there_lets_its_mail_go(run, database, box, alice, ana):
    box.land(mail("Filed", "ana@mail.example"), ref="Archive")
    with unit_of_work(alice, "tests.folders") as session:
        kept = landing.land_folders(session, alice, session.get_one(Connection, box.connection_id), [folder for folder in FOLDERS if folder.ref != "Archive"])
    assert {row.ref for row in kept} == {"INBOX", "Sent", "Junk"}
    assert {row.ref: row.synced for row in kept} == {"INBOX": True, "Sent": True, "Junk": False}
    assert (box.sweep(), count(database, "email"), timeline(run, alice, ana.id)) == (1, 0, ())
    with unit_of_work(alice, "tests.folders") as session:
        connection = session.get_one(Connection, box.connection_id)
        assert len(landing.land_folders(session, alice, connection, [])) == 3, "nothing at all is a fault"
        (new,) = [row for row in landing.land_folders(session, alice, connection, [TakenFolder("INBOX", "Inbox", FolderRole.INBOX), TakenFolder("T", "Bin", FolderRole.TRASH)]) if row.ref == "T"]
        assert not new.synced
