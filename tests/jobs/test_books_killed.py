"""REL-02 for address books: a sync that is killed at any step goes on from there. Nobody is lost or doubled, and no card is made or written twice."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from crm_app.domain.addressbooks import service as books
from crm_app.domain.addressbooks.schemas import BookChoice
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.schemas import ConnectionCreate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, ContactUpdate
from crm_app.domain.sealing import bind_box
from tests.connection_rows import connected
from tests.domain.boxes import TurnedBox
from tests.jobs import book_process, people_process
from tests.jobs.book_process import BOOK, POISON, Book
from tests.jobs.killing import FOREVER, Trial, due_again, process_of, process_of_arguments
from tests.security.counts import counted

KEPT = ("address_book", "address_card", "contact", "contact_point", "import_identity", "sync_problem", "notification", "change")
EMPTIED = ("job", "address_book", "contact", "import_identity", "sync_problem", "sync_run")


def a_book(run, alice):
    data = ConnectionCreate(kind="carddav", name="Cloud", url="https://cloud.example.org/dav", username="ana", password=SecretStr("open sesame"))
    return run(alice, connections.create_connection, data).id


def require_people(database, there: dict[str, tuple[str, str]], unread: set[str]) -> None:
    """``there`` are the cards by ref, as (name, company): each is one contact here who says the same, nobody is here twice, and what cannot be read is named."""
    cards = "select k.external_id, c.display_name, c.company from address_card k join contact c on c.id = k.contact_id"
    with database.owner.connect() as connection:
        assert {ref: (name, company) for ref, name, company in connection.execute(text(cards))} == there
        assert connection.execute(text("select count(*) = count(distinct display_name) from contact")).scalar_one()
        assert set(connection.execute(text("select item from sync_problem")).scalars()) == unread


def require_book(database, changes: int) -> None:
    """See ``require_people``; and the next look asks from where this one ended."""
    held = book_process.account(changes).held
    said = {ref: content.decode().splitlines() for ref, content in held.items.items() if content != POISON}
    require_people(database, {ref: (lines[3][3:], lines[5][4:]) for ref, lines in said.items()}, {ref for ref, content in held.items.items() if content == POISON})
    with database.owner.connect() as connection:
        assert connection.execute(text("select token from address_book")).scalar_one() == str(len(held.changes))


def require_google(database, changes: int) -> None:
    people = {ref: one for ref, one in people_process.account(changes).people.items() if not one["metadata"].get("deleted")}
    said = {ref: (one["names"][0]["displayName"], one["organizations"][0]["name"]) for ref, one in people.items() if "names" in one}
    require_people(database, said, people.keys() - said.keys())


@pytest.fixture(params=["carddav", "google"])
def trial(request, database, run, alice):
    bind_box(TurnedBox)
    if request.param == "carddav":
        made, module, whole = a_book(run, alice), "book_process", require_book
    else:
        made = connected(alice, "Google Contacts", kind="google_people", url="https://people.googleapis.com/", username=people_process.ME)
        module, whole = "people_process", require_google
    with process_of(f"tests.jobs.{module}", database) as worker:
        yield Trial(database, worker, partial(due_again, database, alice, made), KEPT, EMPTIED, whole)


@counted(3, 150, "steps at which it is killed one after the other, and a third as many random points")
def test_rel_02_killed_at_every_step_and_again_and_again(trial, count):
    trial.killed_at_steps(count)
    trial.empty()
    trial.killed_at_random(count // 3)


@counted(3, 150, "random points of a sync in both directions")
def test_rel_02_killed_while_it_writes_no_card_is_made_or_written_twice(database, run, alice, tmp_path: Path, count):
    """Each time somebody is changed here, the same one over there in another field, and somebody new is put into the book."""
    bind_box(TurnedBox)
    file, made, chance = tmp_path / "book", a_book(run, alice), random.Random(20261127)
    there = Book(file)
    there.put(BOOK, f"{BOOK}1.vcf", book_process.card(1, "Bakery"))
    there.save()
    with process_of_arguments("tests.jobs.book_process", database, str(file)) as say:

        def sync(steps: int = FOREVER) -> str:
            due_again(database, alice, made)
            said = say(f"run {steps} 0")
            assert said == "killed" or said.startswith("done "), said
            return said

        sync()
        (row,) = run(alice, connections.get_connections).connections[0].books
        run(alice, books.choose_book, row.id, BookChoice(version=row.version, synced=True, two_way=True))
        sync()
        with database.owner.connect() as connection:
            one = connection.execute(text("select id from contact")).scalar_one()
        total, killed = 0, 0
        for point in range(count + 1):
            view = run(alice, contacts.get_contact, one)
            run(alice, contacts.update_contact, one, ContactUpdate(version=view.version, company=f"Mill {point}"))
            there = Book(file)
            lines = [line for line in there.held.items[f"{BOOK}1.vcf"].split(b"\r\n") if not line.startswith(b"TITLE:")]
            there.put(BOOK, f"{BOOK}1.vcf", b"\r\n".join([*lines[:-2], f"TITLE:Baker {point}".encode(), *lines[-2:]]))
            there.save()
            before = len(there.held.changes)
            new = run(alice, contacts.create_contact, ContactCreate(display_name=f"New {point}")).id
            run(alice, books.put_into_book, row.id, new)
            if point:
                killed += sum(sync(chance.randrange(total)) == "killed" for _life in range(chance.randint(1, 3)))
            steps = int(sync().removeprefix("done "))
            total = total or steps  # the first is left alone, and says how many there are
            there = Book(file)
            assert len(there.held.changes) == before + 2, f"point {point}: one card was written, one made, and nothing twice"
            assert {f"FN:New {number}" for number in range(point + 1)} == {line for content in there.held.items.values() for line in content.decode().splitlines() if line.startswith("FN:New")}
            assert f"ORG:Mill {point}" in there.held.items[f"{BOOK}1.vcf"].decode().splitlines()
            view = run(alice, contacts.get_contact, one)
            assert (view.company, view.job_title) == (f"Mill {point}", f"Baker {point}") and run(alice, books.list_copies, made) == ()
            assert not run(alice, books.get_contact_books, new).kept[0].waits
        with database.owner.connect() as connection:
            assert connection.execute(text("select count(*), count(distinct contact_id) from address_card")).one() == (count + 2, count + 2)
            assert connection.execute(text("select count(*) from contact")).scalar_one() == count + 2
    assert killed >= count // 2
