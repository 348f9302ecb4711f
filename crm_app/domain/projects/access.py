"""The only loader of projects by their ids."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.errors import NotFound
from crm_app.domain.i18n import _
from crm_app.domain.projects.models import Project
from crm_app.domain.rows import Audience


def get_visible_project(session: Session, actor: Actor, project_id: UUID, *, trashed: bool = False, lock: bool = False) -> Project:
    """The project; NotFound if the actor does not see it."""
    found = (
        select(Project)
        .where(
            Project.id == project_id,
            (Project.owner_id == actor.user_id) | (Project.audience == Audience.TEAM.value),
            col(Project.deleted_at).is_not(None) if trashed else col(Project.deleted_at).is_(None),
        )
        .execution_options(populate_existing=True)  # triggers may have moved its version
    )
    row = session.exec(found.with_for_update() if lock else found).first()
    if row is None:
        raise NotFound(_("That project is not here. Someone may have deleted it."))
    return row
