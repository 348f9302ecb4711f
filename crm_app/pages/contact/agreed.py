"""What the person agrees to, in the column of what is to be done: a line for each purpose, and whether the assistant may read them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from crm_app.components import consent_words, live
from crm_app.components.elements import icon, icon_button, pill, row, section
from crm_app.components.fields import switch
from crm_app.components.guard import telling
from crm_app.components.text import block, text
from crm_app.domain.consents import service as consents
from crm_app.domain.consents.kinds import Action, Purpose
from crm_app.domain.consents.schemas import ConsentStanding, ContactConsents, PurposeState
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactUpdate
from crm_app.domain.i18n import _
from crm_app.pages.acts import offer_undo
from crm_app.pages.consent_dialogs import look_at_consents, record_consent


class Agreed:
    """``take`` what the question found; ``refresh`` redraws the record."""

    view: ContactConsents

    def __init__(self, contact_id: UUID, refresh: Callable[[], Awaitable[Any]]) -> None:
        self.contact_id, self.refresh = contact_id, refresh

    @staticmethod
    def question_of(contact_id: UUID) -> tuple[Any, ...]:
        """What is asked about a person, as the live bridge takes it."""
        return consents.get_consents, contact_id

    def draw(self) -> None:
        """The section. Whoever may change the contact records by pressing a line."""
        with section(_("Consent")):
            if self.view.events:
                icon_button("history", _("History of consent"), height=24, on_click=lambda: look_at_consents(self.view))
            if self.view.may_record:
                icon_button("plus", _("Record consent"), height=24, on_click=partial(record_consent, [self.contact_id], self.refresh))
        for state in self.view.states:
            self._line(state)
        self._reading()

    def _line(self, state: PurposeState) -> None:
        actor = live.viewer()
        glyph, tone = consent_words.LOOKS[state.standing]
        action = Action.WITHDRAWN if state.standing is ConsentStanding.GIVEN else Action.GIVEN
        press = partial(record_consent, [self.contact_id], self.refresh, purposes=[state.purpose], action=action) if self.view.may_record else None
        with row(on_click=press, label=consent_words.sentence(state, actor)) as line:
            line.classes("mc-consent")
            icon(glyph, 16, tone)
            text(consent_words.purposes()[state.purpose], "mc-truncate mc-grow")
            text(consent_words.standing(state, actor), "mc-cap mc-num mc-nowrap")

    def _reading(self) -> None:
        """Ours to say, beside what is theirs: it holds although they agree."""
        if not self.view.may_record:
            if not self.view.ai_allowed:
                pill(_("Never to AI"), icon_name="eye-off")
            return
        with block("mc-consent-switch"):
            switch(_("The assistant may read this"), self.view.ai_allowed, on_change=self._allow)
            agreed = next(state for state in self.view.states if state.purpose is Purpose.AI).standing is ConsentStanding.GIVEN
            if self.view.ai_allowed and not agreed:
                text(_("Not yet: they have not agreed to AI."), "mc-cap", tag="p")

    async def _allow(self, event: Any) -> None:
        with telling():
            try:
                outcome = await live.change(contacts.update_contact, self.contact_id, ContactUpdate(version=self.view.version, ai_allowed=event.value))
                offer_undo(outcome, _("The assistant may read this") if event.value else _("The assistant never reads this"), self.refresh)
            finally:
                await self.refresh()
