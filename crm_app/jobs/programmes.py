"""What the clock does for programmes: a session that was planned is used once it has taken place, though nobody writes anything then."""

from __future__ import annotations

from datetime import datetime

from crm_app.domain.programmes import queries
from crm_app.domain.unit_of_work import anonymous_work


def count_passed_sessions(_moment: datetime) -> None:
    """Count what took place since somebody last changed anything, by the database's own clock. Doing it twice changes nothing."""
    with anonymous_work() as session:
        queries.recount_passed(session)
