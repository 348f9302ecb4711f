"""The mood of entries: what a model read out of their words, and how it went lately with one contact."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlmodel import Session

from crm_app.domain.access import require_edit
from crm_app.domain.actor import Actor
from crm_app.domain.contacts.access import get_visible_contact
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.interactions import mood_queries
from crm_app.domain.interactions.access import get_visible_interaction
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now

HALF_LIFE = timedelta(days=60)
LOOKED_AT = timedelta(days=183)
NOTICED = 0.3
"""So much must the later half differ from the earlier one to be called a trend."""


class Trend(StrEnum):
    """How the mood has gone."""

    IMPROVING = "improving"
    STABLE = "stable"
    DECLINING = "declining"


class Mood(BaseModel):
    """How it went with a contact in the last six months: ``(when, 1 to 5)`` of each entry that has a mood, the earliest first.

    ``mean`` weighs an entry half as much for every two months that it is older; None where no entry has a mood. ``trend`` needs four of them.
    """

    model_config = ConfigDict(frozen=True)

    points: tuple[tuple[datetime, int], ...]
    mean: float | None
    trend: Trend | None


def note_sentiment(session: Session, actor: Actor, interaction_id: UUID, sentiment: int, confidence: float) -> bool:
    """Write down what a model read out of an entry; False where a person or an import has said already how it went, which stays.

    ``sentiment`` is 1 (very negative) to 5 (very positive), ``confidence`` between 0 and 1.
    """
    actor.require(Permission.AI_USE)
    if not 1 <= sentiment <= 5 or not 0 <= confidence <= 1:
        raise Invalid(_("A mood is between 1 and 5, and how sure that is between 0 and 1."))
    row = get_visible_interaction(session, actor, interaction_id, lock=True)
    require_edit(actor, row, Permission.INTERACTION_WRITE)
    if row.sentiment is not None and row.sentiment_confidence is None:
        return False
    row.sentiment, row.sentiment_confidence = sentiment, confidence
    session.flush()
    return True


def get_mood(session: Session, actor: Actor, contact_id: UUID) -> Mood:
    """How it went lately with a contact, by the entries that the actor sees."""
    actor.require(Permission.INTERACTION_READ)
    get_visible_contact(session, actor, contact_id)
    return mood_of(mood_queries.list_moods(session, actor, contact_id, now() - LOOKED_AT), now())


def mood_of(points: Sequence[tuple[datetime, int]], moment: datetime) -> Mood:
    """``Mood`` of these entries, seen at this moment."""
    weighed = [(value, 0.5 ** ((moment - when) / HALF_LIFE)) for when, value in points]
    whole = sum(weight for _value, weight in weighed)
    mean = round(sum(value * weight for value, weight in weighed) / whole, 1) if whole else None
    return Mood(points=tuple(points), mean=mean, trend=_trend([value for _when, value in points]))


def _trend(values: Sequence[int]) -> Trend | None:
    if len(values) < 4:
        return None
    middle = len(values) // 2
    change = sum(values[middle:]) / len(values[middle:]) - sum(values[:middle]) / middle
    return Trend.IMPROVING if change >= NOTICED else Trend.DECLINING if change <= -NOTICED else Trend.STABLE
