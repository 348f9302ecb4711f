"""Who is named in a text is looked up by an index: each word of a name by itself, and a number by its last figures.

Before every question whose names go out under stand-ins, and for every list of tasks that a model reads, all names were read: a fifth of a second at a
hundred thousand contacts. Adding the column writes the table anew.

Revision ID: 0075
Revises: 0074
"""

from __future__ import annotations

import re

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None

COLUMN = "name_words"
# What stands between the words of a name is no letter of it. Folded is the display name alone, by the house's own rules: ``sort_name``.
WORDS = """
create or replace function name_words(names text) returns tsvector language sql immutable strict parallel safe set search_path = pg_catalog as $$
  select array_to_tsvector(array_remove(string_to_array(translate(lower(names), E'.,\\'"()/&_-\\u2018\\u2019\\u2010\\u2011\\t\\n', repeat(' ', 16)), ' '), ''))
$$
"""
OF = "name_words(display_name || ' ' || given_name || ' ' || middle_name || ' ' || family_name || ' ' || nickname || ' ' || sort_name)"
# The pending list of a GIN index is read whole by every search: without it names are found at once, and are written a little more slowly.
INDEXES = (
    "contact_name_words on contact using gin (name_words) with (fastupdate = off)",
    "contact_point_by_end on contact_point (\"right\"(value_norm, 7)) where kind = 'phone'",
)


def upgrade() -> None:
    op.execute(WORDS)
    op.add_column("contact", sa.Column(COLUMN, postgresql.TSVECTOR(), sa.Computed(OF, persisted=True)), if_not_exists=True)
    _look_past(add=COLUMN)
    with op.get_context().autocommit_block():  # whatever is above may run again if this is interrupted
        for index in INDEXES:
            op.execute(f"create index concurrently if not exists {index}")
        # A table that was written anew has lost what says that its pages are seen by all: until then its indexes alone answer nothing, and a
        # dashboard took 49 ms instead of 19. No autovacuum comes by itself, since no row is dead.
        op.execute("vacuum analyze contact")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        for index in INDEXES:
            op.execute(f"drop index concurrently if exists {index.partition(' ')[0]}")
    _look_past(drop=COLUMN)
    op.drop_column("contact", COLUMN)
    op.execute("drop function name_words(text)")


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
