"""Deciding about suggestions, wherever they are shown: each act with its toast and its undo, and the dialog in which one is read and edited."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.components import feedback, live
from crm_app.components.dialog import DialogParts, dialog
from crm_app.components.elements import busy, button
from crm_app.components.fields import text_field
from crm_app.components.guard import telling
from crm_app.components.menus import menu_item, with_arrow_keys
from crm_app.components.picking import Picks
from crm_app.components.suggestion_card import Deciding, beneath, content
from crm_app.components.suggestion_fields import inputs_of, typed
from crm_app.components.suggestion_words import approve_label, done_words, headline
from crm_app.components.text import block
from crm_app.domain.days import today_of
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.suggestions.schemas import (
    Approval,
    Approvals,
    Decided,
    Rejection,
    Rejections,
    Revision,
    Snooze,
    SuggestionView,
    Undoing,
)

Refresh = Callable[[], Awaitable[Any]]


def deciding(refresh: Refresh, drawn_in: Any = None) -> Deciding:
    """The acts of a page that draws itself anew by ``refresh``. ``drawn_in`` is what stays when it does: the dialog opens there."""

    async def edit(view: SuggestionView) -> None:
        with drawn_in or ui.context.client.layout:
            review(view, refresh)

    return Deciding(partial(approve, refresh=refresh), edit, partial(reject, refresh=refresh), partial(undo, refresh=refresh))


def picks(refresh: Refresh) -> Picks:
    """What is done with several of a card at once."""
    return Picks(partial(approve_many, refresh=refresh), partial(reject_many, refresh=refresh))


async def approve_many(views: Sequence[SuggestionView], refresh: Refresh) -> None:
    """Do them, as they were seen; those that cannot be done wait on, and one of the reasons is said."""
    with telling():
        try:
            outcome = await live.change(suggestions.approve_many, Approvals(seen={view.id: view.standing for view in views}))
            _told_of(outcome.value, lambda count: ngettext("%d approved", "%d approved", count) % count, refresh)
        finally:
            await refresh()


async def reject_many(views: Sequence[SuggestionView], refresh: Refresh) -> None:
    """Decide against them."""
    with telling():
        try:
            outcome = await live.change(suggestions.reject_many, Rejections(ids=frozenset(view.id for view in views)))
            _told_of(outcome.value, lambda count: ngettext("%d rejected", "%d rejected", count) % count, refresh)
        finally:
            await refresh()


def _told_of(decided: Sequence[Decided], said: Callable[[int], str], refresh: Refresh) -> None:
    done = frozenset(one.id for one in decided if one.suggestion is not None)
    refused = [one.refusal for one in decided if one.suggestion is None]
    if done:
        feedback.toast(said(len(done)), undo=partial(undo_many, done, refresh))
    if refused:
        waits = ngettext("%d still waits", "%d still wait", len(refused)) % len(refused)
        feedback.toast(f"{waits}: {refused[0]}", kind="bad")


async def undo_many(ids: frozenset[UUID], refresh: Refresh) -> None:
    """Take back what was decided about several; they wait again."""
    with telling():
        try:
            await live.change(suggestions.undo_many, Undoing(ids=ids))
            feedback.toast(_("Undone"))
        finally:
            await refresh()


async def approve(view: SuggestionView, refresh: Refresh, values: dict[str, Any] | None = None) -> bool:
    """Do it, as it was seen or as it was made. Also when that is refused the page is drawn again: it may have changed meanwhile."""
    done = False
    with telling():
        try:
            outcome = await live.change(suggestions.approve_suggestion, view.id, Approval(standing=view.standing, payload=values))
            feedback.toast(done_words(outcome.value), undo=partial(undo, outcome.value, refresh))
            done = True
        finally:
            await refresh()
    return done


async def reject(view: SuggestionView, refresh: Refresh, reason: str = "") -> None:
    """Decide against it."""
    with telling():
        try:
            outcome = await live.change(suggestions.reject_suggestion, view.id, Rejection(reason=reason))
            feedback.toast(_("Suggestion rejected"), undo=partial(undo, outcome.value, refresh))
        finally:
            await refresh()


async def undo(view: SuggestionView, refresh: Refresh) -> None:
    """Take back what was decided; it waits again."""
    with telling():
        try:
            await live.change(suggestions.undo_suggestion, view.id)
            feedback.toast(_("Undone"))
        finally:
            await refresh()


async def snooze(view: SuggestionView, days: int, refresh: Refresh) -> None:
    """Put it off until a morning."""
    with telling():
        actor = live.viewer()
        until = datetime.combine(today_of(actor) + timedelta(days=days), time(7), actor.zone)
        await live.change(suggestions.snooze_suggestion, view.id, Snooze(until=until))
        feedback.toast(_("Put off until tomorrow") if days == 1 else _("Put off for a week"), undo=partial(wake, view, refresh))
        await refresh()


async def wake(view: SuggestionView, refresh: Refresh) -> None:
    """Have what was put off wait again now."""
    with telling():
        try:
            await live.change(suggestions.snooze_suggestion, view.id, Snooze(until=None))
            feedback.toast(_("It waits for you again"))
        finally:
            await refresh()


def review(view: SuggestionView, refresh: Refresh) -> None:
    """Open it to be read, edited and decided about."""
    ReviewDialog(view, refresh).open()


class ReviewDialog:
    """One suggestion in a dialog: what would be done, each field of it as an input, and the ways to decide."""

    def __init__(self, view: SuggestionView, refresh: Refresh) -> None:
        self.view, self._refresh = view, refresh
        self.inputs: dict[str, Any] = {}

    def open(self) -> None:
        """Show it."""
        with dialog(headline(self.view)) as parts:
            self.parts: DialogParts = parts
            content(self.view, written=False)
            with block("mc-suggestion-form"):
                self.inputs = inputs_of(self.view.payload, live.viewer())
                beneath(self.view)
                self.why = text_field(_("If you reject it: why"), hint=_("Only for yourself; you need not say."))
        with parts.foot:
            button(_("Reject"), kind="ghost", on_click=self._reject)
            with button(_("Later"), kind="ghost"), with_arrow_keys(ui.menu()):
                menu_item(_("Tomorrow"), partial(self._later, 1), icon_name="clock")
                menu_item(_("In a week"), partial(self._later, 7), icon_name="clock")
            block("mc-grow")
            button(_("Save"), on_click=self._save)
            self.act = button(approve_label(self.view), kind="primary", icon="check", on_click=self._approve)
        parts.window.on("hide", parts.window.delete)
        parts.window.open()

    @property
    def values(self) -> dict[str, Any]:
        """The payload as it stands in the inputs."""
        return {**self.view.payload, **{name: typed(name, element.value) for name, element in self.inputs.items()}}

    async def _approve(self) -> None:
        edited = self.values if self.values != self.view.payload else None
        with telling(), self._telling_fields(), busy(self.act):
            outcome = await live.change(suggestions.approve_suggestion, self.view.id, Approval(standing=self.view.standing, payload=edited))
            self.parts.window.close()
            feedback.toast(done_words(outcome.value), undo=partial(undo, outcome.value, self._refresh))
            await self._refresh()

    async def _save(self) -> None:
        with telling(), self._telling_fields():
            await live.change(suggestions.revise_suggestion, self.view.id, Revision(version=self.view.version, payload=self.values))
            self.parts.window.close()
            feedback.toast(_("Saved. It still waits for your approval."))
            await self._refresh()

    async def _reject(self) -> None:
        self.parts.window.close()
        await reject(self.view, self._refresh, (self.why.value or "").strip()[:500])

    async def _later(self, days: int) -> None:
        self.parts.window.close()
        await snooze(self.view, days, self._refresh)

    def _telling_fields(self) -> _OnFields:
        return _OnFields(self.inputs)


class _OnFields:
    """What is wrong with a field is said under it as well."""

    def __init__(self, inputs: dict[str, Any]) -> None:
        self._inputs = inputs

    def __enter__(self) -> None:
        for element in self._inputs.values():
            element.error = None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, Invalid):
            for name, sentence in error.fields.items():
                if (element := self._inputs.get(name.partition(".")[0])) is not None:
                    element.error = sentence
