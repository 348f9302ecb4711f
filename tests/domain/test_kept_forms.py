"""What is typed in the form of something new goes with the contact whom it names."""

from __future__ import annotations

import json

from sqlalchemy import text

from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, PointInput
from tests.domain.test_letters import erase


def test_a_kept_form_that_names_an_erased_contact_goes_with_them_and_others_stay(run, database, alice, bob):
    points = [PointInput(kind="email", value="Ana@mail.example")]
    ana = run(alice, contacts.create_contact, ContactCreate(display_name="Ana (A.) Silva", points=points))
    other = run(alice, contacts.create_contact, ContactCreate(display_name="Zoe Adler"))

    def keep(actor, key: str, **typed: object) -> None:
        run(actor, contacts.save_draft, key, json.dumps(typed, ensure_ascii=False, default=str))

    keep(alice, "task-form:new", title="Call", contacts=[(ana.id, "Somebody"), (other.id, "Zoe Adler")])
    keep(alice, "event-form:new", title="Talk", description="Who comes:\nANA (A.) Silva, perhaps")
    keep(alice, "contact-form:new", points=[{"kind": "email", "value": "ANA@mail.example"}])
    keep(alice, f"contact-form:{other.id}", referred_by=[(ana.id, "Ana")])
    keep(bob, "task-form:new", title="Ana (A.) Silva")
    keep(bob, "event-form:new", title="Diana (A.) Silva", people=[(other.id, "Zoe Adler")])
    run(bob, contacts.save_draft, f"entry:{other.id}", "Zoe knows Ana (A.) Silva")
    erase(database, ana)
    with database.owner.connect() as connection:
        left = connection.execute(text("select user_id, key from saved_draft order by key")).tuples().all()
    assert left == [(bob.user_id, f"entry:{other.id}"), (bob.user_id, "event-form:new")], "what is written of somebody else stays, as an entry of theirs does"
    secret = run(bob, contacts.create_contact, ContactCreate(display_name="Call", audience="private"))
    keep(alice, "task-form:new", title="Call")
    erase(database, secret)
    assert run(alice, contacts.get_draft, "task-form:new"), "a word that is a name only to somebody else"
