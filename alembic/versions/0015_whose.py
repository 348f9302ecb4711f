"""Whether a person looks at what is theirs or at what is the team's: remembered for every list.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("user_account", sa.Column("whose", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.create_check_constraint("user_account_whose_known", "user_account", "whose in ('', 'mine', 'team')")
    op.execute("grant update (whose) on user_account to mindfulcrm_app")


def downgrade() -> None:
    op.execute("revoke update (whose) on user_account from mindfulcrm_app")
    op.drop_constraint("user_account_whose_known", "user_account", type_="check")
    op.drop_column("user_account", "whose")
