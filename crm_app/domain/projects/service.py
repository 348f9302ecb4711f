"""Projects: groups of tasks, with a colour and how far each is."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from crm_app.domain.access import require_edit, require_hideable, require_own
from crm_app.domain.actor import Actor
from crm_app.domain.editing import given_fields, require_version
from crm_app.domain.permissions import Permission
from crm_app.domain.projects import queries
from crm_app.domain.projects.access import get_visible_project
from crm_app.domain.projects.models import HUES, Project
from crm_app.domain.projects.schemas import ProjectCreate, ProjectRow, ProjectUpdate
from crm_app.domain.rows import now


def list_projects(session: Session, actor: Actor, archived: bool | None = False) -> tuple[ProjectRow, ...]:
    """The projects that the actor sees, by name: those in use, those in the archive, or (None) both."""
    actor.require(Permission.TASK_READ)
    return queries.list_rows(session, actor, archived=archived)


def get_project(session: Session, actor: Actor, project_id: UUID) -> ProjectRow:
    """One project, in the archive or not."""
    actor.require(Permission.TASK_READ)
    get_visible_project(session, actor, project_id)
    return queries.list_rows(session, actor, project_id=project_id)[0]


def create_project(session: Session, actor: Actor, data: ProjectCreate) -> ProjectRow:
    """Make a project."""
    actor.require(Permission.TASK_WRITE)
    used = queries.count_hues(session)
    hue: str = data.hue or min(HUES, key=lambda name: used.get(name, 0))
    row = Project(title=data.title, description=data.description, hue=hue, audience=data.audience.value, owner_id=actor.user_id)
    session.add(row)
    session.flush()
    return get_project(session, actor, row.id)


def update_project(session: Session, actor: Actor, project_id: UUID, data: ProjectUpdate) -> ProjectRow:
    """Change what ``data`` gives. Conflict with the current project when it is no longer at ``data.version``."""
    actor.require(Permission.TASK_WRITE)
    row = get_visible_project(session, actor, project_id, lock=True)
    require_edit(actor, row, Permission.TASK_WRITE)
    require_version(row, data.version, queries.list_rows(session, actor, project_id=project_id)[0])
    given = given_fields(data)
    archived, audience = given.pop("archived", None), given.pop("audience", None)
    if audience is not None and audience.value != row.audience:
        require_own(actor, row, Permission.TASK_WRITE)
        require_hideable(actor, row, audience.value)
        row.audience = audience.value
    if archived is not None:
        row.archived_at = (row.archived_at or now()) if archived else None
    row.sqlmodel_update(given)
    session.flush()
    return get_project(session, actor, project_id)


def delete_project(session: Session, actor: Actor, project_id: UUID) -> None:
    """Put a project in the trash. Its tasks stay, and are without a project as long as it lies there."""
    _owned(session, actor, project_id, trashed=False).deleted_at = now()
    session.flush()


def restore_project(session: Session, actor: Actor, project_id: UUID) -> ProjectRow:
    """Take a project back from the trash, with the tasks that were in it."""
    _owned(session, actor, project_id, trashed=True).deleted_at = None
    session.flush()
    return get_project(session, actor, project_id)


def _owned(session: Session, actor: Actor, project_id: UUID, *, trashed: bool) -> Project:
    actor.require(Permission.TASK_WRITE)
    row = get_visible_project(session, actor, project_id, trashed=trashed, lock=True)
    require_own(actor, row, Permission.TASK_WRITE)
    return row
