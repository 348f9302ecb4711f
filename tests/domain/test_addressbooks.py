"""Address books landing on contacts: who it is, what follows, what stays, what lets go; and what an owner decides about a book."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from crm_app.domain.actor import Actor
from crm_app.domain.addressbooks import copies
from crm_app.domain.addressbooks import service as books
from crm_app.domain.addressbooks.following import follow
from crm_app.domain.addressbooks.landing import Landed, land_cards
from crm_app.domain.addressbooks.models import AddressBook, AddressCard
from crm_app.domain.addressbooks.reading import NoCard, TakenCard, read_cards
from crm_app.domain.addressbooks.schemas import BookChoice
from crm_app.domain.connections.models import Connection
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.models import PointKind
from crm_app.domain.contacts.schemas import ContactCreate, ContactFilter, ContactUpdate, PointInput
from crm_app.domain.contacts.views import ContactView
from crm_app.domain.errors import Conflict, Forbidden, NotFound
from crm_app.domain.imports.sandbox import bind_sandbox
from crm_app.domain.unit_of_work import run_service, unit_of_work
from crm_app.infrastructure.sandbox import ProcessSandbox


@dataclass
class Shelf:
    """One book of somebody's, and how a page of it lands."""

    actor: Actor
    book_id: Any

    def land(self, *cards: tuple[str, bytes], audience: str = "team", **how: Any) -> Landed:
        taken = read_cards([(ref, str(hash(content)), content) for ref, content in cards], "DE")
        actor = self.actor.on_behalf("job")
        with unit_of_work(actor, "connections.sync") as session:
            return land_cards(session, actor, self.row(session), [one for one in taken if isinstance(one, TakenCard)], audience=audience, **how)

    def row(self, session: Session) -> AddressBook:
        found = session.get(AddressBook, self.book_id)
        assert found is not None
        return found


@pytest.fixture(scope="module")
def sandbox() -> Iterator[None]:
    with ProcessSandbox() as sandbox:
        bind_sandbox(sandbox)
        yield


@pytest.fixture
def shelf(alice: Actor, sandbox: object) -> Iterator[Shelf]:
    yield make_shelf(alice)


def make_shelf(actor: Actor) -> Shelf:
    with unit_of_work(actor, "tests.make_book") as session:
        connection = Connection(owner_id=actor.user_id, audience="private", kind="carddav", name="Cloud", url="https://cloud.example/", state="paused")
        session.add(connection)
        session.flush()
        book = AddressBook(owner_id=actor.user_id, audience="private", connection_id=connection.id, external_id="/book/", name="Clients")
        session.add(book)
        session.flush()
        return Shelf(actor, book.id)


def card(name: str = "Ana Silva", *more: str, uid: str = "0f6f1a3e-0000-4000-8000-000000000001") -> bytes:
    return "\r\n".join(["BEGIN:VCARD", "VERSION:3.0", f"UID:{uid}", f"FN:{name}", *more, "END:VCARD", ""]).encode()


def everyone(actor: Actor) -> list[ContactView]:
    page = run_service(actor, contacts.list_contacts, ContactFilter())
    return [run_service(actor, contacts.get_contact, row.id) for row in page.rows]


def only(actor: Actor) -> ContactView:
    (view,) = everyone(actor)
    return view


def change(actor: Actor, view: ContactView, **fields: Any) -> ContactView:
    return run_service(actor, contacts.update_contact, view.id, ContactUpdate(version=view.version, **fields))


MAIL = "EMAIL:ana@example.org"


def test_a_contact_follows_its_card_where_nobody_changed_it_here(shelf: Shelf, alice: Actor):
    assert shelf.land(("/book/a.vcf", card("Ana Silva", MAIL, "ORG:Bakery", "TITLE:Baker", "NOTE:likes tea"))).created == 1
    made = only(alice)
    assert (made.company, made.job_title, made.primary_email, made.audience, made.notes) == ("Bakery", "Baker", "ana@example.org", "team", "likes tea")
    change(alice, made, job_title="Owner", notes="likes tea\n\nmet in May")
    landed = shelf.land(("/book/a.vcf", card("Ana Silva-Costa", "EMAIL:new@example.org", "ORG:Mill", "TITLE:Miller", "NOTE:likes coffee", "CATEGORIES:client")))
    assert landed.updated == 1 and [(note.reason, note.failed) for note in landed.notes] == [("Kept what was changed here: Job title.", False)]
    now = only(alice)
    assert (now.display_name, now.company, now.job_title, now.notes) == ("Ana Silva-Costa", "Mill", "Owner", "likes coffee\n\nmet in May")
    assert [point.value for point in now.points] == ["new@example.org"] and now.points[0].is_primary and now.tags == ("client",)
    shelf.land(("/book/a.vcf", card("Ana Silva-Costa", "EMAIL:new@example.org")))
    last = only(alice)
    assert (last.company, last.tags, last.job_title, last.notes) == ("", (), "Owner", "met in May"), "what the book brought it may take away"


def test_what_was_here_before_the_book_never_goes_with_it(shelf: Shelf, alice: Actor):
    points = [PointInput(kind=PointKind.EMAIL, value="ana@example.org")]
    run_service(alice, contacts.create_contact, ContactCreate(display_name="Ana Silva", company="Bakery", points=points, tags=["client"]))
    landed = shelf.land(("/book/a.vcf", card("Ana Silva", MAIL, "ORG:Bakery", "CATEGORIES:client", "TEL:+49 30 1234567")))
    assert (landed.created, landed.updated) == (0, 1)
    landed = shelf.land(("/book/a.vcf", card("Ana Silva", "NICKNAME:Anita")))
    now = only(alice)
    assert (now.company, now.tags, [point.value for point in now.points], now.nickname) == ("Bakery", ("client",), ["ana@example.org"], "Anita")


def test_nothing_new_writes_nothing_and_one_change_one_contact(shelf: Shelf, alice: Actor, database: Any):
    ana = ("/book/a.vcf", card("Ana", MAIL))
    ben = ("/book/b.vcf", card("Ben", "EMAIL:ben@example.org", uid="0f6f1a3e-0000-4000-8000-000000000002"))
    shelf.land(ana, ben)

    def told() -> list[Any]:
        with database.owner.begin() as connection:
            return connection.execute(text("select id, version, updated_at from contact order by id")).all()

    before = told()
    landed = shelf.land(ana, ben)
    assert (landed.created, landed.updated, landed.notes) == (0, 0, []) and told() == before
    assert shelf.land(ana, ("/book/b.vcf", card("Ben", "EMAIL:ben@example.org", "ORG:Mill", uid="0f6f1a3e-0000-4000-8000-000000000002"))).updated == 1
    assert sum(one != other for one, other in zip(before, told(), strict=True)) == 1


def test_a_card_that_is_gone_lets_go_and_a_contact_that_was_deleted_here_stays_out(shelf: Shelf, alice: Actor):
    shelf.land(("/book/a.vcf", card("Ana", MAIL)))
    assert shelf.land(present=frozenset()).deleted == 1 and only(alice).display_name == "Ana", "a book deletes nobody"
    assert shelf.land(("/book/a.vcf", card("Ana", MAIL))).created == 0, "and finds them again"
    run_service(alice, contacts.delete_contacts, [only(alice).id])
    landed = shelf.land(("/book/a.vcf", card("Ana", MAIL, "ORG:Mill")))
    assert (landed.created, landed.updated, everyone(alice)) == (0, 0, []) and "deleted here" in landed.notes[0].reason and landed.notes[0].title == "Deleted here"


def test_new_contacts_are_seen_as_the_connection_says(shelf: Shelf, alice: Actor, bob: Actor):
    shelf.land(("/book/a.vcf", card("Ana", MAIL)), audience="private")
    assert only(alice).audience == "private" and everyone(bob) == []


def test_groups_are_left_out_and_what_is_broken_costs_itself_alone(sandbox: object):
    group = b"BEGIN:VCARD\r\nVERSION:4.0\r\nKIND:group\r\nFN:Friends\r\nEND:VCARD\r\n"
    answers = read_cards([("a", "1", card()), ("b", "2", group), ("c", "3", b"<html>"), ("d", "4", card("Dora").replace(b"END:VCARD", b"")), ("e", "5", b"BEGIN:VCARD\r\nEND:VCARD\r\n")], "")
    assert [isinstance(answer, TakenCard) for answer in answers] == [True, False, False, True, False]
    assert [answer.failed for answer in answers if isinstance(answer, NoCard)] == [False, True, True]
    assert all(answer.reason for answer in answers if isinstance(answer, NoCard))
    assert isinstance(answers[3], TakenCard) and answers[3].problems


def test_follow_keeps_what_somebody_took_away_here():
    found = follow({"tag:vip": "VIP", "company": "A"}, {"tag:vip": "vip", "company": "B", "city": "Rome"}, {"company": "A", "city": "Paris"}, ["tag:vip"])
    assert found.puts == {"company": "B"} and found.kept == ["Tags", "City"]


def test_only_its_owner_chooses_a_book_and_its_contacts_stay(shelf: Shelf, alice: Actor, bob: Actor, vera: Actor):
    shelf.land(("/book/a.vcf", card("Ana", MAIL)))
    with unit_of_work(alice) as session:
        version = shelf.row(session).version
    for who, refusal in ((bob, NotFound), (vera, Forbidden)):
        with pytest.raises(refusal):
            run_service(who, books.choose_book, shelf.book_id, BookChoice(version=version, synced=False))
    with pytest.raises(Conflict):
        run_service(alice, books.choose_book, shelf.book_id, BookChoice(version=version + 7, synced=False))
    with unit_of_work(alice) as session:
        assert shelf.row(session).synced
    off = run_service(alice, books.choose_book, shelf.book_id, BookChoice(version=version, synced=False))
    assert (off.synced, off.people, only(alice).display_name) == (False, 0, "Ana")


@pytest.mark.parametrize(("mine", "company"), [(True, "Mill"), (False, "Bakery")])
def test_what_was_changed_on_both_sides_is_settled_once_and_by_its_owner_alone(shelf: Shelf, alice: Actor, bob: Actor, vera: Actor, mine: bool, company: str):
    shelf.land(("/book/a.vcf", card("Ana Silva", MAIL, "ORG:Bakery")))
    with unit_of_work(alice, "tests.keep_copy") as session:
        held = session.exec(select(AddressCard)).one()
        copies.keep(session, alice, held, {"company": "Mill"}, {"company": "Bakery"})
        card_id, copy_id = held.id, held.copies[0]["id"]
    for who, refusal in ((bob, NotFound), (vera, Forbidden)):
        with pytest.raises(refusal):
            run_service(who, copies.settle_copy, card_id, copy_id, mine)
    run_service(alice, copies.settle_copy, card_id, copy_id, mine)
    assert only(alice).company == company
    with pytest.raises(NotFound):
        run_service(alice, copies.settle_copy, card_id, copy_id, mine)
