"""``/api/v1/interactions``: what happened with whom."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime
from starlette.responses import Response

from crm_app.api.pages import Listed, Page, page_of, patch_model, with_version
from crm_app.api.replies import reply, wanted_version
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.models import Kind
from crm_app.domain.interactions.schemas import EntryView, InteractionCreate, InteractionFilter, InteractionUpdate

router = APIRouter(prefix="/v1/interactions", tags=["interactions"])
InteractionPatch = patch_model(InteractionUpdate)


class InteractionQuery(Listed):
    """Which entries, newest first. ``since`` is inclusive, ``until`` is not; ``mine`` are those you wrote."""

    kind: list[Kind] = []
    contact_id: UUID | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    mine: bool = False


@router.get("", response_model=Page[EntryView])
async def list_interactions(request: Request, query: Annotated[InteractionQuery, Query()]) -> Response:
    """Entries that you may see, newest first."""
    chosen = InteractionFilter(**query.model_dump(exclude={"kind"}), kinds=tuple(query.kind))
    return await reply(request, interactions.list_interactions, chosen, shape=page_of("entries"))


@router.post("", status_code=201, response_model=EntryView)
async def log_interaction(request: Request, body: InteractionCreate) -> Response:
    """Log a note, call, meeting, message, e-mail or class attendance."""
    return await reply(request, interactions.log_interaction, body, status=201)


@router.get("/{interaction_id}", response_model=EntryView)
async def get_interaction(request: Request, interaction_id: UUID) -> Response:
    """One entry."""
    return await reply(request, interactions.get_interaction, interaction_id)


@router.patch("/{interaction_id}", response_model=EntryView)
async def update_interaction(request: Request, interaction_id: UUID, body: InteractionPatch) -> Response:  # type: ignore[valid-type]
    """Change the fields that are sent."""
    version = wanted_version(request, body.version)  # type: ignore[attr-defined]
    return await reply(request, interactions.update_interaction, interaction_id, with_version(body, InteractionUpdate, version))


@router.delete("/{interaction_id}", status_code=204)
async def delete_interaction(request: Request, interaction_id: UUID) -> Response:
    """Put an entry into the trash."""
    return await reply(request, interactions.delete_interaction, interaction_id, status=204)


@router.post("/{interaction_id}/restore", response_model=EntryView)
async def restore_interaction(request: Request, interaction_id: UUID) -> Response:
    """Take an entry out of the trash."""
    return await reply(request, interactions.restore_interaction, interaction_id)
