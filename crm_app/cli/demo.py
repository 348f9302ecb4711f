"""``mindfulcrm demo``: a small invented practice, written through the services as its two people would."""

# ruff: noqa: E501  tables of invented people read best one to a line

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from crm_app.cli.people import acting_as, create_person
from crm_app.domain.actor import Actor
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, PointInput, SensitiveUpdate
from crm_app.domain.errors import Conflict
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.models import Kind
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.models import Priority
from crm_app.domain.tasks.schemas import TaskCreate
from crm_app.domain.unit_of_work import run_service

TEAM = "Stillwater Practice (invented)"
PEOPLE = (("mara@stillwater.example", "Mara Lindqvist", "owner"), ("theo@stillwater.example", "Theo Adeyemi", "member"))

# name, company, stage, tags, city, e-mail, phone, audience, note
CONTACTS = (
    ("Elena Marchetti", "", "core_client", ("yoga", "retreat 2026"), "Bristol", "elena@mail.example", "+44 7700 900112", "team", "Prefers mornings."),
    ("James O'Connell", "Oak & Ember Studio", "collaborator", ("workshop",), "Bath", "james@oakember.example", "+44 7700 900118", "team", "Lends us the big room."),
    ("Priya Raman", "", "new_client", ("breathwork",), "Bristol", "priya@mail.example", "+44 7700 900125", "team", "Found us through the library talk."),
    ("Zofia Żeleńska", "", "curious", ("newsletter",), "Kraków", "zofia@mail.example", "+48 22 555 0134", "team", ""),
    ("Jürgen Großmann", "Kleine Pause GmbH", "core_client", ("corporate",), "Berlin", "juergen@pause.example", "+49 30 23125 146", "team", "Needs an invoice for each session."),
    ("Noor El-Amin", "", "discovery", ("sleep",), "Leeds", "noor@mail.example", "", "team", "Wants to sleep better before the move."),
    ("Camille Lefèvre", "", "ambassador", ("yoga", "choir"), "Lyon", "camille@mail.example", "+33 1 99 00 15 52", "team", "Sends friends to us."),
    ("Haruki 佐藤", "", "new_client", ("meditation", "online"), "京都", "haruki@mail.example", "+81 3 5550 0161", "team", ""),
    ("Bea Whitcombe", "", "needs_reconnecting", ("prenatal",), "Bristol", "bea@mail.example", "+44 7700 900167", "team", "Baby is due in March."),
    ("Sam Calloway", "", "inactive", (), "Portland", "sam@mail.example", "+1 202 555 0173", "team", "Moved away."),
    ("Oksana Шевчук", "", "curious", ("beginner",), "Львів", "oksana@mail.example", "", "team", ""),
    ("Ines Muñoz", "Casa Serena", "collaborator", ("retreat 2026",), "Málaga", "ines@serena.example", "+34 911 23 0188", "team", "Hosts the autumn retreat."),
    ("Dr. Ada Krähe", "", "discovery", (), "Freiburg", "ada@mail.example", "", "private", "Only a first conversation so far."),
    ("Tom Hartley", "", "core_client", ("back pain", "Tuesday class"), "Bristol", "tom@mail.example", "+44 7700 900194", "team", "Careful with lunges."),
)  # fmt: skip

# who (index of CONTACTS), days ago, kind, subject, text, by the second person
ENTRIES = (
    (0, 1, "meeting", "Session 14", "Shoulder moves freely again. We added the evening routine.", False), (0, 9, "message", "Recording", "Sent the recording of the breathing exercise.", False),
    (0, 23, "class_attendance", "Tuesday class", "", True), (1, 3, "email", "Room for December", "The big room is ours on the 12th.", False),
    (2, 0, "call", "First call", "Panic on the train. We try the slow exhale for a week.", True), (2, 6, "note", "", "Came with her sister to the open evening.", True),
    (3, 12, "email", "Newsletter", "Asked when the workshop is.", False), (4, 5, "meeting", "Workshop for the office", "Twelve people, standing desks, neck pain.", False),
    (5, 2, "call", "Sleep diary", "Five hours on most nights. Agreed on no screens after ten.", True), (6, 18, "message", "Thank you", "Two friends of hers want to come.", False),
    (7, 4, "meeting", "Online session", "Ten minutes of sitting every morning works well.", True), (8, 64, "meeting", "Prenatal class", "Last session before the break.", False),
    (9, 190, "email", "Goodbye", "Moved to Portland; may come back in spring.", False), (11, 7, "call", "Retreat", "Twenty beds, vegetarian kitchen, the 20th of September.", False),
    (12, 15, "note", "", "Spoke after the lecture. Nothing agreed yet.", False), (13, 1, "class_attendance", "Tuesday class", "Left early, the knee again.", True),
)  # fmt: skip

# who, days from today, title, priority
TASKS = (
    (0, 1, "Send the evening routine", "medium"), (2, 0, "Ask how the slow exhale goes", "high"), (4, -2, "Write the invoice for the workshop", "urgent"),
    (5, 3, "Send the sleep diary", "medium"), (8, 0, "Call Bea before the baby comes", "medium"), (11, 9, "Confirm twenty beds", "high"), (13, 2, "Look at the knee before class", "medium"),
)  # fmt: skip


def fill_demo(connection: psycopg.Connection[Any]) -> list[tuple[str, str]]:
    """Make the practice; returns the two people's addresses and fresh passwords. Raises ``Conflict`` unless nobody is there yet."""
    row = connection.execute("select count(*) from user_account").fetchone()
    if row is None or row[0]:
        raise Conflict("There are people in this database already, and invented ones would stand among them. Choose another MINDFULCRM_DATA_DIR.")
    made = []
    for email, name, role in PEOPLE:
        password = f"{secrets.choice(_WORDS)}-{secrets.choice(_WORDS)}-{secrets.token_hex(3)}"
        create_person(connection, email, name, role, password, TEAM)
        made.append((email, password))
    mara, theo = (acting_as(email) for email, _, _ in PEOPLE)
    _fill(mara, theo)
    return made


_WORDS = ("willow", "harbour", "lantern", "meadow", "copper", "pebble", "violin", "orchard", "saffron", "cobalt")


def _fill(mara: Actor, theo: Actor) -> None:
    views = [run_service(mara, contacts.create_contact, _contact(*row)) for row in CONTACTS]
    now = datetime.now(UTC)
    for who, days, kind, subject, body, by_theo in ENTRIES:
        entry = InteractionCreate(kind=Kind(kind), subject=subject, body=body, occurred_at=now - timedelta(days=days, hours=2), contact_ids=[views[who].id])
        run_service(theo if by_theo else mara, interactions.log_interaction, entry)
    for who, days, title, priority in TASKS:
        due = (now + timedelta(days=days)).date()
        run_service(mara, tasks.create_task, TaskCreate(title=title, priority=Priority(priority), due_date=due, contact_ids=[views[who].id]))
    run_service(mara, contacts.set_favourite, [views[0].id, views[6].id], True)
    run_service(mara, contacts.update_sensitive, views[0].id, SensitiveUpdate(health_goals="Sleep through the night; lift the left arm without pain."))


def _contact(name: str, company: str, stage: str, tags: tuple[str, ...], city: str, email: str, phone: str, audience: str, note: str) -> ContactCreate:
    points = [PointInput(kind=kind, value=value) for kind, value in (("email", email), ("phone", phone)) if value]  # type: ignore[arg-type]
    given, _, family = name.removeprefix("Dr. ").partition(" ")
    return ContactCreate(
        display_name=name, given_name=given, family_name=family, company=company, stage=stage, tags=list(tags), city=city, points=points,  # type: ignore[arg-type]
        audience=audience, notes=note,  # type: ignore[arg-type]
    )  # fmt: skip
