"""What an erased person's letters are is told by whole addresses, a draft that is typed in is no news, and a letter that was sent is never a draft again.

Letters were erased that merely held the address of somebody erased: as a part of another, as their writer's own, or among the ids of what they answer.

Revision ID: 0046
Revises: 0045
"""

from __future__ import annotations

from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
DEFINER = "security definer set search_path = public, pg_temp"

FORGOTTEN = f"""
create or replace function contact_leaves_letters() returns trigger language plpgsql {DEFINER} as $$
declare addresses text[]; gone uuid[];
begin
  if nullif(current_setting('app.change_set', true), '') is not null then return old; end if;  -- taking back its making is no erasing
  addresses := array(select value_norm from contact_point where contact_id = old.id and kind = 'email');
  gone := array(select d.id from mail_draft d where d.contact_id = old.id or (d.owner_id = old.owner_id
    and regexp_split_to_array(lower(d.recipients || ',' || d.copies), '[\\s,;<>()"]+') && addresses));
  delete from outbox o where o.kind = 'letter' and (o.key = any(array(select 'letter:' || g from unnest(gone) g))
    or (o.owner_id = old.owner_id and (lower(o.to_address) = any(addresses)
      or exists (select from jsonb_array_elements(o.letter -> 'others') one where lower(one ->> 'address') = any(addresses)))));
  delete from mail_draft d where d.id = any(gone);
  return old;
end $$
"""
FORGOTTEN_BEFORE = f"""
create or replace function contact_leaves_letters() returns trigger language plpgsql {DEFINER} as $$
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

# A letter has its date from its hand-over on; what became of it may still be open then, and its words stay as long.
TIDY = f"""
create or replace function tidy_mail(moment timestamptz) returns void language sql {DEFINER} as $$
  with gone as (
    delete from outbox where (kind <> 'letter' or state = 'sent')
      and (expires_at < moment - interval '30 days' or (state = 'sent' and sent_at < moment - interval '30 days'))
    returning owner_id, kind, key
  )
  delete from mail_draft d using gone where gone.kind = 'letter' and gone.owner_id = d.owner_id and gone.key = 'letter:' || d.id;
$$
"""
TIDY_BEFORE = f"""
create or replace function tidy_mail(moment timestamptz) returns void language sql {DEFINER} as $$
  delete from outbox where (expires_at < moment - interval '30 days' and (kind <> 'letter' or state = 'sent')) or sent_at < moment - interval '30 days';
$$
"""

# Letters that were sent, and whose job to put them where they belong ended without doing so: tried anew once a day, and three times in all.
LEFT = f"""
create function letters_to_file(moment timestamptz) returns table (mail_id uuid, owner uuid) language sql stable {DEFINER} as $$
  select o.id, o.owner_id from outbox o left join job j on j.kind = 'letters.file' and j.owner_id = o.owner_id and j.payload ->> 'mail_id' = o.id::text
  where o.kind = 'letter' and o.state = 'sent' and jsonb_typeof(o.letter) = 'object'
  group by o.id having count(j.id) < 3 and not coalesce(bool_or(j.state in ('queued', 'running') or j.created_at > moment - interval '1 day'), false)
$$
"""
NOTICE = "create trigger mail_draft_notice after {} on mail_draft for each row execute function letter_notice()"


def upgrade() -> None:
    op.execute(FORGOTTEN)
    op.execute(TIDY)
    op.execute(LEFT)
    op.execute("revoke execute on function letters_to_file(timestamptz) from public")
    op.execute(f"grant execute on function letters_to_file(timestamptz) to {APP}")
    op.execute("drop trigger mail_draft_notice on mail_draft")
    op.execute(NOTICE.format("insert or delete"))


def downgrade() -> None:
    op.execute("drop trigger mail_draft_notice on mail_draft")
    op.execute(NOTICE.format("insert or update or delete"))
    op.execute("drop function letters_to_file(timestamptz)")
    op.execute(TIDY_BEFORE)
    op.execute(FORGOTTEN_BEFORE)
