"""The list: what needs its owner, a card for each connection, and the ways to connect more."""

from __future__ import annotations

from uuid import UUID

from nicegui import ui
from nicegui.element import Element

from crm_app.components import live
from crm_app.components.connection_card import ConnectionCard, place
from crm_app.components.connection_words import announcement, job_of
from crm_app.components.elements import banner, button, icon, section
from crm_app.components.guard import telling
from crm_app.components.page_parts import empty_line
from crm_app.components.text import attributes, block, text
from crm_app.components.words import number
from crm_app.domain.connections.models import ConnectionState
from crm_app.domain.connections.schemas import ConnectionView
from crm_app.domain.google import service as google
from crm_app.domain.google.schemas import GoogleView
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.jobs.schemas import JobView
from crm_app.pages.frame import Frame
from crm_app.pages.settings.connections.adding import AddForm
from crm_app.pages.settings.connections.book_guides import book_guides
from crm_app.pages.settings.connections.doing import LIST, Doing, ask
from crm_app.pages.settings.connections.google import GooglePart, Way, google_way, google_ways
from crm_app.pages.settings.connections.guides import Guide, calendar_guides, guides
from crm_app.pages.settings.connections.mailbox_guides import mailbox_guides

TOPICS = ("connection", "job")
TICK_SECONDS = 30.0


class ConnectionsPart:
    """The part. ``?add=`` names the way by which one more is being connected, ``?open=`` whose calendars are unfolded."""

    def __init__(self, frame: Frame, views: tuple[ConnectionView, ...], known: tuple[JobView, ...], google: GoogleView | None) -> None:
        self.frame, self.views, self.jobs, self.google = frame, views, known, google
        self.cards: dict[UUID, ConnectionCard] = {}
        self.doing = Doing(self.refresh, lambda: self.jobs)
        self.space: Element = block("mc-settings-list")
        self.said = attributes(text("", "mc-visually-hidden"), role="status", aria_live="polite")

    def draw(self) -> None:
        """What the address asks for."""
        self.cards = {}
        added = self.frame.query.get("add", "")
        guide = guides().get(added)
        with self.space.clear():
            if (way := google_way(added)) and self.google is not None:
                GooglePart(self.google, way, self.frame.query.get("google", ""), self.moved).draw()
                return
            if guide is not None:
                AddForm(guide, {view.name for view in self.views}).draw()
                return
            self.needing()
            self.connected()
            self._ways()

    async def moved(self) -> None:
        """The address asks for something else."""
        with telling():
            self.views, self.jobs = await ask()
            self.google = await _google(self.frame)
            self.draw()

    async def refresh(self, *_changes: object) -> None:
        """Ask again, and bring up to date what stands there. A form that is open is left as it is."""
        with telling():
            views, jobs_now = await ask()
            if self.space.is_deleted:  # somebody went elsewhere meanwhile
                return
            self._announce(views, jobs_now)
            same = [view.id for view in views] == [view.id for view in self.views]
            before, self.views, self.jobs = self.views, views, jobs_now
            if self.frame.query.get("add", "") in (*google_ways(), *guides()):
                return
            if not same:
                self.draw()
                return
            if _refused(before) != _refused(views):
                self.needing.refresh()
            for view in views:
                self.cards[view.id].show(view, job_of(jobs_now, view.id))

    def tick(self) -> None:
        """Time went by."""
        for card in self.cards.values():
            card.tick()

    def _announce(self, views: tuple[ConnectionView, ...], now: tuple[JobView, ...]) -> None:
        told = [announcement(view, job_of(self.jobs, view.id), job_of(now, view.id)) for view in views]
        if said := " ".join(sentence for sentence in told if sentence):
            self.said.set_text(said)

    @ui.refreshable_method
    def needing(self) -> None:
        """Where only the owner can help."""
        refused = _refused(self.views)
        if not refused:
            return
        with block("mc-conn-banner"):
            if len(refused) == 1:
                with banner(_("“%s” needs you to sign in again.") % refused[0].name, _("It waits until then; nothing was lost.")):
                    button(_("Sign in again"), height=28, href=place(refused[0]) + "?edit=1")
                return
            many = ngettext("%d connection needs you to sign in again.", "%d connections need you to sign in again.", len(refused)) % len(refused)
            with banner(many, _("They wait until then; nothing was lost.")):
                pass

    @ui.refreshable_method
    def connected(self) -> None:
        """A card for each."""
        with section(_("Connected"), count=number(len(self.views)) if len(self.views) > 1 else ""):
            pass
        if not self.views:
            empty_line(_("Nothing yet. Connect a calendar or a mailbox: meetings and mail appear beside the people they are with."))
            return
        opened = set(self.frame.query.getlist("open"))
        with block("mc-group"):
            for view in self.views:
                unfolded = str(view.id) in opened
                self.cards[view.id] = ConnectionCard(view, job_of(self.jobs, view.id), live.viewer(), self.doing.acts(self._unfold), unfolded=unfolded)

    def _unfold(self, connection_id: UUID, unfolded: bool) -> None:
        opened = [key for key in self.frame.query.getlist("open") if key != str(connection_id)]
        self.frame.change({"open": [*opened, str(connection_id)] if unfolded else opened})

    def _ways(self) -> None:
        calendars, mail, people, files = google_ways().values()
        groups: dict[str, tuple[Way | Guide, ...]] = {
            _("Connect a calendar"): (calendars, *calendar_guides()), _("Connect a mailbox"): (mail, *mailbox_guides()),
            _("Connect an address book"): (people, *book_guides()), _("Connect a drive"): (files,),
        }  # fmt: skip
        for title, ways in groups.items():
            with section(title):
                pass
            with block("mc-conn-ways"):
                for way in ways:
                    _way(way)


def _way(way: Way | Guide) -> None:
    with block("mc-way", tag="a") as row:
        with block("mc-tile", tag="span"):
            icon(way.icon, 18)
        with block("mc-col mc-grow", tag="span"):
            text(way.title, "mc-strong mc-ink")
            text(way.hint, "mc-cap")
    attributes(row, href=f"{LIST}?add={way.key}")


def _refused(views: tuple[ConnectionView, ...]) -> list[ConnectionView]:
    return [view for view in views if view.state is ConnectionState.SIGN_IN_NEEDED]


async def _google(frame: Frame) -> GoogleView | None:
    """Asked for where it is shown alone."""
    return await live.read(google.get_google) if frame.query.get("add", "") in google_ways() else None


async def connections_part(frame: Frame) -> None:
    """Load, lay out, wire."""
    part = ConnectionsPart(frame, *await ask(), await _google(frame))
    part.draw()
    live.on(TOPICS, part.refresh, own=True)
    ui.timer(TICK_SECONDS, part.tick)
    frame.on_query(part.moved)
