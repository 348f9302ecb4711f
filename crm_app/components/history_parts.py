"""Who changed what: a list of acts, each with who, when, and every field from what to what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from crm_app.components import times
from crm_app.components.elements import button, icon
from crm_app.components.history_words import Told, tell
from crm_app.components.people import avatar
from crm_app.components.text import attributes, block, text
from crm_app.domain.actor import Actor
from crm_app.domain.changes.schemas import HistoryAct, HistoryPage
from crm_app.domain.i18n import _


def history_act(act: HistoryAct, page: HistoryPage, actor: Actor, subject: str, undo: Callable[[HistoryAct], Any] | None) -> None:
    """One act. With ``undo`` it can be taken back by whoever did it, as long as it stands."""
    told = [line for line in (tell(line, page, actor, subject) for line in act.lines) if line is not None]
    if not told:
        return
    who = act.actor_name or _("Somebody")
    with block("mc-act", tag="article") as entry:
        avatar(who, act.actor_id or who, 24)
        with block("mc-grow"):
            with block("mc-row mc-gap-8"):
                heading = text(who, "mc-section mc-truncate", tag="h3")
                times.moment(act.at, actor)
                block("mc-grow")
                if undo is not None and act.may_undo:
                    button(_("Undo"), kind="ghost", icon="undo-2", height=24, on_click=lambda: undo(act)).classes("mc-reveal")
            for line in told:
                _line(line)
    attributes(entry, aria_labelledby=heading.html_id)


def _line(told: Told) -> None:
    if told.what:
        text(told.what, "mc-ink-2 mc-break", tag="p")
    for label, before, after in told.fields:
        with block("mc-row mc-wrap mc-gap-4 mc-change", tag="p"):
            text(f"{label}:", "mc-ink-3")
            text(before or _("empty"), "mc-was mc-break" if before else "mc-ink-3", tag="del" if before else "span")
            icon("arrow-right", 12, classes="mc-ink-3")
            text(after or _("empty"), "mc-break" if after else "mc-ink-3", tag="ins" if after else "span")
