"""What the assistant has for its reader's day: what it suggests, and what it has cost them this month. Nothing here asks a model."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.ai import service as ai
from crm_app.domain.dashboard.layout import Card, Layout
from crm_app.domain.dashboard.schemas import AssistantDay, SpendMonth
from crm_app.domain.spending import service as spending
from crm_app.domain.spending.views import ReportFilter
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.suggestions.schemas import SuggestionFilter

SUGGESTIONS = 3


def load_assistant(session: Session, actor: Actor, layout: Layout, today: date) -> AssistantDay:
    """The latest of what waits to be decided about, how much that is, and the actor's own month; of what they have hidden, nothing."""
    waiting = suggestions.count_waiting(session, actor)
    shown = waiting.now and layout.has(Card.ASSISTANT)
    return AssistantDay(
        suggestions=suggestions.list_suggestions(session, actor, SuggestionFilter(limit=SUGGESTIONS)).suggestions if shown else (), waiting=waiting.now,
        put_off=waiting.put_off, spend=_spend(session, actor, today) if layout.has(Card.SPENDING) else None,
    )  # fmt: skip


def _spend(session: Session, actor: Actor, today: date) -> SpendMonth:
    first, days = today.replace(day=1), monthrange(today.year, today.month)[1]
    month = spending.get_spending(session, actor).you.month
    report = spending.get_report(session, actor, ReportFilter(first=first, last=today.replace(day=days)))
    settings = ai.get_settings(session, actor)
    by_day = {row.day: row.spent_micros for row in report.days}
    return SpendMonth(
        spent_micros=month.spent_micros, limit_micros=month.limit_micros, by_day=tuple(by_day.get(first.replace(day=day), 0) for day in range(1, days + 1)),
        currency=settings.currency, rate=settings.rate,
    )  # fmt: skip
