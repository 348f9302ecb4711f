"""``/api/v1/letters``: mail that is written here, until it has left; and ``/api/v1/templates``, with which it is begun."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from crm_app.api import pages
from crm_app.api.pages import patch_model, with_version
from crm_app.api.replies import reply, wanted_version
from crm_app.domain.letters import service as letters
from crm_app.domain.letters.schemas import (
    MOST_ADDRESSES,
    LetterInput,
    LetterUpdate,
    LetterView,
    SenderView,
    TemplateFilled,
    TemplateInput,
    TemplateUpdate,
    TemplateView,
)

router = APIRouter(prefix="/v1/letters", tags=["letters"])
templates_router = APIRouter(prefix="/v1/templates", tags=["letters"])
LetterPatch = patch_model(LetterUpdate)
TemplatePatch = patch_model(TemplateUpdate)


class Sending(BaseModel):
    """The letter as it was read, and when it is to leave: in ten seconds unless ``at`` says a time."""

    model_config = ConfigDict(extra="forbid")

    version: int | None = Field(default=None, ge=1)
    at: AwareDatetime | None = None


class Verdict(BaseModel):
    """Whether a letter of which nobody knows has arrived. If not, it is sent once more, as the very same mail."""

    model_config = ConfigDict(extra="forbid")

    arrived: bool


class Attaching(BaseModel):
    """A file of a contact, and the letter as it was read."""

    model_config = ConfigDict(extra="forbid")

    document_id: UUID
    version: int | None = Field(default=None, ge=1)


class FillingQuery(pages.Query):
    """Whom a template is filled in for."""

    contact_id: UUID | None = None
    recipients: Annotated[str, Field(max_length=MOST_ADDRESSES)] = ""


class LetterList(BaseModel):
    """Your letters that have not been sent and put away, the latest first."""

    items: list[LetterView]


class SenderList(BaseModel):
    """Your mailboxes that send."""

    items: list[SenderView]


class TemplateList(BaseModel):
    """Your templates and the team's, by name."""

    items: list[TemplateView]


@router.get("", response_model=LetterList)
async def list_letters(request: Request) -> Response:
    """Letters that are being written, that wait for their time, or that came to nothing. What was sent is among the mail."""
    return await reply(request, letters.list_letters, shape=lambda found: {"items": found})


@router.get("/senders", response_model=SenderList)
async def list_senders(request: Request) -> Response:
    """The mailboxes by which a letter can leave."""
    return await reply(request, letters.list_senders, shape=lambda found: {"items": found})


@router.post("", status_code=201, response_model=LetterView)
async def create_letter(request: Request, body: LetterInput) -> Response:
    """Begin a letter. Nothing is sent before you say so."""
    return await reply(request, letters.create_letter, body, status=201)


@router.get("/{letter_id}", response_model=LetterView)
async def get_letter(request: Request, letter_id: UUID) -> Response:
    """One letter of yours; 404 once it was sent and put away."""
    return await reply(request, letters.get_letter, letter_id)


@router.patch("/{letter_id}", response_model=LetterView)
async def update_letter(request: Request, letter_id: UUID, body: LetterPatch) -> Response:  # type: ignore[valid-type]
    """Change the fields that are sent. One that is to be sent must be taken back first."""
    version = wanted_version(request, body.version)  # type: ignore[attr-defined]
    return await reply(request, letters.update_letter, letter_id, with_version(body, LetterUpdate, version))


@router.delete("/{letter_id}", status_code=204)
async def discard_letter(request: Request, letter_id: UUID, version: Annotated[int | None, Query(ge=1)] = None) -> Response:
    """Throw away a letter that is being written."""
    return await reply(request, letters.discard_letter, letter_id, version=wanted_version(request, version), status=204)


@router.post("/{letter_id}/files", status_code=201, response_model=LetterView)
async def attach_document(request: Request, letter_id: UUID, body: Attaching) -> Response:
    """Attach a copy of a contact's file to a letter that is being written: at most 20 files, of 20 MB together."""
    version = wanted_version(request, body.version)
    return await reply(request, letters.attach_document, letter_id, body.document_id, version=version, status=201)


@router.delete("/{letter_id}/files/{file_id}", response_model=LetterView)
async def detach_file(request: Request, letter_id: UUID, file_id: UUID, version: Annotated[int | None, Query(ge=1)] = None) -> Response:
    """Take a file off a letter that is being written; 404 for one that is not attached."""
    return await reply(request, letters.detach_file, letter_id, file_id, version=wanted_version(request, version))


@router.post("/{letter_id}/send", status_code=202, response_model=LetterView)
async def send_letter(request: Request, letter_id: UUID, body: Sending) -> Response:
    """Have a letter sent. It can be taken back until it has been handed over."""
    return await reply(request, letters.send_letter, letter_id, version=wanted_version(request, body.version), at=body.at, status=202)


@router.post("/{letter_id}/take-back", response_model=LetterView)
async def take_back(request: Request, letter_id: UUID) -> Response:
    """Go on writing a letter that waits, or that was surely not sent."""
    return await reply(request, letters.take_back, letter_id)


@router.post("/{letter_id}/send-now", status_code=202, response_model=LetterView)
async def send_now(request: Request, letter_id: UUID) -> Response:
    """Have a letter that waits for its time leave at once."""
    return await reply(request, letters.send_now, letter_id, status=202)


@router.post("/{letter_id}/decide", response_model=LetterView)
async def decide_letter(request: Request, letter_id: UUID, body: Verdict) -> Response:
    """Say what became of a letter of which nobody knows."""
    return await reply(request, letters.decide_letter, letter_id, arrived=body.arrived)


@templates_router.get("", response_model=TemplateList)
async def list_templates(request: Request) -> Response:
    """Templates that you may use."""
    return await reply(request, letters.list_templates, shape=lambda found: {"items": found})


@templates_router.post("", status_code=201, response_model=TemplateView)
async def create_template(request: Request, body: TemplateInput) -> Response:
    """Keep a template, for yourself or for the team."""
    return await reply(request, letters.create_template, body, status=201)


@templates_router.patch("/{template_id}", response_model=TemplateView)
async def update_template(request: Request, template_id: UUID, body: TemplatePatch) -> Response:  # type: ignore[valid-type]
    """Change the fields that are sent of a template of your own."""
    version = wanted_version(request, body.version)  # type: ignore[attr-defined]
    return await reply(request, letters.update_template, template_id, with_version(body, TemplateUpdate, version))


@templates_router.delete("/{template_id}", status_code=204)
async def delete_template(request: Request, template_id: UUID) -> Response:
    """Let go of a template of your own."""
    return await reply(request, letters.delete_template, template_id, status=204)


@templates_router.get("/{template_id}/filled", response_model=TemplateFilled)
async def get_filled_template(request: Request, template_id: UUID, query: Annotated[FillingQuery, Query()]) -> Response:
    """A template's words for one person; what is not known stays in braces, and is named in ``missing``."""
    return await reply(request, letters.get_filled_template, template_id, contact_id=query.contact_id, recipients=query.recipients)
