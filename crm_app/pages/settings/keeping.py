"""Keeping in touch: the team's defaults, what counts, one's days away, and the calendar address."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.components import feedback, live, theme, times, words
from crm_app.components.dialog import dialog
from crm_app.components.draft import Draft
from crm_app.components.elements import busy, button, icon_button, pill, section, stage_chip, tag
from crm_app.components.fields import field, select_field, switch
from crm_app.components.guard import telling
from crm_app.components.page_parts import empty_line, group_row
from crm_app.components.text import attributes, block, text
from crm_app.domain.cadence import service as cadence
from crm_app.domain.cadence.schemas import AwayCreate, AwayView, CadenceRules, FeedView, Recount
from crm_app.domain.days import today_of
from crm_app.domain.i18n import _
from crm_app.domain.interactions.models import Kind
from crm_app.domain.links import absolute
from crm_app.domain.permissions import Permission
from crm_app.domain.tags import service as tags
from crm_app.domain.tags.schemas import TagView
from crm_app.pages.acts import offer_undo

OFTEN = (7, 14, 21, 30, 45, 60, 90, 180, 365)
Answers = tuple[CadenceRules, tuple[TagView, ...], tuple[AwayView, ...], FeedView | None]


class KeepingPart:
    """What was asked, and what redraws it."""

    def __init__(self, answers: Answers) -> None:
        self.rules, self.tags, self.away, self.feed = answers

    async def refresh(self, *_changes: object) -> None:
        """Ask again and draw again."""
        with telling():
            self.rules, self.tags, self.away, self.feed = await ask()
            self.body.refresh()

    @ui.refreshable_method
    def body(self) -> None:
        """Away first: it is what one comes here for in a hurry."""
        self._away()
        self._feed()
        manages = live.viewer().can(Permission.TEAM_MANAGE)
        self._stages(manages)
        self._tags(live.viewer().can(Permission.TAG_WRITE))
        self._kinds(manages)

    def _away(self) -> None:
        with section(_("Days away")):
            button(_("Add days"), icon="plus", height=28, on_click=self.add_away)
        if not self.away:
            empty_line(_("While you are away nobody is due, and no reminder reaches you."))
            return
        today, actor = today_of(live.viewer()), live.viewer()
        with block("mc-group"):
            for row in self.away:
                days = f"{times.short_date(row.starts_on, actor)} – {times.short_date(row.ends_on, actor)}"
                with group_row("sun", days, row.note):
                    if row.starts_on <= today:
                        pill(_("You are away"), "accent")
                    icon_button("trash-2", _("Remove %s") % days, on_click=partial(self.remove_away, row.id), height=28)

    def _feed(self) -> None:
        with section(_("In your calendar")):
            pass
        with block("mc-group"):
            read = _("last read %s") % times.relative(self.feed.last_read_at, live.viewer()) if self.feed and self.feed.last_read_at else _("not read yet")
            caption = read if self.feed else _("A secret address by which your calendar program shows who is due, and birthdays.")
            with group_row("calendar-days", _("Calendar address"), caption):
                button(_("Replace") if self.feed else _("Make address"), height=28, on_click=self.make_feed)
                if self.feed:
                    button(_("Switch off"), kind="danger", height=28, on_click=self.end_feed)

    def _stages(self, manages: bool) -> None:
        with section(_("By stage")):
            pass
        with block("mc-group"):
            for stage, days in self.rules.stages.items():
                with block("mc-group-row mc-slim"):
                    stage_chip(words.stages()[stage], theme.STAGE_HUES[stage])
                    block("mc-grow")
                    self._every(days, partial(self._set, cadence.set_stage_cadence, stage) if manages else None, words.stages()[stage])

    def _tags(self, may_write: bool) -> None:
        with section(_("By tag")):
            if may_write and len(self.rules.tags) < len(self.tags):
                button(_("Add a tag"), icon="plus", height=28, on_click=self.add_tag)
        if not self.rules.tags:
            empty_line(_("A tag can have a rhythm of its own; the shortest one counts, and it goes before the stage's."))
            return
        with block("mc-group"):
            for row in self.rules.tags:
                with block("mc-group-row mc-slim"):
                    tag(row.name)
                    block("mc-grow")
                    self._every(row.days, partial(self._set, cadence.set_tag_cadence, row.tag_id) if may_write else None, row.name)

    def _every(self, days: int | None, choose: Callable[[int | None], Awaitable[Any]] | None, whose: str) -> None:
        said = words.every_days(days) if days else _("No reminders")
        if choose is None:
            text(said, "mc-ink-2")
            return
        known = {0: _("No reminders"), **{number: words.every_days(number) for number in sorted({*OFTEN, *((days,) if days else ())})}}
        chooser = ui.select(known, value=days or 0, on_change=lambda event: choose(event.value or None)).classes("mc-field mc-every")
        attributes(chooser, aria_label=_("How often: %s") % whose)

    def _kinds(self, manages: bool) -> None:
        with section(_("What counts as being in touch")):
            pass
        with block("mc-group"):
            for kind in Kind:
                with block("mc-group-row mc-slim"):
                    text(words.kinds()[kind.value], "mc-strong")
                    block("mc-grow")
                    counts = kind.value in self.rules.counted_kinds
                    one = switch("", counts, spoken=words.kinds()[kind.value], on_change=partial(self._count, kind.value) if manages else None)
                    one.set_enabled(manages)
        if not manages:
            text(_("An owner or an admin of the team decides this."), "mc-cap", tag="p")

    async def _count(self, kind: str, event: Any) -> None:
        kinds = set(self.rules.counted_kinds) - {kind} | ({kind} if event.value else set())
        await self._set(cadence.set_counted_kinds, sorted(kinds))

    async def _set(self, service: Callable[..., Recount], *values: Any) -> None:
        with telling():
            outcome = await live.change(service, *values)
            rest = outcome.value.job_id is not None
            feedback.toast(_("Saved. Everyone's dates follow in a moment.") if rest else _("Saved"))
        await self.refresh()  # also after a refusal, which leaves the switch where it was

    async def add_away(self) -> None:
        """Ask from when to when."""
        today = today_of(live.viewer())
        draft = Draft(AwayCreate, starts_on=today, ends_on=today)
        with ui.context.client, dialog(_("Days away"), width="narrow") as parts, block("mc-form-grid"):
            field(draft, "starts_on").props("autofocus")
            field(draft, "ends_on")
            with block("mc-span"):
                field(draft, "note", placeholder=_("Holiday"))
        parts.window.on("hide", parts.window.delete)

        async def save() -> None:
            data = draft.validated()
            if data is None:
                return
            with telling(draft), busy(save_button):
                await live.change(cadence.create_away, data)
                parts.window.close()
                feedback.toast(_("Noted"))
                await self.refresh()

        with parts.foot:
            button(_("Cancel"), kind="ghost", on_click=parts.window.close)
            save_button = button(_("Save"), kind="primary", on_click=save)
        parts.window.open()

    async def remove_away(self, away_id: UUID) -> None:
        """Take days away back."""
        with telling():
            await live.change(cadence.delete_away, away_id)
            feedback.toast(_("Removed"))
            await self.refresh()

    async def make_feed(self) -> None:
        """A new secret; it is shown this once."""
        with telling():
            secret = (await live.change(cadence.create_feed)).value
            with ui.context.client, dialog(_("Your calendar address"), width="narrow") as parts:
                text(_("Add it to your calendar program as a subscription. It is shown this once; whoever knows it can read these dates."), "mc-ink-2", tag="p")
                text(absolute(f"/feeds/{secret}.ics"), "mc-mono mc-secret", tag="p")
            parts.window.on("hide", parts.window.delete)
            with parts.foot:
                button(_("Done"), kind="primary", on_click=parts.window.close)
            parts.window.open()
            await self.refresh()

    async def end_feed(self) -> None:
        """The address answers no longer."""
        with telling():
            await live.change(cadence.revoke_feed)
            feedback.toast(_("The calendar address is switched off"))
            await self.refresh()

    async def add_tag(self) -> None:
        """Choose a tag that has no rhythm yet, and how often."""
        known = {row.tag_id for row in self.rules.tags}
        free = {view.id: view.name for view in self.tags if view.id not in known}
        with ui.context.client, dialog(_("A rhythm for a tag"), width="narrow") as parts, block("mc-col mc-gap-16"):
            chosen = select_field(_("Tag"), free, next(iter(free)), search=len(free) > 12)
            days = select_field(_("How often"), {number: words.every_days(number) for number in OFTEN}, 30)
        parts.window.on("hide", parts.window.delete)

        async def save() -> None:
            with telling(), busy(save_button):
                outcome = await live.change(cadence.set_tag_cadence, chosen.value, days.value)
                parts.window.close()
                offer_undo(outcome, _("Saved"), self.refresh)
                await self.refresh()

        with parts.foot:
            button(_("Cancel"), kind="ghost", on_click=parts.window.close)
            save_button = button(_("Save"), kind="primary", on_click=save)
        parts.window.open()


async def ask() -> Answers:
    """Everything on this part, together."""
    answers = await live.read_together((cadence.get_cadence_rules,), (tags.list_tags,), (cadence.list_away,), (cadence.get_feed,))
    return answers  # type: ignore[return-value]


async def keeping_part() -> None:
    """Load, lay out, wire."""
    part = KeepingPart(await ask())
    part.body()
    live.on(("tag",), part.refresh)
