"""How PostgreSQL plans the statements of a transaction."""

from __future__ import annotations

from sqlalchemy import text
from sqlmodel import Session

_KEEP_PLANS = text("select set_config('plan_cache_mode', 'force_generic_plan', true)")


def keep_plans(session: Session) -> None:
    """From here on, plan this transaction's statements once for each connection instead of at each call.

    For pages that look things up by key or along one index, where planning takes longer than answering. Not for what is searched,
    paged deeply or counted: there the plan hangs on the value at hand.
    """
    session.connection().execute(_KEEP_PLANS)
