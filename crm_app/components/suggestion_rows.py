"""Suggestions as rows: those that wait for approval above the tasks, and those to review beside the briefing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from crm_app.components import times, words
from crm_app.components.elements import button, icon, icon_button
from crm_app.components.people import avatar
from crm_app.components.picking import WALK, Picks
from crm_app.components.suggestion_words import ICONS, headline, hint
from crm_app.components.text import attributes, block, text
from crm_app.domain.actor import Actor
from crm_app.domain.days import today_of
from crm_app.domain.i18n import _
from crm_app.domain.suggestions.schemas import SuggestionView

Act = Callable[[SuggestionView], Awaitable[Any]]


def approval_rows(
    views: Sequence[SuggestionView], total: int, *, picks: Picks, approve: Act, preview: Act, dismiss: Act,
    see_all: Callable[[], Any], put_off: int, see_put_off: Callable[[], Any],
) -> None:  # fmt: skip
    """The block “Waiting for approval”: each with what it is, Dismiss, Preview and Approve; on a phone the row itself is the preview."""
    picks.take(views)
    with block("mc-card mc-ai mc-approvals", tag="section").on("keydown", js_handler=WALK) as box:
        with block("mc-card-head"):
            with block("mc-pick-place"):
                picks.all_box()
                icon("sparkles", 18, "mc-ai-ink")
            text(_("Waiting for approval"), "mc-section mc-grow", tag="h2")
            picks.head(lambda: text(words.number(total), "mc-cap mc-num"))
        for view in views:
            with block("mc-approval"):
                with block("mc-pick-place"):
                    picks.box(view)
                    icon(ICONS[view.kind], 16, "mc-ai-ink")
                with block("mc-grow mc-approval-said", tag="button") as said:
                    text(headline(view), "mc-strong mc-truncate")
                    text(view.trouble or hint(view), "mc-cap mc-truncate")
                attributes(said, type="button").on("click", partial(preview, view))
                with block("mc-row mc-gap-4 mc-desk-only"):
                    button(_("Dismiss"), kind="ghost", height=28, on_click=partial(dismiss, view))
                    button(_("Preview"), kind="ghost", height=28, on_click=partial(preview, view))
                button(_("Approve"), icon="check", height=28, on_click=partial(approve, view), disabled_because=view.trouble or None).classes("mc-approve")
        with block("mc-row mc-gap-4 mc-approvals-foot"):
            if total > len(views):
                button(_("Show all %s") % words.number(total), kind="ghost", height=28, on_click=see_all)
            put_off_button(put_off, see_put_off)
    attributes(box, aria_label=_("Waiting for approval"))


def review_rows(views: Sequence[SuggestionView], total: int, *, picks: Picks, review: Act, dismiss: Act) -> None:
    """“Suggestions to review”: whom each is about, what it is and why, an x and Review."""
    picks.take(views)
    with block("mc-reviews").on("keydown", js_handler=WALK):
        with block("mc-row mc-reviews-head"):
            text(_("Suggestions to review"), "mc-cap mc-ai-ink mc-grow", tag="h3")
            picks.head(lambda: text(words.number(total), "mc-cap mc-num"))
        for view in views:
            with block("mc-review"):
                with block("mc-pick-place mc-wide-pick"):
                    picks.box(view)
                    if view.about:
                        avatar(view.about[0][1], view.about[0][0], 28)
                    else:
                        icon(ICONS[view.kind], 18, "mc-ai-ink")
                with block("mc-grow"):
                    text(headline(view), "mc-strong", tag="p")
                    text(view.trouble or hint(view), "mc-cap", tag="p")
                icon_button("x", _("Dismiss: %s") % headline(view), height=28, on_click=partial(dismiss, view))
                button(_("Review"), height=28, on_click=partial(review, view))


def put_off_button(count: int, on_click: Callable[[], Any]) -> None:
    """How many were put off, and the way to them; nothing where none were."""
    if count:
        button(_("%s put off") % words.number(count), kind="ghost", icon="clock", height=28, on_click=on_click)


def put_off_rows(views: Sequence[SuggestionView], reader: Actor, *, review: Act, reject: Act, wake: Act) -> None:
    """Each that was put off: what it is, when it comes back, Reject and Bring back; the words open it."""
    for view in views:
        with block("mc-approval mc-put-off"):
            icon(ICONS[view.kind], 16, "mc-ai-ink")
            with block("mc-grow mc-approval-said", tag="button") as said:
                text(headline(view), "mc-strong mc-truncate")
                text(" · ".join(part for part in (_back(view, reader), view.trouble or hint(view)) if part), "mc-cap mc-truncate")
            attributes(said, type="button").on("click", partial(review, view))
            icon_button("x", _("Reject: %s") % headline(view), height=28, on_click=partial(reject, view))
            button(_("Bring back"), height=28, on_click=partial(wake, view))


def _back(view: SuggestionView, reader: Actor) -> str:
    if view.snoozed_until is None:
        return ""
    return _("Back: %s") % times.day_words(times.day_of(view.snoozed_until, reader), reader, today=today_of(reader))
