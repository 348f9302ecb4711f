"""People at pages: ``visit(alice, "/contacts")`` opens a tab as somebody, over the whole application and a database of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from crm_app.domain.actor import Actor
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, ContactView
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import EntryView, InteractionCreate
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate, TaskRow
from crm_app.domain.unit_of_work import run_service
from tests.cluster import Database
from tests.tabs import Browser, RunningHouse, Tab, running_house

Visit = Callable[..., Tab]
Person = Callable[..., ContactView]
Entry = Callable[..., EntryView]
Task = Callable[..., TaskRow]


@pytest.fixture(scope="module")
def built_house(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHouse]:
    """The application on the module's database."""
    with running_house(database, tmp_path_factory.mktemp("house")) as house:
        yield house


@pytest.fixture
def house(built_house: RunningHouse, _fresh_rows: None) -> Iterator[RunningHouse]:
    """The application with nobody's page open. A test in which it logs a defect fails, unless ``house.expected`` names it."""
    built_house.forget()
    yield built_house
    defects = built_house.defects
    built_house.forget()
    assert not defects, "the application logged a defect: " + "\n".join(defects)


@pytest.fixture
def visit(house: RunningHouse) -> Visit:
    """``visit(actor, path)`` opens a tab. Tabs of one person share a browser, unless ``elsewhere``."""
    browsers: dict[object, Browser] = {}

    def open_tab(actor: Actor, path: str = "/", *, elsewhere: bool = False) -> Tab:
        if elsewhere or actor.user_id not in browsers:
            browsers[actor.user_id] = house.sign_in(actor)
        return Tab(house, browsers[actor.user_id]).open(path)

    return open_tab


@pytest.fixture
def person(database: Database) -> Person:
    """``person(actor, "Ana Silva", company="Studio")``: a contact of theirs."""

    def make(actor: Actor, name: str = "Ana Silva", **fields: Any) -> ContactView:
        return run_service(actor, contacts.create_contact, ContactCreate(display_name=name, **fields))

    return make


@pytest.fixture
def entry(database: Database) -> Entry:
    """``entry(actor, contact, "Slept well", kind="call")``: something that happened with a contact."""

    def make(actor: Actor, about: ContactView, body: str = "Slept well", *, kind: str = "note", **fields: Any) -> EntryView:
        return run_service(actor, interactions.log_interaction, InteractionCreate(kind=kind, body=body, contact_ids=[about.id], **fields))

    return make


@pytest.fixture
def task(database: Database) -> Task:
    """``task(actor, "Call Ana", due_date=…)``: a task of theirs."""

    def make(actor: Actor, title: str = "Call Ana", **fields: Any) -> TaskRow:
        return run_service(actor, tasks.create_task, TaskCreate(title=title, **fields))

    return make
