"""Mails that came while a contact with their address was being made: neither of the two saw the other.

Revision ID: 0085
Revises: 0084
"""

from __future__ import annotations

from alembic import op

revision = "0085"
down_revision = "0084"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
SIGNATURE = "people_with_missed_mail(timestamptz)"

# Whose mails of since then name somebody who became a contact at about the same time and is not linked: their owners look, as themselves. Ids begin with
# the milliseconds at which they were made, so only what is new is read.
MISSED = """
create function people_with_missed_mail(since timestamptz) returns setof uuid language sql stable security definer set search_path = public, pg_temp as $$
  select distinct e.owner_id from email e
    join user_account u on u.id = e.owner_id and u.disabled_at is null and u.role in ('owner', 'admin', 'member')
    join email_party t on t.email_id = e.id
    join contact_point p on p.kind = 'email' and p.value_norm = t.address
      and p.created_at between e.created_at - interval '10 minutes' and e.created_at + interval '10 minutes'
    join contact c on c.id = p.contact_id and c.deleted_at is null and (c.owner_id = e.owner_id or c.audience = 'team')
  where e.id >= (lpad(to_hex((extract(epoch from since) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid and not e.forgotten
    and not exists (select from email_contact l where l.email_id = e.id and l.contact_id = c.id)
$$
"""


def upgrade() -> None:
    op.execute(MISSED)
    op.execute(f"revoke execute on function {SIGNATURE} from public")
    op.execute(f"grant execute on function {SIGNATURE} to {APP}")


def downgrade() -> None:
    op.execute(f"drop function {SIGNATURE}")
