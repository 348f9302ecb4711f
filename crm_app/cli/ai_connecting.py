"""What ``mindfulcrm ai on``, ``off`` and ``connect`` do."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr, ValidationError
from sqlmodel import Session

from crm_app.ai.catalogue import KnownModel, known_models
from crm_app.domain.actor import Actor
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.features import PriceSource
from crm_app.domain.ai.kinds import OFFERS, ProviderKind
from crm_app.domain.ai.schemas import UNKNOWN_CONTEXT, UNKNOWN_OUTPUT, ModelCreate, ProviderCreate, ProviderView, SettingsUpdate
from crm_app.domain.errors import Invalid
from crm_app.domain.unit_of_work import run_service

_OF_PROVIDER = ("name", "base_url", "own", "local", "region", "trains")
_OF_MODEL = ("tier", "input_price", "output_price", "context_tokens", "max_output", "embedding")


def switch_ai(actor: Actor, *, enabled: bool) -> None:
    """Switch it on or off, whatever it was."""
    version = run_service(actor, ai.get_settings).version
    run_service(actor, ai.change_settings, SettingsUpdate(version=version, enabled=enabled))


def connect_provider(actor: Actor, kind: ProviderKind, key: str, given: dict[str, Any]) -> ProviderView:
    """Enter a provider and one model of it, both or none; what is known of the model and was not said is taken from what is known."""
    name = given["model"]
    known = next((one for one in known_models(OFFERS[kind].speaks) if one.name == name), None) if kind is not ProviderKind.COMPATIBLE else None
    said = {field: given[field] for field in _OF_MODEL if given[field] not in (None, False)}
    source = PriceSource.ENTERED if known is None or "input_price" in said or "output_price" in said else PriceSource.MAP
    try:
        data = ProviderCreate(provider=kind, key=SecretStr(key), **{field: given[field] for field in _OF_PROVIDER})
        model = ModelCreate(name=name, price_source=source, **(_facts(known) | said))
    except ValidationError as error:
        fields = {str(fault["loc"][0]): f"{fault['loc'][0]}: {fault['msg']}." for fault in error.errors()}
        raise Invalid("This provider cannot be entered.", fields) from None
    return run_service(actor, enter_provider, data, model, inner_allowed=bool(given["allow_loopback"]))


def _facts(known: KnownModel | None) -> dict[str, Any]:
    if known is None:
        return {"context_tokens": UNKNOWN_CONTEXT, "max_output": UNKNOWN_OUTPUT, "tools": True, "structured": True}
    return {field: getattr(known, field) for field in ("input_price", "output_price", "context_tokens", "max_output", "tools", "structured", "vision", "embedding")}


def enter_provider(session: Session, actor: Actor, data: ProviderCreate, model: ModelCreate, *, inner_allowed: bool) -> ProviderView:
    """Both in one transaction."""
    made = ai.create_provider(session, actor, data, inner_allowed=inner_allowed)
    return ai.create_models(session, actor, made.id, [model])


