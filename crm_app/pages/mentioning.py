"""Colleagues who can be mentioned in what is being written about some contacts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from crm_app.components import live
from crm_app.components.mentions import Colleagues
from crm_app.domain.accounts import service as accounts
from crm_app.domain.mentions import service as mentions
from crm_app.domain.mentions.schemas import Draft, Foreseen
from crm_app.domain.rows import Audience


def colleagues_for(contact_ids: Callable[[], Sequence[UUID]]) -> Colleagues:
    """Whom one may name when writing about these contacts, and who of them would see it."""

    async def people() -> Sequence[tuple[UUID, str]]:
        return [(person.id, person.name) for person in await live.read(accounts.list_people)]

    async def foresee(typed: str, audience: str) -> Sequence[Foreseen]:
        return await live.read(mentions.foresee_mentions, Draft(text=typed, audience=Audience(audience), contact_ids=tuple(contact_ids())))

    return Colleagues(people, foresee)
