"""For whom a clock that is nobody looks for what could be analysed: by their ids alone, and nobody while models are switched off.

Revision ID: 0062
Revises: 0061
"""

from __future__ import annotations

from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
PEOPLE = """
create function people_for_analyses() returns setof uuid language sql stable security definer set search_path = pg_catalog, public as $$
  select u.id from user_account u where u.disabled_at is null and u.role in ('owner', 'admin', 'member') and exists (select from ai_settings s where s.enabled)
$$
"""


def upgrade() -> None:
    op.execute(PEOPLE)
    op.execute("revoke execute on function people_for_analyses() from public")
    op.execute(f"grant execute on function people_for_analyses() to {APP}")


def downgrade() -> None:
    op.execute("drop function people_for_analyses()")
