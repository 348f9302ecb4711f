"""Export: only what its reader sees, safe in a spreadsheet, and the same contacts when it comes back."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from crm_app.domain.audit import service as audit
from crm_app.domain.audit.schemas import AuditFilter
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, ContactFilter, PointInput
from crm_app.domain.errors import Forbidden, Invalid, TooMany
from crm_app.domain.exports import service as exports
from crm_app.domain.exports.queries import list_cards
from crm_app.domain.exports.service import MOST_AN_HOUR
from crm_app.domain.imports import service as imports
from crm_app.domain.imports.cards import ContactCard, Point
from crm_app.domain.unit_of_work import unit_of_work
from crm_app.infrastructure.sandbox import ProcessSandbox
from tests.domain.people import exported

FORMATS = ["csv", "vcard", "json"]


@pytest.fixture(scope="module", autouse=True)
def _sandbox():
    with ProcessSandbox(1) as sandbox:
        imports.bind_sandbox(sandbox)
        yield


@pytest.fixture
def people(run, alice, bob):
    points = [
        PointInput(kind="email", value="ann@x.org", label="work", is_primary=True), PointInput(kind="email", value="ann@home.org", label="Grandma's"),
        PointInput(kind="phone", value="+44 20 7946 0991"), PointInput(kind="social", value="https://linkedin.com/in/ann"),
    ]  # fmt: skip
    run(
        alice, contacts.create_contact,
        ContactCreate(
            given_name="Ann", family_name="Žižek; Lee", company="=cmd()", street="1 High St\nFlat 2", birth_month=2, birth_day=29, notes="a ::: b\nc",
            stage="core_client", favourite=True, preferred_method="phone", tags=["vip", "a,b"], points=points, extra={"Dosha": "pitta"},
        ),
    )  # fmt: skip
    run(alice, contacts.create_contact, ContactCreate(display_name="Only a name"))
    run(bob, contacts.create_contact, ContactCreate(display_name="Bob's secret", audience="private"))


@pytest.mark.parametrize("kind", FORMATS)
def test_what_comes_back_is_the_same(run, alice, people, snapshot, kind):
    data = exported(run, alice, kind)
    before = snapshot()
    again = run(alice, imports.import_file, f"mine.{kind}", data)
    assert (again.created, again.updated, again.skipped, again.failed) == (0, 0, 2, 0)
    assert snapshot() == before


@pytest.mark.parametrize("kind", FORMATS)
def test_it_makes_the_same_contacts_elsewhere(run, alice, people, database, kind):
    def told():
        rows = run(alice, contacts.list_contacts, ContactFilter()).rows
        views = [run(alice, contacts.get_contact, row.id).model_dump(exclude={"id", "version", "created_at", "updated_at", "points", "source"}) for row in rows]
        reach = [sorted((point.kind, point.label, point.value, point.is_primary) for point in run(alice, contacts.get_contact, row.id).points) for row in rows]
        return views, reach

    before = told()
    data = exported(run, alice, kind)
    run(alice, contacts.delete_contacts, [row.id for row in run(alice, contacts.list_contacts, ContactFilter()).rows])
    assert run(alice, imports.import_file, "mine", data).created == 2
    assert told() == before


def test_nothing_private_of_others_and_no_formula(run, alice, people):
    table = list(csv.DictReader(io.StringIO(exported(run, alice, "csv").decode("utf-8-sig"))))
    assert [row["Name"] for row in table] == ["Ann Žižek; Lee", "Only a name"]
    assert table[0]["Company"] == "'=cmd()"
    assert len(json.loads(exported(run, alice, "json"))["contacts"]) == 2


def test_many_pieces_hold_each_contact_once(run, alice):
    run(alice, contacts.bulk_create, [ContactCreate(display_name=f"P{number % 7}") for number in range(1_100)])
    found = json.loads(exported(run, alice, "json"))["contacts"]
    assert len({one["external_id"] for one in found}) == len(found) == 1_100


def test_a_viewer_takes_nothing_out(run, vera):
    with pytest.raises(Forbidden):
        exported(run, vera, "csv")


def test_exp_02_five_an_hour_for_each_person(run, alice, bob, olivia):
    start = datetime(2026, 11, 26, 12, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        for _ in range(MOST_AN_HOUR):
            exported(run, alice, "csv")
            clock.shift(60)
        for kind in FORMATS:
            with pytest.raises(TooMany, match="five exports within an hour"):
                exported(run, alice, kind)
        assert exported(run, bob, "csv"), "each person has their own five"
        assert exported(run, alice.on_behalf("cli"), "csv"), "the host's own terminal is not counted"
        clock.move_to(start + timedelta(hours=1, seconds=1))
        exported(run, alice, "csv")
        with pytest.raises(TooMany):
            exported(run, alice, "csv")
    refused = [entry for entry in run(olivia, audit.list_audit, AuditFilter(refused=True)).entries if entry.actor_id == alice.user_id]
    assert len(refused) == len(FORMATS) + 1 and {entry.details["call"] for entry in refused} == {"exports.export_contacts"}


def test_exp_02_a_second_at_the_same_moment_waits_its_turn(run, alice, bob):
    with unit_of_work(alice, "exports.export_contacts") as session:
        assert exports.export_contacts(session, alice, "csv", io.BytesIO()) == 0
        with pytest.raises(TooMany, match="Another export of yours"):
            exported(run, alice, "csv")
        assert exported(run, bob, "csv")
    assert exported(run, alice, "csv")


def test_an_unknown_format(run, alice):
    with pytest.raises(Invalid):
        exported(run, alice, "pdf")


def test_a_card_from_the_database_is_what_pydantic_would_have_made(run, alice):
    run(alice, contacts.create_contact, ContactCreate(display_name="Ann", points=[PointInput(kind="email", value="ann@example.org")], birth_month=2, birth_day=29, tags=["a"]))
    with unit_of_work(alice) as session:
        (card,) = list_cards(session, alice, photos=True)
    assert card == ContactCard.model_validate(card.model_dump()) and card.points[0] == Point.model_validate(card.points[0].model_dump())
    assert card.__dict__.keys() == ContactCard.model_fields.keys() and card.model_fields_set == set(ContactCard.model_fields)
