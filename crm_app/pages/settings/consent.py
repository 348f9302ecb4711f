"""What people agree to, in the team's own words, and what of health AI may read."""

from __future__ import annotations

from functools import partial
from typing import Any

from nicegui import ui

from crm_app.components import consent_words, live
from crm_app.components.dialog import dialog
from crm_app.components.elements import busy, button, section
from crm_app.components.feedback import toast
from crm_app.components.fields import switch, text_area
from crm_app.components.guard import telling
from crm_app.components.page_parts import group_row
from crm_app.components.text import block, text
from crm_app.domain.consents import service as consents
from crm_app.domain.consents.kinds import Purpose
from crm_app.domain.consents.schemas import TextCreate, TextView
from crm_app.domain.disclosure import service as disclosure
from crm_app.domain.disclosure.schemas import ReachView, SensitiveField
from crm_app.domain.i18n import _

ICONS = {Purpose.DATA_PROCESSING: "database", Purpose.HEALTH_NOTES: "heart", Purpose.AI: "sparkles", Purpose.MARKETING: "mail", Purpose.PHOTO: "image"}


class ConsentPart:
    """The wordings and the switches, and what redraws them."""

    def __init__(self, texts: tuple[TextView, ...], reach: ReachView) -> None:
        self.texts, self.reach = texts, reach

    async def refresh(self, *_changes: object) -> None:
        """Ask again and draw again."""
        with telling():
            self.texts, self.reach = await live.read_together((consents.list_texts,), (disclosure.get_reach,))
            self.body.refresh()

    @ui.refreshable_method
    def body(self) -> None:
        """One row for each purpose, one for each field that stands apart."""
        with section(_("Wordings")):
            pass
        with block("mc-group"):
            for purpose, label in consent_words.purposes().items():
                now = next(one for one in self.texts if one.purpose is purpose)
                said = _("Version %(number)d: “%(wording)s”") % {"number": now.version, "wording": now.wording}
                with group_row(ICONS[purpose], label, said):
                    button(_("Change"), height=28, on_click=partial(self.word, now))
        with section(_("What the assistant may read of what is kept apart")):
            pass
        text(_("Of contacts who agree to AI and to health notes, and for those who see it themselves."), "mc-ink-2 mc-settings-lead", tag="p")
        with block("mc-group"):
            for field, (glyph, label) in _fields().items():
                with group_row(glyph, label):
                    switch("", field in self.reach.fields, spoken=label, on_change=partial(self._reach, field))

    async def word(self, now: TextView) -> None:
        """Ask for other words."""
        with ui.context.client, dialog(consent_words.purposes()[now.purpose]) as parts:
            text(_("Whoever agreed to an earlier version agreed to that one; it stays with their consent."), "mc-ink-2", tag="p")
            wording = text_area(_("Wording"), now.wording).props("autofocus maxlength=5000")
        parts.window.on("hide", parts.window.delete)

        async def save() -> None:
            with telling(), busy(save_button):
                made = await live.change(consents.add_text, TextCreate(purpose=now.purpose, wording=wording.value))
                parts.window.close()
                toast(_("Version %d is what people agree to from now on") % made.value.version)
                await self.refresh()

        with parts.foot:
            button(_("Cancel"), kind="ghost", on_click=parts.window.close)
            save_button = button(_("Save as a new version"), kind="primary", on_click=save)
            save_button.disable()  # until it says something else
        wording.on_value_change(lambda event: save_button.set_enabled((event.value or "").strip() not in ("", now.wording)))
        parts.window.open()

    async def _reach(self, field: SensitiveField, event: Any) -> None:
        with telling():
            try:
                wanted = self.reach.fields | {field} if event.value else self.reach.fields - {field}
                await live.change(disclosure.set_reach, wanted)
                toast(_("Saved"))
            finally:
                await self.refresh()


def _fields() -> dict[SensitiveField, tuple[str, str]]:
    return {
        SensitiveField.HEALTH_GOALS: ("target", _("Health goals")), SensitiveField.EMERGENCY_CONTACT: ("phone", _("Emergency contact")),
        SensitiveField.PRIVATE_NOTES: ("lock", _("Private notes")),
    }  # fmt: skip


async def consent_part() -> None:
    """Load, lay out, wire."""
    part = ConsentPart(*await live.read_together((consents.list_texts,), (disclosure.get_reach,)))
    part.body()
