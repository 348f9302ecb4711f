"""New contacts that somebody puts into an address book, by a real worker: what goes out, what never does, and what happens when it is interrupted."""

from __future__ import annotations

import pytest

from crm_app.domain.addressbooks import service as books
from crm_app.domain.addressbooks.schemas import BookChoice, ContactBooks
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.source import SourceDown, WriteRefused
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.models import PointKind
from crm_app.domain.contacts.schemas import ContactCreate, ContactUpdate, PointInput
from crm_app.domain.errors import Forbidden, NotFound
from crm_app.domain.jobs.models import JobState
from crm_app.jobs import addressbook_writing as writing
from tests.jobs.test_addressbook_writing import ANA, BOOK, Died, account, again, both, dying, made, sync_of

__all__ = ["account", "both", "made", "sync_of"]


@pytest.fixture
def bea(run, alice):
    """Somebody new here, of whom some is nobody's else."""
    points = [PointInput(kind=PointKind.EMAIL, label="studio", value="bea@example.org"), PointInput(kind=PointKind.PHONE, value="+49 30 123456")]
    words = {"given_name": "Bea", "family_name": "Costa", "company": "Mill", "notes": "private words", "tags": ["secret"]}
    return run(alice, contacts.create_contact, ContactCreate(display_name="Bea Costa", points=points, **words)).id


def of_bea(account):
    return [content.decode() for ref, content in account.dav._held[BOOK].items.items() if ref != ANA]


def test_a_new_contact_goes_into_a_book_that_somebody_chose_for_it(sync, both, account, bea, run, alice, bob, ask, edit_of, rows):
    sync()
    assert of_bea(account) == [], "nobody goes anywhere unasked"
    found = run(alice, books.get_contact_books, bea)
    assert [one.book_id for one in found.open] == [both.id] and found.kept == ()
    (kept,) = run(alice, books.put_into_book, both.id, bea).kept
    assert (kept.name, kept.connection, kept.waits, kept.refused) == ("Contacts", "Practice", True, False) and run(alice, books.get_contact_books, bea).open == ()
    assert run(alice, books.put_into_book, both.id, bea).kept == (kept,), "asked twice is asked once"
    assert run(bob, books.get_contact_books, bea) == ContactBooks(), "nobody is told of another's books"
    assert sync().state == JobState.DONE
    (card_,) = of_bea(account)
    assert {"FN:Bea Costa", "N:Costa;Bea;;;", "ORG:Mill", "item1.EMAIL:bea@example.org", "item1.X-ABLabel:studio"} <= set(card_.splitlines())
    assert "private" not in card_ and "secret" not in card_, "notes and tags stay here"
    (kept,) = run(alice, books.get_contact_books, bea).kept
    assert not kept.waits
    sync()
    still = rows()
    sync()
    assert {name for name in still if rows()[name] != still[name]} <= {"sync_problem"}, "a second sync writes nothing"
    edit_of(bea, company="Bakery")
    sync()
    assert len(of_bea(account)) == 1 and "ORG:Bakery" in of_bea(account)[0], "and from then on they are in step"
    ref = next(ref for ref in account.dav._held[BOOK].items if ref != ANA)
    account.put(BOOK, ref, of_bea(account)[0].replace("ORG:Bakery", "ORG:Patisserie").encode())
    sync()
    assert run(alice, contacts.get_contact, bea).company == "Patisserie" and ask("select count(*) from contact") == [(2,)]


@pytest.fixture
def edit_of(run, alice):
    def do(contact_id, **fields):
        return run(alice, contacts.update_contact, contact_id, ContactUpdate(version=run(alice, contacts.get_contact, contact_id).version, **fields))

    return do


@pytest.mark.parametrize("moved", [False, True])
def test_a_new_card_whose_answer_never_came_is_looked_for_by_its_uid_and_not_made_again(sync, both, account, bea, run, alice, ask, moved):
    run(alice, books.put_into_book, both.id, bea)
    account.dav.lost = SourceDown("The server did not answer.")
    assert sync().state == JobState.FAILED and len(of_bea(account)) == 1
    account.dav.lost = None
    if moved:  # some servers name a card as they like
        ref = next(ref for ref in account.dav._held[BOOK].items if ref != ANA)
        content = account.fetch(BOOK, ref).content
        account.remove(BOOK, ref)
        account.put(BOOK, "/book/by-the-server.vcf", content)
    assert sync().state == JobState.DONE and len(of_bea(account)) == 1
    (kept,) = run(alice, books.get_contact_books, bea).kept
    assert not kept.waits and ask("select count(*) from contact") == [(2,)] and ask("select count(*) from address_card") == [(2,)]
    sync()
    assert len(of_bea(account)) == 1


def test_what_was_asked_for_can_be_taken_back_and_ends_with_the_choice_of_the_book(sync, both, account, bea, run, alice, bob, view, ask):
    run(alice, books.put_into_book, both.id, bea)
    assert run(alice, books.leave_out_of_book, both.id, bea).kept == ()
    with pytest.raises(NotFound):
        run(alice, books.leave_out_of_book, both.id, bea)
    with pytest.raises(NotFound):
        run(bob, books.put_into_book, both.id, bea)
    run(alice, books.put_into_book, both.id, bea)
    row = view().books[0]
    run(alice, books.choose_book, row.id, BookChoice(version=row.version, synced=True, two_way=False))
    assert run(alice, books.get_contact_books, bea) == ContactBooks() and run(alice, books.list_open_books) == ()
    with pytest.raises(Forbidden):
        run(alice, books.put_into_book, both.id, bea)
    sync()
    assert of_bea(account) == []


def test_whoever_is_deleted_or_erased_before_that_goes_nowhere(sync, both, account, bea, run, alice, ask):
    run(alice, books.put_into_book, both.id, bea)
    run(alice, contacts.delete_contacts, [bea])
    sync()
    assert of_bea(account) == []
    run(alice, contacts.restore_contacts, [bea])
    ask("delete from contact where id = :bea", bea=bea)
    assert ask("select count(*) from address_card where wanted") == [(0,)]
    sync()
    assert of_bea(account) == []


def test_what_a_book_does_not_take_is_named_and_tried_again_once_it_is_changed(sync, both, account, bea, run, alice, made, edit_of, monkeypatch):
    def full(*_given):
        raise WriteRefused("There is no room for it in your address book.")

    run(alice, books.put_into_book, both.id, bea)
    monkeypatch.setattr(account, "write", full)
    assert sync().state == JobState.DONE and run(alice, books.get_contact_books, bea).kept[0].refused
    assert [(one.title, one.reason) for one in run(alice, connections.list_problems, made.id)] == [("Bea Costa", "There is no room for it in your address book.")]
    monkeypatch.undo()
    sync()
    assert of_bea(account) == []
    edit_of(bea, company="Mill two")
    sync()
    assert len(of_bea(account)) == 1 and run(alice, connections.list_problems, made.id) == () and not run(alice, books.get_contact_books, bea).kept[0].refused


@pytest.mark.parametrize("step", range(5))
def test_rel_02_wherever_it_dies_a_new_card_is_made_once(sync, both, account, bea, run, alice, monkeypatch, ask, step):
    """Before the look for it, before and after the write, before what came of it is written down, and after its reading."""
    run(alice, books.put_into_book, both.id, bea)
    places = [(account, "fetch"), (writing, "new_card"), (account, "write"), (account, "write"), (writing.outgoing, "end_newcomer")]
    dying(monkeypatch, *places[step], after=step == 3)
    with pytest.raises(Died):
        sync()
    monkeypatch.undo()
    again(ask)
    assert len(of_bea(account)) == 1 and not run(alice, books.get_contact_books, bea).kept[0].waits
    assert ask("select count(*) from contact") == [(2,)] and ask("select count(*) from address_card") == [(2,)]
