"""What nobody decided about in time has expired."""

from __future__ import annotations

from datetime import datetime

from crm_app.domain.suggestions import queries
from crm_app.domain.unit_of_work import anonymous_work


def tidy(moment: datetime) -> None:
    """Have what is past its time expire, and forget what was decided three months ago."""
    with anonymous_work() as session:
        queries.tidy(session, moment)
