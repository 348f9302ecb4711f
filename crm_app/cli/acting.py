"""Acting as a person of the team from the terminal."""

from __future__ import annotations

from sqlalchemy import text

from crm_app.domain.actor import Actor
from crm_app.domain.errors import NotFound
from crm_app.domain.permissions import Role
from crm_app.domain.unit_of_work import anonymous_work


def acting_as(email: str) -> Actor:
    """The enabled person with this address, acting from the terminal. Raises ``NotFound``."""
    with anonymous_work() as session:
        row = session.connection().execute(text("select * from auth_actor_by_email(:mail)"), {"mail": email.strip()}).mappings().first()
    if row is None:
        raise NotFound(f"Nobody in the team signs in as {email}. Add people with `mindfulcrm user create`.")
    return Actor(**{**row, "role": Role(row["role"])}, via="cli")
