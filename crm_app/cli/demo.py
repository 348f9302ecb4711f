"""``mindfulcrm demo``: a small invented practice, written through the services as its two people would."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from pydantic import SecretStr

from crm_app.cli.acting import acting_as
from crm_app.cli.demo_consents import fill_consents
from crm_app.cli.demo_drive import fill_drive
from crm_app.cli.demo_faces import landscape, portrait
from crm_app.cli.demo_goals import fill_plans
from crm_app.cli.demo_mail import fill_mail
from crm_app.cli.demo_people import AGAIN, BIRTHDAYS, ENTRIES, FAVOURITES, FINISHED, PEOPLE, PROJECTS, STARTED, STEPS, TASKS, Someone
from crm_app.cli.demo_year import fill_year
from crm_app.cli.people import create_person
from crm_app.cli.syncing import sync_account
from crm_app.domain.actor import Actor
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.models import ConnectionKind
from crm_app.domain.connections.schemas import ConnectionCreate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, ContactUpdate, PointInput, SensitiveUpdate
from crm_app.domain.errors import Conflict, Unavailable
from crm_app.domain.imports.sandbox import bind_sandbox
from crm_app.domain.imports.uploads import keep_photo
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.models import Kind
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.isolation import Sandbox
from crm_app.domain.projects import service as projects
from crm_app.domain.projects.schemas import ProjectCreate
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.models import Priority, Status
from crm_app.domain.tasks.schemas import StepUpdate, TaskCreate
from crm_app.domain.unit_of_work import run_service
from crm_app.providers.invented import HOST, mail_address
from crm_app.settings import Settings

TEAM = "Stillwater Studio"
TEAM_MATES = (("mara@stillwater.example", "Mara Lindqvist", "owner"), ("theo@stillwater.example", "Theo Adeyemi", "member"))
_WORDS = ("willow", "harbour", "lantern", "meadow", "copper", "pebble", "violin", "orchard", "saffron", "cobalt")


def fill_demo(connection: psycopg.Connection[Any], sandbox: Sandbox, settings: Settings, how_many: int) -> list[tuple[str, str]]:
    """Make the practice of ``how_many`` people, those who have a story first; returns the team's two addresses and fresh passwords.

    Raises ``Conflict`` unless nobody is there yet. The people's pictures, their calendars and the file of all others pass through the sandbox like anybody's.
    """
    row = connection.execute("select count(*) from user_account").fetchone()
    if row is None or row[0]:
        raise Conflict("There are people in this database already, and invented ones would stand among them. Choose another MINDFULCRM_DATA_DIR.")
    bind_sandbox(sandbox)
    made = []
    for email, name, role in TEAM_MATES:
        password = f"{secrets.choice(_WORDS)}-{secrets.choice(_WORDS)}-{secrets.token_hex(3)}"
        create_person(connection, email, name, role, password, TEAM)
        made.append((email, password))
    mara, theo = (acting_as(email) for email, _, _ in TEAM_MATES)
    keys = {who.name: run_service(theo if who.theos else mara, contacts.create_contact, _contact(who)).id for who in PEOPLE}
    for who in PEOPLE:
        if who.face:
            picture = landscape(who.name) if who.face == "hills" else portrait(who.name, who.face)
            upload = run_service(mara, keep_photo, "portrait.png", picture)
            run_service(mara, contacts.set_photo, keys[who.name], upload)
    _history(mara, theo, keys)
    _whole_record(mara, keys)
    _birthdays(mara, keys)
    fill_plans(mara, keys)
    fill_consents(mara, keys)
    _calendars(mara, sandbox, settings)
    fill_mail(mara, sandbox, settings)
    fill_drive(mara, keys, sandbox, settings)
    _backdate(connection, keys)
    fill_year(connection, (mara, theo), max(0, how_many - len(PEOPLE)))
    return made


def _history(mara: Actor, theo: Actor, keys: Mapping[str, UUID]) -> None:
    now = datetime.now(UTC)
    for who, hours, kind, subject, minutes, body, by_theo in ENTRIES:
        entry = InteractionCreate(
            kind=Kind(kind), subject=subject, body=body, duration_minutes=minutes, occurred_at=now - timedelta(hours=hours, minutes=7), contact_ids=[keys[who]]
        )
        run_service(theo if by_theo else mara, interactions.log_interaction, entry)
    filed = _projects(mara)
    for who, days, title, priority, by_theo in TASKS:
        doer = theo if by_theo else mara
        task = TaskCreate(
            title=title, priority=Priority(priority), due_date=(now + timedelta(days=days)).date(), assignee_id=doer.user_id, contact_ids=[keys[who]],
            project_id=filed.get(title), steps=list(STEPS.get(title, ())), status=Status.IN_PROGRESS if title in STARTED else Status.PENDING,
            estimate_minutes=45 if title in STARTED else None, actual_minutes=20 if title in STARTED else None,
        )  # fmt: skip
        made = run_service(mara, tasks.create_task, task)
        for step in run_service(mara, tasks.list_steps, made.id)[:1]:
            run_service(mara, tasks.update_step, step.id, StepUpdate(done=True))


def _projects(mara: Actor) -> dict[str, UUID]:
    """Make the projects, what was finished in them and what comes again; returns in which one a task of this title belongs."""
    filed: dict[str, UUID] = {}
    named: dict[str, UUID] = {}
    for title, hue, description, titles in PROJECTS:
        made = run_service(mara, projects.create_project, ProjectCreate(title=title, hue=hue, description=description))  # type: ignore[arg-type]
        named[title] = made.id
        filed |= dict.fromkeys(titles, made.id)
    today = datetime.now(UTC).date()
    for title, project in FINISHED:
        run_service(mara, tasks.create_task, TaskCreate(title=title, project_id=named[project], due_date=today, status=Status.COMPLETED))
    for title, project, days, rule in AGAIN:
        run_service(mara, tasks.create_task, TaskCreate(title=title, project_id=named[project], due_date=today + timedelta(days=days), recurrence=rule))
    return filed


def _whole_record(mara: Actor, keys: Mapping[str, UUID]) -> None:
    """One person of whom everything is known."""
    amara = keys["Amara Okafor"]
    version = run_service(mara, contacts.get_contact, amara).version
    more = ContactUpdate(
        version=version, pronouns="she/her", birth_day=3, birth_month=6, language="English, Portuguese", referred_by_id=keys["Claire Dubois"]
    )
    run_service(mara, contacts.update_contact, amara, more)
    chidi = run_service(mara, contacts.get_contact, keys["Chidi Okafor"])
    run_service(mara, contacts.update_contact, chidi.id, ContactUpdate(version=chidi.version, referred_by_id=amara))
    run_service(mara, contacts.update_sensitive, amara, SensitiveUpdate(health_goals="Seven hours of sleep on weekdays. Fly without fear by summer."))
    run_service(mara, contacts.set_favourite, [keys[name] for name in FAVOURITES], True)


def _birthdays(mara: Actor, keys: Mapping[str, UUID]) -> None:
    """A few people whose day comes soon, whenever the demo is looked at; of one the year is not known."""
    today = datetime.now(UTC).date()
    for name, days, age in BIRTHDAYS:
        day, version = today + timedelta(days=days), run_service(mara, contacts.get_contact, keys[name]).version
        in_any_year = 28 if (day.month, day.day) == (2, 29) else day.day
        born = ContactUpdate(version=version, birth_month=day.month, birth_day=in_any_year, birth_year=day.year - age if age else None)
        run_service(mara, contacts.update_contact, keys[name], born)


def _backdate(connection: psycopg.Connection[Any], keys: Mapping[str, UUID]) -> None:
    """Nobody meets forty people on one day."""
    for who in PEOPLE:
        connection.execute("update contact set created_at = created_at - make_interval(days => %s) where id = %s", (who.days, keys[who.name]))


def _contact(who: Someone) -> ContactCreate:
    city, _, country = who.place.rpartition(", ")
    given, _, family = who.name.removeprefix("Dr. ").partition(" ")
    points = [{"kind": "email", "value": mail_address(who.name), "is_primary": True}, *([{"kind": "phone", "value": who.phone}] if who.phone else [])]
    return ContactCreate(
        display_name=who.name, given_name=given, family_name=family, company=who.company, job_title=who.job, city=city, country=country,
        stage=who.stage, tags=list(who.tags), points=[PointInput(**point) for point in points], audience=who.audience, notes=who.notes,  # type: ignore[arg-type]
        cadence_days=who.cadence,
    )  # fmt: skip


def _calendars(mara: Actor, sandbox: Sandbox, settings: Settings) -> None:
    """An account that is invented like everybody here, connected and synced as a real one is."""
    data = ConnectionCreate(
        kind=ConnectionKind.CALDAV, name="Invented calendars", url=f"https://{HOST}/", username="mara", password=SecretStr(secrets.token_urlsafe(9)),
        history_months=1, interval_minutes=60,
    )  # fmt: skip
    made = run_service(mara, connections.create_connection, data)
    _result, fault = sync_account(sandbox, settings, mara, made.name)
    if fault:
        raise Unavailable(fault)
