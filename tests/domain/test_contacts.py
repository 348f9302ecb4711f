"""Making, reading and changing one contact, and who may."""

from __future__ import annotations

import pytest

from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, ContactFilter, ContactUpdate, PointInput, SensitiveUpdate
from crm_app.domain.errors import Conflict, Forbidden, Invalid, NotFound
from crm_app.domain.ids import new_id


def anna(**more):
    values = {
        "given_name": "Anna", "family_name": "Kovač", "company": "Stillwater", "tags": ["Yoga", "VIP"],
        "points": [PointInput(kind="email", value="Anna@Example.org"), PointInput(kind="phone", value="020 7946 0958", label="home")],
    }  # fmt: skip
    return ContactCreate(**values | more)


def names(page):
    return [row.display_name for row in page.rows]


def test_create_makes_a_whole_contact(run, alice):
    made = run(alice, contacts.create_contact, anna(birth_day=29, birth_month=2, extra={"Dosha": "pitta"}))
    read = run(alice, contacts.get_contact, made.id)
    assert read == made
    assert read.display_name == "Anna Kovač" and read.owner_name == "Alice" and read.version == 1
    assert [(point.kind, point.value, point.value_norm, point.is_primary) for point in read.points] == [
        ("email", "Anna@Example.org", "anna@example.org", True),
        ("phone", "020 7946 0958", "+442079460958", True),
    ]
    assert read.tags == ("VIP", "Yoga") and read.extra == {"Dosha": "pitta"} and read.primary_email == "Anna@Example.org"
    assert read.may_edit and read.may_delete and read.sensitive is None and read.open_tasks == ()
