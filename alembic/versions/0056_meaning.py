"""Search by meaning: which entries and mails are known by it, their passages as a few signs each, and the vectors behind these.

Revision ID: 0056
Revises: 0055
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = pg_catalog, public"
ME = "(select app_user())"
WRITER = "(select app_role()) in ('owner', 'admin', 'member')"
SEEN = f"{ME} is not null and (owner_id = {ME} or audience = 'team')"
NOBODY = "00000000-0000-0000-0000-000000000000"
TABLES = ("meaning_source", "meaning_chunk", "meaning_vector")

# A mail's words stand in the mail; its entry on a timeline says at most what its subject says. Nobody finds anything by an empty text.
WORTH = "(i.source <> 'sync' or i.kind <> 'email') and (i.subject <> '' or i.body <> '')"

# What is known by its meaning follows one model at a time; of another one nothing can be compared, so everything begins anew. No model: nothing stays.
FOLLOW = f"""
create function meaning_follow(wanted text, is_local boolean, middle bytea) returns void language plpgsql {DEFINER} as $$
begin
  perform from meaning_state where model = wanted and local = is_local for update;
  if found then return; end if;
  truncate meaning_source, meaning_chunk, meaning_vector;
  insert into meaning_state (id, model, local, centre) values (1, wanted, is_local, middle)
    on conflict (id) do update set model = wanted, local = is_local, centre = middle, entries_to = null, mails_to = null;
end $$
"""

FOLLOWED = f"""
create function meaning_followed() returns text language sql stable {DEFINER} as $$
  select coalesce((select model from meaning_state), '')
$$
"""

# What was written before is taken up a piece at a time, along its key; how many were looked at.
TAKE_UP = f"""
create function meaning_take_up(most int) returns int language plpgsql {DEFINER} as $$
declare state meaning_state; looked int; last uuid; mails int; last_mail uuid;
begin
  select * into state from meaning_state for update;
  if coalesce(state.model, '') = '' then return 0; end if;
  with piece as materialized (select id, owner_id, audience, kind, source, subject, body from interaction where id > coalesce(state.entries_to, '{NOBODY}') order by id limit most),
    made as (insert into meaning_source (id, owner_id, audience, interaction_id) select gen_random_uuid(), i.owner_id, i.audience, i.id from piece i where {WORTH} on conflict do nothing)
    select count(*), (array_agg(id order by id desc))[1] into looked, last from piece;
  with piece as materialized (select email_id, owner_id, audience from email_body where email_id > coalesce(state.mails_to, '{NOBODY}') order by email_id limit most),
    made as (insert into meaning_source (id, owner_id, audience, email_id) select gen_random_uuid(), b.owner_id, b.audience, b.email_id from piece b on conflict do nothing)
    select count(*), (array_agg(email_id order by email_id desc))[1] into mails, last_mail from piece;
  update meaning_state set entries_to = coalesce(last, entries_to), mails_to = coalesce(last_mail, mails_to);
  return looked + mails;
end $$
"""

DUE_PEOPLE = f"""
create function people_with_meaning_due() returns setof uuid language sql stable {DEFINER} as $$
  select u.id from user_account u where u.disabled_at is null and u.role in ('owner', 'admin', 'member')
    and exists (select from meaning_source s where s.owner_id = u.id and s.due)
$$
"""

# Whether a text of one's own may be read for its meaning: it is live, nobody said "never" of it, nor of anybody whom it concerns. A model elsewhere
# reads of nobody who has not agreed; one of our own, where nothing leaves the house, of nobody who has said no.
AGREES = (
    "c.ai_allowed and c.deleted_at is null and (c.ai_consent or (exists (select from meaning_state where local) "
    "and not exists (select from consent a where a.contact_id = c.id and a.purpose = 'ai')))"
)
MAY = f"""
create function meaning_may_read(source uuid) returns boolean language sql stable {DEFINER} as $$
  select coalesce((select
    case when s.interaction_id is not null then
      exists (select from interaction i where i.id = s.interaction_id and i.deleted_at is null and i.ai_allowed and {WORTH})
      and exists (select from interaction_contact l where l.interaction_id = s.interaction_id)
      and not exists (select from interaction_contact l join contact c on c.id = l.contact_id
        where l.interaction_id = s.interaction_id and not ({AGREES}))
    else
      exists (select from email e where e.id = s.email_id and not exists (select from interaction i where i.id = e.interaction_id and not i.ai_allowed))
      and exists (select from email_contact l where l.email_id = s.email_id and l.how <> 'removed')
      and not exists (select from email_contact l join contact c on c.id = l.contact_id
        where l.email_id = s.email_id and l.how <> 'removed' and not ({AGREES}))
    end from meaning_source s where s.id = source and s.owner_id = app_user()), false)
$$
"""

# What a part says of its owner and its audience is its source's.
PART = f"""
create function meaning_part() returns trigger language plpgsql {DEFINER} as $$
declare target record;
begin
  if tg_table_name = 'meaning_chunk' then
    select owner_id, audience into target from meaning_source where id = new.source_id;
  else
    select owner_id, audience into target from meaning_chunk where id = new.chunk_id;
  end if;
  if target is null or target.owner_id is distinct from coalesce(app_user(), target.owner_id) then
    raise exception 'no such source' using errcode = '23503';
  end if;
  new.owner_id := target.owner_id;
  new.audience := target.audience;
  return new;
end $$
"""

# Sources whose text or people have changed lose at once what was known of them, and are read again. New ones are known of from here on.
TURN = f"""
create function meaning_turn(entries uuid[], mails uuid[]) returns void language plpgsql {DEFINER} as $$
begin
  if not exists (select from meaning_state where model <> '') then return; end if;
  delete from meaning_chunk c using meaning_source s where s.id = c.source_id and (s.interaction_id = any(entries) or s.email_id = any(mails));
  update meaning_source s set due = true where not s.due and (s.interaction_id = any(entries) or s.email_id = any(mails));
  insert into meaning_source (id, owner_id, audience, interaction_id)
    select gen_random_uuid(), i.owner_id, i.audience, i.id from interaction i where i.id = any(entries) and {WORTH} on conflict do nothing;
  insert into meaning_source (id, owner_id, audience, email_id)
    select gen_random_uuid(), b.owner_id, b.audience, b.email_id from email_body b where b.email_id = any(mails) on conflict do nothing;
end $$
"""

TURNED = f"""
create function meaning_turned() returns trigger language plpgsql {DEFINER} as $$
begin
  if not exists (select from meaning_state where model <> '') then return null; end if;
  case tg_table_name
    when 'interaction' then perform meaning_turn(array(select id from touched), array(select e.id from email e join touched t on t.id = e.interaction_id));
    when 'interaction_contact' then perform meaning_turn(array(select distinct interaction_id from touched), '{{}}');
    when 'email_contact' then perform meaning_turn('{{}}', array(select distinct email_id from touched));
    else perform meaning_turn('{{}}', array(select email_id from touched));
  end case;
  return null;
end $$
"""

# Of an update only those rows count in which something is different that a reader of their meaning would notice.
CHANGED = f"""
create function meaning_changed() returns trigger language plpgsql {DEFINER} as $$
declare person uuid;
begin
  if tg_table_name in ('contact', 'consent') then
    person := case tg_table_name when 'contact' then (to_jsonb(new) ->> 'id')::uuid else (to_jsonb(new) ->> 'contact_id')::uuid end;
    perform meaning_turn(array(select interaction_id from interaction_contact where contact_id = person), array(select email_id from email_contact where contact_id = person));
  elsif tg_table_name = 'interaction' then
    perform meaning_turn(array[new.id], array(select id from email where interaction_id = new.id));
  else
    perform meaning_turn('{{}}', array[new.email_id]);
  end if;
  return null;
end $$
"""

CARRIED = f"""
create function meaning_carried() returns trigger language plpgsql {DEFINER} as $$
declare sources uuid[];
begin
  if tg_table_name = 'interaction' then
    sources := array(select id from meaning_source where interaction_id = new.id);
  else
    sources := array(select id from meaning_source where email_id = new.email_id);
  end if;
  update meaning_source set owner_id = new.owner_id, audience = new.audience where id = any(sources);
  update meaning_chunk set owner_id = new.owner_id, audience = new.audience where source_id = any(sources);
  update meaning_vector v set owner_id = new.owner_id, audience = new.audience from meaning_chunk c where c.id = v.chunk_id and c.source_id = any(sources);
  return null;
end $$
"""

FUNCTIONS = {
    "meaning_follow(text, boolean, bytea)": FOLLOW, "meaning_followed()": FOLLOWED, "meaning_take_up(int)": TAKE_UP, "people_with_meaning_due()": DUE_PEOPLE, "meaning_may_read(uuid)": MAY,
    "meaning_part()": PART, "meaning_turn(uuid[], uuid[])": TURN, "meaning_turned()": TURNED, "meaning_changed()": CHANGED, "meaning_carried()": CARRIED,
}  # fmt: skip
CALLED = ("meaning_follow(text, boolean, bytea)", "meaning_followed()", "meaning_take_up(int)", "people_with_meaning_due()", "meaning_may_read(uuid)")
NEW, OLD = "referencing new table as touched", "referencing old table as touched"
MOVED = "old.audience is distinct from new.audience or old.owner_id is distinct from new.owner_id"
SAYS = "(old.subject, old.body, old.ai_allowed, old.deleted_at) is distinct from (new.subject, new.body, new.ai_allowed, new.deleted_at)"
ALLOWS = "(old.ai_allowed, old.ai_consent, old.deleted_at) is distinct from (new.ai_allowed, new.ai_consent, new.deleted_at)"
TRIGGERS = (
    ("meaning_chunk", "meaning_chunk_part before insert on meaning_chunk for each row execute function meaning_part()"),
    ("meaning_vector", "meaning_vector_part before insert on meaning_vector for each row execute function meaning_part()"),
    ("interaction", f"interaction_meant after insert on interaction {NEW} for each statement execute function meaning_turned()"),
    ("interaction", f"interaction_meaning after update of subject, body, ai_allowed, deleted_at on interaction for each row when ({SAYS}) execute function meaning_changed()"),
    ("interaction", f"interaction_meaning_moved after update of audience, owner_id on interaction for each row when ({MOVED}) execute function meaning_carried()"),
    ("interaction_contact", f"interaction_contact_meant after insert on interaction_contact {NEW} for each statement execute function meaning_turned()"),
    ("interaction_contact", f"interaction_contact_unmeant after delete on interaction_contact {OLD} for each statement execute function meaning_turned()"),
    ("email_body", f"email_body_meant after insert on email_body {NEW} for each statement execute function meaning_turned()"),
    ("email_body", "email_body_meaning after update of text on email_body for each row when (old.text is distinct from new.text) execute function meaning_changed()"),
    ("email_body", f"email_body_meaning_moved after update of audience, owner_id on email_body for each row when ({MOVED}) execute function meaning_carried()"),
    ("email_contact", f"email_contact_meant after insert on email_contact {NEW} for each statement execute function meaning_turned()"),
    ("email_contact", "email_contact_meaning after update of how on email_contact for each row when (old.how is distinct from new.how) execute function meaning_changed()"),
    ("email_contact", f"email_contact_unmeant after delete on email_contact {OLD} for each statement execute function meaning_turned()"),
    ("contact", f"contact_meaning after update of ai_allowed, ai_consent, deleted_at on contact for each row when ({ALLOWS}) execute function meaning_changed()"),
    ("consent", "consent_meaning after insert on consent for each row when (new.purpose = 'ai') execute function meaning_changed()"),
)  # fmt: skip
KEPT_BEFORE, KEPT = "'mail_rule', ", "'mail_rule', 'meaning_source', 'meaning_chunk', 'meaning_vector', "


def upgrade() -> None:
    _meaning_state()
    _meaning_source()
    _meaning_chunk()
    _meaning_vector()
    for table in TABLES:
        _secure(table)
    for signature, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"revoke execute on function {signature} from public")
    for signature in CALLED:
        op.execute(f"grant execute on function {signature} to {APP}")
    for _, trigger in TRIGGERS:
        op.execute(f"create trigger {trigger}")
    _rewrite("team_owned_tables(boolean)", KEPT_BEFORE, KEPT)


def downgrade() -> None:
    _rewrite("team_owned_tables(boolean)", KEPT, KEPT_BEFORE)
    for table, trigger in TRIGGERS:
        op.execute(f"drop trigger {trigger.partition(' ')[0]} on {table}")
    for table in (*reversed(TABLES), "meaning_state"):
        op.drop_table(table)
    for signature in reversed(FUNCTIONS):
        op.execute(f"drop function {signature}")


def _owned() -> list[sa.Column]:
    return [sa.Column("owner_id", sa.Uuid(), nullable=False), sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False)]


def _kept(table: str) -> list[sa.Constraint]:
    return [
        sa.CheckConstraint("audience in ('private', 'team')", name=f"{table}_audience_known"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
    ]


def _meaning_state() -> None:
    op.create_table(
        "meaning_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("local", sa.Boolean(), nullable=False),
        sa.Column("centre", sa.LargeBinary(), nullable=False),
        sa.Column("entries_to", sa.Uuid(), nullable=True),
        sa.Column("mails_to", sa.Uuid(), nullable=True),
        sa.CheckConstraint("id = 1", name="meaning_state_is_one"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute("alter table meaning_state enable row level security")
    op.execute("alter table meaning_state force row level security")
    op.execute("create policy meaning_state_schema_owner on meaning_state to current_user using (true) with check (true)")
    op.execute(f"create policy meaning_state_select on meaning_state for select to {APP} using ({ME} is not null)")
    op.execute(f"grant select on meaning_state to {APP}")


def _meaning_source() -> None:
    op.create_table(
        "meaning_source",
        *_owned(),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("interaction_id", sa.Uuid(), nullable=True),
        sa.Column("email_id", sa.Uuid(), nullable=True),
        sa.Column("due", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.CheckConstraint("num_nonnulls(interaction_id, email_id) = 1", name="meaning_source_of_one"),
        sa.ForeignKeyConstraint(["interaction_id"], ["interaction.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["email_id"], ["email_body.email_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        *_kept("meaning_source"),
    )
    op.create_index("meaning_source_entry", "meaning_source", ["interaction_id"], unique=True, postgresql_where=sa.text("interaction_id is not null"))
    op.create_index("meaning_source_mail", "meaning_source", ["email_id"], unique=True, postgresql_where=sa.text("email_id is not null"))
    op.create_index("meaning_source_due", "meaning_source", ["owner_id"], postgresql_where=sa.text("due"))


def _meaning_chunk() -> None:
    op.create_table(
        "meaning_chunk",
        *_owned(),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("signs", postgresql.BIT(384), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["meaning_source.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        *_kept("meaning_chunk"),
    )
    op.create_index("meaning_chunk_by_source", "meaning_chunk", ["source_id"])


def _meaning_vector() -> None:
    op.create_table(
        "meaning_vector",
        *_owned(),
        sa.Column("chunk_id", sa.Uuid(), nullable=False),
        sa.Column("begins", sa.Integer(), nullable=False),
        sa.Column("ends", sa.Integer(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["chunk_id"], ["meaning_chunk.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("chunk_id"),
        *_kept("meaning_vector"),
    )
    op.execute("alter table meaning_vector alter column vector set storage external")  # nothing in it is worth packing


def _secure(table: str) -> None:
    """What the application may do with a table: see what is one's own or the team's; as a writer, keep what is one's own."""
    mine = f"{WRITER} and owner_id = {ME}"
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(f"create policy {table}_schema_owner on {table} to current_user using (true) with check (true)")
    op.execute(f"create policy {table}_select on {table} for select to {APP} using ({SEEN})")
    op.execute(f"create policy {table}_insert on {table} for insert to {APP} with check ({mine})")
    op.execute(f"create policy {table}_update on {table} for update to {APP} using ({mine}) with check (owner_id = {ME})")
    op.execute(f"create policy {table}_delete on {table} for delete to {APP} using ({mine})")
    op.execute(f"grant select, insert, update, delete on {table} to {APP}")


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words; what later revisions put into it stays."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
