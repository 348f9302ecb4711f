"""How many exports somebody has taken lately: counted in the audit log, which they may not read themselves.

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = public, pg_temp"

# One at a time for each person, until the end of the transaction that takes it: two at once would each count what was before both.
COUNT = f"""
create function count_exports(since timestamptz) returns bigint language plpgsql {DEFINER} as $$
begin
  if not pg_try_advisory_xact_lock(hashtext('export'), hashtext(app_user()::text)) then return null; end if;
  return (select count(*) from audit_entry where actor_id = app_user() and action = 'contacts.exported' and via <> 'cli' and at > since);
end $$
"""


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.create_index(
            "audit_entry_exports", "audit_entry", ["actor_id", "at"], postgresql_where=sa.text("action = 'contacts.exported'"),
            postgresql_concurrently=True, if_not_exists=True,
        )  # fmt: skip
    op.execute(COUNT)
    op.execute("revoke execute on function count_exports(timestamptz) from public")
    op.execute(f"grant execute on function count_exports(timestamptz) to {APP}")


def downgrade() -> None:
    op.execute("drop function count_exports(timestamptz)")
    with op.get_context().autocommit_block():
        op.drop_index("audit_entry_exports", "audit_entry", postgresql_concurrently=True, if_exists=True)
