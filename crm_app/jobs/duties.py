"""What the leading process does by the clock."""

from __future__ import annotations

from crm_app.jobs import reminders
from crm_app.jobs.clock import Duty


def duties() -> tuple[Duty, ...]:
    """Each finds by itself what has become due since its last turn."""
    return (Duty("reminders", 10, reminders.give_reminders), Duty("tidy notifications", 6 * 3600, reminders.tidy))
