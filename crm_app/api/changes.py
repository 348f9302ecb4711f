"""``/api/v1/changes``: taking back what one request changed."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from crm_app.api.replies import reply
from crm_app.domain.changes import service as changes
from crm_app.domain.changes.schemas import UndoSummary

router = APIRouter(prefix="/v1/changes", tags=["changes"])


@router.post("/{change_set_id}/undo", response_model=UndoSummary)
async def undo_change(request: Request, change_set_id: UUID) -> Response:
    """Undo a change set: the ``Change-Set`` header of the answer that made it. A conflict says what has changed since."""
    return await reply(request, changes.undo_change_set, change_set_id)
