"""A seeded team that is already signed in: sessions come from the store, since three hundred password sign-ins would measure argon2."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from crm_app.cli.acting import acting_as
from crm_app.domain import unit_of_work
from crm_app.domain.accounts import rules
from crm_app.domain.accounts import service as accounts
from crm_app.domain.accounts.schemas import NewSession
from crm_app.domain.accounts.store import SqlSessionStore
from crm_app.domain.audit.writing import bind_key
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.rows import Audience
from crm_app.domain.unit_of_work import run_service
from crm_app.infrastructure.database import Database, migrate, open_database
from crm_app.infrastructure.seeding.seed import seed_database
from crm_app.settings import load_settings

COOKIE = "mindfulcrm"


def seed_team(folder: Path, *, contacts: int, interactions: int, users: int) -> None:
    """Fill the folder's database once; a folder that holds contacts is left as it is."""
    with open_database(load_settings(data_dir=folder)) as database:
        migrate(database)
        with database.owner_connection() as connection:
            row = connection.execute("select count(*) from contact").fetchone()
            if not row or not row[0]:
                seed_database(connection, contacts=contacts, interactions=interactions, users=users)


def sign_in(folder: Path, users: int) -> list[str]:
    """One session for each of the first ``users`` people of the seed; returns the cookies' values."""
    with _opened(folder):
        return [_session(_email(number)) for number in range(1, users + 1)]


def give_keys(folder: Path, users: int) -> list[str]:
    """A key for the REST interface for each of the first ``users`` people of the seed."""
    with _opened(folder):
        return [run_service(acting_as(_email(number)), accounts.create_token, "bench")[1] for number in range(1, users + 1)]


def team_contact(folder: Path) -> UUID:
    """A contact that the whole team sees, first in everyone's list by name."""
    with _opened(folder):
        made = ContactCreate(display_name="Aaaa Bench", audience=Audience.TEAM)
        return run_service(acting_as(_email(1)), contacts.create_contact, made).id


def addresses_of(folder: Path, count: int) -> list[str]:
    """E-mail addresses of contacts in the folder's database."""
    with open_database(load_settings(data_dir=folder)) as database:
        return list_addresses(database, count)


def list_addresses(database: Database, count: int) -> list[str]:
    """The same of one that is open."""
    with database.owner_connection() as connection:
        rows = connection.execute("select value_norm from contact_point where kind = 'email' order by value_norm limit %s", [count]).fetchall()
    return [row[0] for row in rows]


@contextmanager
def _opened(folder: Path) -> Iterator[None]:
    settings = load_settings(data_dir=folder)
    with open_database(settings) as database:
        unit_of_work.bind(database.app_engine)
        bind_key(settings.key)
        yield


def _email(number: int) -> str:
    return f"seed{number}@team.example"


def _session(email: str) -> str:
    token = rules.new_token()
    new = NewSession(user_id=acting_as(email).user_id, token_hash=rules.hash_token(token), remembered=True, user_agent="bench", address="127.0.0.1")
    SqlSessionStore().open_session(new, rules.session_limits(True))
    return token
