"""``/api/v1/programmes``: packages of sessions that clients have bought."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from sqlmodel import Session
from starlette.responses import Response

from crm_app.api.pages import Listed, Page, page_of, patch_model, with_version
from crm_app.api.replies import reply, wanted_version
from crm_app.domain.actor import Actor
from crm_app.domain.programmes import service as programmes
from crm_app.domain.programmes.schemas import (
    CorrectionCreate,
    CorrectionRow,
    ProgrammeCreate,
    ProgrammeFilter,
    ProgrammeRow,
    ProgrammeUpdate,
)

router = APIRouter(prefix="/v1/programmes", tags=["programmes"])
ProgrammePatch = patch_model(ProgrammeUpdate)


class ProgrammeQuery(Listed):
    """Which programmes, newest first. ``mine`` are those of contacts that you own."""

    contact_id: UUID | None = None
    mine: bool = False
    running_out: bool = False


@router.get("", response_model=Page[ProgrammeRow])
async def list_programmes(request: Request, query: Annotated[ProgrammeQuery, Query()]) -> Response:
    """Programmes that you may see, as they stand today."""
    return await reply(request, programmes.list_programmes, ProgrammeFilter(**query.model_dump()), shape=page_of("programmes"))


@router.post("", status_code=201, response_model=ProgrammeRow)
async def create_programme(request: Request, body: ProgrammeCreate) -> Response:
    """Write down a package that a contact has bought."""
    return await reply(request, programmes.create_programme, body, status=201)


@router.get("/{programme_id}", response_model=ProgrammeRow)
async def get_programme(request: Request, programme_id: UUID) -> Response:
    """One programme as it stands today."""
    return await reply(request, programmes.get_programme, programme_id)


@router.patch("/{programme_id}", response_model=ProgrammeRow)
async def update_programme(request: Request, programme_id: UUID, body: ProgrammePatch) -> Response:  # type: ignore[valid-type]
    """Change the fields that are sent."""
    version = wanted_version(request, body.version)  # type: ignore[attr-defined]
    return await reply(request, programmes.update_programme, programme_id, with_version(body, ProgrammeUpdate, version))


@router.delete("/{programme_id}", status_code=204)
async def delete_programme(request: Request, programme_id: UUID) -> Response:
    """Put a programme into the trash."""
    return await reply(request, programmes.delete_programmes, [programme_id], status=204)


@router.post("/{programme_id}/restore", response_model=ProgrammeRow)
async def restore_programme(request: Request, programme_id: UUID) -> Response:
    """Take a programme out of the trash."""
    return await reply(request, restore_programmes, programme_id)


@router.get("/{programme_id}/corrections", response_model=Page[CorrectionRow])
async def list_corrections(request: Request, programme_id: UUID) -> Response:
    """What was corrected by hand, the latest first."""
    return await reply(request, programmes.list_corrections, programme_id, shape=page_of("corrections"))


@router.post("/{programme_id}/corrections", status_code=201, response_model=ProgrammeRow)
async def correct_used(request: Request, programme_id: UUID, body: CorrectionCreate) -> Response:
    """Say how many sessions are used in truth; the answer is the programme."""
    return await reply(request, programmes.correct_used, programme_id, body, status=201)


# Named like the service it calls: history knows an act by one name, whichever door it came through.


def restore_programmes(session: Session, actor: Actor, programme_id: UUID) -> ProgrammeRow:
    """Restore one programme and return it."""
    return programmes.restore_programmes(session, actor, [programme_id])[0]
