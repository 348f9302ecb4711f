"""Reading the team's tags."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from crm_app.domain.contacts.models import Contact, ContactTag
from crm_app.domain.tags.models import Tag
from crm_app.domain.tags.schemas import TagView


def list_views(session: Session, tag_id: UUID | None = None) -> tuple[TagView, ...]:
    """All tags by name, or one, with the number of live contacts that the asker sees under each."""
    found = (
        select(Tag.id, Tag.version, Tag.name, func.count(col(Contact.id)))
        .outerjoin(ContactTag, col(ContactTag.tag_id) == col(Tag.id))
        .outerjoin(Contact, (col(Contact.id) == col(ContactTag.contact_id)) & col(Contact.deleted_at).is_(None))
        .group_by(col(Tag.id))
        .order_by(Tag.folded)
    )
    if tag_id is not None:
        found = found.where(Tag.id == tag_id)
    return tuple(TagView(id=key, version=version, name=name, count=count) for key, version, name, count in session.exec(found).all())


def get_tag(session: Session, tag_id: UUID) -> Tag | None:
    """The tag, locked until the transaction ends."""
    return session.exec(select(Tag).where(Tag.id == tag_id).with_for_update()).first()


def list_by_fold(session: Session, folded: Collection[str]) -> Sequence[Tag]:
    """The tags with these folded names."""
    return session.exec(select(Tag).where(col(Tag.folded).in_(folded))).all()


def list_tagged(session: Session, tag_id: UUID) -> list[UUID]:
    """The contacts under a tag that the asker sees, in the trash or not."""
    return list(session.exec(select(ContactTag.contact_id).where(ContactTag.tag_id == tag_id)).all())
