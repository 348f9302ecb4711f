"""The daily briefing by the clock: who has switched it on for themselves, at which hour of theirs, and for which day it was looked after.

Revision ID: 0067
Revises: 0066
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
# Ids alone, for a clock that is nobody, and nobody while models are switched off. It is nowhere later than fourteen hours after UTC.
PEOPLE = """
create function people_to_brief(moment timestamptz) returns setof uuid language sql stable security definer set search_path = pg_catalog, public as $$
  select u.id from ai_preference p join user_account u on u.id = p.user_id
    where p.briefing and u.disabled_at is null and u.role in ('owner', 'admin', 'member') and exists (select from ai_settings s where s.enabled)
      and (p.briefed_on is null or p.briefed_on < ((moment at time zone 'UTC') + interval '14 hours')::date) order by u.id
$$
"""


def upgrade() -> None:
    op.add_column("ai_preference", sa.Column("briefing", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("ai_preference", sa.Column("briefing_at", sa.Time(), server_default=sa.text("'06:30'"), nullable=False))
    op.add_column("ai_preference", sa.Column("briefed_on", sa.Date(), nullable=True))
    op.execute(PEOPLE)
    op.execute("revoke execute on function people_to_brief(timestamptz) from public")
    op.execute(f"grant execute on function people_to_brief(timestamptz) to {APP}")


def downgrade() -> None:
    op.execute("drop function people_to_brief(timestamptz)")
    for name in ("briefed_on", "briefing_at", "briefing"):
        op.drop_column("ai_preference", name)
