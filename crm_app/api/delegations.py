"""``/api/v1/tasks/{task_id}/delegation``: a task that you give to the assistant. What it drafts is a suggestion, which changes nothing before you approve it."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from crm_app.api.replies import reply
from crm_app.domain.delegations import service as delegations
from crm_app.domain.delegations.schemas import DelegationView

router = APIRouter(prefix="/v1/tasks/{task_id}/delegation", tags=["tasks"])


@router.get("", response_model=DelegationView)
async def get_delegation(request: Request, task_id: UUID) -> Response:
    """How far the assistant is: ``steps`` that were done, in order; what it has cost; why none came of it.

    While it is ``waiting``, ``suggestion_id`` names the draft: read it at ``/v1/suggestions/{id}``, edit it there with PATCH, approve or reject it there.
    """
    return await reply(request, delegations.get_delegation, task_id)


@router.post("", response_model=DelegationView, status_code=201)
async def delegate_task(request: Request, task_id: UUID) -> Response:
    """Have the assistant draft the task. It runs in the background, at a cost that counts against your limits."""
    return await reply(request, delegations.delegate_task, task_id, status=201)


@router.delete("", response_model=DelegationView)
async def cancel_delegation(request: Request, task_id: UUID) -> Response:
    """Stop it; the task is yours again. A conflict when nothing is under way: a draft that waits is rejected like any other suggestion."""
    return await reply(request, delegations.cancel_delegation, task_id)
