"""What happened with someone, newest first, under the days it happened on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from nicegui.element import Element

from crm_app.components import times
from crm_app.components.elements import icon
from crm_app.components.mentions import written
from crm_app.components.text import Text, attributes, block, text
from crm_app.domain.actor import Actor
from crm_app.domain.i18n import _
from crm_app.domain.mentions.schemas import MentionView

# kind: (hue, icon)
LOOKS: Final[dict[str, tuple[str, str]]] = {
    "meeting": ("teal", "users"), "email": ("sky", "mail"), "call": ("amber", "phone"), "note": ("slate", "notebook-pen"),
    "message": ("plum", "message-circle"), "goal": ("indigo", "target"), "class_attendance": ("green", "flower-2"), "task": ("slate", "circle-check"),
    "system": ("slate", "history"),
}


class Timeline:
    """A list of entries that grows downward. ``add`` them newest first; a new day puts its heading in by itself."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._group = ""
        self._list: Element | None = None
        self.below: Element
        """The column of the entry that was added last: what is put in stands under its text."""
        self.element = attributes(block("mc-timeline", tag="section"), aria_label=_("Timeline"))

    def clear(self) -> None:
        """Take everything away."""
        self.element.clear()
        self._group, self._list = "", None

    @contextmanager
    def add(
        self, kind: str, what: str, when: datetime, *, detail: str = "", body: str = "", mentions: Sequence[MentionView] = ()
    ) -> Iterator[Element]:
        """One entry: what, detail, time, and its text. The block adds actions, which appear on hover and on focus."""
        self._day(times.day_group(when, self._actor))
        hue, glyph = LOOKS.get(kind, LOOKS["system"])
        with self._list or self.element:
            with block("mc-entry", tag="article") as entry:
                with attributes(block(f"mc-node mc-hue-{hue}", tag="span"), aria_hidden="true"):
                    icon(glyph, 14)
                with block("mc-col") as self.below:
                    with block("mc-entry-head"):
                        heading = attributes(text(what, "mc-section mc-truncate", tag="h3"), title=what)
                        if detail:
                            text(detail, "mc-ink-3 mc-truncate")
                        actions = block("mc-row mc-gap-4 mc-entry-marks", tag="span")
                        self._time(when)
                    if body:
                        written(body, mentions, self._actor.user_id, "mc-entry-body")
        attributes(entry, aria_labelledby=heading.html_id)
        with actions:
            yield entry

    def _time(self, when: datetime) -> Text:
        """The clock for the last two days, the date before; the exact moment on hover."""
        near = self._group in (_("Today"), _("Yesterday"))
        said = times.clock(when, self._actor) if near else times.short_date(times.day_of(when, self._actor), self._actor)
        shown = text(said, "mc-cap mc-num mc-entry-time", tag="time")
        attributes(shown, datetime=times.machine(when), title=times.exact(when, self._actor))
        return shown

    def _day(self, group: str) -> None:
        if group == self._group:
            return
        self._group = group
        with self.element:
            text(group, "mc-day", tag="h2")
            # A list for each day, so that the line between nodes never runs into the next day's heading.
            self._list = block()
