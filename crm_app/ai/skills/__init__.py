"""What models are asked for, one file a skill. ``frame`` is what they share; ``SKILLS`` are those whose answers are kept."""

from types import MappingProxyType

from crm_app.ai.skills import (
    attendance,
    brief,
    daily,
    events,
    follow_up,
    insight,
    lifecycle,
    mail_summary,
    next_session,
    photo_handles,
    planning,
    sentiment,
)

_ALL = (insight, brief, mail_summary, sentiment, events, follow_up, daily, next_session, lifecycle, planning, photo_handles, attendance)
SKILLS = MappingProxyType({module.SKILL.name: module.SKILL for module in _ALL})
"""By their names, as they stand in the ledger and beside what they made."""
