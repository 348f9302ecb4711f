"""The outbox: mail that is written with the change it tells of, sent by a job, and never twice.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = public, pg_temp"
ME = "(select app_user())"
STATES = "state in ('queued', 'sending', 'sent', 'failed', 'unknown')"

# A mail whose holder died before handing it over is due again once the lease has run out. A clock that was set back must not lock it in.
CLAIM = f"""
create function claim_mail(moment timestamptz, lease interval) returns table (mail_id uuid, owner uuid, attempt int, failed int) language sql {DEFINER} as $$
  update outbox set attempts = attempts + 1, lease_until = moment + lease where id = (
    select id from outbox where state = 'queued' and run_after <= moment and (lease_until is null or lease_until < moment or lease_until > moment + lease * 2)
    order by run_after, id limit 1 for update skip locked)
  returning id, owner_id, attempts, tries
$$
"""

# What was handed over by a process that did not live to hear the answer, and what nobody has any use for now. Words that could
# not be sent in time are forgotten: they hold links that open doors.
GIVE_UP = f"""
create function give_up_mail(moment timestamptz, unknown text, late text) returns table (mail_id uuid, owner uuid, why text) language sql {DEFINER} as $$
  update outbox set subject = '', text = '', html = '' where state in ('failed', 'unknown') and expires_at < moment and text <> '';
  update outbox set lease_until = null, state = case state when 'sending' then 'unknown' else 'failed' end, reason = case state when 'sending' then unknown else late end
    where (state = 'sending' and lease_until < moment) or (state = 'queued' and expires_at < moment and coalesce(lease_until, '-infinity') < moment)
  returning id, owner_id, reason
$$
"""

# An admin decides on what went wrong and sees none of its words.
TROUBLES = f"""
create function mail_troubles(moment timestamptz, at_most int)
returns table (id uuid, owner_name text, kind text, to_address text, state text, reason text, created_at timestamptz, can_resend boolean)
language sql stable {DEFINER} as $$
  select o.id, u.name, o.kind, o.to_address, o.state, o.reason, o.created_at, o.text <> '' and o.expires_at > moment
  from outbox o join user_account u on u.id = o.owner_id
  where o.state in ('failed', 'unknown') and app_role() in ('owner', 'admin') order by o.id desc limit at_most
$$
"""

WAITING = f"""
create function count_waiting_mail() returns bigint language sql stable {DEFINER} as $$
  select count(*) from outbox where state in ('queued', 'sending') and app_role() in ('owner', 'admin')
$$
"""

DECIDE = f"""
create function decide_mail(which uuid, again boolean, moment timestamptz) returns boolean language plpgsql {DEFINER} as $$
begin
  if app_role() is null or app_role() not in ('owner', 'admin') then return false; end if;
  if again then
    update outbox set state = 'queued', run_after = moment, lease_until = null, tries = 0, reason = ''
      where id = which and state in ('failed', 'unknown') and text <> '' and expires_at > moment;
  else
    delete from outbox where id = which and state in ('failed', 'unknown');
  end if;
  return found;
end $$
"""

TIDY = f"""
create function tidy_mail(moment timestamptz) returns void language sql {DEFINER} as $$
  delete from outbox where expires_at < moment - interval '30 days' or sent_at < moment - interval '30 days';
$$
"""

FUNCTIONS = {
    "claim_mail(timestamptz, interval)": CLAIM, "give_up_mail(timestamptz, text, text)": GIVE_UP, "mail_troubles(timestamptz, int)": TROUBLES,
    "count_waiting_mail()": WAITING, "decide_mail(uuid, boolean, timestamptz)": DECIDE, "tidy_mail(timestamptz)": TIDY,
}  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("to_address", sa.Text(), nullable=False),
        sa.Column("to_name", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("unsubscribe", sa.Text(), nullable=False),
        sa.Column("run_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(STATES, name="outbox_state_known"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("outbox_key", "outbox", ["owner_id", "key"], unique=True)
    op.create_index("outbox_waiting", "outbox", ["run_after", "id"], postgresql_where=sa.text("state in ('queued', 'sending')"))
    op.create_index("outbox_troubles", "outbox", [sa.literal_column("id desc")], postgresql_where=sa.text("state in ('failed', 'unknown')"))
    op.execute("alter table outbox enable row level security")
    op.execute("alter table outbox force row level security")
    op.execute("create policy outbox_schema_owner on outbox to current_user using (true) with check (true)")
    op.execute(f"create policy outbox_select on outbox for select to {APP} using (owner_id = {ME})")
    op.execute(f"create policy outbox_insert on outbox for insert to {APP} with check (owner_id = {ME})")
    op.execute(f"create policy outbox_update on outbox for update to {APP} using (owner_id = {ME}) with check (owner_id = {ME})")
    op.execute(f"grant select, insert on outbox to {APP}")
    op.execute(f"grant update (state, subject, text, html, run_after, lease_until, tries, reason, sent_at) on outbox to {APP}")
    for signature, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"revoke execute on function {signature} from public")
        op.execute(f"grant execute on function {signature} to {APP}")


def downgrade() -> None:
    for signature in FUNCTIONS:
        op.execute(f"drop function {signature}")
    op.drop_table("outbox")
