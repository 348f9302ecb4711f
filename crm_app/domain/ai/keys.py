"""Keys of providers: sealed for their row when they come in, opened in memory by whoever asks a model, and never on their way to a page."""

from __future__ import annotations

from uuid import UUID

from pydantic import SecretStr
from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.ai import queries
from crm_app.domain.ai.access import get_provider
from crm_app.domain.ai.models import AiProvider, AiProviderKey
from crm_app.domain.errors import Unavailable
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.sealing import AI_KEY, bound_box
from crm_app.domain.secret_box import SealBroken, Sealed


def open_key(session: Session, actor: Actor, provider_id: UUID) -> SecretStr:
    """The key of a provider that the actor sees; empty where it has none. Unavailable when what is kept no longer opens."""
    actor.require(Permission.AI_USE)
    provider = get_provider(session, actor, provider_id)
    row = queries.find_key(session, provider.id)
    if row is None:
        return SecretStr("")
    try:
        return bound_box().open(AI_KEY.of(provider.id), Sealed(row.sealed, row.key_id))
    except SealBroken:
        raise Unavailable(_("The key for %s can no longer be opened. Enter it again under Settings, AI & budgets.") % provider.name) from None


def keep_key(session: Session, provider: AiProvider, key: SecretStr) -> None:
    """Seal this for the provider, in place of what is there."""
    sealed = bound_box().seal(AI_KEY.of(provider.id), key)
    row = queries.find_key(session, provider.id)
    if row is None:
        row = AiProviderKey(provider_id=provider.id, owner_id=provider.owner_id, audience=provider.audience, sealed=sealed.content, key_id=sealed.key_id)
    row.sealed, row.key_id = sealed.content, sealed.key_id
    session.add(row)
    session.flush()
