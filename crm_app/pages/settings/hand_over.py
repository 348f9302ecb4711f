"""Handing somebody's things over to a colleague: what would go, to whom, and how far it is."""

from __future__ import annotations

from uuid import UUID

from nicegui import ui

from crm_app.components import live, words
from crm_app.components.dialog import DialogParts, dialog
from crm_app.components.elements import banner, busy, button, progress
from crm_app.components.fields import checkbox, select_field, text_field
from crm_app.components.guard import telling
from crm_app.components.text import attributes, block, text
from crm_app.domain.accounts import service as accounts
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.models import JobState
from crm_app.domain.jobs.schemas import JobView
from crm_app.domain.team import service as team
from crm_app.domain.team.schemas import HandOver, HandOverPreview


async def hand_over(leaver_id: UUID) -> None:
    """Show what would go, ask to whom, and do it."""
    with telling():
        preview, people = await live.read_together((team.preview_hand_over, leaver_id), (accounts.list_people,))
        heirs = {str(person.id): person.name for person in people if person.id != leaver_id and person.role != "viewer"}
        HandOverDialog(preview, heirs).open()


class HandOverDialog:
    """One open dialog: first the question, then how far it is, then what came of it."""

    job: JobView | None = None

    def __init__(self, preview: HandOverPreview, heirs: dict[str, str]) -> None:
        self.preview = preview
        self.heirs = heirs

    def open(self) -> None:
        """Lay the dialog out and show it."""
        own = self.preview.private_because == "own"
        title = _("Hand over what is yours") if own else _("Hand over what is %s's") % self.preview.leaver_name
        with ui.context.client, dialog(title, width="narrow") as parts, block("mc-col mc-gap-16") as self.content:
            self._question()
        parts.window.on("hide", parts.window.delete)
        self.parts: DialogParts = parts
        with parts.foot:
            button(_("Close"), kind="ghost", on_click=parts.window.close)
            reason = self._obstacle()
            self.go_button = button(_("Hand over"), kind="primary", on_click=self.go, disabled_because=reason)
        parts.window.open()

    def _obstacle(self) -> str | None:
        if not self.heirs:
            return _("There is no colleague who could take it. Invite one first.")
        return None if self.preview.shared or self.preview.private else _("There is nothing to hand over.")

    def _question(self) -> None:
        if not (self.preview.shared or self.preview.private):
            text(_("Nothing here belongs to %s.") % self.preview.leaver_name, "mc-body", tag="p")
            return
        self.heir = select_field(_("To whom"), self.heirs, next(iter(self.heirs), None), search=len(self.heirs) > 8)
        with block("mc-col mc-gap-4"):
            text(_("What the team sees"), "mc-field-label", tag="p")
            kinds = ", ".join(words.things(count.kind, count.shared) for count in self.preview.counts if count.shared)
            text(kinds or _("nothing"), "mc-strong" if kinds else "mc-ink-3", tag="p")
            text(_("Open tasks that are theirs to do go along. What they wrote keeps their name."), "mc-cap", tag="p")
        self._private()

    def _private(self) -> None:
        preview = self.preview
        self.private = self.reason = None
        if preview.private_because == "no" or not preview.private:
            return
        kinds = ", ".join(words.things(count.kind, count.private) for count in preview.counts if count.private)
        own = preview.private_because == "own"
        said = _("Also what only you see: %s") % kinds if own else _("Also what only they saw: %s") % kinds
        self.private = checkbox(said)
        if not own:
            self.reason = text_field(_("Why"), placeholder=_("Who is waiting for what, for example"), hint=_("It is kept in the audit log."))
            self.reason.props("maxlength=500")
            self.reason.bind_visibility_from(self.private, "value")

    async def go(self) -> None:
        """Start it."""
        with telling(), busy(self.go_button):
            private = bool(self.private and self.private.value)
            reason = str(self.reason.value or "") if self.reason is not None and private else ""
            data = HandOver(leaver_id=self.preview.leaver_id, heir_id=UUID(self.heir.value), private=private, reason=reason)
            try:
                self.job = (await live.change(team.start_hand_over, data)).value
            except Invalid as error:
                self._refused(error)
                return
            self.go_button.delete()
            self.content.clear()
            with self.content:
                self.outcome()
                live.on({"job": {self.job.id}}, self.follow, own=True)

    def _refused(self, error: Invalid) -> None:
        for name, element in (("heir_id", self.heir), ("reason", self.reason)):
            if element is not None:
                element.error = error.fields.get(name)

    async def follow(self, *_changes: object) -> None:
        """The job took a step."""
        with telling():
            if self.job is not None:
                self.job = await live.read(jobs.get_job, self.job.id)
                self.outcome.refresh()

    @ui.refreshable_method
    def outcome(self) -> None:
        """How far it is, or what came of it."""
        job = self.job
        if job is None:
            return
        if job.state is JobState.DONE:
            went = ", ".join(words.things(kind, count) for kind, count in job.result.get("went", {}).items() if count) or _("nothing")
            with banner(_("Handed over: %s.") % went, kind="ok"):
                return
        if job.finished:
            with banner(job.reason or _("It was stopped."), _("Everything is as it was before."), kind="bad"):
                return
        with attributes(block("mc-col mc-gap-8"), aria_live="polite"):
            share = job.progress_done / max(1, job.progress_total)
            said = _("%(done)s of %(total)s") % {"done": words.number(job.progress_done), "total": words.number(job.progress_total)}
            progress(share, said, thick=True)
            text(said if job.progress_total else _("It begins in a moment."), "mc-cap mc-num", tag="p")
            text(_("You can close this; it goes on. It happens wholly, or not at all."), "mc-ink-2", tag="p")
