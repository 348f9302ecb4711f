"""``/api/v1/events`` and ``/api/v1/event-changes``: what is agreed with whom, as calendars that are connected say it, and what is to be different there."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from crm_app.api.replies import reply, wanted_version
from crm_app.domain.calendar import service as calendars
from crm_app.domain.calendar.schemas import CalendarRange, EventRow, EventView
from crm_app.domain.calendar.writing_schemas import ChangeView, EventWish, NewEventWish

router = APIRouter(prefix="/v1/events", tags=["events"])
changes_router = APIRouter(prefix="/v1/event-changes", tags=["events"])
Wish = TypeVar("Wish", bound=EventWish)


class EventQuery(BaseModel):
    """Which days, as you count days: ``days`` of them from ``first`` on. ``mine`` leaves out your colleagues' events."""

    model_config = ConfigDict(extra="forbid")

    first: Annotated[date, Field(ge=date(2, 1, 1), le=date(9998, 10, 1))]
    days: Annotated[int, Field(ge=1, le=calendars.MOST_DAYS)] = 7
    mine: bool = False


class EventCreate(NewEventWish):
    """An event that is to be, and in which of your calendars that take changes."""

    calendar_id: UUID


class EventPatch(EventWish):
    """What is to be different of an event."""

    version: Annotated[int | None, Field(ge=1, description="The version you are changing, unless If-Match says it.")] = None


class ChangeList(BaseModel):
    """What waits to be written into your calendars, and what of the last week came to nothing; newest first."""

    items: tuple[ChangeView, ...]


class EventList(BaseModel):
    """The events of some days, in order. ``capped``: there are more than are listed; ask for fewer days."""

    items: tuple[EventRow, ...]
    capped: bool


@router.get("", response_model=EventList)
async def list_events(request: Request, query: Annotated[EventQuery, Query()]) -> Response:
    """The events of some days that you may see."""
    return await reply(request, calendars.get_range, query.first, query.days, mine=query.mine, shape=_listed)


@router.post("", response_model=ChangeView, status_code=202)
async def create_event(request: Request, body: EventCreate) -> Response:
    """Ask for a new event. It is there once the answer's change is done: your calendar is told of it within moments."""
    return await reply(request, calendars.create_event, body.calendar_id, _wish(NewEventWish, body), status=202)


@router.get("/{event_id}", response_model=EventView)
async def get_event(request: Request, event_id: UUID) -> Response:
    """One event, with who is asked and what is good to know before it."""
    return await reply(request, calendars.get_event, event_id)


@router.patch("/{event_id}", response_model=ChangeView, status_code=202)
async def change_event(request: Request, event_id: UUID, body: EventPatch) -> Response:
    """Ask for an event in your calendar to be different; of a series only this one time. Only the fields that are sent change."""
    return await reply(request, calendars.change_event, event_id, wanted_version(request, body.version), _wish(EventWish, body), status=202)


@router.delete("/{event_id}", response_model=ChangeView, status_code=202)
async def delete_event(request: Request, event_id: UUID, version: Annotated[int | None, Query(ge=1)] = None) -> Response:
    """Ask for an event to be taken out of your calendar; of a series only this one time."""
    return await reply(request, calendars.delete_event, event_id, wanted_version(request, version), status=202)


@router.put("/{event_id}/contacts/{contact_id}", response_model=EventView)
async def link_contact(request: Request, event_id: UUID, contact_id: UUID) -> Response:
    """Say that an event in your calendar concerns a contact."""
    return await reply(request, calendars.link_contact, event_id, contact_id)


@router.delete("/{event_id}/contacts/{contact_id}", response_model=EventView)
async def unlink_contact(request: Request, event_id: UUID, contact_id: UUID) -> Response:
    """Say that an event in your calendar does not concern a contact; no sync puts them back."""
    return await reply(request, calendars.unlink_contact, event_id, contact_id)


@changes_router.get("", response_model=ChangeList)
async def list_changes(request: Request) -> Response:
    """What waits to be written into your calendars, and what came to nothing."""
    return await reply(request, calendars.list_changes, shape=lambda found: {"items": found})


@changes_router.get("/{change_id}", response_model=ChangeView)
async def get_change(request: Request, change_id: UUID) -> Response:
    """What became of a change that you asked for, for a week."""
    return await reply(request, calendars.get_change, change_id)


@changes_router.delete("/{change_id}", status_code=204)
async def withdraw_change(request: Request, change_id: UUID) -> Response:
    """Ask no longer for a change that waits, or forget one that has ended."""
    return await reply(request, calendars.withdraw_change, change_id, status=204)


def _wish(kind: type[Wish], body: EventWish) -> Wish:
    """The fields that were sent, without what is not part of the wish."""
    return kind(**{name: getattr(body, name) for name in body.model_fields_set & kind.model_fields.keys()})


def _listed(found: CalendarRange) -> dict[str, Any]:
    return {"items": found.events, "capped": found.capped}
