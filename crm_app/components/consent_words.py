"""What consent is called on pages."""

from __future__ import annotations

from typing import Final

from crm_app.components import times
from crm_app.domain.actor import Actor
from crm_app.domain.consents.kinds import Action, Channel, Purpose
from crm_app.domain.consents.schemas import ConsentEvent, ConsentStanding, PurposeState
from crm_app.domain.i18n import _

# standing: (icon, tone)
LOOKS: Final = {
    ConsentStanding.GIVEN: ("circle-check", "mc-ok-ink"), ConsentStanding.WITHDRAWN: ("ban", "mc-ink-3"), ConsentStanding.NEVER: ("circle-dashed", "mc-ink-3"),
}  # fmt: skip


def purposes() -> dict[Purpose, str]:
    """Every purpose and what it is called."""
    return {
        Purpose.DATA_PROCESSING: _("Data processing"), Purpose.HEALTH_NOTES: _("Health notes"), Purpose.AI: _("AI on notes & email"),
        Purpose.MARKETING: _("Marketing email"), Purpose.PHOTO: _("Photo from the web"),
    }  # fmt: skip


def channels() -> dict[Channel, str]:
    """Every way of saying so."""
    return {
        Channel.IN_PERSON: _("In person"), Channel.FORM: _("Online form"), Channel.EMAIL: _("Email"), Channel.PHONE: _("Phone"), Channel.MESSAGE: _("Message"),
        Channel.PAPER: _("Signed paper"),
    }  # fmt: skip


def actions() -> dict[Action, str]:
    """Given, and taken back."""
    return {Action.GIVEN: _("Given"), Action.WITHDRAWN: _("Withdrawn")}


def standing(state: PurposeState, actor: Actor) -> str:
    """Since when it is given; else what there is instead."""
    if state.standing is ConsentStanding.GIVEN and state.since:
        return times.short_date(state.since, actor)
    return _("Withdrawn") if state.standing is ConsentStanding.WITHDRAWN else _("Not asked")


def sentence(state: PurposeState, actor: Actor) -> str:
    """The same, to be heard: "Health notes: given since 12 Jan 2026"."""
    said = {
        ConsentStanding.GIVEN: _("given since %s") % standing(state, actor), ConsentStanding.WITHDRAWN: _("withdrawn"), ConsentStanding.NEVER: _("not asked yet"),
    }[state.standing]  # fmt: skip
    return f"{purposes()[state.purpose]}: {said}"


def how(event: ConsentEvent, actor: Actor) -> str:
    """"12 Jan 2026 · Signed paper · recorded by Alice"."""
    parts = [times.short_date(event.happened_on, actor), channels()[event.channel]]
    if event.author_name:
        parts.append(_("recorded by %s") % event.author_name)
    return " · ".join(parts)
