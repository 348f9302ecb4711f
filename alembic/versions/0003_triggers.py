"""What the database keeps true by itself: versions, fixed owners, audiences, the record of changes, live notices.

Revision ID: 0003
Revises: 0002
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

DERIVED = {
    "contact": "sort_name,search_text,last_contact_at,last_contact_kind,next_step,next_step_on,primary_email,primary_phone",
    "interaction": "search_text,search_vector",
    "blob": "data",
}
VERSIONED = ("contact", "interaction", "task", "tag", "user_account", "job")
OWNED = ("contact", "interaction", "task", "blob")
TRACKED = (
    "contact", "contact_point", "contact_sensitive", "contact_tag", "tag",
    "interaction", "interaction_contact", "task", "task_contact", "blob",
)  # fmt: skip

TOUCH = """
create function touch_row() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare derived text[] := string_to_array(coalesce(tg_argv[0], ''), ',') || '{version,updated_at}';
begin
  -- Figures that are derived from other rows do not make a person's open form stale.
  if to_jsonb(new) - derived is distinct from to_jsonb(old) - derived then
    new.version := old.version + 1;
    new.updated_at := clock_timestamp();
  end if;
  return new;
end $$
"""

GUARD = """
create function guard_owner() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare owns boolean; derived text[] := string_to_array(coalesce(tg_argv[0], ''), ',');
begin
  if app_user() is null then return new; end if;  -- migrations and restore
  if new.owner_id <> old.owner_id then
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

# An entry on several contacts is never wider than its narrowest one; what its author asked for is kept. What becomes
# private takes its history along, which would otherwise still tell everyone what it said.
NARROW = """
create function narrow_entry(entry_table text, entry_id uuid) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare narrowed text;
begin
  if entry_table = 'interaction' then
    select case when i.asked_audience = 'private' or bool_or(c.audience = 'private') then 'private' else 'team' end into narrowed
      from interaction i left join interaction_contact l on l.interaction_id = i.id left join contact c on c.id = l.contact_id
      where i.id = entry_id group by i.id, i.asked_audience;
    update interaction set audience = narrowed where id = entry_id and audience <> narrowed;
    if found and narrowed = 'private' then update change set audience = 'private' where row_id = entry_id and audience <> 'private'; end if;
    update interaction_contact l set audience = narrowed, owner_id = i.owner_id from interaction i
      where l.interaction_id = entry_id and i.id = entry_id and (l.audience <> narrowed or l.owner_id <> i.owner_id);
  else
    select case when t.asked_audience = 'private' or bool_or(c.audience = 'private') then 'private' else 'team' end into narrowed
      from task t left join task_contact l on l.task_id = t.id left join contact c on c.id = l.contact_id
      where t.id = entry_id group by t.id, t.asked_audience;
    update task set audience = narrowed where id = entry_id and audience <> narrowed;
    if found and narrowed = 'private' then update change set audience = 'private' where row_id = entry_id and audience <> 'private'; end if;
    update task_contact l set audience = narrowed, owner_id = t.owner_id from task t
      where l.task_id = entry_id and t.id = entry_id and (l.audience <> narrowed or l.owner_id <> t.owner_id);
  end if;
end $$
"""

LINK = """
create function link_entry() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare target record; person record;
begin
  select owner_id, audience into person from contact where id = new.contact_id;
  if person is null or (app_user() is not null and person.owner_id <> app_user() and person.audience <> 'team') then
    raise exception 'no such contact' using errcode = '23503';
  end if;
  if tg_table_name = 'interaction_contact' then
    select owner_id, audience, kind, occurred_at into target from interaction where id = new.interaction_id;
    new.kind := target.kind;
    new.occurred_at := target.occurred_at;
  else
    select owner_id, audience into target from task where id = new.task_id;
  end if;
  if app_user() is not null and target.owner_id <> app_user() and target.audience <> 'team' then
    raise exception 'no such entry' using errcode = '23503';
  end if;
  new.owner_id := target.owner_id;
  new.audience := case when target.audience = 'private' or person.audience = 'private' then 'private' else 'team' end;
  return new;
end $$
"""

LINKED = """
create function linked_entry() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare link jsonb := to_jsonb(coalesce(new, old));
begin
  if tg_table_name = 'interaction_contact' then
    perform narrow_entry('interaction', (link ->> 'interaction_id')::uuid);
  else
    perform narrow_entry('task', (link ->> 'task_id')::uuid);
  end if;
  return null;
end $$
"""

ENTRY_CHANGED = """
create function entry_changed() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_table_name = 'interaction' then
    update interaction_contact set kind = new.kind, occurred_at = new.occurred_at
      where interaction_id = new.id and (kind, occurred_at) is distinct from (new.kind, new.occurred_at);
  end if;
  if new.asked_audience is distinct from old.asked_audience then perform narrow_entry(tg_table_name, new.id); end if;
  return null;
end $$
"""

CHILD = """
create function child_of_contact() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare person record;
begin
  if new.contact_id is null then return new; end if;
  select owner_id, audience into person from contact where id = new.contact_id;
  if person is null or (app_user() is not null and person.owner_id <> app_user() and person.audience <> 'team') then
    raise exception 'no such contact' using errcode = '23503';
  end if;
  new.owner_id := person.owner_id;
  if tg_table_name = 'contact_sensitive' then
    new.audience := case when person.audience = 'private' then 'private' else new.audience end;
  else
    new.audience := person.audience;
  end if;
  return new;
end $$
"""

SHARED = """
create function contact_shared() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update contact_point set audience = new.audience where contact_id = new.id;
  update contact_tag set audience = new.audience where contact_id = new.id;
  update blob set audience = new.audience where contact_id = new.id;
  update contact_sensitive set audience = 'private' where contact_id = new.id and new.audience = 'private' and audience <> 'private';
  perform narrow_entry('interaction', interaction_id) from interaction_contact where contact_id = new.id;
  perform narrow_entry('task', task_id) from task_contact where contact_id = new.id;
  if new.audience = 'private' then update change set audience = 'private' where row_id = new.id and audience <> 'private'; end if;
  return null;
end $$
"""

# Undoing the making of a contact must not tear down what a colleague hung on it privately, which the one who undoes cannot see.
IN_USE = """
create function contacts_in_use(ids uuid[]) returns setof uuid language sql stable security definer set search_path = public, pg_temp as $$
  select c.id from contact c where c.id = any(ids) and (c.owner_id = app_user() or c.audience = 'team')
    and (exists (select from interaction_contact l where l.contact_id = c.id) or exists (select from task_contact l where l.contact_id = c.id)
      or exists (select from contact_point p where p.contact_id = c.id) or exists (select from contact_tag t where t.contact_id = c.id)
      or exists (select from contact_sensitive s where s.contact_id = c.id) or exists (select from blob b where b.contact_id = c.id))
$$
"""

# A tag is the whole team's, so its new name is added where the one who renames it cannot look; others are refreshed by the service.
TAG_RENAMED = """
create function tag_renamed() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update contact c set search_text = c.search_text || ' ' || new.folded from contact_tag l
    where l.tag_id = new.id and l.contact_id = c.id and strpos(c.search_text, new.folded) = 0;
  return null;
end $$
"""

RECORD = """
create function record_change() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
  set_id uuid := nullif(current_setting('app.change_set', true), '')::uuid;
  skipped text[] := string_to_array(coalesce(tg_argv[0], ''), ',');
  was jsonb; became jsonb; row_now jsonb;
begin
  if set_id is null then return null; end if;  -- seeding, migrations and restore leave no history
  if tg_op <> 'INSERT' then was := to_jsonb(old) - skipped; end if;
  if tg_op <> 'DELETE' then became := to_jsonb(new) - skipped; end if;
  if was - '{version,updated_at}'::text[] = became - '{version,updated_at}'::text[] then return null; end if;
  row_now := coalesce(became, was);
  insert into change_set (id, actor_id, via, action, created_at)
    values (set_id, app_user(), coalesce(current_setting('app.via', true), ''), coalesce(current_setting('app.action', true), ''), now())
    on conflict (id) do nothing;
  insert into change (change_set_id, actor_id, table_name, row_id, owner_id, audience, before, after)
    values (set_id, app_user(), tg_table_name, coalesce(row_now ->> 'contact_id', row_now ->> 'id')::uuid,
      (row_now ->> 'owner_id')::uuid, coalesce(row_now ->> 'audience', 'team'), was, became);
  return null;
end $$
"""

# The notice carries topic, up to 20 ids, owner and audience: never content. Each page asks again as its own actor.
PUBLISH = """
create function publish_changes(set_id uuid) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare topic record; found_any boolean := false;
begin
  for topic in
    select table_name, owner_id, audience, count(distinct row_id) as rows, (array_agg(distinct row_id))[1:20] as ids
    from change where change_set_id = set_id group by table_name, owner_id, audience
  loop
    found_any := true;
    perform pg_notify('crm_changes', jsonb_build_object('topic', topic.table_name, 'owner', topic.owner_id, 'audience', topic.audience,
      'ids', case when topic.rows <= 20 then to_jsonb(topic.ids) else null end, 'change_set', set_id)::text);
  end loop;
  return found_any;
end $$
"""

FUNCTIONS = (TOUCH, GUARD, NARROW, LINK, LINKED, ENTRY_CHANGED, CHILD, SHARED, IN_USE, TAG_RENAMED, RECORD, PUBLISH)
TRIGGERS = (
    *((table, f"{table}_touch", f"before update on {table} for each row execute function touch_row('{DERIVED.get(table, '')}')") for table in VERSIONED),
    *((table, f"{table}_guard", f"before update on {table} for each row execute function guard_owner('{DERIVED.get(table, '')}')") for table in OWNED),
    *(
        (table, f"{table}_child", f"before insert on {table} for each row execute function child_of_contact()")
        for table in ("contact_point", "contact_sensitive", "contact_tag", "blob")
    ),
    *((table, f"{table}_link", f"before insert on {table} for each row execute function link_entry()") for table in ("interaction_contact", "task_contact")),
    *(
        (table, f"{table}_linked", f"after insert or delete on {table} for each row execute function linked_entry()")
        for table in ("interaction_contact", "task_contact")
    ),
    *((table, f"{table}_changed", f"after update on {table} for each row execute function entry_changed()") for table in ("interaction", "task")),
    ("contact", "contact_shared", "after update of audience on contact for each row when (old.audience is distinct from new.audience) execute function contact_shared()"),
    ("tag", "tag_renamed", "after update of folded on tag for each row when (old.folded is distinct from new.folded) execute function tag_renamed()"),
    *(
        (table, f"{table}_record", f"after insert or update or delete on {table} for each row execute function record_change('{DERIVED.get(table, '')}')")
        for table in TRACKED
    ),
)


def upgrade() -> None:
    for function in FUNCTIONS:
        op.execute(function)
    for _, name, definition in TRIGGERS:
        op.execute(f"create trigger {name} {definition}")
    op.execute("revoke execute on function narrow_entry(text, uuid) from public")
    for function in ("publish_changes(uuid)", "contacts_in_use(uuid[])"):
        op.execute(f"revoke execute on function {function} from public")
        op.execute(f"grant execute on function {function} to mindfulcrm_app")


def downgrade() -> None:
    for table, name, _ in TRIGGERS:
        op.execute(f"drop trigger {name} on {table}")
    op.execute("drop function publish_changes(uuid)")
    op.execute("drop function contacts_in_use(uuid[])")
    op.execute("drop function narrow_entry(text, uuid)")
    for name in ("touch_row", "guard_owner", "link_entry", "linked_entry", "entry_changed", "child_of_contact", "contact_shared", "tag_renamed", "record_change"):
        op.execute(f"drop function {name}()")
