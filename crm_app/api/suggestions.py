"""``/api/v1/suggestions``: what would be changed if you agreed. Nothing is done before you approve it, and then by your own rights."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from crm_app.api.pages import Cursor, page_of
from crm_app.api.replies import reply, wanted_version
from crm_app.domain.editing import Prose
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.suggestions.models import Kind, State
from crm_app.domain.suggestions.schemas import (
    Approval,
    Approvals,
    Decided,
    ProposalCreate,
    Rejection,
    Rejections,
    Revision,
    Snooze,
    SourceRef,
    SuggestionFilter,
    SuggestionView,
    Undoing,
)

router = APIRouter(prefix="/v1/suggestions", tags=["suggestions"])


class SuggestionQuery(BaseModel):
    """Which suggestions: what waits, unless ``state`` says otherwise. What was put off is among it only with ``snoozed``."""

    model_config = ConfigDict(extra="forbid")

    state: State = State.PENDING
    snoozed: bool = False
    contact_id: UUID | None = None
    task_id: UUID | None = None
    after: Cursor = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class SuggestionList(BaseModel):
    """Some suggestions to you, the latest first, and the cursor of the next page."""

    items: tuple[SuggestionView, ...]
    next_cursor: str | None


class SuggestionCreate(BaseModel):
    """A change, as the form of its kind; why; and the records that it was drawn from. ``task_id``: the task whose work this is."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    payload: dict[str, Any]
    rationale: Annotated[Prose, Field(max_length=1_000)] = ""
    sources: Annotated[tuple[SourceRef, ...], Field(max_length=20)] = ()
    task_id: UUID | None = None


class SuggestionPatch(BaseModel):
    """What you make of one, kept until you decide. ``version`` is the one that was read, here or as ``If-Match``."""

    model_config = ConfigDict(extra="forbid")

    version: Annotated[int | None, Field(ge=1)] = None
    payload: dict[str, Any]


class DecidedList(BaseModel):
    """What became of each."""

    items: tuple[Decided, ...]


class UndoneList(BaseModel):
    """What waits again."""

    items: tuple[SuggestionView, ...]


@router.get("", response_model=SuggestionList)
async def list_suggestions(request: Request, query: Annotated[SuggestionQuery, Query()]) -> Response:
    """What is suggested to you."""
    return await reply(request, suggestions.list_suggestions, SuggestionFilter(**query.model_dump()), shape=page_of("suggestions"))


@router.post("", response_model=SuggestionView, status_code=201)
async def propose(request: Request, body: SuggestionCreate) -> Response:
    """Suggest a change to yourself, to be decided about later, here or in the application. One that is the same as one that waits takes its place."""
    return await reply(request, suggestions.propose, ProposalCreate(**body.model_dump()), status=201)


@router.post("/approve", response_model=DecidedList)
async def approve_many(request: Request, body: Approvals) -> Response:
    """Approve several. Those that cannot be done wait as before, each with the reason."""
    return await reply(request, suggestions.approve_many, body, shape=lambda found: {"items": found})


@router.post("/reject", response_model=DecidedList)
async def reject_many(request: Request, body: Rejections) -> Response:
    """Decide against several. Those that were decided meanwhile stay as they are, each with the reason."""
    return await reply(request, suggestions.reject_many, body, shape=lambda found: {"items": found})


@router.post("/undo", response_model=UndoneList)
async def undo_many(request: Request, body: Undoing) -> Response:
    """Take back what was decided about several, all of it or nothing; they wait again, as does what was approved together with one of them."""
    return await reply(request, suggestions.undo_many, body, shape=lambda found: {"items": found})


@router.get("/{suggestion_id}", response_model=SuggestionView)
async def get_suggestion(request: Request, suggestion_id: UUID) -> Response:
    """One suggestion, with what stands now and what would stand."""
    return await reply(request, suggestions.get_suggestion, suggestion_id)


@router.patch("/{suggestion_id}", response_model=SuggestionView)
async def revise_suggestion(request: Request, suggestion_id: UUID, body: SuggestionPatch) -> Response:
    """Change what would be done. What it is about stays."""
    revision = Revision(version=wanted_version(request, body.version), payload=body.payload)
    return await reply(request, suggestions.revise_suggestion, suggestion_id, revision)


@router.post("/{suggestion_id}/approve", response_model=SuggestionView)
async def approve_suggestion(request: Request, suggestion_id: UUID, body: Approval) -> Response:
    """Have it done, once. ``standing`` is the one that you were shown: what has changed since is not acted on."""
    return await reply(request, suggestions.approve_suggestion, suggestion_id, body)


@router.post("/{suggestion_id}/reject", response_model=SuggestionView)
async def reject_suggestion(request: Request, suggestion_id: UUID, body: Rejection) -> Response:
    """Decide against it."""
    return await reply(request, suggestions.reject_suggestion, suggestion_id, body)


@router.post("/{suggestion_id}/snooze", response_model=SuggestionView)
async def snooze_suggestion(request: Request, suggestion_id: UUID, body: Snooze) -> Response:
    """Put it off; with no time to come back at, it waits again at once."""
    return await reply(request, suggestions.snooze_suggestion, suggestion_id, body)


@router.post("/{suggestion_id}/undo", response_model=SuggestionView)
async def undo_suggestion(request: Request, suggestion_id: UUID) -> Response:
    """Take back what was decided, with all that it did; it waits again."""
    return await reply(request, suggestions.undo_suggestion, suggestion_id)
