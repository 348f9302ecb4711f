"""Connecting an address book, step by step: the fields, the test, the books, the first sync; and what its own page says."""

from __future__ import annotations

from uuid import UUID

from crm_app.domain.actor import Actor
from crm_app.domain.addressbooks.models import AddressBook, AddressCard
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.unit_of_work import run_service, unit_of_work
from tests.connection_rows import change, connected, settle, stored
from tests.pages.conftest import Visit
from tests.tabs import RunningHouse

PLACE = "/settings/connections"
TEST = "connections.test"


def add_book(actor: Actor, connection_id: UUID, name: str) -> None:
    with unit_of_work(actor, "tests.add_book") as session:
        session.add(AddressBook(owner_id=actor.user_id, audience="private", connection_id=connection_id, external_id=name, name=name))


def test_from_the_first_field_to_the_first_sync(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    page = visit(alice, PLACE).sees("Connect an address book").press("Nextcloud, the contacts Your own, your team's, or a provider's").sees("Choose address books")
    assert not page.has("How far back") and page.has("Who sees new contacts")
    page.fill("Address of your Nextcloud", "cloud.example.org/apps/contacts").fill("User name", "ana").fill("App password", "violet-kettle").press("Test and connect")
    page.sees("Asking cloud.example.org…")
    assert stored(house, "url from connection") == "https://cloud.example.org/remote.php/dav/" and stored(house, "kind from connection") == "carddav"
    settle(house, TEST, result={"answer": "not_an_address_book", "sentence": "", "books": []})
    page.sees("Something answers there, but it is not an address book.").fill("App password", "violet-kettle").press("Test again").sees("Asking cloud.example.org…")
    key = UUID(str(stored(house, "id from connection")))
    add_book(alice, key, "Clients")
    add_book(alice, key, "Recently contacted")
    settle(house, TEST, result={"answer": "works", "sentence": "", "books": ["Clients", "Recently contacted"]})
    page.sees("It works.", "2 address books are there. Choose which ones come in.").press("Sync Recently contacted")
    assert stored(house, "synced from address_book where name = 'Recently contacted'") is False
    page.press("Start the first sync").sees("Waiting to sync")
    assert stored(house, "state from connection") == "active"


def test_its_own_page_says_its_books_and_no_months(visit: Visit, alice: Actor) -> None:
    key = connected(alice, "People", kind="carddav")
    add_book(alice, key, "Clients")
    page = visit(alice, f"{PLACE}/{key}").sees("Address books", "Clients", "Looked at every 10 min. New contacts: ")
    assert not page.has("Calendars", "Meetings with contacts")


def test_a_book_is_written_into_once_somebody_chooses_so_and_both_sides_are_settled(visit: Visit, alice: Actor, house: RunningHouse) -> None:
    key = connected(alice, "People", kind="carddav")
    ana = run_service(alice, contacts.create_contact, ContactCreate(display_name="Ana Silva", company="Patisserie"))
    add_book(alice, key, "Clients")
    with unit_of_work(alice, "tests.add_card") as session:
        book = UUID(str(stored(house, "id from address_book")))
        card = AddressCard(owner_id=alice.user_id, audience="private", book_id=book, external_id="/1.vcf", etag="1", contact_id=ana.id, said={}, held={})
        card.copies = [{"id": "1", "name": "company", "ours": "Mill", "theirs": "Patisserie"}]
        session.add(card)
    page = visit(alice, f"{PLACE}/{key}").sees("Changed on both sides", "Company: “Patisserie” in the book, “Mill” here before.")
    page.press("Write what is changed here into Clients")
    assert stored(house, "two_way from address_book") is True
    page.press("Use mine: Ana Silva, Company").sees("It goes into the book with the next sync.")
    assert stored(house, "company from contact") == "Mill" and not page.has("Changed on both sides")


def test_a_contact_is_put_into_a_book_from_its_record_and_when_it_is_made(visit: Visit, alice: Actor, bob: Actor, house: RunningHouse) -> None:
    key = connected(alice, "Cloud", kind="carddav")
    ana = run_service(alice, contacts.create_contact, ContactCreate(display_name="Ana Silva", audience="team"))
    page = visit(alice, f"/contacts/{ana.id}")
    assert not page.press("More").has("Also keep in Clients"), "nothing is offered where nothing is written"
    add_book(alice, key, "Clients")
    change(house, "address_book", two_way=True)
    page = visit(alice, f"/contacts/{ana.id}").press("More").press("Also keep in Clients").sees("Goes into Clients of Cloud")
    assert stored(house, "contact_id from address_card where wanted") == ana.id
    assert not visit(bob, f"/contacts/{ana.id}").has("Clients of Cloud"), "nobody is told of another's"
    page.press("Do not put into Clients").sees("Not put into Clients")
    assert stored(house, "count(*) from address_card") == 0
    page.press("More").press("Also keep in Clients").sees("Goes into Clients of Cloud")
    change(house, "address_card", wanted=False, external_id="/1.vcf")
    page.sees("In step with Clients of Cloud")
    page = visit(alice, "/contacts").press("Add contact").sees("Also keep in Clients of Cloud").fill("Name", "Bea Costa").press("Also keep in Clients of Cloud").press("Add contact")
    page.sees("Goes into Clients of Cloud")
    assert stored(house, "count(*) from address_card where wanted") == 1
