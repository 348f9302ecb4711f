"""Consent: the wordings that people agree to, and what each contact has agreed to and taken back, of which nothing is ever changed.

Whether a contact agrees to AI is carried on the contact itself, by trigger alone, so that every list can ask for it. With that gate in place
``ai_allowed`` becomes what it is called: true unless somebody says "never to AI".

Revision ID: 0054
Revises: 0053
"""

from __future__ import annotations

import re

import sqlalchemy as sa

from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = public, pg_temp"
ME = "(select app_user())"
WRITER = "(select app_role()) in ('owner', 'admin', 'member')"
VISIBLE = f"{ME} is not null and (owner_id = {ME} or audience = 'team')"
PART = f"{WRITER} and (owner_id = {ME} or audience = 'team')"

# The contact is held, so that two people who record at once do it one after the other: what was recorded last is what holds of one day.
# When it was recorded, and by whom, is the database's to say. A foreign key looks past row security, and knows nothing of purposes.
RECORDED = f"""
create function consent_of_contact() returns trigger language plpgsql {DEFINER} as $$
declare person record;
begin
  select owner_id, audience, locked into person from contact where id = new.contact_id for no key update;
  if person is null or (app_user() is not null and person.owner_id <> app_user() and person.audience <> 'team') then
    raise exception 'no such contact' using errcode = '23503';
  end if;
  if app_user() is not null and person.locked and person.owner_id <> app_user() then
    raise exception 'the owner of this contact has locked it' using errcode = '42501';
  end if;
  if new.text_id is not null and not exists (select from consent_text t where t.id = new.text_id and t.purpose = new.purpose) then
    raise exception 'no such wording' using errcode = '23503';
  end if;
  new.owner_id := person.owner_id;
  new.audience := person.audience;
  if app_user() is not null then
    new.author_id := app_user();
    new.created_at := clock_timestamp();
  end if;
  return new;
end $$
"""

# The latest day holds, and of one day what was recorded last. Pages hear of it by the contact's id.
CARRIED = f"""
create function consent_carried() returns trigger language plpgsql {DEFINER} as $$
declare event record;
begin
  if tg_op = 'DELETE' then event := old; else event := new; end if;
  if event.purpose = 'ai' then
    update contact c set ai_consent = latest.agreed from (select coalesce((select e.action = 'given' from consent e
        where e.contact_id = event.contact_id and e.purpose = 'ai' order by e.happened_on desc, e.created_at desc, e.id desc limit 1), false) as agreed) latest
      where c.id = event.contact_id and c.ai_consent <> latest.agreed;
  end if;
  perform pg_notify('crm_changes', jsonb_build_object('topic', 'consent', 'owner', event.owner_id, 'audience', event.audience,
    'ids', jsonb_build_array(event.contact_id), 'change_set', nullif(current_setting('app.change_set', true), ''))::text);
  return null;
end $$
"""

SHARED = f"""
create function contact_shared_consents() returns trigger language plpgsql {DEFINER} as $$
begin
  update consent set audience = new.audience where contact_id = new.id and audience <> new.audience;
  return null;
end $$
"""

# Not a definer: it has to see whether the application itself writes the flag, or the trigger that carries it.
GUARD = """
create function contact_ai_consent() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if app_user() is not null and current_user = session_user then
    raise exception 'what a contact agrees to follows from what was recorded' using errcode = '42501';
  end if;
  return new;
end $$
"""
FUNCTIONS = {"consent_of_contact()": RECORDED, "consent_carried()": CARRIED, "contact_shared_consents()": SHARED, "contact_ai_consent()": GUARD}
TRIGGERS = (
    ("consent", "consent_of_contact before insert on consent for each row execute function consent_of_contact()"),
    ("consent", "consent_carried after insert or delete on consent for each row execute function consent_carried()"),
    (
        "contact",
        "contact_shared_consents after update of audience on contact for each row when (old.audience is distinct from new.audience) "
        "execute function contact_shared_consents()",
    ),
    ("contact", "contact_ai_consent before update on contact for each row when (old.ai_consent is distinct from new.ai_consent) execute function contact_ai_consent()"),
    ("contact", "contact_ai_consent_made before insert on contact for each row when (new.ai_consent) execute function contact_ai_consent()"),
)
IN_USE_BEFORE = "exists (select from blob b where b.contact_id = c.id)"
IN_USE = f"{IN_USE_BEFORE} or exists (select from consent e where e.contact_id = c.id and e.author_id is distinct from app_user())"


def upgrade() -> None:
    _consent_text()
    _consent()
    op.add_column("contact", sa.Column("ai_consent", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("team", sa.Column("ai_reads", sa.Text(), server_default=sa.text("''"), nullable=False))
    for table in ("contact", "interaction"):
        _readable_unless_said(table, "true")
    _look_past(add="ai_consent")
    for signature, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"revoke execute on function {signature} from public")
    for _, trigger in TRIGGERS:
        op.execute(f"create trigger {trigger}")
    _rewrite("contacts_in_use(uuid[])", IN_USE_BEFORE, IN_USE)


def downgrade() -> None:
    _rewrite("contacts_in_use(uuid[])", IN_USE, IN_USE_BEFORE)
    for table, trigger in TRIGGERS:
        op.execute(f"drop trigger {trigger.partition(' ')[0]} on {table}")
    _look_past(drop="ai_consent")
    for table in ("contact", "interaction"):
        _readable_unless_said(table, "false")
        op.execute(f"alter table {table} alter column ai_allowed drop default")
    op.drop_column("team", "ai_reads")
    op.drop_column("contact", "ai_consent")
    op.drop_table("consent")
    op.drop_table("consent_text")
    for signature in reversed(FUNCTIONS):
        op.execute(f"drop function {signature}")


def _readable_unless_said(table: str, default: str) -> None:
    """The column made anew: its value for all rows that are there is kept once, so that no row is written."""
    op.execute(f"alter table {table} drop column ai_allowed")
    op.execute(f"alter table {table} add column ai_allowed boolean not null default {default}")


def _consent_text() -> None:
    op.create_table(
        "consent_text",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("purpose in ('data_processing', 'health_notes', 'ai', 'marketing')", name="consent_text_purpose_known"),
        sa.ForeignKeyConstraint(["author_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("consent_text_version", "consent_text", ["purpose", "version"], unique=True)
    _secure("consent_text")
    op.execute(f"create policy consent_text_select on consent_text for select to {APP} using ({ME} is not null)")
    op.execute(f"create policy consent_text_insert on consent_text for insert to {APP} with check ({WRITER})")
    op.execute(f"grant select, insert on consent_text to {APP}")


def _consent() -> None:
    op.create_table(
        "consent",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("text_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("audience in ('private', 'team')", name="consent_audience_known"),
        sa.CheckConstraint("purpose in ('data_processing', 'health_notes', 'ai', 'marketing')", name="consent_purpose_known"),
        sa.CheckConstraint("action in ('given', 'withdrawn')", name="consent_action_known"),
        sa.CheckConstraint("channel in ('in_person', 'form', 'email', 'phone', 'message', 'paper')", name="consent_channel_known"),
        sa.CheckConstraint("action = 'withdrawn' or text_id is not null", name="consent_to_a_wording"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["text_id"], ["consent_text.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["author_id"], ["user_account.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("consent_of_contact", "consent", ["contact_id", "purpose", "happened_on", "created_at"])
    op.create_index("consent_by_text", "consent", ["text_id"], postgresql_where=sa.text("text_id is not null"))
    _secure("consent")
    op.execute(f"create policy consent_select on consent for select to {APP} using ({VISIBLE})")
    op.execute(f"create policy consent_insert on consent for insert to {APP} with check ({PART})")
    op.execute(f"grant select, insert on consent to {APP}")


def _secure(table: str) -> None:
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(f"create policy {table}_schema_owner on {table} to current_user using (true) with check (true)")


def _look_past(*, add: str = "", drop: str = "") -> None:
    """Name one more derived column of contacts, or one less, in the triggers that look past them; what other revisions named stays."""
    definitions = op.get_bind().execute(
        sa.text(
            "select pg_get_triggerdef(t.oid) from pg_trigger t join pg_proc p on p.oid = t.tgfoid "
            "where t.tgrelid = 'contact'::regclass and p.proname in ('touch_row', 'guard_owner', 'record_change', 'record_inserts')"
        )
    )
    for definition in definitions.scalars().all():
        begin, derived = re.fullmatch(r"CREATE TRIGGER (.*)\('(.*)'\)", definition, re.DOTALL).groups()
        names = [name for name in dict.fromkeys([*derived.split(","), add]) if name not in ("", drop)]
        op.execute(f"create or replace trigger {begin}('{','.join(names)}')")


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words; what later revisions put into it stays."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
