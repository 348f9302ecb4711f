"""A contact's photo is a part of the contact: whoever may change the contact may change its photo, and a replaced one goes after thirty days.

Revision ID: 0013
Revises: 0012
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
ME = "(select app_user())"
WRITER = "(select app_role()) in ('owner', 'admin', 'member')"
ADMIN = "(select app_role()) in ('owner', 'admin')"
OWN_INSERT = f"{WRITER} and owner_id = {ME}"
OWN_DELETE = f"{WRITER} and (owner_id = {ME} or (audience = 'team' and {ADMIN}))"
# What hangs on a contact has its owner and audience from it, by trigger, like phones and tags; uploads hang on nothing yet.
PART = f"{WRITER} and (owner_id = {ME} or (audience = 'team' and contact_id is not null))"

DEFINER = "security definer set search_path = public, pg_temp"
BEGINNING = f"""
create or replace function tidy_up() returns void language sql {DEFINER} as $$
  delete from idempotency_key where created_at < now() - interval '1 day';
  delete from rate_counter where window_ends_at < now() - interval '1 day';
  delete from user_session where coalesce(revoked_at, expires_at) < now() - interval '30 days';
  delete from job where state = 'draft' and updated_at < now() - interval '1 day';
  delete from blob where contact_id is null and purpose = 'upload' and created_at < now() - interval '1 day';
  delete from import_file f using job j where j.id = f.job_id and j.state in ('done', 'failed', 'cancelled') and j.updated_at < now() - interval '1 day';
"""
# A replaced photo is served to nobody, and stays only as long as its change can be undone.
FORMER = """
  delete from blob b where b.purpose = 'former photo' and not exists (select from change c
    where c.row_id = b.contact_id and c.table_name = 'blob' and c.after ->> 'id' = b.id::text and c.created_at > now() - interval '30 days');
"""


def _policies(insert: str, delete: str) -> None:
    op.execute("drop policy blob_insert on blob")
    op.execute(f"create policy blob_insert on blob for insert to {APP} with check ({insert})")
    op.execute("drop policy blob_delete on blob")
    op.execute(f"create policy blob_delete on blob for delete to {APP} using ({delete})")


def upgrade() -> None:
    _policies(PART, PART)
    op.execute(f"{BEGINNING}{FORMER}$$")


def downgrade() -> None:
    op.execute(f"{BEGINNING}$$")
    _policies(OWN_INSERT, OWN_DELETE)
