"""What every test may ask for: a migrated database, and the people in it.

``alice`` owns things, ``bob`` is her colleague, ``vera`` may only look, ``olivia`` owns the team, and
``charlie`` has been disabled: nothing private is ever his. A test that asks for any of them, or for
``database``, begins with empty tables and exactly these people in them.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from crm_app.domain import unit_of_work
from crm_app.domain.actor import Actor
from crm_app.domain.audit.writing import bind_key
from crm_app.domain.permissions import Role
from crm_app.domain.sealing import bind_box
from crm_app.domain.unit_of_work import Outcome, perform, run_service
from crm_app.infrastructure.key_ring import derived_ring
from crm_app.infrastructure.secret_box import AesSecretBox
from tests import cluster, commands, cookies, memory, outgoing, unsynced
from tests.calendars import Feed, land_one, make_feed
from tests.chromium import browser, browser_context_args, browser_type, browser_type_launch_args, launch_browser, playwright, windows  # noqa: F401  fixtures for all
from tests.cluster import Database, Server
from tests.order import longest_first
from tests.practice import whole_run

PEOPLE: dict[str, tuple[UUID, Role]] = {
    "olivia": (UUID("01890000-0000-7000-8000-000000000001"), Role.OWNER),
    "alice": (UUID("01890000-0000-7000-8000-000000000002"), Role.MEMBER),
    "bob": (UUID("01890000-0000-7000-8000-000000000003"), Role.MEMBER),
    "vera": (UUID("01890000-0000-7000-8000-000000000004"), Role.VIEWER),
    "charlie": (UUID("01890000-0000-7000-8000-000000000005"), Role.MEMBER),
}


# Whatever the machine says: the suite starts some hundred processes, and each would compile the whole product anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
gc.disable()  # while everything is imported and collected nothing becomes free; what is there then is never looked at again
outgoing.watch()
cookies.watch()
unsynced.here()
bind_key(b"only for tests, only for tests, only for tests")
BEGAN = datetime.now(UTC).date()
RING = derived_ring(cluster.SECRET.encode())


@pytest.fixture(autouse=True)
def _begins_today(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module's ``TODAY`` that was today when it was imported is the day on which its test begins, also in a run that began the evening before."""
    held, today = getattr(request.module, "TODAY", None), datetime.now(UTC).date()
    if isinstance(held, date) and today > BEGAN == date(held.year, held.month, held.day):
        monkeypatch.setattr(request.module, "TODAY", held + (today - BEGAN))


@pytest.fixture(autouse=True)
def _sealed_for_tests() -> None:
    """What a test seals, the next command of another test may have bound another box for."""
    bind_box(lambda: AesSecretBox(lambda: RING))


def pytest_configure(config: pytest.Config) -> None:
    """Before anybody asks for a folder."""
    memory.settle(config)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that two workers end together. What asks a server is marked: on a host's own server nothing else tells anything new."""
    for item in items:
        if "postgres_server" in getattr(item, "fixturenames", ()):
            item.add_marker("database")
    longest_first(items)


@pytest.fixture(scope="session", autouse=True)
def _noted_commands(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each command starts anew once in a whole test run, whichever worker is the first to use it."""
    commands.STARTED = whole_run(tmp_path_factory) / "started"
    commands.STARTED.mkdir(exist_ok=True)


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: no garbage collection of a test goes through those hundred thousands of objects again."""
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def _only_our_cookie() -> Iterator[None]:
    """HDR-06: whatever a test asks for, no answer sets any cookie but the session's own, and that as it has to be."""
    yield
    found, cookies.faults[:] = list(cookies.faults), []
    assert found == []


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the whole session (one for each worker under pytest-xdist)."""
    with cluster.running_server(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="session")
def template_database(postgres_server: Server) -> Iterator[str]:
    """The migrated database that ``database`` clones."""
    with cluster.migrated_template(postgres_server) as name:
        yield name


@pytest.fixture(scope="module")
def database(postgres_server: Server, template_database: str) -> Iterator[Database]:
    """One database for one test module; units of work are bound to it."""
    with cluster.cloned_database(postgres_server, template_database) as database:
        yield database


@pytest.fixture(autouse=True)
def _fresh_rows(request: pytest.FixtureRequest) -> None:
    """Bind the module's database and begin with nobody but the five people in it."""
    if "database" not in request.fixturenames:
        return
    database: Database = request.getfixturevalue("database")
    unit_of_work.bind(database.app)
    cluster.empty(database)
    _write_people(database)


@pytest.fixture
def alice(database: Database) -> Actor:
    """A member who owns what the test makes."""
    return _actor("alice")


@pytest.fixture
def bob(database: Database) -> Actor:
    """Her colleague: he sees what is the team's."""
    return _actor("bob")


@pytest.fixture
def vera(database: Database) -> Actor:
    """A viewer: she may look and change nothing."""
    return _actor("vera")


@pytest.fixture
def olivia(database: Database) -> Actor:
    """The owner of the team."""
    return _actor("olivia")


@pytest.fixture
def charlie(database: Database) -> Actor:
    """Someone who was disabled. The sign-in functions never make an actor of him."""
    return _actor("charlie")


@pytest.fixture
def run(database: Database) -> Callable[..., Any]:
    """``run(actor, service, *args, **kwargs)``: the service's value, in a transaction of its own."""
    return run_service


@pytest.fixture
def outcome(database: Database) -> Callable[..., Outcome[Any]]:
    """Like ``run``, with the change set by which it can be undone."""
    return perform


@pytest.fixture
def feed(database: Database) -> Callable[..., Feed]:
    """``feed(actor)``: a calendar of theirs, into which ``land`` and ``land_one`` put events as a sync does."""
    return make_feed


@pytest.fixture
def event(database: Database) -> Callable[..., UUID]:
    """``event(actor, title, starts, minutes, asked=[addresses], ...)``: the id of an event that came from a calendar of theirs, one hour from now unless told."""
    feeds: dict[UUID, Feed] = {}

    def landed(actor: Actor, title: str = "Session", *args: Any, **kwargs: Any) -> UUID:
        read = land_one(feeds.setdefault(actor.user_id, make_feed(actor)), title, *args, **kwargs)
        with database.owner.connect() as connection:
            return UUID(str(connection.execute(text("select id from event where uid = :uid and recurrence_id = :which"), {"uid": read.uid, "which": read.recurrence_id}).scalar_one()))

    return landed


@pytest.fixture
def snapshot(database: Database) -> Callable[[], str]:
    """A fingerprint of every row that people can change, seen by the schema's owner: equal means "nothing changed"."""
    mail = ("mailbox", "mail_folder", "mail_thread", "mail_reference", "email", "email_subject", "email_body", "email_place", "email_party", "email_contact", "mail_rule", "mail_draft", "mail_template")
    tables = ("contact", "contact_point", "contact_sensitive", "contact_tag", "tag", "interaction", "interaction_contact", "task", "task_contact", "blob", "outbox", "mention", "goal", "goal_check_in", "consent", "consent_text", "programme", "programme_correction", "change", "notification", "notification_setting")
    tables += ("analysis", "analysis_part")

    def fingerprint() -> str:
        with database.owner.connect() as connection:
            return str([connection.execute(text(f"select md5(string_agg(t::text, '|' order by t::text)) from {table} t")).scalar() for table in (*tables, "task_step", "task_tag", "task_time", "project", "connection", "connection_secret", "sync_run", "sync_problem", "calendar", "calendar_item", "address_book", "address_card", "drive_link", "drive_file", "drive_folder", "event_change", "suggestion", "delegation", "event", "event_attendee", "event_contact", *mail)])

    return fingerprint


def _actor(name: str) -> Actor:
    user_id, role = PEOPLE[name]
    return Actor(user_id=user_id, role=role, name=name.capitalize(), email=f"{name}@example.org")


def _write_people(database: Database) -> None:
    rows = ", ".join(
        f"('{user_id}', '{name}@example.org', '{name.capitalize()}', '{role.value}', 'UTC', 'en', 'system', 0, false, {'now()' if name == 'charlie' else 'null'})"
        for name, (user_id, role) in PEOPLE.items()
    )
    columns = "id, email, name, role, time_zone, locale, theme, week_start, sidebar_collapsed, disabled_at"
    with database.owner.begin() as connection:
        connection.exec_driver_sql(f"insert into team (id, name, country, updated_at) values (1, 'Stillwater', 'GB', now()); insert into user_account ({columns}) values {rows}")
