"""Programmes: packages of sessions, of which what is used follows from the timeline and can be corrected.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = public, pg_temp"
ME = "(select app_user())"
WRITER = "(select app_role()) in ('owner', 'admin', 'member')"
VISIBLE = f"{ME} is not null and (owner_id = {ME} or audience = 'team')"
# What hangs on a contact has its owner and audience from there, by trigger, so a colleague may add to a shared one.
PART = f"{WRITER} and (owner_id = {ME} or audience = 'team')"
DERIVED = {"programme": "sessions_counted,sessions_corrected,sessions_left", "programme_correction": ""}

CORRECTION = f"""
create function correction_of_programme() returns trigger language plpgsql {DEFINER} as $$
declare parent record;
begin
  select owner_id, audience, contact_id into parent from programme where id = new.programme_id;
  if parent is null or (app_user() is not null and parent.owner_id <> app_user() and parent.audience <> 'team') then
    raise exception 'no such programme' using errcode = '23503';
  end if;
  new.owner_id := parent.owner_id;
  new.audience := parent.audience;
  new.contact_id := parent.contact_id;
  return new;
end $$
"""

# The rule stands in words in crm_app/domain/programmes/models.py. It moves nothing but what follows from the timeline, so it may look at all
# of it: only entries at least as wide as the contact itself count, so that no private one shows through a figure.
RECOUNT = f"""
create function recount_programmes(ids uuid[]) returns void language plpgsql {DEFINER} as $$
declare
  person record; entry record; zone text; place int;
  keys uuid[]; begins date[]; ends date[]; rooms int[]; counted int[]; corrected int[];
begin
  for person in select c.id, c.owner_id, c.audience, u.time_zone from contact c join user_account u on u.id = c.owner_id
    where c.id = any(ids) and exists (select from programme p where p.contact_id = c.id) order by c.id
  loop
    select array_agg(p.id order by p.starts_on, p.created_at, p.id), array_agg(p.starts_on order by p.starts_on, p.created_at, p.id),
      array_agg(p.ends_on order by p.starts_on, p.created_at, p.id), array_agg(p.sessions_total - s.moved order by p.starts_on, p.created_at, p.id),
      array_agg(s.moved order by p.starts_on, p.created_at, p.id), array_agg(0 order by p.starts_on, p.created_at, p.id)
      into keys, begins, ends, rooms, corrected, counted
      from programme p cross join lateral (select coalesce(sum(delta), 0)::int as moved from programme_correction m where m.programme_id = p.id) s
      where p.contact_id = person.id and p.deleted_at is null;
    continue when keys is null;
    zone := person.time_zone;
    begin
      perform now() at time zone zone;
    exception when invalid_parameter_value then zone := 'UTC';  -- a zone that this server does not know
    end;
    for entry in select (l.occurred_at at time zone zone)::date as day from interaction_contact l join interaction i on i.id = l.interaction_id
      where l.contact_id = person.id and i.deleted_at is null and l.kind in ('meeting', 'class_attendance')
        and l.occurred_at <= clock_timestamp() + interval '1 minute' and l.occurred_at >= (begins[1] - 2)::timestamp at time zone 'UTC'
        and (l.audience = 'team' or (person.audience = 'private' and l.owner_id = person.owner_id))
      order by l.occurred_at, l.interaction_id
    loop
      for place in 1 .. array_length(keys, 1) loop
        if entry.day >= begins[place] and (ends[place] is null or entry.day <= ends[place]) and counted[place] < rooms[place] then
          counted[place] := counted[place] + 1;
          exit;
        end if;
      end loop;
    end loop;
    update programme p set sessions_counted = f.counted, sessions_corrected = f.corrected
      from unnest(keys, counted, corrected) as f (id, counted, corrected)
      where f.id = p.id and (p.sessions_counted, p.sessions_corrected) is distinct from (f.counted, f.corrected);
  end loop;
end $$
"""

# A session that was planned is used once it has taken place, though nobody writes anything then.
PASSED = f"""
create function recount_passed_sessions() returns void language plpgsql {DEFINER} as $$
begin
  perform recount_programmes(array(
    select distinct p.contact_id from programme p join interaction_contact l on l.contact_id = p.contact_id
      where p.deleted_at is null and l.kind in ('meeting', 'class_attendance') and l.occurred_at between now() - interval '8 days' and now() and l.occurred_at > p.updated_at));
end $$
"""

SHARED = f"""
create function contact_shared_programmes() returns trigger language plpgsql {DEFINER} as $$
begin
  update programme set audience = new.audience where contact_id = new.id and audience <> new.audience;
  update programme_correction set audience = new.audience where contact_id = new.id and audience <> new.audience;
  return null;
end $$
"""

# Undoing the making of a contact must not tear down what others wrote for it, which the one who undoes may not see.
IN_USE = f"""
create function contacts_with_programmes(ids uuid[]) returns setof uuid language sql stable {DEFINER} as $$
  select c.id from contact c where c.id = any(ids) and (c.owner_id = app_user() or c.audience = 'team')
    and exists (select from programme p where p.contact_id = c.id)
$$
"""

PURGE = f"""
create function purge_programmes(keep interval) returns bigint language plpgsql {DEFINER} as $$
declare gone uuid[]; people uuid[];
begin
  if not pg_try_advisory_xact_lock(hashtext('purge_programmes')) then return 0; end if;
  select array_agg(p.id), array_agg(p.contact_id) into gone, people from programme p where p.deleted_at < now() - keep;
  if gone is null then return 0; end if;
  delete from programme where id = any(gone);
  delete from change where row_id = any(people) and ((table_name = 'programme' and coalesce(after, before) ->> 'id' = any(gone::text[]))
    or (table_name = 'programme_correction' and coalesce(after, before) ->> 'programme_id' = any(gone::text[])));
  return array_length(gone, 1);
end $$
"""

OPEN = ("recount_programmes(uuid[])", "recount_passed_sessions()", "contacts_with_programmes(uuid[])", "purge_programmes(interval)")
INNER = ("correction_of_programme()", "contact_shared_programmes()")


def upgrade() -> None:
    _programme()
    _correction()
    for function in (CORRECTION, RECOUNT, PASSED, SHARED, IN_USE, PURGE):
        op.execute(function)
    for table, derived in DERIVED.items():
        _secure(table)
        op.execute(f"create trigger {table}_record after update or delete on {table} for each row execute function record_change('{derived}')")
        op.execute(
            f"create trigger {table}_record_made after insert on {table} referencing new table as made for each statement execute function record_inserts('{derived}')"
        )
    op.execute(f"create trigger programme_touch before update on programme for each row execute function touch_row('{DERIVED['programme']}')")
    op.execute(f"create trigger programme_guard before update on programme for each row execute function guard_owner('{DERIVED['programme']}')")
    op.execute("create trigger programme_child before insert on programme for each row execute function child_of_contact()")
    op.execute("create trigger programme_correction_child before insert on programme_correction for each row execute function correction_of_programme()")
    op.execute(
        "create trigger contact_shared_programmes after update of audience on contact for each row "
        "when (old.audience is distinct from new.audience) execute function contact_shared_programmes()"
    )
    for signature in (*OPEN, *INNER):
        op.execute(f"revoke execute on function {signature} from public")
    for signature in OPEN:
        op.execute(f"grant execute on function {signature} to {APP}")


def _secure(table: str) -> None:
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(f"create policy {table}_schema_owner on {table} to current_user using (true) with check (true)")
    op.execute(f"create policy {table}_select on {table} for select to {APP} using ({VISIBLE})")
    op.execute(f"create policy {table}_insert on {table} for insert to {APP} with check ({PART})")
    op.execute(f"create policy {table}_update on {table} for update to {APP} using ({PART}) with check (owner_id = {ME} or audience = 'team')")
    op.execute(f"create policy {table}_delete on {table} for delete to {APP} using ({PART})")
    op.execute(f"grant select, insert, update, delete on {table} to {APP}")


def _programme() -> None:
    op.create_table(
        "programme",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sessions_total", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("price_micros", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("sessions_counted", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("sessions_corrected", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "sessions_left", sa.Integer(),
            sa.Computed("least(sessions_total, greatest(0, sessions_total - sessions_counted - sessions_corrected))", persisted=True), nullable=True,
        ),
        sa.CheckConstraint("audience in ('private', 'team')", name="programme_audience_known"),
        sa.CheckConstraint("sessions_total between 1 and 10000", name="programme_sessions_total_known"),
        sa.CheckConstraint("(price_micros is null) = (currency = '')", name="programme_price_has_currency"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    live = "deleted_at is null"
    op.create_index("programme_by_contact", "programme", ["contact_id", "starts_on"], postgresql_where=sa.text(live))
    op.create_index("programme_few_left", "programme", ["sessions_left"], postgresql_where=sa.text(f"{live} and sessions_left between 1 and 2"))
    op.create_index("programme_by_end", "programme", ["ends_on"], postgresql_where=sa.text(f"{live} and sessions_left > 0"))


def _correction() -> None:
    op.create_table(
        "programme_correction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("delta", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("audience in ('private', 'team')", name="programme_correction_audience_known"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["author_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("programme_correction_by_programme", "programme_correction", ["programme_id", "id"])


def downgrade() -> None:
    op.execute("drop trigger contact_shared_programmes on contact")
    op.drop_table("programme_correction")
    op.drop_table("programme")
    for signature in (*OPEN, *INNER):
        op.execute(f"drop function {signature}")
