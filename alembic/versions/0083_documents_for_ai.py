"""A file that AI may not read any more takes along what was drawn from it, as an entry does: analyses go, and suggestions are withdrawn.

Revision ID: 0083
Revises: 0082
"""

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0083"
down_revision = "0082"
branch_labels = None
depends_on = None

TRIGGERS = (
    "document_analyses after delete or update of asked_audience, audience, deleted_at, ai_allowed on document for each row execute function analyses_leave()",
    "document_suggestions after update of ai_allowed on document for each row when (old.ai_allowed and not new.ai_allowed) execute function suggestions_leave()",
)
# function → (what it holds, what it holds from now on)
REWRITTEN: tuple[tuple[str, str, str], ...] = (
    (
        "suggestion_people(suggestion)",
        "  union select p.contact_id from programme p join named using (id)",
        "  union select p.contact_id from programme p join named using (id)\n  union select d.contact_id from document d join named using (id)",
    ),
    (
        "suggestion_stands()",
        "        or exists (select from interaction i where not i.ai_allowed",
        "        or exists (select from document d where not d.ai_allowed and d.id in (select (one ->> 'id')::uuid from jsonb_array_elements(new.sources) one))\n"
        "        or exists (select from interaction i where not i.ai_allowed",
    ),
)


def upgrade() -> None:
    for signature, before, now in REWRITTEN:
        _rewrite(signature, before, now)
    for trigger in TRIGGERS:
        op.execute(f"create trigger {trigger}")


def downgrade() -> None:
    for trigger in TRIGGERS:
        op.execute(f"drop trigger {trigger.partition(' ')[0]} on document")
    for signature, before, now in reversed(REWRITTEN):
        _rewrite(signature, now, before)


def _rewrite(signature: str, before: str, now: str) -> None:
    """Make the function anew with one part of it in other words; what later revisions put into it stays."""
    definition = op.get_bind().execute(sa.text("select pg_get_functiondef(cast(:name as regprocedure))"), {"name": signature}).scalar_one()
    if before not in definition:
        raise RuntimeError(f"{signature} does not hold what this revision rewrites")
    op.execute(definition.replace(before, now))
