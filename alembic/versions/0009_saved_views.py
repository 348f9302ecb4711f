"""Lists of contacts that people keep by name.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
MINE = "user_id = (select app_user())"


def upgrade() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("hue", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("hue in ('coral', 'teal', 'sky', 'amber', 'plum', 'green', 'indigo', 'slate')", name="saved_view_hue_known"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("saved_view_by_user", "saved_view", ["user_id", "position"])
    op.execute("alter table saved_view enable row level security")
    op.execute("alter table saved_view force row level security")
    op.execute("create policy saved_view_schema_owner on saved_view to current_user using (true) with check (true)")
    for verb in ("select", "delete"):
        op.execute(f"create policy saved_view_{verb} on saved_view for {verb} to {APP} using ({MINE})")
    op.execute(f"create policy saved_view_insert on saved_view for insert to {APP} with check ({MINE})")
    op.execute(f"create policy saved_view_update on saved_view for update to {APP} using ({MINE}) with check ({MINE})")
    op.execute(f"grant select, insert, update, delete on saved_view to {APP}")
    op.execute("create trigger saved_view_touch before update on saved_view for each row execute function touch_row('position')")


def downgrade() -> None:
    op.drop_table("saved_view")
