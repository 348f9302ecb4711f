"""``/api/v1/events``: what is agreed with whom, as calendars that are connected say it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from crm_app.api.replies import reply
from crm_app.domain.calendar import service as calendars
from crm_app.domain.calendar.schemas import CalendarRange, EventRow, EventView

router = APIRouter(prefix="/v1/events", tags=["events"])


class EventQuery(BaseModel):
    """Which days, as you count days: ``days`` of them from ``first`` on. ``mine`` leaves out your colleagues' events."""

    model_config = ConfigDict(extra="forbid")

    first: Annotated[date, Field(ge=date(2, 1, 1), le=date(9998, 10, 1))]
    days: Annotated[int, Field(ge=1, le=calendars.MOST_DAYS)] = 7
    mine: bool = False


class EventList(BaseModel):
    """The events of some days, in order. ``capped``: there are more than are listed; ask for fewer days."""

    items: tuple[EventRow, ...]
    capped: bool


@router.get("", response_model=EventList)
async def list_events(request: Request, query: Annotated[EventQuery, Query()]) -> Response:
    """The events of some days that you may see."""
    return await reply(request, calendars.get_range, query.first, query.days, mine=query.mine, shape=_listed)


@router.get("/{event_id}", response_model=EventView)
async def get_event(request: Request, event_id: UUID) -> Response:
    """One event, with who is asked and what is good to know before it."""
    return await reply(request, calendars.get_event, event_id)


@router.put("/{event_id}/contacts/{contact_id}", response_model=EventView)
async def link_contact(request: Request, event_id: UUID, contact_id: UUID) -> Response:
    """Say that an event in your calendar concerns a contact."""
    return await reply(request, calendars.link_contact, event_id, contact_id)


@router.delete("/{event_id}/contacts/{contact_id}", response_model=EventView)
async def unlink_contact(request: Request, event_id: UUID, contact_id: UUID) -> Response:
    """Say that an event in your calendar does not concern a contact; no sync puts them back."""
    return await reply(request, calendars.unlink_contact, event_id, contact_id)


def _listed(found: CalendarRange) -> dict[str, Any]:
    return {"items": found.events, "capped": found.capped}
