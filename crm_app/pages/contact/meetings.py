"""The meetings with somebody that are still to come, above those that were."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui.element import Element

from crm_app.components import event_words, live
from crm_app.components.agenda import Agenda
from crm_app.components.text import text
from crm_app.domain.calendar.schemas import EventRow
from crm_app.domain.days import today_of
from crm_app.domain.i18n import _


def draw_coming(place: Element, coming: Sequence[EventRow]) -> None:
    """Each under its day, leading to the calendar, where it stands opened; nothing at all where none is to come."""
    place.clear()
    if not coming:
        return
    actor = live.viewer()
    days = sorted({event_words.first_day(event, actor) for event in coming})
    with place:
        text(_("To come"), "mc-day", tag="h2")
        lines = Agenda(link=True, label=_("Meetings to come"))
    lines.show(coming, days, today_of(actor), actor)
