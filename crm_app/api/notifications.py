"""``/api/v1/notifications``: what one is told, and what one wants to be told."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from crm_app.api.pages import Listed, Page, page_of
from crm_app.api.replies import reply
from crm_app.domain.notifications import service as notifications
from crm_app.domain.notifications.schemas import NotificationFilter, NotificationView, SettingsUpdate, SettingsView, UnreadCount

router = APIRouter(prefix="/v1", tags=["notifications"])


class NotificationQuery(Listed):
    """Which notifications, newest first."""

    unread: bool = False


class MarkedRead(BaseModel):
    """Which ones were unread until now."""

    ids: list[UUID]


@router.get("/notifications", response_model=Page[NotificationView])
async def list_notifications(request: Request, query: Annotated[NotificationQuery, Query()]) -> Response:
    """What you were told."""
    return await reply(request, notifications.list_notifications, NotificationFilter(**query.model_dump()), shape=page_of("notifications"))


@router.get("/notifications/unread", response_model=UnreadCount)
async def count_unread(request: Request) -> Response:
    """How many are unread; counting stops at a hundred."""
    return await reply(request, notifications.count_unread)


@router.post("/notifications/read", response_model=MarkedRead)
async def mark_all_read(request: Request) -> Response:
    """Mark all as read."""
    return await reply(request, notifications.mark_all_read, shape=lambda ids: {"ids": ids})


@router.post("/notifications/{notification_id}/read", status_code=204)
async def mark_read(request: Request, notification_id: UUID) -> Response:
    """Mark one as read."""
    return await reply(request, notifications.mark_read, [notification_id], status=204)


@router.post("/notifications/{notification_id}/unread", status_code=204)
async def mark_unread(request: Request, notification_id: UUID) -> Response:
    """Put one back among the unread."""
    return await reply(request, notifications.mark_unread, [notification_id], status=204)


class TestSent(BaseModel):
    """When your quiet ends, if it is quiet and your browser therefore waits."""

    quiet_until: datetime | None


@router.post("/notifications/test", response_model=TestSent)
async def send_test(request: Request) -> Response:
    """Send yourself a notification, to see how it looks."""
    return await reply(request, notifications.send_test, shape=lambda until: {"quiet_until": until})


@router.get("/notification-settings", response_model=SettingsView)
async def get_notification_settings(request: Request) -> Response:
    """What you want to be told, by which ways, and when."""
    return await reply(request, notifications.get_notification_settings)


@router.patch("/notification-settings", response_model=SettingsView)
async def update_notification_settings(request: Request, body: SettingsUpdate) -> Response:
    """Change the settings that are sent."""
    return await reply(request, notifications.update_notification_settings, body)
