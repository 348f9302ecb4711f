"""Events that came while a contact with an address of theirs was being made, written or restored: neither of the two saw the other.

Revision ID: 0091
Revises: 0090
"""

from __future__ import annotations

from alembic import op

revision = "0091"
down_revision = "0090"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
SIGNATURE = "people_with_missed_events(timestamptz)"

# Whose events ask somebody who is a contact and is not linked, where both were written since then: their owners look, as themselves. An address is new by
# its id, which begins with the milliseconds at which it was made; a contact that was restored or shared, by when it was written. Old ones are not read.
MISSED = """
create function people_with_missed_events(since timestamptz) returns setof uuid language sql stable security definer set search_path = public, pg_temp as $$
  with lately as (
    select p.contact_id, p.value_norm from contact_point p
      where p.id >= (lpad(to_hex((extract(epoch from since) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid and p.kind = 'email'
    union
    select p.contact_id, p.value_norm from contact c join contact_point p on p.contact_id = c.id
      where c.updated_at >= since and c.deleted_at is null and p.kind = 'email'
  )
  select distinct e.owner_id from lately t
    join contact c on c.id = t.contact_id and c.deleted_at is null
    join event_attendee a on a.email = t.value_norm
    join event e on e.id = a.event_id and e.updated_at >= since and (c.owner_id = e.owner_id or c.audience = 'team')
    join user_account u on u.id = e.owner_id and u.disabled_at is null and u.role in ('owner', 'admin', 'member')
  where not exists (select from event_contact l where l.event_id = e.id and l.contact_id = c.id)
$$
"""


def upgrade() -> None:
    op.execute(MISSED)
    op.execute(f"revoke execute on function {SIGNATURE} from public")
    op.execute(f"grant execute on function {SIGNATURE} to {APP}")


def downgrade() -> None:
    op.execute(f"drop function {SIGNATURE}")
