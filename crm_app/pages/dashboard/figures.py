"""The strip of four figures. Each is a link to exactly the rows that it counts; the small drawing beside it is made of the same rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from crm_app.components import charts, words
from crm_app.components.people import avatars
from crm_app.components.text import attributes, block, link
from crm_app.domain.actor import Actor
from crm_app.domain.dashboard.schemas import DashboardView, Figure
from crm_app.domain.days import week_begins
from crm_app.domain.i18n import _, ngettext


def figures(view: DashboardView, actor: Actor) -> None:
    """People, in touch this week, to reconnect with, open tasks."""
    new, late, today = view.new_contacts, view.tasks_overdue, view.tasks_today
    with block("mc-strip"):
        _figure(_("People"), view.active_contacts, (_("+%s this month") % words.number(new.value), new) if new.value else None, drawing=lambda: _growth(view))
        _figure(_("In touch this week"), view.contacted, None, drawing=lambda: _days(view, actor))
        _figure(_("To reconnect with"), view.reconnect_due, _longest(view), "mc-warn-ink", drawing=lambda: _faces(view))
        also = (_("%s overdue") % words.number(late.value), late) if late.value else (_("%s today") % words.number(today.value), today) if today.value else None
        _figure(_("Open tasks"), view.tasks_open, also, "mc-danger-ink" if late.value else "mc-ink-3")


def _figure(label: str, figure: Figure, also: tuple[str, Figure] | None, tone: str = "mc-ok-ink", *, drawing: Callable[[], Any] | None = None) -> None:
    with block("mc-stat"):
        with block("mc-grow"):
            link(label, figure.link, "mc-label mc-crumb")
            with block("mc-row mc-baseline"):
                value = words.number(figure.value) + ("+" if figure.capped else "")
                attributes(link(value, figure.link, "mc-figure mc-plain-link"), aria_label=f"{label}: {value}")
                if also:
                    link(also[0], also[1].link, f"mc-cap mc-truncate mc-plain-link {tone}")
        if drawing:
            drawing()


def _growth(view: DashboardView) -> None:
    if view.growth:
        said = _("From %s to %s people in twelve weeks") % (words.number(view.growth[0]), words.number(view.growth[-1]))
        charts.sparkline(view.growth, "improving", width=68, height=28, filled=True, label=said)


def _days(view: DashboardView, actor: Actor) -> None:
    today = (view.today - week_begins(view.today, actor.week_start)).days
    if view.contacted.value:
        days = ", ".join(words.number(number) for number in view.contacted_by_day[: today + 1])
        charts.bars(view.contacted_by_day, today, width=80, label=_("By day, from the first of the week until today: %s") % days)


def _longest(view: DashboardView) -> tuple[str, Figure] | None:
    days = max((row.days_late for row in view.reconnect.rows), default=0)
    return (ngettext("longest %d day", "longest %d days", days) % days, view.reconnect_due) if days > 0 else None


def _faces(view: DashboardView) -> None:
    if view.reconnect.rows:
        avatars([(row.display_name, row.contact_id) for row in view.reconnect.rows[:4]], 24)
