"""Those who stand in the heads of mails are found by words, too: each word of a name and each piece of an address.

Revision ID: 0042
Revises: 0041
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

# As the application writes it from now on: lower case, without accents, nothing but words.
WORDS = (
    r"trim(regexp_replace(regexp_replace(normalize(lower(name || ' ' || address), NFKD), '[\u0300-\u036f]', '', 'g'), "
    r"'[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf]+', ' ', 'g'))"
)


def upgrade() -> None:
    op.add_column("email_party", sa.Column("search_text", sa.Text(), nullable=True))
    op.execute(f"update email_party set search_text = {WORDS}")
    op.alter_column("email_party", "search_text", nullable=False)
    op.add_column("email_party", sa.Column("search_vector", postgresql.TSVECTOR(), sa.Computed("to_tsvector('simple', search_text)", persisted=True), nullable=True))
    op.create_index("email_party_search", "email_party", ["search_vector"], postgresql_using="gin")


def downgrade() -> None:
    op.drop_index("email_party_search", "email_party")
    op.drop_column("email_party", "search_vector")
    op.drop_column("email_party", "search_text")
