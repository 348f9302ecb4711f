"""``/api/v1/tags``: the team's tags."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from crm_app.api.replies import reply
from crm_app.domain.tags import service as tags
from crm_app.domain.tags.schemas import TagView

router = APIRouter(prefix="/v1/tags", tags=["tags"])


class TagName(BaseModel):
    """A tag's name, unique without regard to case and accents."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=60)]


class TagList(BaseModel):
    """All tags of the team, by name."""

    items: list[TagView]


@router.get("", response_model=TagList)
async def list_tags(request: Request) -> Response:
    """All tags, with the number of contacts you see under each."""
    return await reply(request, tags.list_tags, shape=lambda found: {"items": found})


@router.post("", status_code=201, response_model=TagView)
async def create_tag(request: Request, body: TagName) -> Response:
    """Make a tag."""
    return await reply(request, tags.create_tag, body.name, status=201)


@router.patch("/{tag_id}", response_model=TagView)
async def rename_tag(request: Request, tag_id: UUID, body: TagName) -> Response:
    """Rename a tag wherever it is used."""
    return await reply(request, tags.rename_tag, tag_id, body.name)


@router.delete("/{tag_id}", status_code=204)
async def delete_tag(request: Request, tag_id: UUID) -> Response:
    """Take a tag off every contact and forget it. The change set undoes it."""
    return await reply(request, tags.delete_tag, tag_id, status=204)
