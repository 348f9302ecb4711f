"""For the metrics: how long the job and the mail that wait longest have waited, and how many mails were lost. Sums alone, over everybody's.

Revision ID: 0076
Revises: 0075
"""

from __future__ import annotations

from alembic import op

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = public, pg_temp"

# A job waits from when it was due; one whose process died, from the end of its lease on.
JOBS = f"""
create function job_figures(moment timestamptz) returns table (oldest double precision) language sql stable {DEFINER} as $$
  select coalesce(max(extract(epoch from moment - case state when 'queued' then run_after else lease_until end)), 0)::double precision from job
  where state in ('queued', 'running') and case state when 'queued' then run_after else lease_until end < moment
$$
"""

# A mail that was tried in vain has waited since it was written. What became of a person's own letter is theirs to know.
MAILS = f"""
create function outbox_figures(moment timestamptz) returns table (oldest double precision, lost bigint) language sql stable {DEFINER} as $$
  select coalesce((select max(extract(epoch from moment - case when tries = 0 then run_after else created_at end))
      from outbox where state in ('queued', 'sending') and (tries > 0 or run_after < moment)), 0)::double precision,
    (select count(*) from outbox where state in ('failed', 'unknown') and kind <> 'letter')
$$
"""

FUNCTIONS = {"job_figures(timestamptz)": JOBS, "outbox_figures(timestamptz)": MAILS}


def upgrade() -> None:
    for signature, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"revoke execute on function {signature} from public")
        op.execute(f"grant execute on function {signature} to {APP}")


def downgrade() -> None:
    for signature in FUNCTIONS:
        op.execute(f"drop function {signature}")
