"""Keeping in touch: the team's defaults by stage and tag, who becomes due when, days away, the calendar address.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = public, pg_temp"
ME = "(select app_user())"
ADMIN = "(select app_role()) in ('owner', 'admin')"
STAGES = "stage in ('discovery', 'curious', 'new_client', 'core_client', 'ambassador', 'needs_reconnecting', 'inactive', 'collaborator')"
# What most practices mean by these stages. Who is only just known has no default: an import must not make hundreds due at once.
DEFAULTS = {"new_client": 14, "core_client": 30, "ambassador": 60, "collaborator": 90}
COUNTED = "email meeting call message class_attendance"

WAS_DERIVED = "sort_name,search_text,last_contact_at,last_contact_kind,next_step,next_step_on,primary_email,primary_phone"
DERIVED = f"{WAS_DERIVED},cadence_effective,due_at"

# The latest entry that counts, how often one wants to be in touch (own, else the shortest of its tags, else its stage's; 0 means never),
# and from when on somebody is due. Whoever asks, only entries at least as wide as the contact itself are looked at.
KEEPING = """
create function contact_keeping(c contact) returns table (last_at timestamptz, last_kind text, every_days int, due_at timestamptz)
language sql stable as $$
  select last.occurred_at, last.kind, wish.days, coalesce(last.occurred_at, c.created_at) + make_interval(days => wish.days)
  from (select nullif(coalesce(c.cadence_days,
      (select min(t.cadence_days) from contact_tag l join tag t on t.id = l.tag_id where l.contact_id = c.id),
      (select s.days from stage_cadence s where s.stage = c.stage)), 0) as days) wish
  left join lateral (select l.occurred_at, l.kind from interaction_contact l join interaction i on i.id = l.interaction_id
    where l.contact_id = c.id and i.deleted_at is null and l.occurred_at <= clock_timestamp() + interval '1 minute'
      and (l.audience = 'team' or (c.audience = 'private' and l.owner_id = c.owner_id))
      and l.kind = any(string_to_array((select counted_kinds from team), ' '))
    order by l.occurred_at desc, l.interaction_id desc limit 1) last on true
$$
"""

# A default of the team's concerns contacts that the one who sets it cannot see. This one moves nothing but what follows from it.
RECOUNT = f"""
create function recount_contacts(after uuid, how_many int) returns table (last_id uuid, counted int) language sql {DEFINER} as $$
  with chunk as (select id from contact where after is null or id > after order by id limit how_many),
    fresh as (select c.id, k.* from chunk join contact c on c.id = chunk.id cross join lateral contact_keeping(c) k),
    moved as (update contact c set last_contact_at = fresh.last_at, last_contact_kind = fresh.last_kind,
        cadence_effective = fresh.every_days, due_at = fresh.due_at from fresh where fresh.id = c.id
        and (c.last_contact_at, c.last_contact_kind, c.cadence_effective, c.due_at) is distinct from (fresh.last_at, fresh.last_kind, fresh.every_days, fresh.due_at))
  select (select id from chunk order by id desc limit 1), (select count(*)::int from chunk)
$$
"""

FEED = f"""
create function auth_feed(hash bytea) returns table (user_id uuid, role text, name text, email text, time_zone text, locale text, week_start int)
language plpgsql {DEFINER} as $$
begin
  return query select u.id, u.role, u.name, u.email, u.time_zone, u.locale, u.week_start from calendar_feed f join user_account u on u.id = f.user_id
    where f.token_hash = hash and f.revoked_at is null and u.disabled_at is null;
  if found then update calendar_feed f set last_read_at = now() where f.token_hash = hash and (f.last_read_at is null or f.last_read_at < now() - interval '1 minute'); end if;
end $$
"""

FIRST_OWNER = f"""
create or replace function auth_first_owner(code bytea, mail text, full_name text, hash text, team_name text, team_country text, zone text, lang text)
returns uuid language plpgsql {DEFINER} as $$
declare fresh uuid := gen_random_uuid();
begin
  lock table user_account in share row exclusive mode;
  if exists (select from user_account) then return null; end if;
  delete from setup_code where code_hash = code and expires_at > now();
  if not found then return null; end if;
  insert into team (id, name, country, updated_at) values (1, team_name, team_country, now())
    on conflict (id) do update set name = excluded.name, country = excluded.country;
  insert into user_account (id, email, name, role, time_zone, locale, theme, week_start, sidebar_collapsed)
    values (fresh, mail, full_name, 'owner', zone, lang, 'system', 0, false);
  insert into credential (user_id, password_hash, changed_at) values (fresh, hash, now());
  return fresh;
end $$
"""
CREATE_USER = f"""
create or replace function host_create_user(mail text, full_name text, new_role text, hash text, team_name text) returns uuid language plpgsql {DEFINER} as $$
declare fresh uuid := gen_random_uuid();
begin
  insert into team (id, name, country, updated_at) values (1, team_name, '', now()) on conflict (id) do nothing;
  insert into user_account (id, email, name, role, time_zone, locale, theme, week_start, sidebar_collapsed)
    values (fresh, mail, full_name, new_role, 'UTC', 'en', 'system', 0, false);
  insert into credential (user_id, password_hash, changed_at) values (fresh, hash, now());
  return fresh;
end $$
"""


def upgrade() -> None:
    if not sa.inspect(op.get_bind()).has_table("stage_cadence"):  # else this was interrupted while it made the indexes
        _all_but_indexes()
    with op.get_context().autocommit_block():
        _indexes()


def _all_but_indexes() -> None:
    _columns()
    _tables()
    for function in (KEEPING, RECOUNT, FEED, FIRST_OWNER, CREATE_USER):
        op.execute(function)
    op.drop_column("team", "notes_count_as_contact")
    for signature in ("recount_contacts(uuid, int)", "auth_feed(bytea)"):
        op.execute(f"revoke execute on function {signature} from public")
        op.execute(f"grant execute on function {signature} to {APP}")
    _retrigger(DERIVED)
    op.execute("select recount_contacts(null, 2147483647)")


def _columns() -> None:
    op.add_column("contact", sa.Column("cadence_effective", sa.Integer(), nullable=True))
    op.add_column("contact", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("tag", sa.Column("cadence_days", sa.Integer(), nullable=True))
    op.add_column("team", sa.Column("counted_kinds", sa.Text(), server_default=COUNTED, nullable=False))
    op.execute("update team set counted_kinds = counted_kinds || ' note' where notes_count_as_contact")


def _tables() -> None:
    op.create_table(
        "stage_cadence",
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(STAGES, name="stage_cadence_stage_known"),
        sa.CheckConstraint("days between 1 and 3650", name="stage_cadence_days_sane"),
        sa.PrimaryKeyConstraint("stage"),
    )
    op.create_table(
        "away_period",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name="away_period_forward"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("away_period_by_user", "away_period", ["user_id", "ends_on"])
    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("last_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index("ix_calendar_feed_user_id", "calendar_feed", ["user_id"])
    op.execute("insert into stage_cadence (stage, days, updated_at) values " + ", ".join(f"('{stage}', {days}, now())" for stage, days in DEFAULTS.items()))
    _policies()


def _policies() -> None:
    for table in ("stage_cadence", "away_period", "calendar_feed"):
        op.execute(f"alter table {table} enable row level security")
        op.execute(f"alter table {table} force row level security")
        op.execute(f"create policy {table}_schema_owner on {table} to current_user using (true) with check (true)")
    op.execute(f"create policy stage_cadence_select on stage_cadence for select to {APP} using ({ME} is not null)")
    op.execute(f"create policy stage_cadence_insert on stage_cadence for insert to {APP} with check ({ADMIN})")
    op.execute(f"create policy stage_cadence_update on stage_cadence for update to {APP} using ({ADMIN}) with check ({ADMIN})")
    op.execute(f"grant select, insert, update on stage_cadence to {APP}")
    for table in ("away_period", "calendar_feed"):
        op.execute(f"create policy {table}_select on {table} for select to {APP} using (user_id = {ME})")
        op.execute(f"create policy {table}_insert on {table} for insert to {APP} with check (user_id = {ME})")
    op.execute(f"create policy away_period_delete on away_period for delete to {APP} using (user_id = {ME})")
    op.execute(f"create policy calendar_feed_update on calendar_feed for update to {APP} using (user_id = {ME}) with check (user_id = {ME})")
    op.execute(f"grant select, insert, delete on away_period to {APP}")
    op.execute(f"grant select (id, created_at, user_id, last_read_at, revoked_at), insert, update (revoked_at) on calendar_feed to {APP}")


def _retrigger(derived: str) -> None:
    """Name the derived columns anew in the three triggers that look past them."""
    for name, when, function in (
        ("contact_touch", "before update", "touch_row"), ("contact_guard", "before update", "guard_owner"), ("contact_record", "after insert or update or delete", "record_change"),
    ):  # fmt: skip
        op.execute(f"drop trigger {name} on contact")
        op.execute(f"create trigger {name} {when} on contact for each row execute function {function}('{derived}')")


def _indexes() -> None:
    op.create_index(
        "contact_by_due", "contact", ["due_at", "id"], postgresql_include=["owner_id", "audience", "snoozed_until"], postgresql_concurrently=True,
        if_not_exists=True, postgresql_where=sa.text("deleted_at is null and archived_at is null and due_at is not null"),
    )
    op.create_index(
        "contact_by_birthday", "contact", ["birth_month", "birth_day"], postgresql_concurrently=True, if_not_exists=True,
        postgresql_where=sa.text("deleted_at is null and archived_at is null and birth_day is not null"),
    )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for name in ("contact_by_birthday", "contact_by_due"):
            op.drop_index(name, "contact", postgresql_concurrently=True, if_exists=True)
    op.execute("drop function auth_feed(bytea)")
    op.execute("drop function recount_contacts(uuid, int)")
    op.execute("drop function contact_keeping(contact)")
    for table in ("calendar_feed", "away_period", "stage_cadence"):
        op.drop_table(table)
    op.add_column("team", sa.Column("notes_count_as_contact", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute("update team set notes_count_as_contact = true where ' ' || counted_kinds || ' ' like '% note %'")
    op.drop_column("team", "counted_kinds")
    _retrigger(WAS_DERIVED)
    op.drop_column("tag", "cadence_days")
    op.drop_column("contact", "due_at")
    op.drop_column("contact", "cadence_effective")
