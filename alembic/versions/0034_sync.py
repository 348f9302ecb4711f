"""How connections are kept in step: which are due, one job at a time for each, when a bad item is tried again, and what is told of it all.

A hand-over leaves connections and what hangs on them where they are: an account at a provider, and the password for it, is a person's own.

Revision ID: 0034
Revises: 0033
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = public, pg_temp"

# Ids alone, for a clock that is nobody. Whoever cannot sign in, or may no longer write, has nothing synced. A moment that lies further
# ahead than any turn was written by a clock that has been set back since.
DUE = f"""
create function due_connections(moment timestamptz) returns table (connection_id uuid, owner uuid) language sql stable {DEFINER} as $$
  select c.id, c.owner_id from connection c
    join user_account u on u.id = c.owner_id and u.disabled_at is null and u.role in ('owner', 'admin', 'member')
    where c.state = 'active' and (c.next_run_at <= moment or c.next_run_at > moment
        + case when c.failures > 0 then interval '25 hours' else make_interval(mins => 2 * c.interval_minutes) end)
      and not exists (select from job j where j.kind = 'connections.sync' and j.state in ('queued', 'running') and j.payload ->> 'connection_id' = c.id::text)
    order by c.next_run_at, c.id limit 500
$$
"""

# For the metrics: how many are meant to sync, how many fail, and how long ago the one that is furthest behind came in whole.
FIGURES = f"""
create function sync_figures(moment timestamptz) returns table (active bigint, failing bigint, oldest double precision) language sql stable {DEFINER} as $$
  select count(*) filter (where state = 'active'), count(*) filter (where state = 'sign_in_needed' or failures > 0),
    coalesce(max(extract(epoch from moment - coalesce(last_ok_at, created_at))) filter (where state = 'active'), 0) from connection
$$
"""

# The latest run of each connection stays, however old it is.
TIDY = f"""
create function tidy_syncs(moment timestamptz) returns void language sql {DEFINER} as $$
  delete from sync_run r where r.created_at < moment - interval '30 days' and r.state <> 'running'
    and exists (select from sync_run later where later.connection_id = r.connection_id and later.id > r.id);
  delete from job where kind in ('connections.sync', 'connections.test') and state in ('done', 'failed', 'cancelled') and updated_at < moment - interval '1 day';
$$
"""

# The same for a connection and for a run of it: one notice for each connection, however often it changes in a transaction.
NOTICE = f"""
create function connection_notice() returns trigger language plpgsql {DEFINER} as $$
declare row_now jsonb := to_jsonb(case when tg_op = 'DELETE' then old else new end);
begin
  perform pg_notify('crm_changes', jsonb_build_object('topic', 'connection', 'owner', row_now -> 'owner_id', 'audience', 'private',
    'ids', jsonb_build_array(coalesce(row_now -> 'connection_id', row_now -> 'id')), 'change_set', null)::text);
  return null;
end $$
"""
OPEN = ("due_connections(timestamptz)", "sync_figures(timestamptz)", "tidy_syncs(timestamptz)")
NOTICED = ("connection", "sync_run", "calendar")

ALL = "c.relnamespace = 'public'::regnamespace"
THEIRS = f"{ALL} and c.relname not in ('connection', 'connection_secret', 'sync_run', 'sync_problem', 'calendar', 'calendar_item')"

# What a run writes makes no open form of its owner stale.
MOVED = {
    "connection": "state,next_run_at,last_run_at,last_ok_at,last_full_at,failures,reason",
    "calendar": "name,time_zone,writable,token",
}
MOVED_BEFORE = {"connection": "", "calendar": "token"}


def upgrade() -> None:
    op.add_column("sync_problem", sa.Column("etag", sa.Text(), nullable=False, server_default=""))
    op.add_column("sync_problem", sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "job_one_sync", "job", [sa.text("(payload ->> 'connection_id')")], unique=True,
        postgresql_where=sa.text("kind = 'connections.sync' and state in ('queued', 'running')"),
    )  # fmt: skip
    for function in (DUE, FIGURES, TIDY, NOTICE):
        op.execute(function)
    for signature in (*OPEN, "connection_notice()"):
        op.execute(f"revoke execute on function {signature} from public")
    for signature in OPEN:
        op.execute(f"grant execute on function {signature} to {APP}")
    for table in NOTICED:
        op.execute(f"create trigger {table}_notice after insert or update or delete on {table} for each row execute function connection_notice()")
    for table, columns in MOVED.items():
        _touch(table, columns)
    _rewrite("team_owned_tables(boolean)", ALL, THEIRS)


def downgrade() -> None:
    _rewrite("team_owned_tables(boolean)", THEIRS, ALL)
    for table, columns in MOVED_BEFORE.items():
        _touch(table, columns)
    for table in NOTICED:
        op.execute(f"drop trigger {table}_notice on {table}")
    for signature in (*OPEN, "connection_notice()"):
        op.execute(f"drop function {signature}")
    op.drop_index("job_one_sync", "job")
    op.drop_column("sync_problem", "retry_at")
    op.drop_column("sync_problem", "etag")


def _touch(table: str, columns: str) -> None:
    op.execute(f"create or replace trigger {table}_touch before update on {table} for each row execute function touch_row('{columns}')")


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    assert before in definition, f"{signature} does not hold what this revision rewrites"
    op.execute(definition.replace(before, now))
