"""The dashboard's own counts: one statement."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, exists, func
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Contact
from crm_app.domain.contacts.page_queries import SORTS
from crm_app.domain.interactions.models import Interaction
from crm_app.domain.rows import Audience


class ContactCounts(NamedTuple):
    """Live contacts that are not archived: all, made since, in touch since; and whether there is anything at all."""

    active: int
    new: int
    contacted: int
    has_contact: bool
    has_note: bool


def count_contacts(session: Session, actor: Actor, new_since: datetime, contacted_since: datetime, only_mine: bool) -> ContactCounts:
    """Count what the asker sees, or of that only what is theirs. Each count stands alone, so that each uses its own index: one's own and the team's, too."""
    mine = col(Contact.owner_id) == actor.user_id
    theirs = (mine,) if only_mine else ()
    active = _count(mine) if only_mine else _count(mine) + _count(~mine, col(Contact.audience) == Audience.TEAM.value)
    new = _count(col(Contact.created_at) >= new_since, *theirs)
    contacted = _count(SORTS["-last_contact"].columns[0] >= contacted_since, *theirs)
    any_contact = exists().where(col(Contact.deleted_at).is_(None))
    any_note = exists().where(col(Interaction.deleted_at).is_(None))
    return ContactCounts(*session.exec(select(active, new, contacted, any_contact, any_note)).one())  # type: ignore[call-overload]


def _count(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    live = (col(Contact.deleted_at).is_(None), col(Contact.archived_at).is_(None))
    return select(func.count()).select_from(Contact).where(*live, *conditions).scalar_subquery()
