"""``/api/v1/ai/…``: whether models are used, for what, whom they are asked at, and which there are. No answer holds a key."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from crm_app.api.pages import patch_model, with_version
from crm_app.api.replies import reply, wanted_version
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.features import Feature
from crm_app.domain.ai.schemas import (
    FeatureUpdate,
    FeatureView,
    ModelCreate,
    ModelUpdate,
    ModelView,
    PreferenceUpdate,
    PreferenceView,
    ProviderCreate,
    ProviderUpdate,
    ProviderView,
    SettingsUpdate,
    SettingsView,
)  # fmt: skip

router = APIRouter(prefix="/v1/ai", tags=["assistant"])
ProviderPatch = patch_model(ProviderUpdate)
ModelPatch = patch_model(ModelUpdate)


class AiSettings(SettingsView):
    """What the team has decided about models. Nothing is asked of any until ``enabled``."""


class AiSettingsUpdate(SettingsUpdate):
    """What of that is changed. ``rate``: how many millionths of ``currency`` a US dollar is."""


AiSettingsPatch = patch_model(AiSettingsUpdate)


class FeatureChoice(FeatureUpdate):
    """What is decided about which feature."""

    feature: Feature


class FeatureList(BaseModel):
    """Everything that models are used for."""

    items: list[FeatureView]


class ProviderList(BaseModel):
    """The team's providers and one's own."""

    items: list[ProviderView]


class ModelList(BaseModel):
    """Every model that one sees."""

    items: list[ModelView]


@router.get("/settings", response_model=AiSettings)
async def get_settings(request: Request) -> Response:
    """What the team has decided. Nothing is asked of any model until it is switched on."""
    return await reply(request, ai.get_settings)


@router.patch("/settings", response_model=AiSettings)
async def change_settings(request: Request, body: AiSettingsPatch) -> Response:  # type: ignore[valid-type]
    """Decide for the team: switch models on or off, and what they may not do."""
    version = wanted_version(request, body.version)  # type: ignore[attr-defined]
    return await reply(request, ai.change_settings, with_version(body, SettingsUpdate, version))


@router.get("/features", response_model=FeatureList)
async def list_features(request: Request) -> Response:
    """What models are used for, and how much model each is given."""
    return await reply(request, ai.list_features, shape=lambda found: {"items": found})


@router.patch("/features", response_model=FeatureView)
async def choose_feature(request: Request, body: FeatureChoice) -> Response:
    """Whether models are used for one thing, and how much model."""
    given = FeatureUpdate(**{name: getattr(body, name) for name in body.model_fields_set if name != "feature"})
    return await reply(request, ai.choose_feature, body.feature, given)


@router.get("/preference", response_model=PreferenceView)
async def get_preference(request: Request) -> Response:
    """What you would rather have."""
    return await reply(request, ai.get_preference)


@router.patch("/preference", response_model=PreferenceView)
async def set_preference(request: Request, body: PreferenceUpdate) -> Response:
    """Say what you would rather have."""
    return await reply(request, ai.set_preference, body)


@router.get("/providers", response_model=ProviderList)
async def list_providers(request: Request) -> Response:
    """Whom models are asked at."""
    return await reply(request, ai.list_providers, shape=lambda found: {"items": found})


@router.post("/providers", status_code=201, response_model=ProviderView)
async def create_provider(request: Request, body: ProviderCreate) -> Response:
    """Enter a provider. Its key is taken in, sealed, and never given out again."""
    return await reply(request, ai.create_provider, body, status=201)


@router.get("/providers/{provider_id}", response_model=ProviderView)
async def get_provider(request: Request, provider_id: UUID) -> Response:
    """One of them, with its models."""
    return await reply(request, ai.get_provider, provider_id)


@router.patch("/providers/{provider_id}", response_model=ProviderView)
async def update_provider(request: Request, provider_id: UUID, body: ProviderPatch) -> Response:  # type: ignore[valid-type]
    """Change the fields that are sent; another address needs the key anew."""
    version = wanted_version(request, body.version)  # type: ignore[attr-defined]
    return await reply(request, ai.update_provider, provider_id, with_version(body, ProviderUpdate, version))


@router.delete("/providers/{provider_id}", status_code=204)
async def delete_provider(request: Request, provider_id: UUID) -> Response:
    """Let go of a provider, its key and its models."""
    return await reply(request, ai.delete_provider, provider_id, status=204)


@router.post("/providers/{provider_id}/models", status_code=201, response_model=ProviderView)
async def create_model(request: Request, provider_id: UUID, body: ModelCreate) -> Response:
    """Add a model. Prices are in millionths of a US dollar for a million tokens; a model of unknown price is not used."""
    return await reply(request, ai.create_models, provider_id, [body], status=201)


@router.get("/models", response_model=ModelList)
async def list_models(request: Request) -> Response:
    """Every model that you see, with what it costs and can do."""
    return await reply(request, ai.list_models, shape=lambda found: {"items": found})


@router.patch("/models/{model_id}", response_model=ModelView)
async def update_model(request: Request, model_id: UUID, body: ModelPatch) -> Response:  # type: ignore[valid-type]
    """Change the fields that are sent."""
    version = wanted_version(request, body.version)  # type: ignore[attr-defined]
    return await reply(request, ai.update_model, model_id, with_version(body, ModelUpdate, version))


@router.delete("/models/{model_id}", status_code=204)
async def delete_model(request: Request, model_id: UUID) -> Response:
    """Take a model out."""
    return await reply(request, ai.delete_model, model_id, status=204)
