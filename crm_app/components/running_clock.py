"""A clock that shows how long something has been going on."""

from __future__ import annotations

from datetime import datetime

from crm_app.components.drawn import Drawn
from crm_app.domain.rows import now


class RunningClock(Drawn, component="vue/running_clock.js"):
    """Counts the seconds since a moment; ``label`` is what it is called."""

    def __init__(self, since: datetime, label: str) -> None:
        super().__init__()
        self.put(elapsed=max(0, int((now() - since).total_seconds())), label=label)
