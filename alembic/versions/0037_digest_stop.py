"""The link that stops the daily mail without a sign-in: what it is signed over, and who is behind it.

``stop_nonce`` is made anew whenever somebody wants the mail again, which ends every link that was sent before.

Revision ID: 0037
Revises: 0036
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
# Nobody is signed in where this is asked; the signature, which the database cannot make, is checked by the one who asks.
READER = """
create or replace function auth_digest(who uuid)
returns table (user_id uuid, role text, name text, email text, time_zone text, locale text, week_start int, nonce uuid)
language sql stable security definer set search_path = public, pg_temp as $$
  select u.id, u.role, u.name, u.email, u.time_zone, u.locale, u.week_start, p.stop_nonce
    from notification_profile p join user_account u on u.id = p.user_id where u.id = who and u.disabled_at is null
$$
"""


def upgrade() -> None:
    op.add_column("notification_profile", sa.Column("stop_nonce", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False), if_not_exists=True)
    op.execute(READER)
    op.execute("revoke execute on function auth_digest(uuid) from public")
    op.execute(f"grant execute on function auth_digest(uuid) to {APP}")


def downgrade() -> None:
    op.execute("drop function if exists auth_digest(uuid)")
    op.drop_column("notification_profile", "stop_nonce", if_exists=True)
