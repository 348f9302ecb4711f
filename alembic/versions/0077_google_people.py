"""Contacts at Google: a kind of connection, what else a sign-in at Google is for, and one more that lives by the same grant.

Revision ID: 0077
Revises: 0076
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from alembic import op

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None

KIND, WANTS = "'google_people'", "'contacts'"
SHARED = "google_account_is_shared(uuid)"
GOOGLE_BEFORE, GOOGLE = "in ('google', 'gmail')", "in ('google', 'gmail', 'google_people')"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    _known("connection", "kind", lambda known: [*known, KIND])
    _known("oauth_state", "wants", lambda known: [*known, WANTS])
    _rewrite(SHARED, GOOGLE_BEFORE, GOOGLE)


def downgrade() -> None:
    """Whose contacts came from Google keeps them; whoever is at Google for it just now begins again."""
    op.execute("set local lock_timeout = '5s'")
    op.execute(f"delete from oauth_state where wants = {WANTS}")
    op.execute(f"delete from connection where kind = {KIND}")
    _rewrite(SHARED, GOOGLE, GOOGLE_BEFORE)
    _known("oauth_state", "wants", lambda known: [one for one in known if one != WANTS])
    _known("connection", "kind", lambda known: [one for one in known if one != KIND])


def _known(table: str, column: str, change: Callable[[list[str]], list[str]]) -> None:
    """Add to the words that are known, or take from them, whatever others there are."""
    name = f"{table}_{column}_known"
    found = op.get_bind().execute(sa.text("select pg_get_constraintdef(oid) from pg_constraint where conname = :name"), {"name": name}).scalar_one()
    known = [part.split("::")[0].strip() for part in found.partition("ARRAY[")[2].partition("]")[0].split(",")]
    op.execute(f"alter table {table} drop constraint {name}")
    op.execute(f"alter table {table} add constraint {name} check ({column} in ({', '.join(change(known))})) not valid")
    op.execute(f"alter table {table} validate constraint {name}")


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words; what later revisions put into it stays."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
