"""Where models are asked: the team's providers, and one's own."""

from __future__ import annotations

from uuid import UUID

from pydantic import SecretStr
from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.ai import access, queries, rules, views
from crm_app.domain.ai.keys import keep_key
from crm_app.domain.ai.kinds import OFFERS, Offer, ProviderKind
from crm_app.domain.ai.models import AiProvider
from crm_app.domain.ai.places import is_open
from crm_app.domain.ai.schemas import ProviderCreate, ProviderUpdate, ProviderView
from crm_app.domain.audit.writing import note
from crm_app.domain.editing import given_fields, require_version
from crm_app.domain.errors import Forbidden, Invalid
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience


def list_providers(session: Session, actor: Actor) -> tuple[ProviderView, ...]:
    """The team's providers and one's own, each with its models."""
    actor.require(Permission.AI_USE)
    keyed, models = queries.list_keyed(session), queries.list_models(session, actor)
    listed = queries.list_providers(session, actor)
    return tuple(views.provider(actor, row, row.id in keyed, [model for model in models if model.provider_id == row.id]) for row in listed)


def get_provider(session: Session, actor: Actor, provider_id: UUID) -> ProviderView:
    """One of them."""
    actor.require(Permission.AI_USE)
    row = access.get_provider(session, actor, provider_id)
    return views.provider(actor, row, queries.find_key(session, row.id) is not None, queries.list_models(session, actor, row.id))


def create_provider(session: Session, actor: Actor, data: ProviderCreate, *, inner_allowed: bool = False) -> ProviderView:
    """Enter a provider, for the team or, where the team allows that, for oneself.

    ``inner_allowed`` is the word of whoever hosts this: its address may be on this machine or in their own network.
    """
    actor.require(Permission.AI_USE if data.own else Permission.AI_MANAGE)
    if data.own and not queries.get_settings(session).own_keys:
        raise Forbidden(_("The team's keys are used here. An admin can allow keys of one's own under Settings, AI & budgets."))
    if queries.count_providers(session, actor) >= rules.MOST_PROVIDERS:
        raise Invalid(_("At most %d providers can be entered. Remove one first.") % rules.MOST_PROVIDERS)
    offer, address, key = OFFERS[data.provider], rules.clean_address(data.base_url, data.provider), rules.clean_key(data.key.get_secret_value())
    rules.require_private(address, inner=inner_allowed or is_open(*rules.place_of(address)))
    if offer.needs_key and not key:
        raise Invalid(fields={"key": _("%s needs a key.") % offer.title})
    row = AiProvider(
        owner_id=actor.user_id, audience=(Audience.PRIVATE if data.own else Audience.TEAM).value, provider=data.provider.value, name=data.name or offer.title,
        base_url=address, inner_allowed=inner_allowed, local=data.local, region=data.region, trains=data.trains,
    )  # fmt: skip
    _require_ours(row, offer)
    session.add(row)
    session.flush()
    if key:
        keep_key(session, row, SecretStr(key))
    note(session, actor, "ai.provider_added", "ai_provider", row.id, provider=row.provider, own=data.own)
    return get_provider(session, actor, row.id)


def update_provider(session: Session, actor: Actor, provider_id: UUID, data: ProviderUpdate) -> ProviderView:
    """Change the fields that are given. Invalid where a key that is kept would go to another address. Conflict when somebody else changed it meanwhile."""
    actor.require(Permission.AI_USE)
    row = access.get_managed_provider(session, actor, provider_id)
    require_version(row, data.version, get_provider(session, actor, provider_id))
    given, kind = given_fields(data, may_be_empty={"key"}), ProviderKind(row.provider)
    given.pop("key", None)
    key = rules.clean_key(data.key.get_secret_value() if data.key else "")
    if "base_url" in given:
        given["base_url"] = rules.clean_address(given["base_url"], kind)
    changed = rules.changes_of(row, given, typed=bool(key), has_key=queries.find_key(session, row.id) is not None)
    row.sqlmodel_update(changed)
    _require_ours(row, OFFERS[kind])
    session.flush()
    if key:
        keep_key(session, row, SecretStr(key))
    if fields := sorted({*changed, *(["key"] if key else [])}):
        note(session, actor, "ai.provider_changed", "ai_provider", row.id, fields=" ".join(fields))
    return get_provider(session, actor, row.id)


def delete_provider(session: Session, actor: Actor, provider_id: UUID) -> None:
    """Let go of a provider: its key and its models go. What was spent there stays in the ledger."""
    actor.require(Permission.AI_USE)
    row = access.get_managed_provider(session, actor, provider_id)
    session.delete(row)
    session.flush()
    note(session, actor, "ai.provider_removed", "ai_provider", provider_id, provider=row.provider)


def _require_ours(row: AiProvider, offer: Offer) -> None:
    """A provider in whose machines one only has an account is no machine of the practice; whether another address is one, nobody says for themselves alone.

    What is local costs nothing, and is told whatever the team keeps at home: for one's own, the host must have opened its place.
    """
    ours = row.base_url and (offer.may_be_ours or not offer.needs_address)
    alone = row.audience == Audience.PRIVATE.value and not row.inner_allowed and not is_open(*rules.place_of(row.base_url))
    if row.local and (not ours or alone):
        raise Invalid(fields={"local": _("%s is not a machine of the practice.") % offer.title})
