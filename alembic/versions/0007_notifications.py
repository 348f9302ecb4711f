"""Notifications: what people are told, by which ways they want to be told, and how the clock finds whom to remind.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = public, pg_temp"
ME = "(select app_user())"

# Whether somebody may see a row, asked on behalf of those who are to be told of it. Any table will do that has an owner and an audience.
SEES_ROW = f"""
create function sees_row(who uuid, table_name text, row_id uuid) returns boolean language plpgsql stable {DEFINER} as $$
declare seen boolean; place regclass := to_regclass(format('public.%I', table_name));
begin
  if not exists (select from pg_attribute where attrelid = place and attname = 'owner_id') then return false; end if;
  execute format('select exists (select from %s s where s.id = $1 and to_jsonb(s) ->> ''deleted_at'' is null '
    'and (s.owner_id = $2 or to_jsonb(s) ->> ''audience'' = ''team''))', place) into seen using row_id, who;
  return seen;
end $$
"""

# The only writer of notifications. It tells nobody of what they may not see, passes nobody's words on to another, and says the same thing once.
NOTIFY = f"""
create function notify_people(ids uuid[], people uuid[], what text, about text, subject uuid, once text, words text, due timestamptz)
returns int language plpgsql {DEFINER} as $$
declare told int; me uuid := app_user();
begin
  if me is null then raise exception 'nobody has nothing to tell' using errcode = '42501'; end if;
  if about <> '' and not sees_row(me, about, subject) then return 0; end if;
  insert into notification (id, created_at, owner_id, kind, actor_id, subject_type, subject_id, detail, key, due_at)
    select news.id, clock_timestamp(), news.person, what, nullif(me, news.person), about, subject, case when news.person = me then words else '' end, once, due
    from unnest(ids, people) as news (id, person)
    join user_account u on u.id = news.person and u.disabled_at is null
    left join notification_setting s on s.user_id = news.person and s.kind = what
    where (about = '' or sees_row(news.person, about, subject)) and (s.kind is null or s.in_app or s.browser or s.mail)
    on conflict (owner_id, key) do nothing;
  get diagnostics told = row_count;
  return told;
end $$
"""

# Without ids, so that PostgreSQL folds the notices of one transaction into one.
NOTICE = f"""
create function notification_notice() returns trigger language plpgsql {DEFINER} as $$
begin
  perform pg_notify('crm_changes', jsonb_build_object('topic', 'notification', 'owner', new.owner_id, 'audience', 'private',
    'ids', null, 'change_set', null)::text);
  return null;
end $$
"""

# A task that is done, moved to another day or given to somebody else needs nobody's attention for what was said of it before.
SETTLED = f"""
create function task_settled() returns trigger language plpgsql {DEFINER} as $$
declare closed boolean := new.status in ('completed', 'cancelled') and old.status not in ('completed', 'cancelled');
begin
  update notification n set read_at = now() where n.subject_id = new.id and n.subject_type = 'task' and n.read_at is null
    and ((n.kind = 'task_due' and (closed or (new.due_date, new.due_time, new.due_zone) is distinct from (old.due_date, old.due_time, old.due_zone)))
      or (n.kind = 'task_assigned' and closed)
      or (n.kind in ('task_due', 'task_assigned') and n.owner_id = old.assignee_id and new.assignee_id is distinct from old.assignee_id));
  return null;
end $$
"""
SETTLED_WHEN = (
    "after update of status, due_date, due_time, due_zone, assignee_id on task for each row when "
    "((old.status, old.due_date, old.due_time, old.due_zone, old.assignee_id) is distinct from "
    "(new.status, new.due_date, new.due_time, new.due_zone, new.assignee_id)) execute function task_settled()"
)

# Claims one person whose reminders are to be looked at. A clock that was set back finds those whom it had put off into what is now the future.
CLAIM = f"""
create function claim_reminders(moment timestamptz, pause interval) returns uuid language plpgsql {DEFINER} as $$
declare person uuid;
begin
  insert into notification_profile (user_id, reminded_until, look_at)
    select u.id, moment, moment from user_account u where u.disabled_at is null
      and not exists (select from notification_profile p where p.user_id = u.id) on conflict do nothing;
  update notification_profile set look_at = moment + pause where user_id = (
    select p.user_id from notification_profile p join user_account u on u.id = p.user_id and u.disabled_at is null
    where p.look_at <= moment or p.look_at > moment + pause order by p.look_at limit 1 for update of p skip locked)
    returning user_id into person;
  return person;
end $$
"""

TIDY = f"""
create function tidy_notifications(moment timestamptz) returns void language sql {DEFINER} as $$
  delete from notification where created_at < moment - case when read_at is null then interval '180 days' else interval '90 days' end;
$$
"""

OPEN = ("notify_people(uuid[], uuid[], text, text, uuid, text, text, timestamptz)", "claim_reminders(timestamptz, interval)", "tidy_notifications(timestamptz)")
INNER = ("sees_row(uuid, text, uuid)", "notification_notice()", "task_settled()")
TABLES = {"notification": "owner_id", "notification_setting": "user_id", "notification_profile": "user_id"}


def upgrade() -> None:
    _tables()
    for table, person in TABLES.items():
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(f"create policy {table}_schema_owner on {table} to current_user using (true) with check (true)")
        op.execute(f"create policy {table}_select on {table} for select to {APP} using ({person} = {ME})")
        op.execute(f"create policy {table}_update on {table} for update to {APP} using ({person} = {ME}) with check ({person} = {ME})")
        if person == "user_id":
            op.execute(f"create policy {table}_insert on {table} for insert to {APP} with check ({person} = {ME})")
    op.execute(f"grant select on notification to {APP}")
    op.execute(f"grant update (read_at) on notification to {APP}")
    op.execute(f"grant select, insert, update on notification_setting, notification_profile to {APP}")
    for function in (SEES_ROW, NOTIFY, NOTICE, SETTLED, CLAIM, TIDY):
        op.execute(function)
    op.execute("create trigger notification_notice after insert or update on notification for each row execute function notification_notice()")
    op.execute(f"create trigger task_settled {SETTLED_WHEN}")
    for signature in (*OPEN, *INNER):
        op.execute(f"revoke execute on function {signature} from public")
    for signature in OPEN:
        op.execute(f"grant execute on function {signature} to {APP}")


def _tables() -> None:
    op.create_table(
        "notification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    unread = sa.text("read_at is null")
    op.create_index("notification_key", "notification", ["owner_id", "key"], unique=True)
    op.create_index("notification_by_owner", "notification", ["owner_id", sa.literal_column("id desc")])
    op.create_index("notification_unread", "notification", ["owner_id", sa.literal_column("id desc")], postgresql_where=unread)
    op.create_index("notification_unread_by_subject", "notification", ["subject_id"], postgresql_where=unread)
    op.create_table(
        "notification_setting",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("in_app", sa.Boolean(), nullable=False),
        sa.Column("browser", sa.Boolean(), nullable=False),
        sa.Column("mail", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "kind"),
    )
    op.create_table(
        "notification_profile",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("quiet", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("quiet_from", sa.Time(), server_default=sa.text("'21:00'"), nullable=False),
        sa.Column("quiet_until", sa.Time(), server_default=sa.text("'07:00'"), nullable=False),
        sa.Column("away_until", sa.Date(), nullable=True),
        sa.Column("day_starts", sa.Time(), server_default=sa.text("'08:00'"), nullable=False),
        sa.Column("remind_minutes", sa.Integer(), server_default=sa.text("15"), nullable=False),
        sa.Column("birthday_days", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("digest", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("digest_at", sa.Time(), server_default=sa.text("'07:30'"), nullable=False),
        sa.Column("reminded_until", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("look_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("digested_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id"),
    )
    op.create_index("notification_profile_look_at", "notification_profile", ["look_at"])


def downgrade() -> None:
    op.execute("drop trigger task_settled on task")
    for table in reversed(TABLES):
        op.drop_table(table)
    for signature in (*OPEN, *INNER):
        op.execute(f"drop function {signature}")
