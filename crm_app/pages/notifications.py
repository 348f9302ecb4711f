"""What one is told: the panel behind the bell, the page with everything, and the browser's own notifications."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from nicegui import ui

from crm_app.components import feedback, live, script
from crm_app.components.choices import Choice, segments
from crm_app.components.elements import button, icon_button
from crm_app.components.feedback import empty_state, skeleton_rows
from crm_app.components.guard import telling
from crm_app.components.notices import PLACE, notice_list
from crm_app.components.page_parts import empty_line, on_near_end
from crm_app.components.shell import Shell, top_bar
from crm_app.components.subscriptions import Changes
from crm_app.components.text import block, link, text
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.notifications import service as notifications
from crm_app.domain.notifications.schemas import Calls, NotificationFilter, NotificationPage, NotificationView
from crm_app.domain.rows import now
from crm_app.pages.frame import Frame

TOPIC = "notification"
SETTINGS = "/settings/notifications"
IN_PANEL, IN_PAGE, MOST = 15, 30, 200
SAID_ONE_BY_ONE = 3


class Centre:
    """The bell of one tab. It lives as long as the shell does; ``list`` and ``marks`` are parts of the panel as it was opened last."""

    list: ui.element | None = None
    marks: ui.button

    def __init__(self, shell: Shell, unread: int) -> None:
        self.bell = shell.bell
        self.unread = unread
        self.bell.set_unread(unread)
        self.since = now()
        self.said: set[UUID] = set()
        self.waiting: ui.timer | None = None
        self.bell.on_open(self.open)
        live.on((TOPIC,), self.refresh, own=True)

    async def refresh(self, changes: Changes | None = None) -> None:
        """Something came, or was marked: count again, show it if the panel is open, say it aloud."""
        with telling():
            count, calls = await live.read_together((notifications.count_unread,), (notifications.list_calls, self.since, frozenset(self.said)))
            self.unread = count.unread
            self.bell.set_unread(self.unread)
            self.call(calls)
            if self.bell.menu.value:
                await self.draw()

    def call(self, calls: Calls) -> None:
        """Let the browser say what is new, or wait until it is no longer quiet."""
        if self.waiting is not None:
            self.waiting.cancel()
            self.waiting = None
        if calls.ask_again_at:
            wait = (calls.ask_again_at - now()).total_seconds() + 1
            with self.bell.panel:
                self.waiting = ui.timer(max(1.0, wait), self.refresh, once=True)
        elif calls.notifications:
            self.said |= {notice.id for notice in calls.notifications}
            script.say_aloud(aloud(calls.notifications))

    async def open(self) -> None:
        """Draw what is new, whatever was drawn before."""
        self.bell.panel.clear()
        with self.bell.panel:
            with block("mc-bell-head"):
                text(_("Notifications"), "mc-section mc-grow", tag="h2")
                self.marks = icon_button("list-checks", _("Mark all as read"), height=28, on_click=mark_all)
                self.marks.set_visibility(self.unread > 0)
                icon_button("settings", _("What you are told"), height=28, href=SETTINGS).on("click", self.bell.menu.close)
            with block("mc-bell-list") as self.list:
                skeleton_rows(4)
            with block("mc-bell-foot"):
                link(_("All notifications"), PLACE).on("click", self.bell.menu.close)
        with telling():
            await self.draw()

    async def draw(self) -> None:
        """The newest. What stands around them stays: a press is not lost because something comes meanwhile."""
        page = await live.read(notifications.list_notifications, NotificationFilter(limit=IN_PANEL))
        if self.list is None:  # it is about to open, and draws then
            return
        self.marks.set_visibility(self.unread > 0)
        self.list.clear()
        with self.list:
            if page.notifications:
                notice_list(page.notifications, live.viewer(), self.read, toggle)
            else:
                empty_line(_("Nothing has happened that you need to know of."))

    async def read(self, notice: NotificationView) -> None:
        """Somebody follows a notification: it is read, and the panel folds."""
        self.bell.menu.close()
        await read(notice)


def aloud(notices: Sequence[NotificationView]) -> list[script.Call]:
    """A few one by one; more than that as one."""
    if len(notices) <= SAID_ONE_BY_ONE:
        return [script.Call(notice.headline, notice.caption, str(notice.id), notice.link) for notice in notices]
    said = ngettext("%d new notification", "%d new notifications", len(notices)) % len(notices)
    return [script.Call(said, ", ".join(notice.headline for notice in notices[-SAID_ONE_BY_ONE:]), f"many-{notices[-1].id}", PLACE)]


async def read(notice: NotificationView) -> None:
    """Mark as read, once."""
    if notice.read_at is None:
        with telling():
            await live.change(notifications.mark_read, [notice.id])


async def toggle(notice: NotificationView) -> None:
    """Mark as read, or as unread again."""
    with telling():
        await live.change(notifications.mark_unread if notice.read_at else notifications.mark_read, [notice.id])


async def mark_all() -> None:
    """Mark everything as read, which can be taken back."""
    with telling():
        marked = (await live.change(notifications.mark_all_read)).value
        said = ngettext("%d notification marked as read", "%d notifications marked as read", len(marked)) % len(marked) if marked else _("Nothing was unread")
        feedback.toast(said, undo=(lambda: _unmark(marked)) if marked else None)


async def _unmark(ids: tuple[UUID, ...]) -> None:
    with telling():
        await live.change(notifications.mark_unread, ids)


class NotificationsPage:
    """Everything one was told, page by page as one scrolls. Whether only what is unread is shown stands in the address."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.rows: list[NotificationView] = []
        self.more: str | None = None
        self.busy = False

    @property
    def unread(self) -> bool:
        """Whether only what is unread is shown."""
        return self.frame.query.get("show") == "unread"

    async def load(self) -> None:
        """Ask for as many as are shown."""
        limit = min(MOST, max(IN_PAGE, len(self.rows)))
        self.take(await live.read(notifications.list_notifications, NotificationFilter(unread=self.unread, limit=limit)))

    def take(self, page: NotificationPage, further: bool = False) -> None:
        """Keep a page, after the others when it goes on from them."""
        self.rows = [*(self.rows if further else ()), *page.notifications]
        self.more = page.next_cursor

    async def go_on(self) -> None:
        """The next page, when somebody has scrolled near the end."""
        if self.more is None or self.busy:
            return
        self.busy = True
        try:
            with telling():
                wanted = NotificationFilter(unread=self.unread, limit=IN_PAGE, after=self.more)
                self.take(await live.read(notifications.list_notifications, wanted), further=True)
                self.body.refresh()
        finally:
            self.busy = False

    async def refresh(self, changes: Changes | None = None) -> None:
        """Ask again and draw again."""
        with telling():
            await self.load()
            self.body.refresh()

    @ui.refreshable_method
    def body(self) -> None:
        """The rows, or what stands where there are none."""
        with block("mc-notices"):
            if self.rows:
                notice_list(self.rows, live.viewer(), read, toggle, level=2)
                return
            title = _("Nothing unread") if self.unread else _("Nothing here yet")
            ways = empty_state(title, _("What is due, what a colleague hands you and what became of your imports is told here."))
            with ways:
                button(_("What you are told"), icon="settings", href=SETTINGS)


async def notifications_page(frame: Frame) -> None:
    """Load, lay out, wire."""
    page = NotificationsPage(frame)
    await page.load()
    with block("mc-page"):
        with top_bar(_("Notifications"), bell=False):
            options = [Choice("all", _("All")), Choice("unread", _("Unread"))]
            views = segments(options, "unread" if page.unread else "all", _go, label=_("Which notifications"))
            icon_button("list-checks", _("Mark all as read"), on_click=mark_all)
            icon_button("settings", _("What you are told"), href=SETTINGS)
        with block("mc-scroll") as scroller:
            page.body()
    on_near_end(scroller, page.go_on)
    live.on((TOPIC,), page.refresh, own=True)

    async def moved() -> None:
        views.value = "unread" if page.unread else "all"
        page.rows = []
        await page.refresh()

    frame.on_query(moved)


def _go(key: str) -> None:
    ui.navigate.to(f"{PLACE}?show=unread" if key == "unread" else PLACE)
