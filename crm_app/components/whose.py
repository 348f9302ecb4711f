"""Mine or the team's: one switch for every list, remembered for the person and kept in the address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from crm_app.components.choices import Choice, Choices, segments
from crm_app.domain.i18n import _

MINE, TEAM = "mine", "team"


def whose_words() -> dict[str, str]:
    """The two, and what they are called."""
    return {MINE: _("Mine"), TEAM: _("Team")}


def whose_switch(value: str, on_choose: Callable[[str], Any]) -> Choices:
    """The switch. ``on_choose`` gets ``mine`` or ``team``."""
    return segments([Choice(whose, label) for whose, label in whose_words().items()], value, on_choose, label=_("Whose"))
