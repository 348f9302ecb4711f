"""Reminders look before they write: who is looked at next stands nowhere any more, and an idle server writes nothing.

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = public, pg_temp"

PEOPLE = f"""
create function people_to_remind() returns setof uuid language sql stable {DEFINER} as $$
  select id from user_account where disabled_at is null order by id
$$
"""
# As it was made in 0007.
CLAIM = f"""
create function claim_reminders(moment timestamptz, pause interval) returns uuid language plpgsql {DEFINER} as $$
declare person uuid;
begin
  insert into notification_profile (user_id, reminded_until, look_at)
    select u.id, moment, moment from user_account u where u.disabled_at is null
      and not exists (select from notification_profile p where p.user_id = u.id) on conflict do nothing;
  update notification_profile set look_at = moment + pause where user_id = (
    select p.user_id from notification_profile p join user_account u on u.id = p.user_id and u.disabled_at is null
    where p.look_at <= moment or p.look_at > moment + pause order by p.look_at limit 1 for update of p skip locked)
    returning user_id into person;
  return person;
end $$
"""


def upgrade() -> None:
    op.execute("drop function claim_reminders(timestamptz, interval)")
    op.drop_index("notification_profile_look_at", table_name="notification_profile")
    op.drop_column("notification_profile", "look_at")
    _open(PEOPLE, "people_to_remind()")


def downgrade() -> None:
    op.execute("drop function people_to_remind()")
    op.add_column("notification_profile", sa.Column("look_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False))
    op.create_index("notification_profile_look_at", "notification_profile", ["look_at"])
    _open(CLAIM, "claim_reminders(timestamptz, interval)")


def _open(function: str, signature: str) -> None:
    op.execute(function)
    op.execute(f"revoke execute on function {signature} from public")
    op.execute(f"grant execute on function {signature} to {APP}")
