"""What the clock does for programmes: a session that was planned is used once it has taken place, though nobody writes anything then."""

from __future__ import annotations

from crm_app.domain.programmes import queries
from crm_app.domain.unit_of_work import anonymous_work


def count_passed_sessions() -> None:
    """Count what took place since somebody last changed anything. Doing it twice changes nothing."""
    with anonymous_work() as session:
        queries.recount_passed(session)
