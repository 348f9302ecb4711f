"""Consent in dialogs: record what one contact or many said, and look at all that was said."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from crm_app.components import consent_words, feedback, live, words
from crm_app.components.choices import Choice, segments
from crm_app.components.dialog import dialog
from crm_app.components.draft import Draft
from crm_app.components.elements import busy, button, icon
from crm_app.components.fields import checkbox, field, select_field
from crm_app.components.guard import telling
from crm_app.components.keys import CTRL_ENTER
from crm_app.components.text import Text, block, text
from crm_app.domain.consents import service as consents
from crm_app.domain.consents.kinds import Action, Channel, Purpose
from crm_app.domain.consents.schemas import ConsentCreate, ConsentStanding, ContactConsents, TextView
from crm_app.domain.days import today_of
from crm_app.domain.i18n import _

Done = Callable[[], Awaitable[Any]]


class ConsentForm(BaseModel):
    """What the dialog holds beside purposes and wording."""

    channel: Channel = Field(default=Channel.IN_PERSON, title="How they said so")
    happened_on: date | None = Field(default=None, title="When")
    evidence: str = Field(default="", max_length=2_000, title="Where it can be seen")


async def record_consent(contact_ids: Sequence[UUID], done: Done, *, purposes: Collection[Purpose] = (), action: Action = Action.GIVEN) -> None:
    """Ask what was said, by whom of these, and record it for each of them."""
    with telling():
        ConsentEditor(contact_ids, await live.read(consents.list_texts), done, purposes, action).open()


class ConsentEditor:
    """One open dialog."""

    def __init__(self, contact_ids: Sequence[UUID], texts: Sequence[TextView], done: Done, purposes: Collection[Purpose], action: Action) -> None:
        self.contact_ids, self.done, self.action = list(contact_ids), done, action
        self.texts = {purpose: [one for one in texts if one.purpose is purpose] for purpose in Purpose}
        self.chosen = set(purposes)
        self.captions: dict[Purpose, Text] = {}
        self.draft = Draft(ConsentForm, happened_on=today_of(live.viewer()))

    def open(self) -> None:
        """Lay the dialog out and show it."""
        title = _("Consent") if len(self.contact_ids) == 1 else _("Consent of %s") % words.people(len(self.contact_ids))
        with dialog(title) as self.parts:
            options = [Choice(action.value, label) for action, label in consent_words.actions().items()]
            segments(options, self.action.value, self._act, label=_("Given or withdrawn"))
            with block("mc-consents"):
                for purpose, label in consent_words.purposes().items():
                    checkbox(label, purpose in self.chosen, on_change=partial(self._choose, purpose))
                    self.captions[purpose] = text("", "mc-cap", tag="p")
            with block("mc-consents") as self.versions:
                self.version = select_field(_("Wording"), {}, on_change=self._show)
            with block("mc-form-grid"):
                field(self.draft, "channel", options=consent_words.channels()).props(remove="clearable")
                field(self.draft, "happened_on")
                with block("mc-span"):
                    field(self.draft, "evidence", long=True, placeholder=_("The form in folder 3, or the mail of 12 January"))
        window = self.parts.window
        with self.parts.foot:
            button(_("Cancel"), kind="ghost", on_click=window.close)
            self.save_button = button(_("Record"), kind="primary", on_click=self.save, key="Ctrl ⏎")
        window.on("hide", window.delete)
        window.on("keydown", self.save, js_handler=CTRL_ENTER)
        self._offer()
        window.open()

    def _act(self, action: str) -> None:
        self.action = Action(action)
        self._offer()

    def _choose(self, purpose: Purpose, event: Any) -> None:
        (self.chosen.add if event.value else self.chosen.discard)(purpose)
        self._offer()

    def _offer(self) -> None:
        """Another version than the latest can be named where there is one purpose with several: old forms come in late."""
        known = self.texts[next(iter(self.chosen))] if len(self.chosen) == 1 and self.action is Action.GIVEN else []
        versions = {one.id: _("Version %d") % one.version for one in known if one.id}
        self.version.set_options(versions, value=next(iter(versions), None))
        self.versions.set_visibility(len(versions) > 1)
        self._show()

    def _show(self, *_event: object) -> None:
        for purpose, caption in self.captions.items():
            shown = next((one for one in self.texts[purpose] if one.id and one.id == self.version.value), self.texts[purpose][0])
            caption.set_text(_("Version %(number)d: “%(wording)s”") % {"number": shown.version, "wording": shown.wording})

    async def save(self) -> None:
        """Record it, for all of them or none."""
        if not self.chosen:
            feedback.toast(_("Choose what it is about."), kind="bad")
            return
        form = self.draft.validated(**{name: value for name in ("channel", "happened_on") if (value := getattr(self.draft, name))})
        if form is None:
            return
        text_id = self.version.value if self.versions.visible else None
        data = ConsentCreate(**form.model_dump(), contact_ids=self.contact_ids, purposes=sorted(self.chosen), action=self.action, text_id=text_id)
        with telling(self.draft), busy(self.save_button):
            outcome = await live.change(consents.record_consents, data)
            self.parts.window.close()
            said = _("Consent recorded for %s") if self.action is Action.GIVEN else _("Withdrawal recorded for %s")
            feedback.toast(said % words.people(outcome.value.contacts))
            await self.done()


def look_at_consents(view: ContactConsents) -> None:
    """All that was said, the latest first. Nothing of it can be changed, so there is nothing to press."""
    actor = live.viewer()
    with dialog(_("History of consent"), foot=False) as parts:
        for event in view.events:
            glyph, tone = consent_words.LOOKS[ConsentStanding(event.action.value)]
            with block("mc-row-top mc-gap-8 mc-consent-event", tag="article"):
                icon(glyph, 16, tone)
                with block("mc-grow"):
                    text(f"{consent_words.purposes()[event.purpose]} · {consent_words.actions()[event.action]}", "mc-strong", tag="p")
                    text(consent_words.how(event, actor), "mc-cap mc-num", tag="p")
                    if event.evidence:
                        text(event.evidence, "mc-ink-2 mc-break", tag="p")
                    if event.version:
                        text(_("Version %(number)d: “%(wording)s”") % {"number": event.version, "wording": event.wording}, "mc-cap mc-break", tag="p")
    parts.window.on("hide", parts.window.delete)
    parts.window.open()
