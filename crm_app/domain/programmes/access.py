"""The only loader of programmes by their ids."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Contact
from crm_app.domain.errors import NotFound
from crm_app.domain.programmes.models import Programme
from crm_app.domain.rows import Audience

CONTACT_IN_TRASH: Any = select(Contact.id).where(col(Contact.id) == col(Programme.contact_id), col(Contact.deleted_at).is_not(None)).correlate(Programme).exists()
"""A programme whose contact is in the trash waits there with it."""


def get_visible_programmes(session: Session, actor: Actor, programme_ids: Collection[UUID], *, trashed: bool = False, lock: bool = False) -> list[Programme]:
    """These programmes in a fixed order (so that two people who lock the same ones never wait for each other); NotFound if one is not visible."""
    wanted = set(programme_ids)
    found = (
        select(Programme)
        .where(
            col(Programme.id).in_(wanted),
            (Programme.owner_id == actor.user_id) | (Programme.audience == Audience.TEAM.value),
            col(Programme.deleted_at).is_not(None) if trashed else col(Programme.deleted_at).is_(None),
            ~CONTACT_IN_TRASH,
        )
        .order_by(col(Programme.id))
        .execution_options(populate_existing=True)  # triggers may have moved version, audience and what is used
    )
    rows = list(session.exec(found.with_for_update() if lock else found).all()) if wanted else []
    if len(rows) != len(wanted):
        raise NotFound
    return rows
