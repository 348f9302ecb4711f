"""Adding people from the terminal."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg

from crm_app.domain.accounts.passwords import hash_password
from crm_app.domain.accounts.rules import check_email, password_problem
from crm_app.domain.errors import Invalid
from crm_app.domain.permissions import Role

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
