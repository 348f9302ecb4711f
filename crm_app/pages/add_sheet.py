"""The plus of a phone: one sheet with a line that makes a task, and a tile for everything else that can be added from anywhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import events, ui
from nicegui.element import Element

from crm_app.components import live, words
from crm_app.components.elements import icon, icon_button
from crm_app.components.fields import search_field
from crm_app.components.guard import telling
from crm_app.components.page_parts import empty_line
from crm_app.components.people import avatar
from crm_app.components.people_picker import Found
from crm_app.components.text import attributes, block, text
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.projects import service as projects
from crm_app.domain.projects.schemas import ProjectRow
from crm_app.pages.acts import find_latest, find_people
from crm_app.pages.frame import Frame
from crm_app.pages.quick_line import QuickLine

A_FEW = 6
FIRST = 4  # so many stand out; the others are quieter
LOGGED = ("note", "call", "meeting")


class AddSheet:
    """Made anew whenever it opens. A note, call or meeting is about the person whose page is open, else about one that is chosen here."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._sheet: _Sheet | None = None
        ui.context.client.sub_pages_router.on_path_changed(self._left)

    def _left(self, _path: str) -> None:
        """Whatever way leads away closes it: a way may be taken while the list that it stands in is drawn anew."""
        if self._sheet is not None and not self._sheet.window.is_deleted:
            self._sheet.window.close()

    async def open(self) -> None:
        """Show it. No keyboard comes up before somebody presses the line or looks for a person."""
        if self._sheet is not None and self._sheet.window.value and not self._sheet.window.is_deleted:
            return
        with telling():
            actor = live.viewer()
            known = await live.read(projects.list_projects) if actor.can(Permission.TASK_WRITE) else ()
            with ui.context.client:
                self._sheet = _Sheet(self._frame, known)
                self._sheet.window.open()


class _Sheet:
    kind = ""
    found: Sequence[Found] = ()
    sought = ""
    line: Element | None = None

    def __init__(self, frame: Frame, known: Sequence[ProjectRow]) -> None:
        self._frame = frame
        with ui.dialog() as self.window:
            with block("mc-dialog mc-add"):
                attributes(block("mc-add-handle", tag="button").on("click", self.window.close), type="button", aria_label=_("Close"))
                with block("mc-add-body"):
                    if live.viewer().can(Permission.TASK_WRITE):
                        with block("mc-add-line") as self.line:
                            QuickLine(lambda: {}, lambda: known, self._added).draw(_("Who, what, when…"))
                    self.choices()
        attributes(self.window, aria_label=_("Add"))
        self.window.on("hide", self.window.delete)

    async def _added(self) -> None:
        """The page beneath hears of the task, and of its being taken back."""
        live.hear_ourselves()
        if not self.window.is_deleted:
            self.window.close()

    @ui.refreshable_method
    def choices(self) -> None:
        """The tiles; or, for what is about a person, whom."""
        if self.kind:
            self._whom()
            return
        actor, known = live.viewer(), words.kinds()
        note, call, meeting = (partial(self.log, kind) for kind in LOGGED)
        tiles: tuple[tuple[Permission, str, str, Callable[[], Any], str], ...] = (
            (Permission.INTERACTION_WRITE, known["note"], "notebook-pen", note, ""),
            (Permission.CONTACT_WRITE, _("Person"), "user-plus", self.window.close, "/contacts?new=1"),
            (Permission.TASK_WRITE, _("Task"), "square-check-big", self.window.close, "/tasks?new=1"),
            (Permission.INTERACTION_WRITE, known["meeting"], "calendar-plus", meeting, ""),
            (Permission.INTERACTION_WRITE, known["call"], "phone", call, ""),
            (Permission.GOAL_WRITE, _("Goal"), "target", self.window.close, "/goals?new=1"),
        )
        with block("mc-add-tiles"):
            for number, (permission, label, glyph, act, href) in enumerate(tiles):
                if actor.can(permission):
                    _tile(label, glyph, act=act, href=href, quiet=number >= FIRST)

    async def log(self, kind: str) -> None:
        """Write about whom the page shows, or ask about whom."""
        here = _person_of(self._frame.path)
        if here:
            self.window.close()
            ui.navigate.to(f"/contacts/{here}?log={kind}")
            return
        with telling():
            self.found = await find_latest(A_FEW)
            self._choose(kind)

    def _choose(self, kind: str) -> None:
        self.kind = kind
        if self.line is not None:
            self.line.set_visibility(not kind)
        self.choices.refresh()

    def _whom(self) -> None:
        with block("mc-row mc-gap-4"):
            icon_button("arrow-left", _("Back"), on_click=lambda: self._choose(""))
            text({"note": _("A note about"), "call": _("A call with"), "meeting": _("A meeting with")}[self.kind], "mc-title", tag="h2")
        search_field(_("Who is it about"), placeholder=_("Type a name"), on_change=self._look)
        self.people()

    async def _look(self, event: events.ValueChangeEventArguments) -> None:
        typed = self.sought = (event.value or "").strip()
        with telling():
            found = await find_people(typed) if typed else await find_latest(A_FEW)
            if typed == self.sought:  # else somebody has typed on, and a later answer comes
                self.found = found[:A_FEW]
                self.people.refresh()

    @ui.refreshable_method
    def people(self) -> None:
        """Whom the name may mean; before one is typed, the latest spoken to."""
        with block("mc-add-people"):
            if not self.found:
                empty_line(_("Nobody of that name."))
            for one in self.found:
                with block("mc-item", tag="a").on("click", self.window.close) as way:
                    avatar(one.name, one.id, 32, photo=one.photo)
                    with block("mc-grow mc-truncate", tag="span"):
                        text(one.name, "mc-strong mc-truncate mc-block")
                        if one.more:
                            text(one.more, "mc-cap mc-truncate mc-block")
                attributes(way, href=f"/contacts/{one.id}?log={self.kind}")


def _tile(label: str, glyph: str, *, act: Callable[[], Any], href: str, quiet: bool) -> None:
    with block("mc-add-tile" + (" mc-quiet" if quiet else ""), tag="a" if href else "button").on("click", act) as tile:
        with block("mc-add-icon", tag="span"):
            icon(glyph, 22)
        text(label)
    attributes(tile, **({"href": href} if href else {"type": "button"}))


def _person_of(path: str) -> UUID | None:
    """Whose page an address is."""
    try:
        return UUID(path.removeprefix("/contacts/")) if path.startswith("/contacts/") else None
    except ValueError:
        return None
