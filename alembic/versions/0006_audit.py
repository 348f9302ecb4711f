"""The audit log: who did what to the team and its access, in a chain that nobody can rewrite unseen.

The application may read it (admins alone) and append to its end through two functions; it may change and remove nothing.
Each entry's ``mac`` is made outside the database, over the one before it, with a key that the database never sees.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = public, pg_temp"
ADMIN = "(select app_role()) in ('owner', 'admin')"

FROZEN = f"""
create function audit_frozen() returns trigger language plpgsql {DEFINER} as $$
begin
  raise exception 'the audit log is only ever appended to' using errcode = '42501';
end $$
"""

# Whoever asks for the end of the log holds it until the transaction ends, so that no two entries follow the same one and a
# transaction that is rolled back leaves no hole. It is asked for last, when nothing else is waited for.
HEAD = f"""
create function audit_head() returns table (last bigint, last_mac bytea, last_key text) language plpgsql {DEFINER} as $$
begin
  perform pg_advisory_xact_lock(hashtext('audit_entry'));
  return query select e.seq, e.mac, e.key_id from audit_entry e order by e.seq desc limit 1;
end $$
"""

APPEND = f"""
create function audit_append(entries jsonb) returns void language sql {DEFINER} as $$
  insert into audit_entry (seq, at, actor_id, via, action, outcome, subject, subject_id, address, details, key_id, mac)
  select e.seq, e.at, e.actor_id, e.via, e.action, e.outcome, e.subject, e.subject_id, e.address, e.details, e.key_id, decode(e.mac, 'hex')
  from jsonb_to_recordset(entries) as e(seq bigint, at timestamptz, actor_id uuid, via text, action text, outcome text, subject text, subject_id uuid,
    address text, details jsonb, key_id text, mac text) order by e.seq
$$
"""

_TOKEN = f"""
create function auth_token(hash bytea) returns table (token_id uuid, scopes text, user_id uuid, role text, name text, email text, time_zone text, locale text, week_start int%s)
language plpgsql {DEFINER} as $body$ begin
return query select t.id, t.scopes, u.id, u.role, u.name, u.email, u.time_zone, u.locale, u.week_start%s from api_token t
join user_account u on u.id = t.user_id where t.token_hash = hash and t.revoked_at is null and u.disabled_at is null
and (t.expires_at is null or t.expires_at > now());
if found then update api_token t set last_used_at = now() where t.token_hash = hash
and (t.last_used_at is null or t.last_used_at < now() - interval '1 minute'); end if; end $body$
"""
# Whether a key is used for the first time in an hour, or on this day: that much the log keeps, and not every request.
_FRESH = ", t.last_used_at is null or t.last_used_at < now() - interval '1 hour' or t.last_used_at < date_trunc('day', now())"


def _token_function(returns: str, value: str) -> None:
    op.execute("drop function auth_token(bytea)")
    op.execute(_TOKEN % (returns, value))
    op.execute("revoke execute on function auth_token(bytea) from public")
    op.execute(f"grant execute on function auth_token(bytea) to {APP}")


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("outcome in ('done', 'refused')", name="audit_entry_outcome_known"),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("audit_entry_by_actor", "audit_entry", ["actor_id", sa.literal_column("seq desc")], unique=False)
    op.execute("alter table audit_entry enable row level security")
    op.execute("alter table audit_entry force row level security")
    op.execute("create policy audit_entry_schema_owner on audit_entry to current_user using (true) with check (true)")
    op.execute(f"create policy audit_entry_select on audit_entry for select to {APP} using ({ADMIN})")
    op.execute(f"grant select on audit_entry to {APP}")
    for function in (FROZEN, HEAD, APPEND):
        op.execute(function)
    op.execute("create trigger audit_entry_frozen before update or delete on audit_entry for each row execute function audit_frozen()")
    for signature in ("audit_head()", "audit_append(jsonb)"):
        op.execute(f"revoke execute on function {signature} from public")
        op.execute(f"grant execute on function {signature} to {APP}")

    _token_function(", fresh boolean", _FRESH)


def downgrade() -> None:
    _token_function("", "")
    for signature in ("audit_append(jsonb)", "audit_head()"):
        op.execute(f"drop function {signature}")
    op.drop_index("audit_entry_by_actor", table_name="audit_entry")
    op.drop_table("audit_entry")
    op.execute("drop function audit_frozen()")
