"""``/api/v1/contacts/{id}/consents``: what a contact has agreed to and taken back, and the wordings of that."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session
from starlette.responses import Response

from crm_app.api.replies import reply
from crm_app.domain.actor import Actor
from crm_app.domain.consents import service as consents
from crm_app.domain.consents.kinds import Action, Channel, Purpose
from crm_app.domain.consents.schemas import ConsentCreate, ContactConsents, TextView

router = APIRouter(prefix="/v1", tags=["consents"])


class Said(BaseModel):
    """What one contact said. ``happened_on`` is today where it is left out; ``text_id`` names an older wording, where there is one purpose."""

    model_config = ConfigDict(extra="forbid")

    purposes: list[Purpose] = Field(min_length=1, max_length=len(Purpose))
    action: Action = Action.GIVEN
    channel: Channel
    happened_on: date | None = None
    text_id: UUID | None = None
    evidence: str = Field(default="", max_length=2_000)


class Wordings(BaseModel):
    """Every version of every wording, the latest of a purpose first."""

    items: list[TextView]


@router.get("/contacts/{contact_id}/consents", response_model=ContactConsents)
async def get_consents(request: Request, contact_id: UUID) -> Response:
    """All that a contact has agreed to and taken back, the latest first, and what holds of each purpose."""
    return await reply(request, consents.get_consents, contact_id)


@router.post("/contacts/{contact_id}/consents", status_code=201, response_model=ContactConsents)
async def post_consents(request: Request, contact_id: UUID, body: Said) -> Response:
    """Record that a contact agreed to something, or took it back. Nothing that was recorded is ever changed."""
    return await reply(request, record_consents, contact_id, body, status=201)


@router.get("/consent-texts", response_model=Wordings)
async def list_texts(request: Request) -> Response:
    """What people agree to, in the team's own words."""
    return await reply(request, consents.list_texts, shape=lambda texts: Wordings(items=list(texts)))


# Named like the service it calls, as everywhere.


def record_consents(session: Session, actor: Actor, contact_id: UUID, said: Said) -> ContactConsents:
    """Record it and return all that the contact has said."""
    consents.record_consents(session, actor, ConsentCreate(contact_ids=[contact_id], **said.model_dump()))
    return consents.get_consents(session, actor, contact_id)
