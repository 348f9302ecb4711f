"""Connections, what their runs came to, and the calendars and events that they bring.

Connections, their secrets, runs, problems, calendars and items are their owner's alone: their audience is always private. An event is
its owner's too, until it concerns a contact whom the team sees.

Revision ID: 0032
Revises: 0031
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
ME = "(select app_user())"
WRITER = "(select app_role()) in ('owner', 'admin', 'member')"
MINE = f"owner_id = {ME} or audience = 'team'"
OWN = ("connection", "connection_secret", "sync_run", "sync_problem", "calendar", "calendar_item")
SHARED = ("event", "event_attendee", "event_contact")
VERSIONED = ("connection", "calendar", "event")


def upgrade() -> None:
    _connection()
    _connection_secret()
    _sync_run()
    _sync_problem()
    _calendar()
    _calendar_item()
    _event()
    _event_attendee()
    _event_contact()
    for table in OWN:
        _secure(table, f"owner_id = {ME}", f"owner_id = {ME} and audience = 'private'")
    for table in SHARED:
        _secure(table, f"{ME} is not null and ({MINE})", MINE)
    for table in VERSIONED:
        op.execute(f"create trigger {table}_touch before update on {table} for each row execute function touch_row('')")
        op.execute(f"create trigger {table}_guard before update on {table} for each row execute function guard_owner('')")


def downgrade() -> None:
    for table in reversed((*OWN, *SHARED)):
        op.drop_table(table)


def _secure(table: str, seen: str, kept: str) -> None:
    """What the application may do with a table: see ``seen``, and, as a writer, leave rows that are as ``kept`` says."""
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(f"create policy {table}_schema_owner on {table} to current_user using (true) with check (true)")
    op.execute(f"create policy {table}_select on {table} for select to {APP} using ({seen})")
    op.execute(f"create policy {table}_insert on {table} for insert to {APP} with check ({WRITER} and owner_id = {ME} and ({kept}))")
    op.execute(f"create policy {table}_update on {table} for update to {APP} using ({WRITER} and ({kept})) with check ({kept})")
    op.execute(f"create policy {table}_delete on {table} for delete to {APP} using ({WRITER} and owner_id = {ME})")
    op.execute(f"grant select, insert, update, delete on {table} to {APP}")


def _connection() -> None:
    op.create_table(
        "connection",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("inner_allowed", sa.Boolean(), nullable=False),
        sa.Column("meetings_audience", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("interval_minutes", sa.Integer(), nullable=False),
        sa.Column("history_months", sa.Integer(), nullable=False),
        sa.Column("next_run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_run_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_ok_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_full_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("audience in ('private', 'team')", name="connection_audience_known"),
        sa.CheckConstraint("kind in ('ics', 'caldav')", name="connection_kind_known"),
        sa.CheckConstraint("meetings_audience in ('private', 'team')", name="connection_meetings_audience_known"),
        sa.CheckConstraint("state in ('active', 'paused', 'sign_in_needed')", name="connection_state_known"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("connection_due", "connection", ["next_run_at"], postgresql_where=sa.text("state = 'active'"))
    op.create_index("connection_name", "connection", ["owner_id", sa.literal_column("lower(name)")], unique=True)


def _connection_secret() -> None:
    op.create_table(
        "connection_secret",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.CheckConstraint("audience in ('private', 'team')", name="connection_secret_audience_known"),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("connection_id"),
    )
    op.create_index("connection_secret_by_key", "connection_secret", ["key_id"])


def _sync_run() -> None:
    op.create_table(
        "sync_run",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("full", sa.Boolean(), nullable=False),
        sa.Column("dry", sa.Boolean(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("deleted", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("audience in ('private', 'team')", name="sync_run_audience_known"),
        sa.CheckConstraint("state in ('running', 'done', 'failed', 'cancelled')", name="sync_run_state_known"),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("sync_run_by_connection", "sync_run", ["connection_id", sa.literal_column("id desc")])


def _sync_problem() -> None:
    op.create_table(
        "sync_problem",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("calendar_ref", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("audience in ('private', 'team')", name="sync_problem_audience_known"),
        sa.CheckConstraint("kind in ('skipped', 'failed')", name="sync_problem_kind_known"),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("sync_problem_item", "sync_problem", ["connection_id", "calendar_ref", "item"], unique=True)


def _calendar() -> None:
    op.create_table(
        "calendar",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hue", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("writable", sa.Boolean(), nullable=False),
        sa.Column("synced", sa.Boolean(), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.CheckConstraint("audience in ('private', 'team')", name="calendar_audience_known"),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("calendar_ref", "calendar", ["connection_id", "external_id"], unique=True)


def _calendar_item() -> None:
    op.create_table(
        "calendar_item",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("calendar_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("read_until", sa.Date(), nullable=True),
        sa.CheckConstraint("audience in ('private', 'team')", name="calendar_item_audience_known"),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendar.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("calendar_item_read_until", "calendar_item", ["read_until"], postgresql_where=sa.text("read_until is not null"))
    op.create_index("calendar_item_ref", "calendar_item", ["calendar_id", "external_id"], unique=True)


def _event() -> None:
    op.create_table(
        "event",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("calendar_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("recurrence_id", sa.Text(), nullable=False),
        sa.Column("recurring", sa.Boolean(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("meeting_type", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("all_day", sa.Boolean(), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=True),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("organiser", sa.Text(), nullable=False),
        sa.Column("my_response", sa.Text(), nullable=True),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("interaction_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("audience in ('private', 'team')", name="event_audience_known"),
        sa.CheckConstraint("meeting_type is null or meeting_type in ('in_person', 'video', 'phone')", name="event_meeting_type_known"),
        sa.CheckConstraint("my_response is null or my_response in ('accepted', 'declined', 'tentative', 'waiting')", name="event_my_response_known"),
        sa.CheckConstraint("status in ('confirmed', 'tentative', 'cancelled')", name="event_status_known"),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendar.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["interaction_id"], ["interaction.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["item_id"], ["calendar_item.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("event_by_interaction", "event", ["interaction_id"], postgresql_where=sa.text("interaction_id is not null"))
    op.create_index("event_by_item", "event", ["item_id"])
    op.create_index("event_by_start", "event", ["owner_id", "starts_at", "id"])
    op.create_index("event_ref", "event", ["calendar_id", "uid", "recurrence_id"], unique=True)


def _event_attendee() -> None:
    op.create_table(
        "event_attendee",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("response", sa.Text(), nullable=True),
        sa.CheckConstraint("audience in ('private', 'team')", name="event_attendee_audience_known"),
        sa.CheckConstraint("response is null or response in ('accepted', 'declined', 'tentative', 'waiting')", name="event_attendee_response_known"),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("event_id", "email"),
    )
    op.create_index("event_attendee_by_address", "event_attendee", ["owner_id", "email"])


def _event_contact() -> None:
    op.create_table(
        "event_contact",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("audience in ('private', 'team')", name="event_contact_audience_known"),
        sa.CheckConstraint("how in ('address', 'hand', 'removed')", name="event_contact_how_known"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("event_id", "contact_id"),
    )
    op.create_index("event_contact_by_contact", "event_contact", ["contact_id", "starts_at", "event_id"])
