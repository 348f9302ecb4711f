"""Whether a mail belongs into a CRM: a score with readable reasons, made of facts alone. Pure.

What counts is whom it is with, never its words, and never the domain: clients write from the same domains as everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from crm_app.domain.mail.automatic import Automatic
from crm_app.domain.mail.models import Direction, Standing, Verdict


class Reason(StrEnum):
    """What spoke for or against a mail."""

    CONTACT = "contact"
    HAND = "hand"
    WRITTEN = "written"
    THREAD = "thread"
    DIRECT = "direct"
    CROWD = "crowd"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a mail when it is weighed. ``automatic`` is one of ``Automatic`` or ``""``; ``people`` is to how many it went."""

    direction: str
    automatic: str = ""
    contact: bool = False
    by_hand: bool = False
    written: bool = False
    thread: bool = False
    direct: bool = False
    people: int = 1
    verdict: str | None = None


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each fact is worth; a mail is kept from ``keep`` on."""

    contact: int = 60
    written: int = 20
    thread: int = 50
    direct: int = 10
    crowd: int = -30
    most_people: int = 25
    keep: int = 50
    automatic: Mapping[str, int] = field(default_factory=lambda: MappingProxyType(dict.fromkeys((kind.value for kind in Automatic), -100)))


@dataclass(frozen=True, slots=True)
class Weighed:
    """What came of it; the reasons are words of ``Reason`` and ``Automatic``, the weightiest first."""

    score: int
    reasons: tuple[str, ...]
    standing: Standing


USUAL = Weights()


def weigh(facts: Facts, weights: Weights = USUAL) -> Weighed:
    """Weigh one mail. A rule of its owner's decides alone; so does their own hand, by which it was put to a contact."""
    if facts.verdict == Verdict.NEVER:
        return Weighed(0, (Reason.NEVER.value,), Standing.SET_ASIDE)
    counted = [(points, reason) for holds, points, reason in _lines(facts, weights) if holds]
    score = sum(points for points, _ in counted)
    reasons = tuple(reason for _, reason in sorted(counted, key=lambda one: -abs(one[0])))
    if facts.verdict == Verdict.ALWAYS or facts.by_hand:
        decisive = Reason.HAND.value if facts.by_hand else Reason.ALWAYS.value
        return Weighed(max(score, weights.keep), (decisive, *(one for one in reasons if one != decisive)), Standing.KEPT)
    return Weighed(score, reasons, _standing(facts, score, weights))


def _lines(facts: Facts, weights: Weights) -> tuple[tuple[bool, int, str], ...]:
    incoming = facts.direction == Direction.IN
    return (
        (facts.contact, weights.contact, Reason.CONTACT.value),
        (facts.thread, weights.thread, Reason.THREAD.value),
        (incoming and facts.written, weights.written, Reason.WRITTEN.value),
        (incoming and facts.direct, weights.direct, Reason.DIRECT.value),
        (facts.people > weights.most_people, weights.crowd, Reason.CROWD.value),
        (facts.automatic in weights.automatic, weights.automatic.get(facts.automatic, 0), facts.automatic),
    )


def _standing(facts: Facts, score: int, weights: Weights) -> Standing:
    if score >= weights.keep:
        return Standing.KEPT
    from_a_person = not facts.automatic and facts.people <= weights.most_people
    return Standing.UNKNOWN if from_a_person and not facts.contact else Standing.SET_ASIDE
