"""``/api/v1/connections``: the accounts that bring your calendars in, and how that goes."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from crm_app.api.pages import Limit, Page
from crm_app.api.pages import Query as Parameters
from crm_app.api.replies import reply
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.schemas import ConnectionView, RunView
from crm_app.domain.jobs.models import JobState

router = APIRouter(prefix="/v1/connections", tags=["connections"])


class RunQuery(Parameters):
    """How many runs."""

    limit: Limit = 20


class SyncRequest(BaseModel):
    """What is asked of a sync in particular: a look at everything, a count of what would change, or all of it anew since a day."""

    model_config = ConfigDict(extra="forbid")

    full: bool = False
    dry: bool = False
    since: Annotated[date | None, Field(description="Read everything anew, back to this day.")] = None


class SyncAsked(BaseModel):
    """The sync that was begun, or that was under way already."""

    job_id: UUID
    state: JobState


@router.get("", response_model=Page[ConnectionView])
async def list_connections(request: Request) -> Response:
    """Your connected accounts and how they are."""
    return await reply(request, connections.get_connections, shape=lambda view: {"items": view.connections})


@router.get("/{connection_id}/runs", response_model=Page[RunView])
async def list_runs(request: Request, connection_id: UUID, query: Annotated[RunQuery, Query()]) -> Response:
    """The latest runs of one, newest first."""
    return await reply(request, connections.list_runs, connection_id, query.limit, shape=lambda runs: {"items": runs})


@router.post("/{connection_id}/sync", status_code=202, response_model=SyncAsked)
async def sync_now(request: Request, connection_id: UUID, body: SyncRequest) -> Response:
    """Sync one now."""
    asked = {"full": body.full, "dry": body.dry, "since": body.since}
    return await reply(request, connections.sync_now, connection_id, status=202, shape=lambda job: {"job_id": job.id, "state": job.state}, **asked)
