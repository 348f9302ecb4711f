"""Accounts at Google: a kind of connection, the practice's own client there, and sign-ins that have begun.

Revision ID: 0041
Revises: 0040
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
ME = "(select app_user())"
WRITER = "(select app_role()) in ('owner', 'admin', 'member')"
ADMIN = "(select app_role()) in ('owner', 'admin')"
KINDS_BEFORE, KINDS = "kind in ('ics', 'caldav', 'imap')", "kind in ('ics', 'caldav', 'imap', 'google')"


def upgrade() -> None:
    _kinds(KINDS)
    _oauth_client()
    _oauth_state()


def downgrade() -> None:
    op.drop_table("oauth_state")
    op.drop_table("oauth_client")
    op.execute("delete from connection where kind = 'google'")
    _kinds(KINDS_BEFORE)


def _kinds(allowed: str) -> None:
    op.execute("alter table connection drop constraint connection_kind_known")
    op.execute(f"alter table connection add constraint connection_kind_known check ({allowed}) not valid")
    op.execute("alter table connection validate constraint connection_kind_known")


def _secure(table: str, **rules: tuple[str | None, str | None]) -> None:
    """What the application may do with a table: for each verb which rows it reaches, and how they may be left."""
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(f"create policy {table}_schema_owner on {table} to current_user using (true) with check (true)")
    for verb, (using, check) in rules.items():
        parts = [f"using ({using})"] if using else []
        parts += [f"with check ({check})"] if check else []
        op.execute(f"create policy {table}_{verb} on {table} for {verb} to {APP} {' '.join(parts)}")
    op.execute(f"grant {', '.join(rules)} on {table} to {APP}")


def _oauth_client() -> None:
    op.create_table(
        "oauth_client",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.CheckConstraint("provider in ('google')", name="oauth_client_provider_known"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("provider"),
    )
    # Whoever signs in to an account does so by this client, so its row is read in everybody's work. What is sealed in it opens nowhere but here.
    _secure("oauth_client", select=(f"{ME} is not null", None), insert=(None, ADMIN), update=(ADMIN, ADMIN), delete=(ADMIN, None))


def _oauth_state() -> None:
    op.create_table(
        "oauth_state",
        sa.Column("state_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("connection_id", sa.Uuid(), nullable=True),
        sa.Column("verifier", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("state_hash"),
    )
    op.create_index("ix_oauth_state_user_id", "oauth_state", ["user_id"])
    mine = f"user_id = {ME}"
    _secure("oauth_state", select=(mine, None), insert=(None, f"{WRITER} and {mine}"), delete=(mine, None))
