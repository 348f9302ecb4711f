"""Calls of models that nobody came back for, and what is kept of calls no longer than it is kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from crm_app.domain.spending import queries
from crm_app.domain.unit_of_work import anonymous_work

KEEP = timedelta(days=30)
"""How long what was sent and what came can be read, unless an admin has chosen another number of days."""
AT_ONCE = 100


def sweep(moment: datetime) -> int:
    """Count in full what a process that died has left; how many calls that were. The database's clock says which, whatever ours does."""
    swept = 0
    while True:
        with anonymous_work() as session:
            found = queries.sweep(session)
        swept += found
        if found < AT_ONCE:
            return swept


def tidy(moment: datetime) -> int:
    """Forget what was sent and what came too long ago; of how many calls."""
    with anonymous_work() as session:
        return queries.tidy(session, KEEP)
