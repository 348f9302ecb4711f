"""A link that is withdrawn takes its mail along, and mails to an address are counted whoever had them sent.

Revision ID: 0028
Revises: 0027
"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = public, pg_temp"

# What waits is not sent; of what went wrong no words are kept, so that nobody sends a dead link again.
WITHDRAW = f"""
create function withdraw_mail() returns trigger language plpgsql {DEFINER} as $$
declare sender uuid := (to_jsonb(new) ->> tg_argv[1])::uuid; its_key text := tg_argv[0] || ':' || new.id;
begin
  delete from outbox where owner_id = sender and key = its_key and state = 'queued';
  update outbox set subject = '', text = '', html = '' where owner_id = sender and key = its_key and state in ('failed', 'unknown');
  return null;
end $$
"""
# table → the mail's kind, and whose it is
LINKS = {"invitation": ("invitation", "invited_by"), "password_reset": ("reset", "made_by")}

COUNT = f"""
create function count_mail(wanted text, address text, since timestamptz) returns bigint language sql stable {DEFINER} as $$
  select count(*) from outbox where kind = wanted and lower(to_address) = lower(address) and created_at > since and app_role() in ('owner', 'admin')
$$
"""


def upgrade() -> None:
    op.execute(WITHDRAW)
    for table, (kind, sender) in LINKS.items():
        op.execute(
            f"create trigger {table}_withdrawn after update of revoked_at on {table} for each row "
            f"when (old.revoked_at is null and new.revoked_at is not null) execute function withdraw_mail('{kind}', '{sender}')"
        )
    op.execute(COUNT)
    for signature in ("withdraw_mail()", "count_mail(text, text, timestamptz)"):
        op.execute(f"revoke execute on function {signature} from public")
    op.execute(f"grant execute on function count_mail(text, text, timestamptz) to {APP}")


def downgrade() -> None:
    op.execute("drop function count_mail(text, text, timestamptz)")
    for table in LINKS:
        op.execute(f"drop trigger {table}_withdrawn on {table}")
    op.execute("drop function withdraw_mail()")
