"""One connection as a card: how it stands, what its last sync did, its calendars, and what can be done with it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from nicegui import ui
from nicegui.element import Element

from crm_app.components.connection_books import people_words
from crm_app.components.connection_calendars import CalendarRows, Choose
from crm_app.components.connection_providers import caption, provider_hue
from crm_app.components.connection_words import Health, figures, health, next_words, problems_words, share, unfinished
from crm_app.components.elements import button, icon, icon_button
from crm_app.components.text import attributes, block, link, text
from crm_app.components.words import number
from crm_app.domain.actor import Actor
from crm_app.domain.connections.models import ConnectionState, RunState
from crm_app.domain.connections.schemas import ConnectionView
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.jobs.models import JobState
from crm_app.domain.jobs.schemas import JobView

DOUBLE_PRESS = 0.8
"""Seconds in which a second press means nothing: the button that starts a sync stops it from then on."""


@dataclass(frozen=True)
class CardActs:
    """What a card calls: sync now, stop the sync, the menu under its button, one choice of a calendar, and its calendars unfolded or folded."""

    sync: Callable[[ConnectionView], Awaitable[Any]]
    stop: Callable[[ConnectionView], Awaitable[Any]]
    menu: Callable[[Element, ConnectionView], Awaitable[Any]]
    choose: Choose
    unfold: Callable[[UUID, bool], Any] | None = None


def place(view: ConnectionView) -> str:
    """Where all of it is."""
    return f"/settings/connections/{view.id}"


def ways(view: ConnectionView) -> tuple[str, str] | None:
    """What only its owner can do for it now, and where; None when nothing is asked."""
    if view.state is ConnectionState.SIGN_IN_NEEDED:
        return _("Sign in again"), place(view) + "?edit=1"
    if unfinished(view):
        return _("Go on"), place(view)
    return None


class ConnectionCard:
    """``show`` brings it up to date in place: what has the focus keeps it.

    With ``unfolded`` None it stands on its own page, which says its name and shows its calendars.
    """

    def __init__(self, view: ConnectionView, job: JobView | None, actor: Actor, acts: CardActs, *, unfolded: bool | None = None) -> None:
        self.view, self.job, self._actor, self._acts = view, job, actor, acts
        self._unfolded, self._started = unfolded, 0.0
        self._health = health(view, job, actor)
        with block("mc-conn" + ("" if unfolded is not None else " mc-alone")) as self.element:
            self._head()
            self._trouble = text("", "mc-ink-2 mc-conn-more mc-conn-trouble", tag="p")
            with block("mc-conn-more") as self._bar:
                with block("mc-progress mc-six") as self._track:
                    self._fill = block(tag="span")
            with block("mc-conn-more"):
                self.figures()
            if unfolded is not None:
                self._folding(unfolded)
        attributes(self.element, role="group", aria_label=view.name)
        self._mark()

    def show(self, view: ConnectionView, job: JobView | None) -> None:
        """Bring it up to date. Only what differs is drawn."""
        before, self.view, self.job = self._shown(), view, job
        self._mark()
        if before != self._shown():
            self.figures.refresh()
        attributes(self.element, aria_label=view.name)
        if self._unfolded is not None:
            self._name.set_text(view.name)
            self._caption.set_text(_caption(view))
            self._unfolder.set_text(_calendars_words(view))
            self._folded.set_visibility(bool(view.calendars))
            self._calendars.show(view.calendars)

    def tick(self) -> None:
        """Time went by: say again how long ago and how soon."""
        self.show(self.view, self.job)

    def _shown(self) -> tuple[Any, ...]:
        return self.view.last_run, self.view.problems, next_words(self.view, self._actor)

    def _head(self) -> None:
        view, listed = self.view, self._unfolded is not None
        with block("mc-conn-head"):
            if listed:
                with block(f"mc-tile mc-letter mc-hue-{provider_hue(view)}", tag="span") as tile:
                    text(view.name[:1].upper())
                attributes(tile, aria_hidden="true")
                with block("mc-grow"):
                    self._name = attributes(text(view.name, "mc-strong mc-truncate mc-conn-name", tag="a"), title=view.name, href=place(view))
                    self._caption = attributes(text(_caption(view), "mc-cap mc-truncate mc-block", tag="p"), title=_caption(view))
            with block("mc-row mc-gap-8 mc-conn-end" + ("" if listed else " mc-grow")):
                self.pill()
                if not listed:
                    block("mc-grow")
                self._way = button("-", height=28, href=place(view))
                self._button = button(_("Sync now"), height=28, on_click=self._pressed)
                more = icon_button("ellipsis", _("More about %s") % view.name, height=28)
                more.on_click(lambda: self._acts.menu(more, self.view))
                attributes(more, aria_haspopup="menu", aria_expanded="false")

    @ui.refreshable_method
    def pill(self) -> None:
        """How it stands."""
        shown = self._health
        with block("mc-pill" + ("" if shown.kind == "neutral" else f" mc-{shown.kind}"), tag="span"):
            if shown.icon:
                icon(shown.icon, 12)
            else:
                attributes(block("mc-spinner", tag="span"), aria_hidden="true")
            self._said = text(shown.label, "mc-num")

    @ui.refreshable_method
    def figures(self) -> None:
        """What the last sync counted, and when the next one is."""
        run = self.view.last_run
        # A run that came to nothing counted nothing; why is said above.
        if run is not None and (run.state is RunState.DONE or any(count for _name, count in figures(run))):
            with block("mc-conn-figures", tag="dl"):
                for name, count in figures(run):
                    _figure(name, number(count))
                _figure(_("Next sync"), next_words(self.view, self._actor))
        if self.view.problems and self._unfolded is not None:
            with block("mc-cap", tag="p"):
                link(problems_words(self.view.problems), place(self.view))

    def _mark(self) -> None:
        was, self._health = self._health, health(self.view, self.job, self._actor)
        if (was.kind, was.icon) == (self._health.kind, self._health.icon):
            self._said.set_text(self._health.label)
        else:
            self.pill.refresh()
        self._trouble.set_text(self._health.sentence)
        self._trouble.set_visibility(bool(self._health.sentence))
        self._progress(self._health)
        busy = self.view.running or self.job is not None
        stopping = self.job is not None and self.job.cancel_requested
        self._button.set_text(_("Cancel") if busy else _("Sync now"))
        self._button.set_visibility(busy or self.view.state is ConnectionState.ACTIVE)
        self._button.set_enabled(not stopping)
        attributes(self._button, aria_label=(_("Cancel: %s") if busy else _("Sync now: %s")) % self.view.name)
        asked = ways(self.view) if not busy else None
        self._way.set_visibility(asked is not None)
        if asked:
            self._way.set_text(asked[0])
            attributes(self._way, href=asked[1], aria_label=f"{asked[0]}: {self.view.name}")

    def _progress(self, shown: Health) -> None:
        percent, runs = share(self.job), self.job is not None and self.job.state is JobState.RUNNING
        self._bar.set_visibility(runs)
        self._track.classes(**({"add": "mc-unknown"} if percent is None else {"remove": "mc-unknown"}))
        self._fill.style(f"width:{40 if percent is None else percent}%")
        attributes(self._track, role="progressbar", aria_valuemin=0, aria_valuemax=100, aria_valuenow=percent, aria_label=f"{self.view.name}: {shown.label}")

    async def _pressed(self) -> None:
        if self.view.running or self.job is not None:
            if time.monotonic() - self._started > DOUBLE_PRESS:
                await self._acts.stop(self.view)
            return
        self._started = time.monotonic()
        await self._acts.sync(self.view)

    def _folding(self, unfolded: bool) -> None:
        self._calendars = CalendarRows(self.view.calendars, self._acts.choose, self._chosen)
        with block("mc-conn-more") as self._folded:
            self._unfolder = button(_calendars_words(self.view), kind="ghost", icon="chevron-right", height=28, on_click=self._fold).classes("mc-conn-unfold")
            with block() as self._rows:
                self._calendars.body()
        self._folded.set_visibility(bool(self.view.calendars))
        self._rows.set_visibility(unfolded)
        attributes(self._unfolder, aria_expanded="true" if unfolded else "false", aria_controls=self._rows.html_id)

    def _chosen(self) -> None:
        self.view = self.view.model_copy(update={"calendars": self._calendars.rows})
        self._unfolder.set_text(_calendars_words(self.view))

    def _fold(self) -> None:
        self._unfolded = not self._unfolded
        self._rows.set_visibility(self._unfolded)
        attributes(self._unfolder, aria_expanded="true" if self._unfolded else "false")
        if self._acts.unfold:
            self._acts.unfold(self.view.id, self._unfolded)


def _caption(view: ConnectionView) -> str:
    """What it is, and of address books how many people of them are here."""
    people = sum(book.people for book in view.books)
    return f"{caption(view)} · {people_words(people)}" if people else caption(view)


def _figure(name: str, value: str) -> None:
    with block():
        text(name, tag="dt")
        text(value, tag="dd")


def _calendars_words(view: ConnectionView) -> str:
    many, synced = len(view.calendars), sum(row.synced for row in view.calendars)
    said = ngettext("%d calendar", "%d calendars", many) % many
    return said if synced == many else _("%(calendars)s, %(synced)d synced") % {"calendars": said, "synced": synced}
