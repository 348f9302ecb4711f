"""The bell, what it unfolds, and one notification as a row: whom or what it is about, what happened, when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nicegui import ui
from nicegui.element import Element

from crm_app.components import times
from crm_app.components.elements import icon, icon_button, tooltip
from crm_app.components.people import avatar
from crm_app.components.text import attributes, block, text
from crm_app.domain.actor import Actor
from crm_app.domain.i18n import _
from crm_app.domain.notifications.schemas import NotificationView

PLACE = "/notifications"
Act = Callable[[NotificationView], Any]


class Bell:
    """The bell of the sidebar. ``panel`` is what it unfolds; ``on_open`` is called each time. ``frame`` wears the mark that dots read."""

    def __init__(self, frame: Element) -> None:
        self._frame = frame
        with block("mc-nav mc-bell", tag="button") as self.button:
            with block("mc-bell-icon", tag="span"):
                icon("bell")
                block("mc-bell-dot", tag="span")
            text(_("Notifications"), "mc-side-text")
            self._count = text("", "mc-nav-count")
            tooltip(_("Notifications")).classes("mc-side-tip")
            with ui.menu().props('anchor="bottom right" self="bottom left" :offset="[12, 0]" max-height="86vh"').classes("mc-bell-menu") as self.menu:
                self.panel = block("mc-bell-panel")
        attributes(self.menu, role="dialog", aria_label=_("Notifications"))
        self.set_unread(0)

    def on_open(self, callback: Callable[[], Any]) -> None:
        """Call each time the panel unfolds."""
        self.menu.on("before-show", callback)

    def set_unread(self, number: int) -> None:
        """Show how many are unread; counting stopped at a hundred."""
        shown = "" if not number else str(number) if number < 100 else "99+"
        self._count.set_text(shown)
        self._frame.classes(**({"add": "mc-news"} if number else {"remove": "mc-news"}))
        attributes(self.button, type="button", aria_haspopup="dialog", aria_label=_("Notifications, %s unread") % shown if shown else _("Notifications"))


def bell_link() -> Element:
    """The bell at the top of a phone's pages; a dot says that something is unread."""
    with block("mc-bell-link", tag="a") as link:
        with block("mc-bell-icon", tag="span"):
            icon("bell", 20)
            block("mc-bell-dot", tag="span")
    return attributes(link, href=PLACE, aria_label=_("Notifications"))


def notice_list(notices: Sequence[NotificationView], actor: Actor, on_open: Act, on_toggle: Act, *, group: str = "", level: int = 3) -> str:
    """Rows under the days they came on. ``group`` is the heading that stands above already; returns the last one."""
    for notice in notices:
        heading = times.day_group(notice.created_at, actor)
        if heading != group:
            text(heading, "mc-notice-day", tag=f"h{level}")
            group = heading
        notice_row(notice, actor, on_open, on_toggle)
    return group


def notice_row(notice: NotificationView, actor: Actor, on_open: Act, on_toggle: Act) -> None:
    """One notification: a way to what it is about, and a button that marks it."""
    with block("mc-item mc-notice" + ("" if notice.read_at else " mc-unread")):
        with block("mc-notice-way", tag="a" if notice.link else "div") as way:
            if notice.contact:
                avatar(notice.contact[1], notice.contact[0], 28)
            else:
                with attributes(block("mc-node mc-hue-slate", tag="span"), aria_hidden="true"):
                    icon(notice.icon, 14)
            with block("mc-grow"):
                attributes(text(notice.headline, "mc-notice-title mc-truncate", tag="p"), title=notice.headline)
                text(notice.caption, "mc-cap", tag="p")
            if not notice.read_at:
                text(_("Unread"), "mc-visually-hidden")
        if notice.link:
            attributes(way, href=notice.link)
            way.on("click", lambda: on_open(notice))
        with block("mc-notice-end"):
            when = times.moment(notice.created_at, actor)
            if times.day_group(notice.created_at, actor) == _("Yesterday"):  # the heading says so already
                when.set_text(times.clock(notice.created_at, actor))
            label = _("Mark as unread") if notice.read_at else _("Mark as read")
            icon_button("circle", label, height=24, on_click=lambda: on_toggle(notice)).classes("mc-notice-mark")
