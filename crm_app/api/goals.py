"""``/api/v1/goals`` and ``/api/v1/check-ins``: what somebody works toward, and how far they are."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from sqlmodel import Session
from starlette.responses import Response

from crm_app.api.pages import Listed, Page, page_of, patch_model, with_version
from crm_app.api.replies import reply, wanted_version
from crm_app.domain.actor import Actor
from crm_app.domain.goals import service as goals
from crm_app.domain.goals.schemas import CheckInCreate, CheckInRow, CheckInUpdate, GoalCreate, GoalFilter, GoalRow, GoalUpdate, State

router = APIRouter(prefix="/v1/goals", tags=["goals"])
check_ins = APIRouter(prefix="/v1/check-ins", tags=["goals"])
GoalPatch = patch_model(GoalUpdate)
CheckInPatch = patch_model(CheckInUpdate)


class GoalQuery(Listed):
    """Which goals, newest first. ``practice`` are those without a contact, ``mine`` those that you own."""

    contact_id: UUID | None = None
    practice: bool | None = None
    mine: bool = False
    state: list[State] = []
    archived: bool = False


@router.get("", response_model=Page[GoalRow])
async def list_goals(request: Request, query: Annotated[GoalQuery, Query()]) -> Response:
    """Goals that you may see, as they stand today."""
    chosen = GoalFilter(**query.model_dump(exclude={"state"}), states=tuple(query.state))
    return await reply(request, goals.list_goals, chosen, shape=page_of("goals"))


@router.post("", status_code=201, response_model=GoalRow)
async def create_goal(request: Request, body: GoalCreate) -> Response:
    """Set a goal for a contact, or for the practice."""
    return await reply(request, goals.create_goal, body, status=201)


@router.get("/{goal_id}", response_model=GoalRow)
async def get_goal(request: Request, goal_id: UUID) -> Response:
    """One goal as it stands today."""
    return await reply(request, goals.get_goal, goal_id)


@router.patch("/{goal_id}", response_model=GoalRow)
async def update_goal(request: Request, goal_id: UUID, body: GoalPatch) -> Response:  # type: ignore[valid-type]
    """Change the fields that are sent."""
    version = wanted_version(request, body.version)  # type: ignore[attr-defined]
    return await reply(request, goals.update_goal, goal_id, with_version(body, GoalUpdate, version))


@router.post("/{goal_id}/archive", response_model=GoalRow)
async def archive_goal(request: Request, goal_id: UUID) -> Response:
    """Put a goal away without losing what was measured."""
    return await reply(request, archive_goals, goal_id)


@router.post("/{goal_id}/unarchive", response_model=GoalRow)
async def unarchive_goal(request: Request, goal_id: UUID) -> Response:
    """Take a goal up again."""
    return await reply(request, unarchive_goals, goal_id)


@router.delete("/{goal_id}", status_code=204)
async def delete_goal(request: Request, goal_id: UUID) -> Response:
    """Put a goal into the trash."""
    return await reply(request, goals.delete_goals, [goal_id], status=204)


@router.post("/{goal_id}/restore", response_model=GoalRow)
async def restore_goal(request: Request, goal_id: UUID) -> Response:
    """Take a goal out of the trash."""
    return await reply(request, restore_goals, goal_id)


@router.get("/{goal_id}/check-ins", response_model=Page[CheckInRow])
async def list_check_ins(request: Request, goal_id: UUID, query: Annotated[Listed, Query()]) -> Response:
    """A goal's check-ins, the latest day first."""
    return await reply(request, goals.list_check_ins, goal_id, query.after, query.limit, shape=page_of("check_ins"))


@router.post("/{goal_id}/check-ins", status_code=201, response_model=CheckInRow)
async def check_in(request: Request, goal_id: UUID, body: CheckInCreate) -> Response:
    """Write down how far a goal is."""
    return await reply(request, goals.check_in, goal_id, body, status=201)


@check_ins.patch("/{check_in_id}", response_model=CheckInRow)
async def update_check_in(request: Request, check_in_id: UUID, body: CheckInPatch) -> Response:  # type: ignore[valid-type]
    """Change the fields that are sent."""
    version = wanted_version(request, body.version)  # type: ignore[attr-defined]
    return await reply(request, goals.update_check_in, check_in_id, with_version(body, CheckInUpdate, version))


@check_ins.delete("/{check_in_id}", status_code=204)
async def delete_check_in(request: Request, check_in_id: UUID) -> Response:
    """Take a check-in away."""
    return await reply(request, goals.delete_check_in, check_in_id, status=204)


# Named like the services they call: history knows an act by one name, whichever door it came through.


def archive_goals(session: Session, actor: Actor, goal_id: UUID) -> GoalRow:
    """Archive one goal and return it."""
    return goals.archive_goals(session, actor, [goal_id])[0]


def unarchive_goals(session: Session, actor: Actor, goal_id: UUID) -> GoalRow:
    """Take up one goal and return it."""
    return goals.unarchive_goals(session, actor, [goal_id])[0]


def restore_goals(session: Session, actor: Actor, goal_id: UUID) -> GoalRow:
    """Restore one goal and return it."""
    return goals.restore_goals(session, actor, [goal_id])[0]
