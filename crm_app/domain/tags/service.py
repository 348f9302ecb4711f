"""The team's tags: one vocabulary that every member may extend."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.derived import refresh_derived
from crm_app.domain.editing import clean_line
from crm_app.domain.errors import Conflict, Invalid, NotFound
from crm_app.domain.i18n import _
from crm_app.domain.ids import new_id
from crm_app.domain.permissions import Permission
from crm_app.domain.tags import queries
from crm_app.domain.tags.models import Tag
from crm_app.domain.tags.schemas import TagView
from crm_app.domain.text import fold

LONGEST = 60


def list_tags(session: Session, actor: Actor) -> tuple[TagView, ...]:
    """All tags by name."""
    actor.require(Permission.TAG_READ)
    return queries.list_views(session)


def create_tag(session: Session, actor: Actor, name: str) -> TagView:
    """A new tag; Conflict when the team has one of this name, whatever its case and accents."""
    actor.require(Permission.TAG_WRITE)
    clean = checked_name(name)
    if queries.list_by_fold(session, [fold(clean)]):
        raise Conflict(_("There is a tag called %s already.") % clean)
    tag_id = ensure_tags(session, [clean])[fold(clean)]
    return queries.list_views(session, tag_id)[0]


def rename_tag(session: Session, actor: Actor, tag_id: UUID, name: str) -> TagView:
    """Another name for a tag, on every contact that has it. Conflict when another tag is called so."""
    actor.require(Permission.TAG_WRITE)
    clean, tag = checked_name(name), _get(session, tag_id)
    if any(other.id != tag.id for other in queries.list_by_fold(session, [fold(clean)])):
        raise Conflict(_("There is another tag called %s.") % clean)
    tag.name, tag.folded = clean, fold(clean)
    session.flush()
    refresh_derived(session, queries.list_tagged(session, tag_id))
    return queries.list_views(session, tag_id)[0]


def delete_tag(session: Session, actor: Actor, tag_id: UUID) -> None:
    """Take a tag from the vocabulary and from every contact; the contacts stay. It can be undone."""
    actor.require(Permission.TAG_WRITE)
    tag = _get(session, tag_id)
    tagged = queries.list_tagged(session, tag_id)
    session.delete(tag)
    session.flush()
    refresh_derived(session, tagged)


def ensure_tags(session: Session, names: Iterable[str]) -> dict[str, UUID]:
    """``folded name → id`` of these tags, made where the team lacks them. Two callers at once make each only once."""
    wanted: dict[str, str] = {}
    for name in map(checked_name, names):
        wanted.setdefault(fold(name), name)
    if not wanted:
        return {}
    found = {tag.folded: tag.id for tag in queries.list_by_fold(session, wanted)}
    missing = [{"id": new_id(), "name": name, "folded": folded} for folded, name in wanted.items() if folded not in found]
    if missing:
        made = insert(Tag).values(missing).on_conflict_do_nothing(index_elements=[col(Tag.folded)])
        session.execute(made)
        found = {tag.folded: tag.id for tag in queries.list_by_fold(session, wanted)}
    return found


def checked_name(name: str) -> str:
    """The name on one line; Invalid when it is empty, too long or has no letter or digit."""
    clean = clean_line(name)
    if not clean or not any(char.isalnum() for char in clean) or not fold(clean):
        raise Invalid(fields={"name": _("A tag needs a name with at least one letter or digit.")})
    if len(clean) > LONGEST:
        raise Invalid(fields={"name": _("A tag's name has at most %d characters.") % LONGEST})
    return clean


def _get(session: Session, tag_id: UUID) -> Tag:
    tag = queries.get_tag(session, tag_id)
    if tag is None:
        raise NotFound(_("That tag is not here. Someone may have deleted it."))
    return tag
