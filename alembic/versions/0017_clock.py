"""Whether a person counts hours to twelve or to twenty-four; empty: as their language writes them.

Revision ID: 0017
Revises: 0016
"""

import re

import sqlalchemy as sa

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

APP = "mindfulcrm_app"


# What each function that says who somebody is returns and reads, and with one thing more.
RETURNS = ("week_start integer", "week_start integer, clock text")
READS = (r"\b(u\.)?week_start\b(?! integer)", r"\g<0>, \g<1>clock"), (r"week_start, (u\.)?clock\b(?! text)", "week_start")


def upgrade() -> None:
    op.add_column("user_account", sa.Column("clock", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.create_check_constraint("user_account_clock_known", "user_account", "clock in ('', '12', '24')")
    op.execute(f"grant update (clock) on user_account to {APP}")
    for signature, definition, is_open in _functions():
        _make_anew(signature, re.sub(*READS[0], definition.replace(*RETURNS)), is_open)


def downgrade() -> None:
    for signature, definition, is_open in _functions():
        _make_anew(signature, re.sub(*READS[1], definition.replace(*RETURNS[::-1])), is_open)
    op.execute(f"revoke update (clock) on user_account from {APP}")
    op.drop_constraint("user_account_clock_known", "user_account", type_="check")
    op.drop_column("user_account", "clock")


def _functions() -> list[tuple[str, str, bool]]:
    """``(signature, definition, whether the application may call it)`` of every function that says who somebody is."""
    found = op.get_bind().execute(
        sa.text(
            f"select oid::regprocedure::text, pg_get_functiondef(oid), has_function_privilege('{APP}', oid, 'execute') from pg_proc "
            "where pronamespace = 'public'::regnamespace and pg_get_function_result(oid) like '%week_start integer%' order by 1"
        )
    )
    return [tuple(row) for row in found.all()]


def _make_anew(signature: str, definition: str, is_open: bool) -> None:
    """What a function returns cannot be changed in place; whoever may call it still may."""
    op.execute(f"drop function {signature}")
    op.get_bind().exec_driver_sql(definition.replace("%", "%%"))
    op.execute(f"revoke execute on function {signature} from public")
    if is_open:
        op.execute(f"grant execute on function {signature} to {APP}")
