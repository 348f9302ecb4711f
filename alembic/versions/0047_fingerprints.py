"""Of a mail that was erased with its person the fingerprint stays when its folder or account goes too, so that it is not read anew by another.

With the last mailbox of a person go also the mails that no folder held any more.

Revision ID: 0047
Revises: 0046
"""

from __future__ import annotations

from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = public, pg_temp"

# Runs with the rights of whoever calls it: a person lets go of their own mails alone.
LET_GO = """
create function let_go_of_mails(ids uuid[]) returns void language plpgsql set search_path = public, pg_temp as $$
declare erased uuid[] := array(select id from email where id = any(ids) and forgotten);
begin
  delete from email where id = any(ids) and not forgotten;
  delete from email_party where email_id = any(erased);
  delete from email_subject where email_id = any(erased);
  delete from mail_reference r using email e where e.id = any(erased) and e.message_id <> '' and r.owner_id = e.owner_id and r.ref = e.message_id;
  update email set from_address = '', from_name = '', message_id = '', reasons = '', automatic = '', score = 0, has_body = false, standing = 'set_aside',
      matched = true, entry_hash = '' where id = any(erased);
  delete from mail_reference r where r.thread_id in (select thread_id from email where id = any(erased))
    and not exists (select from email e where e.thread_id = r.thread_id and not e.forgotten);
end $$
"""

LEFT = f"""
create or replace function mail_account_left() returns trigger language plpgsql {DEFINER} as $$
declare last boolean := not exists (select from mailbox where owner_id = old.owner_id and connection_id <> old.id);
begin
  perform let_go_of_mails(array(
    select p.email_id from email_place p join mail_folder f on f.id = p.folder_id where f.connection_id = old.id
      and not exists (select from email_place o join mail_folder g on g.id = o.folder_id where o.email_id = p.email_id and g.connection_id <> old.id)
    union select id from email where last and owner_id = old.owner_id and gone_at is not null));
  return old;
end $$
"""

LEFT_BEFORE = f"""
create or replace function mail_account_left() returns trigger language plpgsql {DEFINER} as $$
begin
  delete from email e where e.id in (select p.email_id from email_place p join mail_folder f on f.id = p.folder_id where f.connection_id = old.id)
    and not exists (select from email_place p join mail_folder f on f.id = p.folder_id where p.email_id = e.id and f.connection_id <> old.id);
  return old;
end $$
"""


def upgrade() -> None:
    op.execute(LET_GO)
    op.execute("revoke execute on function let_go_of_mails(uuid[]) from public")
    op.execute(f"grant execute on function let_go_of_mails(uuid[]) to {APP}")
    op.execute(LEFT)


def downgrade() -> None:
    op.execute(LEFT_BEFORE)
    op.execute("drop function let_go_of_mails(uuid[])")
