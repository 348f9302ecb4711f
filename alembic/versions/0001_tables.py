"""The tables of people, contacts, timeline, tasks, files, jobs, imports and changes.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "change_set",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_change_set_actor_id"), "change_set", ["actor_id"], unique=False)
    op.create_table(
        "rate_counter",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("window_ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "setup_code",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "tag",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("tag_name_key", "tag", ["folded"], unique=True)
    op.create_table(
        "team",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("notes_count_as_contact", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name="team_single"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "user_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("week_start", sa.Integer(), nullable=False),
        sa.Column("sidebar_collapsed", sa.Boolean(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role in ('owner', 'admin', 'member', 'viewer')", name="user_account_role_known"),
        sa.CheckConstraint("theme in ('system', 'light', 'dark')", name="user_account_theme_known"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("user_account_email_key", "user_account", [sa.literal_column("lower(email)")], unique=True)
    op.create_table(
        "api_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index(op.f("ix_api_token_user_id"), "api_token", ["user_id"], unique=False)
    op.create_table(
        "change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("change_set_id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=True),
        sa.Column("after", postgresql.JSONB(), nullable=True),
        sa.ForeignKeyConstraint(["change_set_id"], ["change_set.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("change_by_row", "change", ["row_id", "id"], unique=False)
    op.create_index("change_by_set", "change", ["change_set_id", "id"], unique=False)
    op.create_table(
        "contact",
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=False),
        sa.Column("middle_name", sa.Text(), nullable=False),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("name_prefix", sa.Text(), nullable=False),
        sa.Column("name_suffix", sa.Text(), nullable=False),
        sa.Column("nickname", sa.Text(), nullable=False),
        sa.Column("pronouns", sa.Text(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("job_title", sa.Text(), nullable=False),
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("postal_code", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("birth_month", sa.Integer(), nullable=True),
        sa.Column("birth_day", sa.Integer(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("preferred_method", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("cadence_days", sa.Integer(), nullable=True),
        sa.Column("snoozed_until", sa.Date(), nullable=True),
        sa.Column("referred_by_id", sa.Uuid(), nullable=True),
        sa.Column("favourite", sa.Boolean(), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("ai_allowed", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("photo_id", sa.Uuid(), nullable=True),
        sa.Column("extra", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("sort_name", sa.Text(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("last_contact_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_contact_kind", sa.Text(), nullable=True),
        sa.Column("next_step", sa.Text(), nullable=True),
        sa.Column("next_step_on", sa.Date(), nullable=True),
        sa.Column("primary_email", sa.Text(), nullable=False),
        sa.Column("primary_phone", sa.Text(), nullable=False),
        sa.CheckConstraint("audience in ('private', 'team')", name="contact_audience_known"),
        sa.CheckConstraint(
            "preferred_method is null or preferred_method in ('email', 'phone', 'website', 'social')", name="contact_preferred_method_known"
        ),
        sa.CheckConstraint("source in ('manual', 'import', 'sync', 'api', 'ai')", name="contact_source_known"),
        sa.CheckConstraint(
            "stage in ('discovery', 'curious', 'new_client', 'core_client', 'ambassador', 'needs_reconnecting', 'inactive', 'collaborator')",
            name="contact_stage_known",
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["referred_by_id"], ["contact.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "contact_by_created",
        "contact",
        [sa.literal_column("created_at desc"), sa.literal_column("id desc")],
        unique=False,
        postgresql_where=sa.text("deleted_at is null"),
    )
    op.create_index(
        "contact_by_last",
        "contact",
        [
            sa.literal_column("greatest(last_contact_at, '-infinity'::timestamptz) desc"),
            sa.literal_column("id desc"),
        ],
        unique=False,
        postgresql_where=sa.text("deleted_at is null"),
    )
    op.create_index(
        "contact_counted",
        "contact",
        ["owner_id", "audience"],
        unique=False,
        postgresql_include=["stage", "favourite", "archived_at"],
        postgresql_where=sa.text("deleted_at is null"),
    )
    op.create_index(
        "contact_by_last_asc",
        "contact",
        [sa.literal_column("least(last_contact_at, 'infinity'::timestamptz)"), "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at is null"),
    )
    op.create_index("contact_by_name", "contact", ["sort_name", "id"], unique=False, postgresql_where=sa.text("deleted_at is null"))
    op.create_index("contact_by_owner", "contact", ["owner_id"], unique=False)
    op.create_index(
        "contact_by_referrer", "contact", ["referred_by_id"], unique=False, postgresql_where=sa.text("referred_by_id is not null")
    )
    op.create_index(
        "contact_by_stage_name", "contact", ["stage", "sort_name", "id"], unique=False, postgresql_where=sa.text("deleted_at is null")
    )
    op.create_index(
        "contact_by_updated",
        "contact",
        [sa.literal_column("updated_at desc"), sa.literal_column("id desc")],
        unique=False,
        postgresql_where=sa.text("deleted_at is null"),
    )
    op.create_index(
        "contact_search_trgm",
        "contact",
        ["search_text"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    op.create_table(
        "credential",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id"),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "key"),
    )
    op.create_table(
        "interaction",
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=True),
        sa.Column("direction", sa.Text(), nullable=True),
        sa.Column("sentiment", sa.Integer(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("ai_allowed", sa.Boolean(), nullable=False),
        sa.Column("asked_audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("search_vector", postgresql.TSVECTOR(), sa.Computed("to_tsvector('simple', search_text)", persisted=True), nullable=True),
        sa.CheckConstraint("audience in ('private', 'team')", name="interaction_audience_known"),
        sa.CheckConstraint("direction is null or direction in ('incoming', 'outgoing')", name="interaction_direction_known"),
        sa.CheckConstraint("kind in ('email', 'meeting', 'call', 'note', 'message', 'class_attendance')", name="interaction_kind_known"),
        sa.CheckConstraint("source in ('manual', 'import', 'sync', 'api', 'ai')", name="interaction_source_known"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "interaction_external_key",
        "interaction",
        ["owner_id", "source", "external_id"],
        unique=True,
        postgresql_where=sa.text("external_id is not null"),
    )
    op.create_index(
        "interaction_recent",
        "interaction",
        [sa.literal_column("occurred_at desc"), sa.literal_column("id desc")],
        unique=False,
        postgresql_where=sa.text("deleted_at is null"),
    )
    op.create_index("interaction_search", "interaction", ["search_vector"], unique=False, postgresql_using="gin")
    op.create_table(
        "job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("result", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("progress_done", sa.Integer(), nullable=False),
        sa.Column("progress_total", sa.Integer(), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("run_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("change_set_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("state in ('draft', 'queued', 'running', 'done', 'failed', 'cancelled')", name="job_state_known"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("job_by_owner", "job", ["owner_id", sa.literal_column("created_at desc")], unique=False)
    op.create_index("job_waiting", "job", ["run_after", "id"], unique=False, postgresql_where=sa.text("state in ('queued', 'running')"))
    op.create_table(
        "saved_draft",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "key"),
    )
    op.create_table(
        "task",
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("asked_audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("due_time", sa.Time(), nullable=True),
        sa.Column("due_zone", sa.Text(), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("audience in ('private', 'team')", name="task_audience_known"),
        sa.CheckConstraint("done_by in ('user', 'ai_assistant')", name="task_done_by_known"),
        sa.CheckConstraint("priority in ('low', 'medium', 'high', 'urgent')", name="task_priority_known"),
        sa.CheckConstraint("status in ('pending', 'in_progress', 'waiting_approval', 'completed', 'cancelled')", name="task_status_known"),
        sa.ForeignKeyConstraint(["assignee_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("task_by_assignee", "task", ["assignee_id"], unique=False)
    op.create_index(
        "task_closed",
        "task",
        [sa.literal_column("completed_at desc")],
        unique=False,
        postgresql_where=sa.text("deleted_at is null and status in ('completed', 'cancelled')"),
    )
    op.create_index(
        "task_open_by_due",
        "task",
        [sa.literal_column("due_date nulls last"), "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at is null and status not in ('completed', 'cancelled')"),
    )
    op.create_table(
        "user_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("idle_seconds", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("remembered", sa.Boolean(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index(op.f("ix_user_session_user_id"), "user_session", ["user_id"], unique=False)
    op.create_table(
        "blob",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("audience in ('private', 'team')", name="blob_audience_known"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_blob_contact_id"), "blob", ["contact_id"], unique=False)
    op.create_table(
        "contact_point",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("value_norm", sa.Text(), nullable=False),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("audience in ('private', 'team')", name="contact_point_audience_known"),
        sa.CheckConstraint("kind in ('email', 'phone', 'website', 'social')", name="contact_point_kind_known"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("contact_point_by_contact", "contact_point", ["contact_id", "position"], unique=False)
    op.create_index("contact_point_by_value", "contact_point", ["kind", "value_norm"], unique=False)
    op.create_table(
        "contact_sensitive",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("health_goals", sa.Text(), nullable=False),
        sa.Column("emergency_contact", sa.Text(), nullable=False),
        sa.Column("private_notes", sa.Text(), nullable=False),
        sa.CheckConstraint("audience in ('private', 'team')", name="contact_sensitive_audience_known"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("contact_id"),
    )
    op.create_table(
        "contact_tag",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("tag_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("audience in ('private', 'team')", name="contact_tag_audience_known"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("contact_id", "tag_id"),
    )
    op.create_index("contact_tag_by_tag", "contact_tag", ["tag_id", "contact_id"], unique=False)
    op.create_table(
        "import_file",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("job_id"),
    )
    op.create_table(
        "import_identity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("import_identity_key", "import_identity", ["owner_id", "source", "external_id"], unique=True)
    op.create_index(op.f("ix_import_identity_contact_id"), "import_identity", ["contact_id"], unique=False)
    op.create_table(
        "import_problem",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_import_problem_job_id"), "import_problem", ["job_id"], unique=False)
    op.create_table(
        "interaction_contact",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("interaction_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("audience in ('private', 'team')", name="interaction_contact_audience_known"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["interaction_id"], ["interaction.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("interaction_id", "contact_id"),
    )
    op.create_index(
        "interaction_contact_timeline",
        "interaction_contact",
        ["contact_id", sa.literal_column("occurred_at desc"), sa.literal_column("interaction_id desc")],
        unique=False,
    )
    op.create_table(
        "task_contact",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("audience in ('private', 'team')", name="task_contact_audience_known"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("task_id", "contact_id"),
    )
    op.create_index("task_contact_by_contact", "task_contact", ["contact_id", "task_id"], unique=False)
    op.create_foreign_key("contact_photo_fk", "contact", "blob", ["photo_id"], ["id"], ondelete="SET NULL")


def downgrade() -> None:
    op.drop_constraint("contact_photo_fk", "contact", type_="foreignkey")
    op.drop_index("task_contact_by_contact", table_name="task_contact")
    op.drop_table("task_contact")
    op.drop_index("interaction_contact_timeline", table_name="interaction_contact")
    op.drop_table("interaction_contact")
    op.drop_index(op.f("ix_import_problem_job_id"), table_name="import_problem")
    op.drop_table("import_problem")
    op.drop_index(op.f("ix_import_identity_contact_id"), table_name="import_identity")
    op.drop_index("import_identity_key", table_name="import_identity")
    op.drop_table("import_identity")
    op.drop_table("import_file")
    op.drop_index("contact_tag_by_tag", table_name="contact_tag")
    op.drop_table("contact_tag")
    op.drop_table("contact_sensitive")
    op.drop_index("contact_point_by_value", table_name="contact_point")
    op.drop_index("contact_point_by_contact", table_name="contact_point")
    op.drop_table("contact_point")
    op.drop_index(op.f("ix_blob_contact_id"), table_name="blob")
    op.drop_table("blob")
    op.drop_index(op.f("ix_user_session_user_id"), table_name="user_session")
    op.drop_table("user_session")
    op.drop_index(
        "task_open_by_due", table_name="task", postgresql_where=sa.text("deleted_at is null and status not in ('completed', 'cancelled')")
    )
    op.drop_index("task_closed", table_name="task", postgresql_where=sa.text("deleted_at is null and status in ('completed', 'cancelled')"))
    op.drop_index("task_by_assignee", table_name="task")
    op.drop_table("task")
    op.drop_table("saved_draft")
    op.drop_index("job_waiting", table_name="job", postgresql_where=sa.text("state in ('queued', 'running')"))
    op.drop_index("job_by_owner", table_name="job")
    op.drop_table("job")
    op.drop_index("interaction_search", table_name="interaction", postgresql_using="gin")
    op.drop_index("interaction_recent", table_name="interaction", postgresql_where=sa.text("deleted_at is null"))
    op.drop_index("interaction_external_key", table_name="interaction", postgresql_where=sa.text("external_id is not null"))
    op.drop_table("interaction")
    op.drop_table("idempotency_key")
    op.drop_table("credential")
    op.drop_index("contact_search_trgm", table_name="contact", postgresql_using="gin", postgresql_ops={"search_text": "gin_trgm_ops"})
    op.drop_index("contact_by_updated", table_name="contact", postgresql_where=sa.text("deleted_at is null"))
    op.drop_index("contact_by_stage_name", table_name="contact", postgresql_where=sa.text("deleted_at is null"))
    op.drop_index("contact_by_referrer", table_name="contact", postgresql_where=sa.text("referred_by_id is not null"))
    op.drop_index("contact_by_owner", table_name="contact")
    op.drop_index("contact_by_name", table_name="contact", postgresql_where=sa.text("deleted_at is null"))
    op.drop_index("contact_counted", table_name="contact", postgresql_where=sa.text("deleted_at is null"))
    op.drop_index("contact_by_last_asc", table_name="contact", postgresql_where=sa.text("deleted_at is null"))
    op.drop_index("contact_by_last", table_name="contact", postgresql_where=sa.text("deleted_at is null"))
    op.drop_index("contact_by_created", table_name="contact", postgresql_where=sa.text("deleted_at is null"))
    op.drop_table("contact")
    op.drop_index("change_by_set", table_name="change")
    op.drop_index("change_by_row", table_name="change")
    op.drop_table("change")
    op.drop_index(op.f("ix_api_token_user_id"), table_name="api_token")
    op.drop_table("api_token")
    op.drop_index("user_account_email_key", table_name="user_account")
    op.drop_table("user_account")
    op.drop_table("team")
    op.drop_index("tag_name_key", table_name="tag")
    op.drop_table("tag")
    op.drop_table("setup_code")
    op.drop_table("rate_counter")
    op.drop_index(op.f("ix_change_set_actor_id"), table_name="change_set")
    op.drop_table("change_set")
