"""What the sheet's composer calls: three colleagues, and a save that only says so."""

from __future__ import annotations

from uuid import UUID

from crm_app.components import feedback
from crm_app.components.composer import Written
from crm_app.domain.mentions.rules import find_mentions
from crm_app.domain.mentions.schemas import Foreseen

TEAM = [(UUID(int=2), "Bob Moor"), (UUID(int=3), "Jana Čapek"), (UUID(int=4), "Jane Roe")]


async def colleagues() -> list[tuple[UUID, str]]:
    """Who can be mentioned."""
    return TEAM


async def foresee(typed: str, audience: str) -> list[Foreseen]:
    """Whom a text names."""
    named = find_mentions(typed, TEAM)
    return [Foreseen(user_id=person, name=name, sees=audience != "private") for person, name in TEAM if person in named]


async def save(entry: Written) -> bool:
    """Say what would be saved."""
    feedback.toast(f"Saved: {entry.body}")
    return True


async def keep(typed: str) -> None:
    """Keep no draft."""
