"""When somebody else saved first: both versions side by side, and the person says which one stands."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from nicegui import ui

from crm_app.components import feedback, live
from crm_app.components.dialog import dialog
from crm_app.components.draft import Draft, raw
from crm_app.components.elements import button
from crm_app.components.fields import humanised
from crm_app.components.history_words import in_words
from crm_app.components.text import attributes, block, text
from crm_app.domain.i18n import _

NOBODY: Mapping[str, str] = MappingProxyType({})


def differing(draft: Draft[Any], theirs: object) -> dict[str, tuple[Any, Any]]:
    """The fields that this person changed and that now stand otherwise: name to (mine, theirs)."""
    found = {}
    for name in draft.changed:
        mine, now = getattr(draft, name), raw(getattr(theirs, name, None), draft.info(name))
        if mine != now:
            found[name] = (mine, now)
    return found


async def ask_which(draft: Draft[Any], theirs: object, names: Mapping[str, str] = NOBODY) -> bool | None:
    """True to save mine over theirs, False to keep theirs, None to go on writing. ``names`` say what ids stand for."""
    rows = differing(draft, theirs)
    with dialog(_("Someone else saved this first"), width="wide") as parts:
        text(_("Nothing of yours is lost. Below is what you wrote and what stands now."), "mc-ink-2", tag="p")
        with block("mc-compare", tag="table"):
            _head()
            for name, (mine, now) in sorted(rows.items()):
                _row(draft.info(name).title or humanised(name), *(_shown(name, value, names) for value in (mine, now)))
        if not rows:
            text(_("What you changed agrees with what stands now."), "mc-cap", tag="p")
    with parts.foot:
        button(_("Go on writing"), kind="ghost", on_click=lambda: parts.window.submit(None))
        button(_("Keep theirs"), on_click=lambda: parts.window.submit(False))
        button(_("Save mine"), kind="primary", on_click=lambda: parts.window.submit(True))
    try:
        answer = await parts.window
    finally:
        parts.window.delete()
    return answer if isinstance(answer, bool) else None


async def settle(window: ui.dialog, draft: Draft[Any], theirs: object) -> bool | None:
    """``ask_which`` for the form in ``window``: where theirs stays, that is said and the form closes."""
    keep_mine = await ask_which(draft, theirs)
    if keep_mine is False:
        window.close()
        feedback.toast(_("Kept what was saved before"))
    return keep_mine


def _head() -> None:
    with block(tag="thead"), block(tag="tr"):
        for label in (_("Field"), _("Yours"), _("Now saved")):
            attributes(text(label, "mc-label", tag="th"), scope="col")


def _row(label: str, mine: str, theirs: str) -> None:
    with block(tag="tr"):
        attributes(text(label, "mc-label", tag="th"), scope="row")
        for value in (mine, theirs):
            text(value, "mc-read", tag="td")


def _shown(name: str, value: Any, names: Mapping[str, str]) -> str:
    if isinstance(value, list):
        return ", ".join(str(item.get("value", "")) if isinstance(item, dict) else str(item) for item in value) or "—"
    return in_words(name, value, names, live.viewer(), longest=None) or "—"  # whoever has to choose reads all of it
