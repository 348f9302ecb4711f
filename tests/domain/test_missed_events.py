"""An event that lands while somebody becomes a contact finds them once both are over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from crm_app.domain.calendar import service as calendars
from crm_app.domain.calendar.landing import land_items
from crm_app.domain.contacts import bulk
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, ContactUpdate, PointInput
from crm_app.domain.unit_of_work import unit_of_work
from crm_app.jobs import meetings as duty
from tests.calendars import item_of, read_event
from tests.mailboxes import mail, make_mailbox

NOW = datetime.now(UTC).replace(microsecond=0)
ADDRESS = PointInput(kind="email", value="zoe@mail.example")


def aged(database, minutes: int = 120) -> None:
    """Let what is there so far be old: the clock looks at what was written lately."""
    with database.owner.begin() as connection:
        connection.execute(text("set local session_replication_role = replica"))
        connection.execute(text("update contact set updated_at = updated_at - make_interval(mins => :n)"), {"n": minutes})
        connection.execute(text("update contact_point set created_at = created_at - make_interval(mins => :n)"), {"n": minutes})


@pytest.mark.parametrize(("how", "first"), [("made", "event"), ("made", "contact"), ("gained", "event"), ("gained", "contact"), ("restored", "event"), ("restored", "contact")])
def test_a_meeting_that_lands_while_its_guest_becomes_a_contact_is_on_their_timeline_once_both_are_over(run, database, feed, alice, how, first):
    """Two sessions, neither of which sees what the other has not committed, whichever ends first."""
    calendar = feed(alice)
    zoe = None if how == "made" else run(alice, contacts.create_contact, ContactCreate(display_name="Zoe Adler", points=[ADDRESS] if how == "restored" else []))
    if how == "restored":
        run(alice, contacts.delete_contacts, [zoe.id])
    aged(database)

    def write(session) -> None:
        if how == "made":
            contacts.create_contact(session, alice, ContactCreate(display_name="Zoe Adler", points=[ADDRESS]))
        elif how == "gained":
            contacts.update_contact(session, alice, zoe.id, ContactUpdate(version=zoe.version, points=[ADDRESS]))
        else:
            contacts.restore_contacts(session, alice, [zoe.id])

    met = item_of(read_event("Together", NOW - timedelta(hours=3), asked=["zoe@mail.example"]))
    if first == "contact":
        with unit_of_work(alice.on_behalf("job"), "connections.sync") as session:
            land_items(session, alice.on_behalf("job"), calendar.row(session), [met])
            with unit_of_work(alice, "contacts.write") as other:
                write(other)
    else:
        with unit_of_work(alice, "contacts.write") as session:
            write(session)
            calendar.land([met])
    with database.owner.connect() as connection:
        key = connection.execute(text("select id from contact where display_name = 'Zoe Adler'")).scalar_one()
        assert connection.execute(text("select count(*) from event_contact")).scalar_one() == 0, "neither saw the other"
    assert duty.settle(datetime.now(UTC)) == 1
    found = run(alice, calendars.get_contact_meetings, key)
    assert [row.title for row in found.past] == ["Together"]
    with database.owner.connect() as connection:
        assert connection.execute(text("select count(*) from interaction_contact where contact_id = :key"), {"key": key}).scalar_one() == 1, "and it is told"
    assert duty.settle(datetime.now(UTC)) == 0, "and it is done once"


def test_who_was_taken_off_a_meeting_is_not_found_again(run, database, feed, alice, event):
    """What somebody said stands, whatever the clock finds that was written lately."""
    zoe = run(alice, contacts.create_contact, ContactCreate(display_name="Zoe Adler", points=[ADDRESS]))
    key = event(alice, "Together", NOW, asked=["zoe@mail.example"])
    run(alice, calendars.unlink_contact, key, zoe.id)
    assert duty.settle(datetime.now(UTC)) == 0


@pytest.mark.parametrize("how", ["restored", "shared"])
def test_what_landed_while_somebody_was_in_the_trash_or_kept_to_oneself_finds_them_when_they_are_seen(run, database, event, alice, bob, how):
    zoe = run(alice, contacts.create_contact, ContactCreate(display_name="Zoe Adler", points=[ADDRESS], audience="private" if how == "shared" else "team"))
    if how == "restored":
        run(alice, contacts.delete_contacts, [zoe.id])
    aged(database)
    event(bob, "Together", NOW - timedelta(hours=3), asked=["zoe@mail.example"])
    post = make_mailbox(bob)
    post.land(mail("Before", "zoe@mail.example"))
    duty.settle(datetime.now(UTC))
    with database.owner.begin() as connection:
        connection.execute(text("set local session_replication_role = replica"))
        connection.execute(text("update event set updated_at = updated_at - interval '2 hours'"))  # not of this moment: the trigger alone tells of them
        assert connection.execute(text("select count(*) from event_contact")).scalar_one() == 0 and post.wanted() == ()
    if how == "restored":
        run(alice, contacts.restore_contacts, [zoe.id])
    else:
        run(alice, bulk.set_audience, [zoe.id], "team")
    assert duty.settle(datetime.now(UTC)) >= 1 and post.wanted() == (1,)
    assert [row.title for row in run(bob, calendars.get_contact_meetings, zoe.id).past] == ["Together"]
    assert duty.settle(datetime.now(UTC)) == 0, "and it is done once"
