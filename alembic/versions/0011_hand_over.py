"""Handing over: what belongs to somebody who leaves goes to a colleague, by one function that asks who may.

The owner of a row is fixed for the application; only this function moves it. It goes through every table that has an owner and
an audience, whichever there are. An entry keeps its author.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = public, pg_temp"

# As in the third revision, but for the one line that lets functions of the schema's owner hand rows over.
_GUARD = """
create or replace function guard_owner() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare owns boolean; derived text[] := string_to_array(coalesce(tg_argv[0], ''), ',');
begin
  if app_user() is null then return new; end if;  -- migrations and restore
  if new.owner_id <> old.owner_id then
    %s
    raise exception 'the owner of a row is fixed' using errcode = '42501';
  end if;
  owns := old.owner_id = app_user() or (old.audience = 'team' and app_role() in ('owner', 'admin'));
  if not owns and (to_jsonb(new) -> 'deleted_at' is distinct from to_jsonb(old) -> 'deleted_at'
      or coalesce(to_jsonb(new) ->> 'asked_audience', new.audience) is distinct from coalesce(to_jsonb(old) ->> 'asked_audience', old.audience)) then
    if pg_trigger_depth() = 1 then
      raise exception 'only the owner or an admin may delete a row or change who sees it' using errcode = '42501';
    end if;
  end if;
  if not owns and to_jsonb(old) ->> 'locked' = 'true' and to_jsonb(new) - derived is distinct from to_jsonb(old) - derived then
    raise exception 'the owner of this row has locked it' using errcode = '42501';
  end if;
  return new;
end $$
"""
_HANDED_OVER = "if current_user <> session_user then return new; end if;  -- a function of the schema's owner hands it over"

# Private things go along only by the word of the person whose they are, or of the team's owner with a reason where that
# person can no longer give it. Admins hand over what is the team's, and learn nothing of the rest, not even how much it is.
MAY = f"""
create function team_may_hand_over(leaver uuid, hidden_too boolean, reason text) returns boolean language sql stable {DEFINER} as $$
  select case when not hidden_too then (leaver = app_user() and app_role() in ('owner', 'admin', 'member')) or app_role() in ('owner', 'admin')
    else (leaver = app_user() and app_role() in ('owner', 'admin', 'member'))
      or (app_role() = 'owner' and length(trim(reason)) >= 10 and exists (select from user_account where id = leaver and disabled_at is not null)) end
$$
"""

# Subjects have a version; what hangs on them goes along and is not counted.
TABLES = f"""
create function team_owned_tables(subjects boolean) returns setof text language sql stable {DEFINER} as $$
  select c.relname::text from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> 'change'
    and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'owner_id' and not a.attisdropped)
    and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'audience' and not a.attisdropped)
    and (not subjects or exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'version' and not a.attisdropped))
    order by c.relname
$$
"""

COUNT = f"""
create function team_hand_over_count(leaver uuid) returns table (kind text, shared bigint, hidden bigint) language plpgsql stable {DEFINER} as $$
declare may_hidden boolean := team_may_hand_over(leaver, true, 'only to count'); alive text;
begin
  if not team_may_hand_over(leaver, false, '') then raise exception 'not yours to hand over' using errcode = '42501'; end if;
  for kind in select team_owned_tables(true) loop
    alive := case when exists (select from pg_attribute where attrelid = kind::regclass and attname = 'deleted_at') then 'and deleted_at is null' else '' end;
    execute format('select count(*) filter (where audience = ''team''), count(*) filter (where audience <> ''team'' and $2) from %I where owner_id = $1 %s', kind, alive)
      into shared, hidden using leaver, may_hidden;
    return next;
  end loop;
end $$
"""

# One step of at most ``most`` rows of one table, so that no statement runs into the clock; zero when nothing is left.
STEP = f"""
create function team_hand_over(leaver uuid, heir uuid, hidden_too boolean, reason text, most int) returns int language plpgsql {DEFINER} as $$
declare place text; moved int; extra text;
begin
  if not team_may_hand_over(leaver, hidden_too, reason) or leaver = heir
      or not exists (select from user_account where id = heir and disabled_at is null and role in ('owner', 'admin', 'member')) then
    raise exception 'not yours to hand over' using errcode = '42501';
  end if;
  for place in select team_owned_tables(false) loop
    extra := case when place = 'interaction' then ', author_id = coalesce(author_id, owner_id)' else '' end;
    execute format('update %1$I set owner_id = $2%2$s where ctid = any(array(select ctid from %1$I where owner_id = $1 and ($3 or audience = ''team'') limit $4))', place, extra)
      using leaver, heir, hidden_too, most;
    get diagnostics moved = row_count;
    if moved > 0 then return moved; end if;
  end loop;
  if hidden_too then
    -- What a private thing was before is as private as the thing: it goes to whoever may see the thing now.
    update change set owner_id = heir where id in (select id from change where owner_id = leaver and audience = 'private' limit most);
    get diagnostics moved = row_count;
    if moved > 0 then return moved; end if;
  end if;
  update task set assignee_id = heir where id in (select id from task where assignee_id = leaver and status not in ('completed', 'cancelled') and deleted_at is null
    and (audience = 'team' or owner_id = heir) limit most);
  get diagnostics moved = row_count;
  return moved;
end $$
"""

NOTICE = f"""
create function team_notice() returns trigger language plpgsql {DEFINER} as $$
begin
  perform pg_notify('crm_changes', jsonb_build_object('topic', 'team', 'owner', null, 'audience', 'team', 'ids', null,
    'change_set', nullif(current_setting('app.change_set', true), ''))::text);
  return null;
end $$
"""
FUNCTIONS = (
    "team_may_hand_over(uuid, boolean, text)", "team_owned_tables(boolean)", "team_hand_over_count(uuid)",
    "team_hand_over(uuid, uuid, boolean, text, int)",
)  # fmt: skip


def upgrade() -> None:
    op.add_column("interaction", sa.Column("author_id", sa.Uuid(), nullable=True))
    op.create_foreign_key("interaction_author_fk", "interaction", "user_account", ["author_id"], ["id"], ondelete="SET NULL", postgresql_not_valid=True)
    op.execute("alter table interaction validate constraint interaction_author_fk")
    op.execute(_GUARD % _HANDED_OVER)
    for function in (MAY, TABLES, COUNT, STEP, NOTICE):
        op.execute(function)
    for signature in FUNCTIONS:
        op.execute(f"revoke execute on function {signature} from public")
    for signature in FUNCTIONS[2:]:
        op.execute(f"grant execute on function {signature} to {APP}")
    for table in ("user_account", "invitation"):
        op.execute(f"create trigger {table}_notice after insert or update or delete on {table} for each statement execute function team_notice()")


def downgrade() -> None:
    for table in ("user_account", "invitation"):
        op.execute(f"drop trigger {table}_notice on {table}")
    op.execute("drop function team_notice()")
    for signature in reversed(FUNCTIONS):
        op.execute(f"drop function {signature}")
    op.execute(_GUARD % "")
    op.drop_constraint("interaction_author_fk", "interaction", type_="foreignkey")
    op.drop_column("interaction", "author_id")
