"""Adding people from the terminal, and acting as one of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import text

from crm_app.domain.accounts.passwords import hash_password
from crm_app.domain.accounts.rules import check_email, password_problem
from crm_app.domain.actor import Actor
from crm_app.domain.errors import Invalid, NotFound
from crm_app.domain.permissions import Role
from crm_app.domain.unit_of_work import anonymous_work

TEAM_NAME = "My practice"


def create_person(connection: psycopg.Connection[Any], email: str, name: str, role: str, password: str, team_name: str = TEAM_NAME) -> tuple[UUID, str]:
    """Add someone who can sign in; returns their id and their address as it is kept.

    ``connection`` is the owner's. ``team_name`` counts only when there is no team yet. Raises ``Invalid``.
    """
    address, fault = check_email(email)
    if fault:
        raise Invalid(f"{email!r} is not an e-mail address.")
    if not name.strip() or len(name) > 120:
        raise Invalid("A name has 1 to 120 characters.")
    problem = password_problem(password, [address, name])
    if problem:
        raise Invalid(f"That password cannot be used. {problem}")
    try:
        row = connection.execute(
            "select host_create_user(%s, %s, %s, %s, %s)", [address, name.strip(), Role(role).value, hash_password(password), team_name]
        ).fetchone()
    except psycopg.errors.UniqueViolation:
        raise Invalid(f"{address} is in the team already.") from None
    assert row is not None
    return row[0], address


def acting_as(email: str) -> Actor:
    """The enabled person with this address, acting from the terminal. Raises ``NotFound``."""
    with anonymous_work() as session:
        row = session.connection().execute(text("select * from auth_actor_by_email(:mail)"), {"mail": email.strip()}).mappings().first()
    if row is None:
        raise NotFound(f"Nobody in the team signs in as {email}. Add people with `mindfulcrm user create`.")
    return Actor(**{**row, "role": Role(row["role"])}, via="cli")
