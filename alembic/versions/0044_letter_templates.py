"""Templates of letters: somebody's own, or the team's.

Revision ID: 0044
Revises: 0043
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
ME = "(select app_user())"
WRITER = "(select app_role()) in ('owner', 'admin', 'member')"
MINE = f"owner_id = {ME} or audience = 'team'"


def upgrade() -> None:
    op.create_table(
        "mail_template",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("name", "subject", "body")),
        sa.CheckConstraint("audience in ('private', 'team')", name="mail_template_audience_known"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("mail_template_of_owner", "mail_template", ["owner_id"])
    op.execute("alter table mail_template enable row level security")
    op.execute("alter table mail_template force row level security")
    op.execute("create policy mail_template_schema_owner on mail_template to current_user using (true) with check (true)")
    op.execute(f"create policy mail_template_select on mail_template for select to {APP} using ({ME} is not null and ({MINE}))")
    op.execute(f"create policy mail_template_insert on mail_template for insert to {APP} with check ({WRITER} and owner_id = {ME})")
    op.execute(f"create policy mail_template_update on mail_template for update to {APP} using ({WRITER} and owner_id = {ME}) with check ({MINE})")
    op.execute(f"create policy mail_template_delete on mail_template for delete to {APP} using ({WRITER} and owner_id = {ME})")
    op.execute(f"grant select, insert, update, delete on mail_template to {APP}")
    op.execute("create trigger mail_template_touch before update on mail_template for each row execute function touch_row('')")
    op.execute("create trigger mail_template_guard before update on mail_template for each row execute function guard_owner('')")


def downgrade() -> None:
    op.drop_table("mail_template")
