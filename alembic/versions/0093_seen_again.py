"""A contact who comes back from the trash, or is shared with the team, finds the meetings and mails that landed meanwhile.

Revision ID: 0093
Revises: 0092
"""

from __future__ import annotations

from alembic import op

revision = "0093"
down_revision = "0092"
branch_labels = None
depends_on = None

# As for an address that is gained (0033, 0039): whoever sees the contact from now on has their own calendar and mail looked at again within a minute.
SEEN_AGAIN = """
create function contact_seen_again() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare addresses text[] := array(select value_norm from contact_point where contact_id = new.id and kind = 'email' and value_norm <> '');
begin
  update event e set matched = false where e.matched and (new.owner_id = e.owner_id or new.audience = 'team')
    and e.id in (select a.event_id from event_attendee a where a.email = any(addresses))
    and not exists (select from event_contact l where l.event_id = e.id and l.contact_id = new.id);
  update email e set matched = false where e.matched and not e.forgotten and (new.owner_id = e.owner_id or new.audience = 'team')
    and e.id in (select p.email_id from email_party p where p.address = any(addresses))
    and not exists (select from email_contact l where l.email_id = e.id and l.contact_id = new.id);
  return null;
end $$
"""
WHEN = "(new.deleted_at is null and (old.deleted_at is not null or (old.audience = 'private' and new.audience = 'team')))"


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute(SEEN_AGAIN)
    op.execute("revoke execute on function contact_seen_again() from public")
    op.execute(f"create trigger contact_seen_again after update of deleted_at, audience on contact for each row when {WHEN} execute function contact_seen_again()")
    op.execute(_missed(written=True))


def downgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute(_missed(written=False))
    op.execute("drop trigger contact_seen_again on contact")
    op.execute("drop function contact_seen_again()")


def _missed(*, written: bool) -> str:
    """As in 0085, by when the address was made; with ``written`` also by when the contact was: one who was restored or shared did not see the mail either."""
    near = "or c.updated_at between e.created_at - interval '10 minutes' and e.created_at + interval '10 minutes'" if written else ""
    return f"""
create or replace function people_with_missed_mail(since timestamptz) returns setof uuid language sql stable security definer set search_path = public, pg_temp as $$
  select distinct e.owner_id from email e
    join user_account u on u.id = e.owner_id and u.disabled_at is null and u.role in ('owner', 'admin', 'member')
    join email_party t on t.email_id = e.id
    join contact_point p on p.kind = 'email' and p.value_norm = t.address
    join contact c on c.id = p.contact_id and c.deleted_at is null and (c.owner_id = e.owner_id or c.audience = 'team')
      and (p.created_at between e.created_at - interval '10 minutes' and e.created_at + interval '10 minutes' {near})
  where e.id >= (lpad(to_hex((extract(epoch from since) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid and not e.forgotten
    and not exists (select from email_contact l where l.email_id = e.id and l.contact_id = c.id)
$$
"""
