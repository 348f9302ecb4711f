"""A form that is kept until it is saved goes with the contact whom it names: of an erased person no word is left.

Revision ID: 0092
Revises: 0091
"""

from __future__ import annotations

from alembic import op

revision = "0092"
down_revision = "0091"
branch_labels = None
depends_on = None

# What was typed on the record itself goes by its key (0021). The form of a new event, task or contact has no record yet, so it is known by what stands in it:
# the contact's key, an address of theirs, or their name as whole words, in the forms of those who saw the contact. A new line stands there as ``\n``.
LEAVES = r"""
create function contact_leaves_drafts() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare addresses text[]; named text;
begin
  if nullif(current_setting('app.change_set', true), '') is not null then return old; end if;  -- taking back its making is no erasing
  addresses := array(select value_norm from contact_point where contact_id = old.id and kind = 'email' and value_norm <> '');
  named := '(^|[^[:alnum:]])' || regexp_replace(lower(old.display_name), '([^[:alnum:][:space:]])', '\\\1', 'g') || '([^[:alnum:]]|$)';
  delete from saved_draft d where d.key like '%-form:%' and (strpos(d.body, old.id::text) > 0
    or exists (select from unnest(addresses) a where strpos(lower(d.body), a) > 0)
    or (old.display_name <> '' and (d.user_id = old.owner_id or old.audience = 'team') and regexp_replace(lower(d.body), '\\[nrt]', ' ', 'g') ~ named));
  return old;
end $$
"""
# People stand in a form as pairs of a key and a name: whoever is nobody any more was erased.
ORPHANS = r"""
delete from saved_draft d where d.key like '%-form:%' and exists (
  select from regexp_matches(d.body, '\["([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})", "', 'g') as found
  where not exists (select from contact c where c.id = found[1]::uuid))
"""


def upgrade() -> None:
    op.execute(LEAVES)
    op.execute("revoke execute on function contact_leaves_drafts() from public")
    op.execute("create trigger contact_leaves_drafts before delete on contact for each row execute function contact_leaves_drafts()")
    op.execute(ORPHANS)


def downgrade() -> None:
    op.execute("drop trigger contact_leaves_drafts on contact")
    op.execute("drop function contact_leaves_drafts()")
