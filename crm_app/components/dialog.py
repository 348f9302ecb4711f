"""Dialogs: a panel in the middle, a sheet from below on a phone; focus goes in, is kept, and comes back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from nicegui import ui
from nicegui.element import Element

from crm_app.components.elements import ButtonKind, button, icon_button
from crm_app.components.fields import text_field
from crm_app.components.text import attributes, block, text
from crm_app.domain.i18n import _


@dataclass(frozen=True)
class DialogParts:
    """``window`` opens and closes; ``body`` and ``foot`` take content."""

    window: ui.dialog
    body: Element
    foot: Element


@contextmanager
def dialog(title: str, *, width: Literal["narrow", "normal", "wide"] = "normal", foot: bool = True) -> Iterator[DialogParts]:
    """A dialog with its title and an x; the block fills the body, ``parts.foot`` takes the buttons.

    It is made closed: call ``parts.window.open()``. Escape and a press outside close it.
    """
    with ui.dialog() as window:
        with block("mc-dialog" + ("" if width == "normal" else f" mc-{width}")):
            with block("mc-dialog-head"):
                heading = text(title, "mc-title mc-truncate mc-grow", tag="h2")
                icon_button("x", _("Close"), on_click=window.close)
            body = block("mc-dialog-body")
            bottom = block("mc-dialog-foot")
            bottom.set_visibility(foot)
    attributes(window, aria_labelledby=heading.html_id)
    with body:
        yield DialogParts(window, body, bottom)


async def confirm(
    title: str, sentence: str, *, act: str, goes: Sequence[str] = (), type_this: str | None = None, kind: ButtonKind = "danger-fill"
) -> bool:
    """Ask before something that cannot come back. ``goes`` lists what goes with it; ``type_this`` must be typed when it is much.

    ``kind`` is another one where nothing goes, and others will hear of it. True when the person pressed ``act``. Anything that can be undone
    is done at once with a toast instead.
    """
    with dialog(title, width="narrow") as parts:
        text(sentence, "mc-body mc-ink-2", tag="p")
        if goes:
            with block("mc-col mc-gap-8"):
                for line in goes:
                    with block("mc-row mc-gap-8"):
                        block("mc-dot mc-hue-coral", tag="span")
                        text(line)
        typed = None
        if type_this:
            block().style("height:16px")
            typed = text_field(_("Type “%s” to go on") % type_this)
    with parts.foot:
        button(_("Cancel"), kind="ghost", on_click=lambda: parts.window.submit(False))
        go = button(act, kind=kind, on_click=lambda: parts.window.submit(True))
    if typed is not None:
        go.set_enabled(False)
        typed.on_value_change(lambda event: go.set_enabled((event.value or "").strip() == type_this))
    # Not deleted before it is gone from view: only then has the browser put the focus back where it came from.
    answer = bool(await parts.window)
    if not parts.window.is_deleted:  # unless the page was left meanwhile
        with ui.context.client.layout:
            ui.timer(0.25, parts.window.delete, once=True)
    return answer
