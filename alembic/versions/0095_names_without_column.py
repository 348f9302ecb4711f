"""Who is named in a text is looked up by an index of the words of names: each word by itself, with no column beside the names.

Before every question whose names go out under stand-ins, and for every list of tasks that a model reads, all names were read: a fifth of a second at a
hundred thousand contacts. As it was first published, revision 0075 kept the words in a generated column, which writes the whole table anew while
everybody waits (two and a half seconds for a hundred thousand contacts). An index of the same words is made while everybody works on; where the column
is, it goes. A process of a version from between reads it, and has to be ended first.

Revision ID: 0095
Revises: 0094
"""

from __future__ import annotations

import re

import sqlalchemy as sa

from alembic import op

revision = "0095"
down_revision = "0094"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"
# What stands between the words of a name is no letter of it. Folded is the display name alone, by the house's own rules: ``sort_name``.
NAMES = ("display_name", "given_name", "middle_name", "family_name", "nickname", "sort_name")
WORDS = f"""
create or replace function name_words({", ".join(f"{name} text" for name in NAMES)}) returns tsvector
language sql immutable strict parallel safe set search_path = pg_catalog as $$
  select array_to_tsvector(array_remove(string_to_array(translate(lower({" || ' ' || ".join(NAMES)}),
    E'.,\\'"()/&_-\\u2018\\u2019\\u2010\\u2011\\t\\n', repeat(' ', 16)), ' '), ''))
$$
"""
OF = f"name_words({', '.join(NAMES)})"
# The policies' own condition, asked by the schema's owner: behind the policies the planner may not use an index of an expression. It is asked of those whom
# the index found, so that no other index looks cheaper; of the whole table, too, the planner's estimates speak too well. Each word by itself: of a thousand
# in one query the index compares each with every other.
NAMED = f"""
create or replace function words_that_name(queries tsquery[], silent boolean) returns setof bigint
language sql stable security definer set search_path = public, pg_temp set enable_seqscan = off set jit = off as $$
  select place from unnest(queries) with ordinality as asked(query, place) where (select bool_or(deleted_at is null
      and (select app_user()) is not null and (owner_id = (select app_user()) or audience = 'team') and not (silent and ai_allowed and ai_consent))
    from contact where {OF} @@ query)
$$
"""
ASKED = "words_that_name(tsquery[], boolean)"
# The pending list of a GIN index is read whole by every search: without it names are found at once, and are written a little more slowly.
INDEX = f"create index concurrently if not exists contact_by_word on contact using gin ({OF}) with (fastupdate = off)"
COLUMN = "name_words"


def upgrade() -> None:
    op.execute(WORDS)
    op.execute(NAMED)
    op.execute(f"revoke execute on function {ASKED} from public")
    op.execute(f"grant execute on function {ASKED} to {APP}")
    with op.get_context().autocommit_block():  # all of this may run again if it is interrupted
        op.execute(INDEX)
    _look_past_no_longer()
    op.execute(f"alter table contact drop column if exists {COLUMN}")
    op.execute("drop function if exists name_words(text)")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("drop index concurrently if exists contact_by_word")
    op.execute(f"drop function {ASKED}")
    op.execute(f"drop function name_words({', '.join('text' for _ in NAMES)})")


def _look_past_no_longer() -> None:
    """Take the column out of the triggers that look past what is derived, where the first 0075 named it."""
    definitions = op.get_bind().execute(
        sa.text(
            "select pg_get_triggerdef(t.oid) from pg_trigger t join pg_proc p on p.oid = t.tgfoid "
            "where t.tgrelid = 'contact'::regclass and p.proname in ('touch_row', 'guard_owner', 'record_change', 'record_inserts')"
        )
    )
    for definition in definitions.scalars().all():
        begin, derived = re.fullmatch(r"CREATE TRIGGER (.*)\('(.*)'\)", definition, re.DOTALL).groups()
        names = derived.split(",")
        if COLUMN in names:
            op.execute(f"create or replace trigger {begin}('{','.join(name for name in names if name != COLUMN)}')")
