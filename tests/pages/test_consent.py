"""Consent on pages: the card of the record, recording for one and for many, its history, and what the assistant may read."""

from __future__ import annotations

import pytest

from crm_app.domain.actor import Actor
from crm_app.domain.consents import service as consents
from crm_app.domain.consents.kinds import Purpose
from crm_app.domain.consents.schemas import ConsentCreate, ConsentStanding
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactUpdate, ContactView
from crm_app.domain.disclosure import service as disclosure
from crm_app.domain.disclosure.schemas import SensitiveField
from crm_app.domain.interactions import service as interactions
from crm_app.domain.unit_of_work import run_service
from tests.pages.conftest import Entry, Person, Visit


@pytest.fixture
def ana(alice: Actor, person: Person) -> ContactView:
    """Alice's contact, shared with the team."""
    return person(alice, "Ana Silva")


def standing(actor: Actor, of: ContactView, purpose: Purpose = Purpose.AI) -> ConsentStanding:
    return next(state for state in run_service(actor, consents.get_consents, of.id).states if state.purpose is purpose).standing


def agree(actor: Actor, *people: ContactView, **more: object) -> None:
    run_service(actor, consents.record_consents, ConsentCreate.model_validate({"contact_ids": [one.id for one in people], "purposes": ["ai"], **more}))


def test_consent_is_recorded_and_a_colleague_sees_it_at_once(visit: Visit, alice: Actor, bob: Actor, ana: ContactView) -> None:
    hers, his = visit(alice, f"/contacts/{ana.id}"), visit(bob, f"/contacts/{ana.id}")
    hers.sees("Consent", "Not asked", "Not yet: they have not agreed to AI.")
    hers.press("Record consent").press("AI on notes & email", beside="Version 1").choose("How they said so", "Signed paper")
    hers.fill("Where it can be seen", "Folder 3").press("Record").sees("Consent recorded for 1 person")
    assert standing(alice, ana) is ConsentStanding.GIVEN
    his.sees_not("Not yet: they have not agreed to AI.")
    hers.press("History of consent").sees("AI on notes & email · Given", "Signed paper · recorded by Alice", "Folder 3", "Version 1")


def test_it_is_taken_back_by_its_line(visit: Visit, alice: Actor, ana: ContactView) -> None:
    agree(alice, ana)
    page = visit(alice, f"/contacts/{ana.id}")
    line = next(name for name in page.names("button") if name.startswith("AI on notes & email: given since"))
    page.press(line).choose("How they said so", "Phone").press("Record").sees("Withdrawal recorded for 1 person", "Withdrawn")
    assert standing(alice, ana) is ConsentStanding.WITHDRAWN


def test_what_cannot_be_is_said_where_it_stands(visit: Visit, alice: Actor, ana: ContactView) -> None:
    page = visit(alice, f"/contacts/{ana.id}").press("Record consent").press("Record").sees("Choose what it is about.")
    page.press("Marketing email", beside="Version 1").fill("When", "2999-01-01").press("Record")
    assert page.error("When") == "That day is still to come." and standing(alice, ana, Purpose.MARKETING) is ConsentStanding.NEVER


def test_an_old_form_names_its_own_version(visit: Visit, alice: Actor, olivia: Actor, ana: ContactView) -> None:
    agree(alice, ana)
    page = visit(olivia, "/settings/consent").press("Change", beside="AI on notes & email").fill("Wording", "Our own machine may read my notes.")
    page.press("Save as a new version").sees("Version 2 is what people agree to from now on", "Our own machine may read my notes.")
    page = visit(alice, f"/contacts/{ana.id}").press("Record consent").press("AI on notes & email", beside="Version 2").choose("Wording", "Version 1").press("Record")
    page.sees("Consent recorded")
    assert [event.version for event in run_service(alice, consents.get_consents, ana.id).events] == [1, 1]


def test_a_whole_class_brings_its_forms(visit: Visit, alice: Actor, person: Person, ana: ContactView) -> None:
    ben = person(alice, "Ben Okri")
    page = visit(alice, "/contacts").select_rows("Ana Silva", "Ben Okri").press("Consent").sees("Consent of 2 people")
    page.press("Health notes", beside="Version 1").press("Record").sees("Consent recorded for 2 people")
    assert {standing(alice, one, Purpose.HEALTH_NOTES) for one in (ana, ben)} == {ConsentStanding.GIVEN}


def test_never_to_ai_is_said_of_a_contact_and_undone(visit: Visit, alice: Actor, vera: Actor, ana: ContactView) -> None:
    agree(alice, ana)
    page = visit(alice, f"/contacts/{ana.id}").press("The assistant may read this", beside="AI on notes & email").sees("The assistant never reads this")
    assert run_service(alice, disclosure.readable_ids, [ana.id]) == frozenset()
    assert visit(vera, f"/contacts/{ana.id}").sees("Never to AI").has("Record consent") is False
    page.press("Undo").sees("Undone")
    assert run_service(alice, disclosure.readable_ids, [ana.id]) == {ana.id}


def test_an_entry_is_kept_from_the_assistant_while_it_is_written_and_afterwards(visit: Visit, alice: Actor, ana: ContactView, entry: Entry) -> None:
    page = visit(alice, f"/contacts/{ana.id}").fill("What happened", "Between us").press("The assistant may read this", beside="Everyone in the team").press("Save")
    page.sees("Note saved", "Never to AI")
    written = run_service(alice, interactions.list_timeline, ana.id).entries[0]
    assert written.ai_allowed is False
    page.press("More about this entry").press("The assistant may read this", beside="History").sees("The assistant may read this")
    assert run_service(alice, interactions.get_interaction, written.id).ai_allowed is True
    page.press("More about this entry").press("Never to AI", beside="History").sees("The assistant never reads this")
    assert run_service(alice, interactions.get_interaction, written.id).ai_allowed is False


def test_a_stale_switch_says_so_and_shows_how_it_stands(visit: Visit, alice: Actor, ana: ContactView) -> None:
    page = visit(alice, f"/contacts/{ana.id}")
    run_service(alice, contacts.update_contact, ana.id, ContactUpdate(version=run_service(alice, contacts.get_contact, ana.id).version, company="Norva"))
    page.sees("Norva").press("The assistant may read this", beside="AI on notes & email").sees("The assistant never reads this")


def test_an_admin_says_what_of_health_the_assistant_may_read(visit: Visit, alice: Actor, olivia: Actor) -> None:
    page = visit(olivia, "/settings/consent").press("Health goals").sees("Saved")
    assert run_service(olivia, disclosure.get_reach).fields == {SensitiveField.HEALTH_GOALS}
    page.press("Health goals").sees("Saved")
    assert run_service(olivia, disclosure.get_reach).fields == frozenset()
    assert "Consent" not in visit(alice, "/settings").names("link")
