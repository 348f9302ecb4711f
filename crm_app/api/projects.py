"""``/api/v1/projects``: groups of tasks."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from crm_app.api import pages
from crm_app.api.pages import patch_model, with_version
from crm_app.api.replies import reply, wanted_version
from crm_app.domain.projects import service as projects
from crm_app.domain.projects.schemas import ProjectCreate, ProjectRow, ProjectUpdate

router = APIRouter(prefix="/v1/projects", tags=["projects"])
ProjectPatch = patch_model(ProjectUpdate)


class ProjectQuery(pages.Query):
    """Which projects: those in use, or those in the archive."""

    archived: bool = False


class ProjectList(BaseModel):
    """All projects that you see, by name."""

    items: list[ProjectRow]


@router.get("", response_model=ProjectList)
async def list_projects(request: Request, query: Annotated[ProjectQuery, Query()]) -> Response:
    """Projects, with how many of their tasks are open and done. The tasks of one: ``/v1/tasks?project_id=…``."""
    return await reply(request, projects.list_projects, query.archived, shape=lambda found: {"items": found})


@router.post("", status_code=201, response_model=ProjectRow)
async def create_project(request: Request, body: ProjectCreate) -> Response:
    """Make a project."""
    return await reply(request, projects.create_project, body, status=201)


@router.get("/{project_id}", response_model=ProjectRow)
async def get_project(request: Request, project_id: UUID) -> Response:
    """One project."""
    return await reply(request, projects.get_project, project_id)


@router.patch("/{project_id}", response_model=ProjectRow)
async def update_project(request: Request, project_id: UUID, body: ProjectPatch) -> Response:  # type: ignore[valid-type]
    """Change the fields that are sent. ``archived`` puts it into the archive and back."""
    version = wanted_version(request, body.version)  # type: ignore[attr-defined]
    return await reply(request, projects.update_project, project_id, with_version(body, ProjectUpdate, version))


@router.delete("/{project_id}", status_code=204)
async def delete_project(request: Request, project_id: UUID) -> Response:
    """Put a project into the trash. Its tasks stay."""
    return await reply(request, projects.delete_project, project_id, status=204)


@router.post("/{project_id}/restore", response_model=ProjectRow)
async def restore_project(request: Request, project_id: UUID) -> Response:
    """Take a project out of the trash, with the tasks that were in it."""
    return await reply(request, projects.restore_project, project_id)
