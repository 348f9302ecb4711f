"""Mail is claimed past the mailboxes that are sending just now, so that several can send at a time and none of them more than one mail.

Revision ID: 0081
Revises: 0080
"""

from __future__ import annotations

from alembic import op

revision = "0081"
down_revision = "0080"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = public, pg_temp"
DUE = "state = 'queued' and run_after <= moment and (lease_until is null or lease_until < moment or lease_until > moment + lease * 2)"

# Mail of the house itself goes by no mailbox, which is told by the id of nobody.
CLAIM = f"""
create function claim_mail(moment timestamptz, lease interval, busy uuid[])
returns table (mail_id uuid, owner uuid, attempt int, failed int, mailbox uuid) language sql {DEFINER} as $$
  update outbox set attempts = attempts + 1, lease_until = moment + lease where id = (
    select id from outbox where {DUE} and coalesce(connection_id, '00000000-0000-0000-0000-000000000000') <> all(busy)
    order by run_after, id limit 1 for update skip locked)
  returning id, owner_id, attempts, tries, coalesce(connection_id, '00000000-0000-0000-0000-000000000000')
$$
"""
CLAIM_BEFORE = f"""
create function claim_mail(moment timestamptz, lease interval) returns table (mail_id uuid, owner uuid, attempt int, failed int) language sql {DEFINER} as $$
  update outbox set attempts = attempts + 1, lease_until = moment + lease where id = (
    select id from outbox where {DUE}
    order by run_after, id limit 1 for update skip locked)
  returning id, owner_id, attempts, tries
$$
"""


def upgrade() -> None:
    _replace("claim_mail(timestamptz, interval)", CLAIM, "claim_mail(timestamptz, interval, uuid[])")


def downgrade() -> None:
    _replace("claim_mail(timestamptz, interval, uuid[])", CLAIM_BEFORE, "claim_mail(timestamptz, interval)")


def _replace(gone: str, function: str, signature: str) -> None:
    op.execute(f"drop function {gone}")
    op.execute(function)
    op.execute(f"revoke execute on function {signature} from public")
    op.execute(f"grant execute on function {signature} to {APP}")
