"""Mailboxes at Gmail: a kind of connection, what a sign-in at Google is for, and whether another connection lives by the same one.

Revision ID: 0048
Revises: 0047
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
KINDS_BEFORE, KINDS = "kind in ('ics', 'caldav', 'imap', 'google')", "kind in ('ics', 'caldav', 'imap', 'google', 'gmail')"
MAILBOXES_BEFORE, MAILBOXES = "kind = 'imap'", "kind in ('imap', 'gmail')"

# A foreign key looks past row security, so it would take another person's account, mail or contact for one's own.
PART = """
create or replace function mail_draft_part() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if app_user() is null then return new; end if;
  if new.connection_id is not null and (tg_op = 'INSERT' or new.connection_id is distinct from old.connection_id) and not exists (select from connection c where c.id = new.connection_id and c.owner_id = new.owner_id and c.{mailbox}) then
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

# Google ends everything that an account allows a client at once, so what a colleague has of the same account counts, too.
SHARED = """
create function google_account_is_shared(asked uuid) returns boolean language sql stable security definer set search_path = public, pg_temp as $$
  select exists (
    select from connection mine join connection other on other.id <> mine.id and lower(other.username) = lower(mine.username)
    where mine.id = asked and mine.owner_id = app_user() and mine.kind in ('google', 'gmail') and other.kind in ('google', 'gmail')
  )
$$
"""


def upgrade() -> None:
    _kinds(KINDS)
    _mailboxes(MAILBOXES)
    op.execute("delete from oauth_state")  # good for ten minutes; whoever has begun to sign in begins again
    op.add_column("oauth_state", sa.Column("wants", sa.Text(), nullable=False))
    op.create_check_constraint("oauth_state_wants_known", "oauth_state", "wants in ('calendars', 'mail')")
    op.execute(SHARED)
    op.execute("revoke execute on function google_account_is_shared(uuid) from public")
    op.execute(f"grant execute on function google_account_is_shared(uuid) to {APP}")


def downgrade() -> None:
    op.execute("drop function google_account_is_shared(uuid)")
    op.drop_column("oauth_state", "wants")
    op.execute("delete from connection where kind = 'gmail'")
    _mailboxes(MAILBOXES_BEFORE)
    _kinds(KINDS_BEFORE)


def _kinds(allowed: str) -> None:
    op.execute("alter table connection drop constraint connection_kind_known")
    op.execute(f"alter table connection add constraint connection_kind_known check ({allowed}) not valid")
    op.execute("alter table connection validate constraint connection_kind_known")


def _mailboxes(mailbox: str) -> None:
    """These hold mail: it goes with them, and letters leave by them."""
    op.execute("drop trigger connection_mail_left on connection")
    op.execute(f"create trigger connection_mail_left before delete on connection for each row when (old.{mailbox}) execute function mail_account_left()")
    op.execute(PART.format(mailbox=mailbox))
