"""What can be done with a connection, from its card and from its own page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from nicegui import ui
from nicegui.element import Element

from crm_app.components import feedback, live
from crm_app.components.connection_card import CardActs, place
from crm_app.components.connection_words import SYNC, TEST, job_of, unfinished
from crm_app.components.dialog import confirm, dialog
from crm_app.components.elements import busy, button
from crm_app.components.fields import date_field
from crm_app.components.guard import telling
from crm_app.components.menus import menu_item, menu_link
from crm_app.components.pop_menu import PopMenu
from crm_app.components.text import block, text
from crm_app.domain.addressbooks import service as books
from crm_app.domain.addressbooks.schemas import BookChoice, BookRow
from crm_app.domain.calendar.schemas import CalendarChoice
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.models import ADDRESS_BOOKS, AT_GOOGLE, DRIVES, ConnectionState
from crm_app.domain.connections.schemas import CalendarRow, ConnectionView
from crm_app.domain.days import today_of
from crm_app.domain.errors import Conflict, Invalid, TooMany
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.schemas import JobView

Refresh = Callable[[], Awaitable[Any]]
LIST = "/settings/connections"
LOOK_BACK = timedelta(days=90)


class Doing:
    """The acts. ``jobs`` says which are under way; after each act everything is asked for again."""

    def __init__(self, refresh: Refresh, known_jobs: Callable[[], Iterable[JobView]]) -> None:
        self._refresh, self._jobs = refresh, known_jobs
        self._menu = PopMenu()
        self.removed = False

    def acts(self, unfold: Callable[[UUID, bool], Any] | None = None) -> CardActs:
        """What a card calls."""
        return CardActs(self.sync, self.stop, self.open_menu, self.choose, unfold)

    async def sync(self, view: ConnectionView) -> None:
        """See now whether anything is new."""
        await self._start(view, "")

    async def _start(self, view: ConnectionView, said: str, **how: Any) -> JobView | None:
        with telling():
            job = (await live.change(connections.sync_now, view.id, **how)).value
            if said:
                feedback.toast(said)
            await self._refresh()
            return job
        return None

    async def stop(self, view: ConnectionView) -> None:
        """Stop the sync at its next step; what has come in stays."""
        with telling():
            job = job_of(self._jobs(), view.id)
            if job is not None:
                await self._cancel(job.id)
            await self._refresh()

    async def _cancel(self, job_id: UUID) -> None:
        try:
            await live.change(jobs.request_cancel, job_id)
        except Conflict:
            return  # it ended while the button was pressed: what was wanted

    async def choose(self, row: CalendarRow, values: dict[str, Any]) -> CalendarRow | None:
        """Change one calendar."""
        with telling():
            return (await live.change(connections.choose_calendar, row.id, CalendarChoice(version=row.version, **values))).value
        return None

    async def choose_book(self, row: BookRow, synced: bool, two_way: bool | None = None) -> BookRow | None:
        """Sync an address book, or not any more; and whether it is written into."""
        with telling():
            return (await live.change(books.choose_book, row.id, BookChoice(version=row.version, synced=synced, two_way=two_way))).value
        return None

    async def open_menu(self, opener: Element, view: ConnectionView) -> None:
        """Everything else."""
        await self._menu.open(opener, lambda: self._fill(view))

    def _fill(self, view: ConnectionView) -> None:
        menu_link(_("Edit"), place(view) + "?edit=1", icon_name="pencil")
        if view.state is ConnectionState.ACTIVE:
            menu_item(_("Pause"), lambda: self.pause(view), icon_name="pause")
            if not view.running:
                menu_item(_("Check everything again"), lambda: self.check(view), icon_name="refresh-cw")
                menu_item(_("Dry run"), lambda: self.try_run(view), icon_name="eye")
                if view.kind not in ADDRESS_BOOKS | DRIVES:  # these have no past
                    menu_item(_("Read again from…"), lambda: self.ask_since(view), icon_name="history")
        elif view.state is ConnectionState.PAUSED and not unfinished(view):
            menu_item(_("Resume"), lambda: self.resume(view), icon_name="play")
        menu_item(_("Remove…"), lambda: self.remove(view), icon_name="trash-2", danger=True)

    async def pause(self, view: ConnectionView) -> None:
        """Leave it alone until it is resumed."""
        with telling():
            await live.change(connections.pause_connection, view.id)
            feedback.toast(_("“%s” is paused") % view.name, undo=lambda: self.resume(view))
            await self._refresh()

    async def resume(self, view: ConnectionView) -> None:
        """Go on with it."""
        with telling():
            await live.change(connections.resume_connection, view.id)
            feedback.toast(_("“%s” goes on") % view.name)
            await self._refresh()

    async def check(self, view: ConnectionView) -> None:
        """Look at every single thing again."""
        await self._start(view, _("Everything is compared, thing by thing"), full=True)

    async def try_run(self, view: ConnectionView) -> None:
        """See what a sync would do; its counts are shown on the connection's own page."""
        job = await self._start(view, "", dry=True)
        if job is not None:
            ui.navigate.to(f"{place(view)}?job={job.id}")

    async def ask_since(self, view: ConnectionView) -> None:
        """Ask from which day on to read again."""
        with ui.context.client, dialog(_("Read again from a date"), width="narrow") as parts, block("mc-col mc-gap-16"):
            said = _("Everything from that day on is fetched and compared anew. What is here already stays, and is only changed where it differs.")
            text(said, "mc-ink-2", tag="p")
            since = date_field(_("From"), today_of(live.viewer()) - LOOK_BACK).props("autofocus")
        parts.window.on("hide", parts.window.delete)

        async def go() -> None:
            day = _day(since.value)
            since.error = None if day else _("A whole date, with day, month and year")
            if day is None:
                return
            with telling(), busy(go_button):
                try:
                    await live.change(connections.sync_now, view.id, since=day)
                except Invalid as error:
                    since.error = " ".join(error.fields.values()) or error.message
                    return
                parts.window.close()
                feedback.toast(_("It is read again"))
                await self._refresh()

        with parts.foot:
            button(_("Cancel"), kind="ghost", on_click=parts.window.close)
            go_button = button(_("Read again"), kind="primary", on_click=go)
        parts.window.open()

    async def remove(self, view: ConnectionView) -> None:
        """Show what goes and what stays, then take it away."""
        with telling():
            parts = await live.read(connections.count_connection_parts, view.id)
            goes = [
                ngettext("%d calendar", "%d calendars", parts.calendars) % parts.calendars if parts.calendars else "",
                ngettext("%d event", "%d events", parts.events) % parts.events if parts.events else "",
                ngettext("%d thread of mail", "%d threads of mail", parts.threads) % parts.threads if parts.threads else "",
                ngettext("%d mail", "%d mails", parts.mails) % parts.mails if parts.mails else "",
                _kept_words(view),
            ]
            stays = [
                ngettext("%d contact stays.", "%d contacts stay.", parts.people) % parts.people if parts.people else "",
                _("Documents that came from it stay.") if view.kind in DRIVES else "",
                ngettext("%d meeting on a timeline stays.", "%d meetings on timelines stay.", parts.meetings) % parts.meetings if parts.meetings else "",
                ngettext("%d entry about a mail stays, without its words.", "%d entries about mails stay, without their words.", parts.entries) % parts.entries
                if parts.entries else "",
            ]  # fmt: skip
            said = " ".join([_("Nothing changes over there: connect it again, and it all comes back."), *filter(None, stays)])
            if await confirm(_("Remove “%s”?") % view.name, said, act=_("Remove"), goes=[line for line in goes if line]):
                told = await live.change_and_finish(connections.delete_connection, view.id)
                self.removed = True
                feedback.toast(_("“%s” is removed") % view.name)
                if not told:
                    said = _("Google could not be told. Take the access away yourself: myaccount.google.com/connections")
                    feedback.toast(said, kind="bad")
                ui.navigate.to(LIST)
                await self._refresh()


def _kept_words(view: ConnectionView) -> str:
    if view.kind in AT_GOOGLE:
        return _("The access to the Google account, here and at Google")
    return _("The password that is kept for it") if view.has_password else ""


async def have_it_tried(view: ConnectionView) -> str:
    """Test a connection; returns where to look for what comes of it, also when it was tested too often just now."""
    try:
        job = (await live.change(connections.test_connection, view.id)).value
    except TooMany as error:
        feedback.toast(error.message, kind="bad")
        return place(view)
    return f"{place(view)}?job={job.id}"


def _day(typed: str | None) -> date | None:
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError:
        return None


async def ask() -> tuple[tuple[ConnectionView, ...], tuple[JobView, ...]]:
    """Every connection of the viewer, and what is under way for them."""
    view, known = await live.read_together((connections.get_connections,), (jobs.list_jobs, (SYNC, TEST), 100))
    return view.connections, known
