"""So many questions of one person are answered at once, whichever processes they are asked in: the ledger knows which are under way.

It is asked in the statement that reserves. A call of the same job is not counted: its process has died, or this one would not have been handed the job.

Revision ID: 0068
Revises: 0067
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None

BEFORE = "  if not (plan ->> 'local')::boolean then\n    cost :="
NOW = (
    "  if plan ->> 'seats' is not null then\n"
    "    perform pg_advisory_xact_lock(hashtext('ai_seats'), hashtext(me::text));\n"
    "    if (select count(*) from ai_call c where c.owner_id = me and c.state = 'reserved' and c.lease_until > ai_clock()\n"
    "        and (plan ->> 'job_id' is null or c.job_id is distinct from (plan ->> 'job_id')::uuid)) >= (plan ->> 'seats')::integer then\n"
    "      return jsonb_build_object('refused', true, 'busy', true);\n"
    "    end if;\n"
    "  end if;\n"
) + BEFORE


def upgrade() -> None:
    _rewrite(BEFORE, NOW)


def downgrade() -> None:
    _rewrite(NOW, BEFORE)


def _rewrite(before: str, now: str) -> None:
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast('ai_reserve(uuid, jsonb, uuid[])' as regprocedure))")).scalar_one()
    if before not in definition:
        raise RuntimeError("ai_reserve does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
