"""What was done to a check-in of the practice's own goals stands under the goal, as a contact's stand under the contact; and a goal's end
finds the changes of its check-ins, which name the goal only inside, by an index.

Revision ID: 0031
Revises: 0030
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

BEFORE, NOW = "then %s ->> 'task_id' end", "then %s ->> 'task_id' when tg_table_name = 'goal_check_in' then %s ->> 'goal_id' end"
# function → the row that it speaks of
FUNCTIONS = {"record_change()": "row_now", "record_inserts()": "became"}
MOVE = "update change set row_id = (coalesce(after, before) ->> '{}')::uuid where table_name = 'goal_check_in' and coalesce(after, before) ->> 'contact_id' is null"


def upgrade() -> None:
    for signature, row in FUNCTIONS.items():
        _rewrite(signature, BEFORE % row, NOW % (row, row))
    op.execute(MOVE.format("goal_id"))
    with op.get_context().autocommit_block():
        op.execute(
            "create index concurrently if not exists change_of_check_in on change ((coalesce(after, before) ->> 'goal_id')) where table_name = 'goal_check_in'"
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("drop index concurrently if exists change_of_check_in")
    for signature, row in FUNCTIONS.items():
        _rewrite(signature, NOW % (row, row), BEFORE % row)
    op.execute(MOVE.format("id"))


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words, unless it has them already (this may run again if it is interrupted)."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if now not in definition:
        assert before in definition, f"{signature} does not hold what this revision rewrites"
        op.execute(definition.replace(before, now))
