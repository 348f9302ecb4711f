"""PRIV-01: of a person who was deleted and whose time in the trash is over, no word is left in any table."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from crm_app.domain.actor import Actor
from crm_app.domain.analyses import service as analyses
from crm_app.domain.analyses.schemas import Made, Subject, Wanted
from crm_app.domain.calendar import service as calendars
from crm_app.domain.calendar.reading_schemas import ReadAttendee
from crm_app.domain.changes.service import undo_change_set
from crm_app.domain.connections import service as connections
from crm_app.domain.consents import service as consents
from crm_app.domain.consents.schemas import ConsentCreate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, ContactUpdate, SensitiveUpdate
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate, InteractionUpdate
from crm_app.domain.jobs.queries import purge_trash, tidy_up
from crm_app.domain.mail import service as mails
from crm_app.domain.mail.schemas import FolderChoice
from crm_app.domain.mail.taken import TakenBody
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.suggestions.schemas import ProposalCreate, Rejection
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate
from crm_app.domain.unit_of_work import anonymous_work, perform, run_service
from tests.address_books import write_card
from tests.calendars import item_of, make_feed, read_event
from tests.cluster import Database
from tests.mailboxes import mail, make_mailbox

CANARY = "zqerase"


def _everything(database: Database) -> dict[str, int]:
    """In how many rows of each table the canary stands: every column of every table, as text, and bytes as they are."""
    found = {}
    with database.owner.connect() as connection:
        for table in connection.execute(text("select tablename from pg_tables where schemaname = 'public'")).scalars().all():
            rows = connection.execute(
                text(f"select count(*) from {table} t where to_jsonb(t)::text ilike :word or to_jsonb(t)::text ilike :bytes"),
                {"word": f"%{CANARY}%", "bytes": f"%{CANARY.encode().hex()}%"},
            ).scalar()
            if rows:
                found[table] = rows
    return found


def _write(alice: Actor, bob: Actor) -> None:
    """A person with something in every field, who was met, written about, worked for, changed, and let go."""
    points = [{"kind": "email", "value": f"{CANARY}@mail.example"}, {"kind": "website", "value": f"https://{CANARY}.example/"}]
    words = {name: CANARY for name in ("display_name", "given_name", "family_name", "nickname", "pronouns", "company", "job_title", "street", "city", "region", "notes")}
    made = run_service(alice, contacts.create_contact, ContactCreate(**words, points=points, extra={CANARY: CANARY}))
    run_service(alice, contacts.update_sensitive, made.id, SensitiveUpdate(health_goals=CANARY, emergency_contact=CANARY, private_notes=CANARY))
    entry = run_service(alice, interactions.log_interaction, InteractionCreate(kind="call", subject=CANARY, body=CANARY, contact_ids=[made.id]))
    run_service(alice, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, subject=f"{CANARY} again"))
    task = run_service(alice, tasks.create_task, TaskCreate(title=CANARY, description=CANARY, contact_ids=[made.id], assignee_id=bob.user_id, due_date=date.today()))
    run_service(alice, contacts.save_draft, f"entry:{made.id}", CANARY)
    asked = [ReadAttendee(email=f"{CANARY}@mail.example", name=CANARY)]
    calendar, yesterday = make_feed(alice), datetime.now(UTC) - timedelta(days=1)
    words_of = {"title": CANARY, "description": CANARY, "location": CANARY, "url": f"https://{CANARY}.example/", "organiser": f"{CANARY}@mail.example"}
    read = read_event(starts=yesterday, asked=asked, **words_of)
    calendar.land([item_of(read, content=CANARY.encode())])
    event_id = run_service(alice, contacts.get_contact, made.id) and run_service(alice, calendars.get_contact_meetings, made.id).past[0].id
    run_service(alice, calendars.unlink_contact, event_id, made.id)
    run_service(alice, calendars.link_contact, event_id, made.id)
    _write_mail(alice, made.id)
    write_card(alice, made.id, CANARY)
    _analyse(alice, made.id)
    data = ProposalCreate(kind="add_note", payload={"contact_ids": [str(made.id)], "body": CANARY}, rationale=CANARY)
    suggested = run_service(alice, suggestions.propose, data)
    run_service(alice, suggestions.reject_suggestion, suggested.id, Rejection(reason=CANARY))
    run_service(alice, suggestions.propose, data)
    agreed = ConsentCreate(contact_ids=[made.id], purposes=["ai", "marketing"], channel="paper", evidence=CANARY)
    run_service(alice, consents.record_consents, agreed)
    now = run_service(alice, contacts.get_contact, made.id)
    run_service(alice, contacts.update_contact, made.id, ContactUpdate(version=now.version, company=f"{CANARY} changed"))
    run_service(alice, interactions.delete_interaction, entry.id)
    run_service(alice, tasks.delete_tasks, [task.id])
    run_service(alice, contacts.delete_contacts, [made.id])


def _analyse(alice: Actor, contact_id: UUID) -> None:
    """What a model made of them."""
    waiting = run_service(alice, analyses.want_analysis, Wanted(subject=Subject(kind="contact", id=contact_id), skill="insight", fingerprint=CANARY))
    said = Made(fingerprint=CANARY, value={"text": CANARY}, model_label="m", why="w", cost_micros=1, call_id=contact_id)
    run_service(alice, analyses.store_analysis, waiting.id, said)


def _write_mail(alice: Actor, contact_id: UUID) -> None:
    """Mails from them and to them, kept, of a list, put to them by hand; and a rule about them."""
    box, address = make_mailbox(alice, shown="full"), f"{CANARY}@mail.example"
    box.land(mail(CANARY, address, name=CANARY, text=CANARY, html=CANARY, message_id=f"{CANARY}@x"), mail(CANARY, address, marks={"list-id": CANARY}))
    box.land(mail(f"Re: {CANARY}", "alice@example.org", address, answers=f"{CANARY}@x", text=CANARY), ref="Sent")
    box.land(mail("Somebody", "other@mail.example", message_id="other@x"))
    (row,) = run_service(alice, mails.get_threads, box="unmatched").rows
    run_service(alice, mails.link_contact, row.id, contact_id)
    box.bodies([TakenBody(uid, mail("Somebody", "other@mail.example", text=f"about {CANARY}")) for uid in box.wanted()])
    run_service(alice, mails.set_rule, address, "always")


def test_priv_01_no_word_of_an_erased_person_is_left(database: Database, alice: Actor, bob: Actor) -> None:
    _write(alice, bob)
    before = _everything(database)
    calendar = {"calendar_item", "event", "event_attendee", "email", "email_subject", "email_body", "email_party", "mail_reference", "mail_rule", "address_card", "sync_problem", "suggestion"}
    assert {"contact", "contact_point", "contact_sensitive", "interaction", "task", "change", "saved_draft"} | calendar <= set(before)
    with anonymous_work() as session:
        purged = purge_trash(session, timedelta(days=30))
        assert (purged.contacts, purged.interactions, purged.tasks) == (0, 0, 0)
    assert _everything(database) == before, "nothing goes before its time"
    with anonymous_work() as session:
        purge_trash(session, timedelta())
        tidy_up(session)
    assert _everything(database) == {}


def test_priv_01_an_event_with_others_stays_theirs_without_the_erased_person(database: Database, alice: Actor, bob: Actor) -> None:
    _write(alice, bob)
    other = run_service(alice, contacts.create_contact, ContactCreate(display_name="Ana", points=[{"kind": "email", "value": "ana@mail.example"}]))
    asked = [ReadAttendee(email="ana@mail.example"), ReadAttendee(email=f"{CANARY}@mail.example", name=CANARY)]
    with database.owner.begin() as connection:
        connection.execute(text("update contact set deleted_at = null where deleted_at is not null"))
    shared = make_feed(alice)
    shared.land([item_of(read_event("Circle", asked=asked, description=f"with {CANARY}"), content=CANARY.encode())])
    with database.owner.begin() as connection:
        connection.execute(text(f"update contact set deleted_at = now() where display_name = '{CANARY}'"))
    with anonymous_work() as session:
        purge_trash(session, timedelta())
        tidy_up(session)
    assert _everything(database) == {}
    (row,) = run_service(alice, calendars.get_contact_meetings, other.id).coming
    assert (row.title, row.others) == ("Circle", 0)


def test_priv_01_a_mail_with_others_stays_theirs_and_is_not_read_again(database: Database, alice: Actor) -> None:
    points = [{"kind": "email", "value": f"{CANARY}@mail.example"}]
    gone = run_service(alice, contacts.create_contact, ContactCreate(display_name=CANARY, points=points))
    ana = run_service(alice, contacts.create_contact, ContactCreate(display_name="Ana", points=[{"kind": "email", "value": "ana@mail.example"}]))
    box = make_mailbox(alice)
    told, plain = mail("Circle", "ana@mail.example", cc=[f"{CANARY}@mail.example"], text=f"with {CANARY}"), mail("Tea", "ana@mail.example", cc=[f"{CANARY}@mail.example"])
    theirs = mail(CANARY, f"{CANARY}@mail.example", cc=["ana@mail.example"], text=CANARY)
    box.land(told, plain, theirs)
    run_service(alice, contacts.delete_contacts, [gone.id])
    with anonymous_work() as session:
        purge_trash(session, timedelta())
        tidy_up(session)
    assert _everything(database) == {}
    rows = run_service(alice, mails.get_threads, contact_id=ana.id).rows
    assert sorted((row.subject or "", row.snippet or "") for row in rows) == [("Circle", ""), ("Tea", "How are you?")]
    assert box.land(told, theirs, ref="Archive").wanted == () and box.wanted() == (), "what was erased is not fetched again"
    assert _everything(database) == {}
    for folder in run_service(alice, mails.get_mailbox, box.connection_id).folders:
        off = run_service(alice, mails.choose_folder, folder.id, FolderChoice(version=folder.version, synced=False))
        run_service(alice, mails.choose_folder, folder.id, FolderChoice(version=off.version, synced=True))
    assert box.land(told, theirs).wanted == () and box.sweep() == 0, "nor when a folder is let go of and taken up again"
    box.heads(present=())
    assert (box.sweep(), box.sweep()) == (0, 0)
    run_service(alice, connections.delete_connection, box.connection_id)
    assert make_mailbox(alice).land(told, theirs).wanted == (), "nor when the account is"
    assert _everything(database) == {}
    assert _rows(database, "email_party") == 0, "of a mail whose words were erased the head goes with its folder"


def _rows(database: Database, table: str) -> int:
    with database.owner.connect() as connection:
        return connection.execute(text(f"select count(*) from {table}")).scalar_one()


def test_taking_back_the_making_of_a_contact_leaves_its_events(database: Database, alice: Actor) -> None:
    make_feed(alice).land([item_of(read_event("Intake", asked=["ana@mail.example"]))])
    made = perform(alice, contacts.create_contact, ContactCreate(display_name="Ana", points=[{"kind": "email", "value": "ana@mail.example"}]))
    assert run_service(alice, calendars.get_contact_meetings, made.value.id).coming[0].title == "Intake"
    run_service(alice, undo_change_set, made.change_set_id)
    (row,) = run_service(alice, calendars.get_range, datetime.now(UTC).date(), 2).events
    assert (row.title, row.contacts) == ("Intake", ())
