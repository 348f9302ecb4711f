"""What the page says back: toasts with undo, empty and error states, skeletons."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from weakref import WeakKeyDictionary

from nicegui import Client, background_tasks, helpers, ui
from nicegui.element import Element

from crm_app.components.elements import button, icon, icon_button
from crm_app.components.logo import ripple
from crm_app.components.text import attributes, block, text
from crm_app.domain.errors import CrmError
from crm_app.domain.i18n import _

SHOWN_SECONDS = 6.0
AT_MOST = 3
Undo = Callable[[], Any]


@dataclass(eq=False)
class _Toast:
    element: Element
    undo: Undo | None
    seconds: float = SHOWN_SECONDS
    timer: ui.timer | None = None


@dataclass
class _Host:
    element: Element
    shown: list[_Toast] = field(default_factory=list)


_hosts: WeakKeyDictionary[Client, _Host] = WeakKeyDictionary()


def make_host() -> None:
    """Where toasts appear on this page; the shell makes it. It must stand before the first toast, or screen readers miss that."""
    client = ui.context.client
    if client in _hosts:
        return
    with client.layout:
        element = attributes(block("mc-toasts"), role="status", aria_live="polite")
    _hosts[client] = _Host(element)


def toast(
    sentence: str, undo: Undo | None = None, *, kind: Literal["ok", "bad"] = "ok", action: tuple[str, Undo] | None = None, seconds: float = SHOWN_SECONDS
) -> None:
    """Say one sentence at the bottom right for so many seconds, longer while it is hovered or focused; three at most.

    ``undo`` adds an Undo button (and Ctrl Z); ``action`` is another (label, callback), such as Retry. A failure (``bad``) is announced at once.
    """
    make_host()
    host = _hosts[ui.context.client]
    while len(host.shown) >= AT_MOST:
        _dismiss(host, host.shown[0])
    with host.element:
        with block("mc-toast" + (" mc-bad" if kind == "bad" else "")) as element:
            entry = _Toast(element, undo, seconds)
            icon("triangle-alert" if kind == "bad" else "circle-check", 18)
            text(sentence, "mc-toast-text")
            for label, callback in ([action] if action else []) + ([(_("Undo"), undo)] if undo else []):
                button(label, on_click=lambda callback=callback: _act(host, entry, callback), height=28)
            icon_button("x", _("Dismiss"), on_click=lambda: _dismiss(host, entry), height=28)
    attributes(element, role="alert" if kind == "bad" else None)
    host.shown.append(entry)
    _start(host, entry)
    for event in ("mouseenter", "focusin"):
        element.on(event, lambda: _pause(entry))
    for event in ("mouseleave", "focusout"):
        element.on(event, lambda: _start(host, entry))


def undo_last() -> None:
    """Undo what the newest toast offers to undo; nothing when none does."""
    host = _hosts.get(ui.context.client)
    entry = next((shown for shown in reversed(host.shown) if shown.undo), None) if host else None
    if host and entry and entry.undo:
        _act(host, entry, entry.undo)


@contextmanager
def saying_errors(retry: Undo | None = None) -> Iterator[None]:
    """Around a call of a service: an expected refusal is said as a toast, with Retry when ``retry`` is given. Anything else goes on."""
    try:
        yield
    except CrmError as error:
        toast(error.message, kind="bad", action=(_("Retry"), retry) if retry else None)


def empty_state(title: str, sentence: str, *, small: bool = False) -> Element:
    """Where there is nothing yet. Returns the place for one to three ways forward."""
    if small:
        with block("mc-row mc-gap-6 mc-empty-small") as line:
            text(title)
        return line
    with block("mc-empty"):
        ripple()
        text(title, "mc-title", tag="h2")
        text(sentence, "mc-empty-text", tag="p")
        return block("mc-empty-ways")


def error_state(title: str, safe: str, *, reference: str = "", on_retry: Undo | None = None, level: int = 1) -> Element:
    """What happened, what is safe, Try again, and a reference for support. Returns the place for another way."""
    with attributes(block("mc-empty"), role="alert"):
        ripple(broken=True)
        text(title, "mc-title", tag=f"h{level}")
        text(safe, "mc-empty-text", tag="p")
        with block("mc-empty-ways") as ways:
            if on_retry:
                button(_("Try again"), kind="primary", icon="refresh-cw", on_click=on_retry)
        if reference:
            text(_("Reference for support: %s") % reference, "mc-cap mc-mono mc-details", tag="p")
    return ways


def skeleton_rows(count: int = 8) -> Element:
    """Rows of the shape that is on its way; shown only after 150 ms, fading downward."""
    with block("mc-skeletons") as box:
        for index in range(count):
            with block("mc-skeleton-row"):
                block("mc-skeleton mc-round").style("width:24px;height:24px")
                block("mc-skeleton").style(f"width:{(220, 166, 188, 148, 204, 136)[index % 6]}px")
                block("mc-grow")
                block("mc-skeleton").style("width:96px")
    attributes(box, role="status", aria_busy="true", aria_label=_("Loading"))
    return box


def skeleton_lines(count: int = 3) -> Element:
    """Lines of text that are on their way."""
    with block("mc-skeletons mc-col mc-gap-8") as box:
        for index in range(count):
            block("mc-skeleton").style(f"width:{(92, 78, 86, 64)[index % 4]}%")
    attributes(box, role="status", aria_busy="true", aria_label=_("Loading"))
    return box


def _act(host: _Host, entry: _Toast, callback: Undo) -> None:
    _dismiss(host, entry)
    with host.element:
        result = callback()
        if helpers.should_await(result):
            background_tasks.create(result, name="toast action", context=host.element)


def _start(host: _Host, entry: _Toast) -> None:
    _pause(entry)
    if entry in host.shown:
        with host.element:
            entry.timer = ui.timer(entry.seconds, lambda: _dismiss(host, entry), once=True)


def _pause(entry: _Toast) -> None:
    if entry.timer is not None:
        entry.timer.cancel()
        entry.timer = None


def _dismiss(host: _Host, entry: _Toast) -> None:
    if entry not in host.shown:
        return
    host.shown.remove(entry)
    _pause(entry)
    if not entry.element.is_deleted:
        entry.element.delete()
