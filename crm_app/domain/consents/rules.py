"""Pure rules of the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from uuid import UUID

from crm_app.domain.consents.kinds import Action, Purpose
from crm_app.domain.consents.schemas import ConsentEvent, ConsentStanding, PurposeState
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _

STANDARD = {
    Purpose.DATA_PROCESSING: "I agree that my name, how to reach me, and notes of our sessions are kept and used to work with me.",
    Purpose.HEALTH_NOTES: "I agree that what I tell about my health is written down and used to work with me.",
    Purpose.AI: "I agree that notes about me and mail with me are read by an AI system, to prepare sessions, summaries and drafts. Nothing is decided by it.",
    Purpose.MARKETING: "I agree to be sent news and offers by e-mail. I can stop that at any time.",
    Purpose.PHOTO: "I agree that a picture of me which I have made public is looked for and kept with my name.",
}
"""What each purpose says until the team words it in its own way."""


def state_of(purpose: Purpose, events: Iterable[ConsentEvent]) -> PurposeState:
    """What holds of a purpose: the latest day, and of one day what was recorded last. The same rule stands in the trigger ``consent_carried``."""
    own = [event for event in events if event.purpose is purpose]
    if not own:
        return PurposeState(purpose=purpose, standing=ConsentStanding.NEVER, since=None, version=None)
    last = max(own, key=lambda event: (event.happened_on, event.created_at, event.id))
    return PurposeState(purpose=purpose, standing=ConsentStanding(last.action.value), since=last.happened_on, version=last.version)


def checked_day(given: date | None, today: date) -> date:
    """The day, or today. Raises Invalid for one to come, or one that nobody remembers. A day further on is today in another zone."""
    day = given or today
    if day > today + timedelta(days=1):
        raise Invalid(fields={"happened_on": _("That day is still to come.")})
    if day < date(1990, 1, 1):
        raise Invalid(fields={"happened_on": _("That was before 1990. Check the year.")})
    return min(day, today)


def check_later(action: Action, day: date, latest: Mapping[tuple[UUID, Purpose], date]) -> None:
    """Raise Invalid where something would be recorded as taken back on a day before it was given: it would change nothing, and look as if it did."""
    if action is Action.WITHDRAWN and any(day < other for other in latest.values()):
        raise Invalid(fields={"happened_on": _("They agreed after that day. Say when they took it back.")})
