"""Mail that people write: by which server a mailbox sends, what somebody is writing, and a letter's place in the outbox.

A draft is its owner's alone. Once it is to be sent a row of the outbox stands for it, under the draft's own key, so that it can be written there
only once; as long as it surely was not handed over its owner may take it back, which is why they alone may delete such a row. An admin sees
nothing of letters and decides nothing about them.

Revision ID: 0043
Revises: 0042
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
ME = "(select app_user())"
WRITER = "(select app_role()) in ('owner', 'admin', 'member')"
DEFINER = "security definer set search_path = public, pg_temp"

# A foreign key looks past row security, so it would take another person's account, mail or contact for one's own.
PART = f"""
create function mail_draft_part() returns trigger language plpgsql {DEFINER} as $$
begin
  if app_user() is null then return new; end if;
  if new.connection_id is not null and (tg_op = 'INSERT' or new.connection_id is distinct from old.connection_id) and not exists (select from connection c where c.id = new.connection_id and c.owner_id = new.owner_id and c.kind = 'imap') then
    raise exception 'no such mailbox' using errcode = '23503';
  end if;
  if new.answers_id is not null and (tg_op = 'INSERT' or new.answers_id is distinct from old.answers_id) and not exists (select from email e where e.id = new.answers_id and e.owner_id = new.owner_id) then
    raise exception 'no such mail' using errcode = '23503';
  end if;
  if new.contact_id is not null and (tg_op = 'INSERT' or new.contact_id is distinct from old.contact_id) and not exists (select from contact c where c.id = new.contact_id and (c.owner_id = new.owner_id or c.audience = 'team')) then
    raise exception 'no such contact' using errcode = '23503';
  end if;
  return new;
end $$
"""

NOTICE = f"""
create function letter_notice() returns trigger language plpgsql {DEFINER} as $$
declare row_now jsonb := to_jsonb(case when tg_op = 'DELETE' then old else new end);
begin
  perform pg_notify('crm_changes', jsonb_build_object('topic', 'letter', 'owner', row_now -> 'owner_id', 'audience', 'private',
    'ids', jsonb_build_array(row_now -> 'id'), 'change_set', nullif(current_setting('app.change_set', true), ''))::text);
  return null;
end $$
"""

# What somebody was writing to a person who is erased goes with them, whether it was to be sent or not.
FORGOTTEN = f"""
create function contact_leaves_letters() returns trigger language plpgsql {DEFINER} as $$
declare addresses text[]; gone uuid[];
begin
  if nullif(current_setting('app.change_set', true), '') is not null then return old; end if;  -- taking back its making is no erasing
  addresses := array(select value_norm from contact_point where contact_id = old.id and kind = 'email');
  gone := array(select d.id from mail_draft d where d.contact_id = old.id or (d.owner_id = old.owner_id
    and exists (select from unnest(addresses) a where strpos(lower(d.recipients || ' ' || d.copies), a) > 0)));
  delete from outbox o where o.kind = 'letter' and (o.key = any(array(select 'letter:' || g from unnest(gone) g))
    or (o.owner_id = old.owner_id and (lower(o.to_address) = any(addresses)
      or exists (select from unnest(addresses) a where strpos(lower(coalesce(o.letter::text, '')), a) > 0))));
  delete from mail_draft d where d.id = any(gone);
  return old;
end $$
"""
FUNCTIONS = {"mail_draft_part()": PART, "letter_notice()": NOTICE, "contact_leaves_letters()": FORGOTTEN}
TRIGGERS = (
    ("mail_draft", "mail_draft_part before insert or update on mail_draft for each row execute function mail_draft_part()"),
    ("mail_draft", "mail_draft_touch before update on mail_draft for each row execute function touch_row('')"),
    ("mail_draft", "mail_draft_guard before update on mail_draft for each row execute function guard_owner('')"),
    ("mail_draft", "mail_draft_notice after insert or update or delete on mail_draft for each row execute function letter_notice()"),
    ("outbox", "outbox_letter_made after insert on outbox for each row when (new.kind = 'letter') execute function letter_notice()"),
    (
        "outbox",
        "outbox_letter_moved after update on outbox for each row when (new.kind = 'letter' and (old.state, old.run_after) is distinct from (new.state, new.run_after)) "
        "execute function letter_notice()",
    ),
    ("outbox", "outbox_letter_gone after delete on outbox for each row when (old.kind = 'letter') execute function letter_notice()"),
    ("contact", "contact_leaves_letters before delete on contact for each row execute function contact_leaves_letters()"),
)
KEPT_BEFORE, KEPT = "'mail_rule', ", "'mail_rule', 'mail_draft', "
# Letters are nobody's to decide about but their owner's, and their words stay as long as that has not been done.
DECISIONS = {
    "mail_troubles(timestamptz, integer)": ("where o.state in ('failed', 'unknown') and app_role()", "where o.kind <> 'letter' and o.state in ('failed', 'unknown') and app_role()"),
    "count_waiting_mail()": ("where state in ('queued', 'sending') and app_role()", "where kind <> 'letter' and state in ('queued', 'sending') and app_role()"),
    "give_up_mail(timestamptz, text, text)": ("and expires_at < moment and text <> '';", "and expires_at < moment and text <> '' and kind <> 'letter';"),
    "tidy_mail(timestamptz)": ("where expires_at < moment - interval '30 days'", "where (expires_at < moment - interval '30 days' and (kind <> 'letter' or state = 'sent'))"),
}  # fmt: skip
DECIDE = "decide_mail(uuid, boolean, timestamptz)"
DECIDED = (("where id = which and state in ('failed', 'unknown')", "where id = which and kind <> 'letter' and state in ('failed', 'unknown')"),)


def upgrade() -> None:
    _sending()
    _draft()
    op.add_column("outbox", sa.Column("connection_id", sa.Uuid(), nullable=True))
    op.add_column("outbox", sa.Column("letter", postgresql.JSONB(), nullable=True))
    op.create_foreign_key("outbox_connection_id_fkey", "outbox", "connection", ["connection_id"], ["id"], ondelete="SET NULL")
    op.create_index("outbox_by_connection", "outbox", ["connection_id"], postgresql_where=sa.text("connection_id is not null"))
    op.execute(f"create policy outbox_delete on outbox for delete to {APP} using (owner_id = {ME} and kind = 'letter')")
    op.execute(f"grant delete on outbox to {APP}")
    op.execute(f"grant update (expires_at, letter) on outbox to {APP}")
    for signature, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"revoke execute on function {signature} from public")
    for _, trigger in TRIGGERS:
        op.execute(f"create trigger {trigger}")
    for signature, (before, now) in DECISIONS.items():
        _rewrite(signature, before, now)
    for before, now in DECIDED:
        _rewrite(DECIDE, before, now)
    _rewrite("team_owned_tables(boolean)", KEPT_BEFORE, KEPT)


def downgrade() -> None:
    _rewrite("team_owned_tables(boolean)", KEPT, KEPT_BEFORE)
    for before, now in DECIDED:
        _rewrite(DECIDE, now, before)
    for signature, (before, now) in DECISIONS.items():
        _rewrite(signature, now, before)
    op.execute("delete from outbox where kind = 'letter'")
    for table, trigger in TRIGGERS:
        op.execute(f"drop trigger {trigger.partition(' ')[0]} on {table}")
    op.execute("drop policy outbox_delete on outbox")
    op.execute(f"revoke delete on outbox from {APP}")
    op.execute(f"revoke update (expires_at) on outbox from {APP}")
    op.drop_column("outbox", "letter")
    op.drop_column("outbox", "connection_id")
    op.drop_table("mail_draft")
    for name in ("smtp_host", "smtp_port", "smtp_security", "smtp_inner", "sender_address", "sender_name"):
        op.drop_column("mailbox", name)
    for signature in reversed(FUNCTIONS):
        op.execute(f"drop function {signature}")


def _sending() -> None:
    for name in ("smtp_host", "smtp_security", "sender_address", "sender_name"):
        op.add_column("mailbox", sa.Column(name, sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("mailbox", sa.Column("smtp_port", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("mailbox", sa.Column("smtp_inner", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_check_constraint("mailbox_smtp_security_known", "mailbox", "smtp_security in ('', 'tls', 'starttls', 'none')")


def _draft() -> None:
    op.create_table(
        "mail_draft",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("audience", sa.Text(), server_default=sa.text("'team'"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=True),
        sa.Column("answers_id", sa.Uuid(), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("recipients", "copies", "subject", "body", "quoted")),
        sa.CheckConstraint("audience in ('private', 'team')", name="mail_draft_audience_known"),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["answers_id"], ["email.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("mail_draft_of_owner", "mail_draft", ["owner_id", sa.literal_column("updated_at desc")])
    for name in ("connection_id", "answers_id", "contact_id"):
        op.create_index(f"mail_draft_by_{name.removesuffix('_id')}", "mail_draft", [name], postgresql_where=sa.text(f"{name} is not null"))
    op.execute("alter table mail_draft enable row level security")
    op.execute("alter table mail_draft force row level security")
    op.execute("create policy mail_draft_schema_owner on mail_draft to current_user using (true) with check (true)")
    op.execute(f"create policy mail_draft_select on mail_draft for select to {APP} using (owner_id = {ME})")
    op.execute(f"create policy mail_draft_insert on mail_draft for insert to {APP} with check ({WRITER} and owner_id = {ME} and audience = 'private')")
    op.execute(f"create policy mail_draft_update on mail_draft for update to {APP} using ({WRITER} and owner_id = {ME}) with check (owner_id = {ME} and audience = 'private')")
    op.execute(f"create policy mail_draft_delete on mail_draft for delete to {APP} using ({WRITER} and owner_id = {ME})")
    op.execute(f"grant select, insert, update, delete on mail_draft to {APP}")


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words; what later revisions put into it stays."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
