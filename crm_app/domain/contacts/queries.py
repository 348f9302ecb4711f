"""One contact and small sets of them. Lists are in ``page_queries``, finding by words in ``search_queries``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, literal, text, tuple_
from sqlalchemy import select as columns
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from crm_app.domain.accounts.models import Team, UserAccount
from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Contact, ContactPoint, ContactTag, SavedDraft
from crm_app.domain.contacts.schemas import DeletePreview, DuplicateHint
from crm_app.domain.contacts.scope import among, visible_to
from crm_app.domain.files.models import Blob
from crm_app.domain.interactions.models import Interaction, InteractionContact
from crm_app.domain.tags.models import Tag
from crm_app.domain.tasks.models import Task, TaskContact
from crm_app.domain.tasks.queries import OPEN

# The search's own columns are as long as the text again, and nobody reads them.
WITHOUT_INDEX = (defer(Contact.search_text), defer(Contact.search_grams))  # type: ignore[arg-type]
MOST_TASKS, MOST_HINTS = 50, 5
_POINTS = (
    "(select coalesce(jsonb_agg(to_jsonb(p) - 'owner_id' - 'audience' order by p.position, p.id), '[]') from contact_point p where p.contact_id = contact.id)"
)
_TAGS = "(select coalesce(jsonb_agg(t.name order by t.folded), '[]') from contact_tag l join tag t on t.id = l.tag_id where l.contact_id = contact.id)"
_SENSITIVE = "(select to_jsonb(s) from contact_sensitive s where s.contact_id = contact.id)"
_REFERRER = "(select jsonb_build_array(r.id, r.display_name) from contact r where r.id = contact.referred_by_id and r.deleted_at is null)"
_REFERRED = (
    "(select coalesce(jsonb_agg(jsonb_build_array(r.id, r.display_name)), '[]') from (select o.id, o.display_name from contact o "
    "where o.referred_by_id = contact.id and o.deleted_at is null order by o.sort_name, o.id limit 50) r)"
)


def list_contacts_by_id(session: Session, actor: Actor, ids: Collection[UUID], *, lock: bool, trashed: bool | None) -> Sequence[Contact]:
    """The rows that the actor sees. Locked rows are locked in the order of their keys, so that two callers never wait for each other."""
    found = select(Contact).options(*WITHOUT_INDEX).where(among(col(Contact.id), ids), visible_to(actor)).order_by(col(Contact.id))
    if trashed is not None:
        found = found.where(col(Contact.deleted_at).is_not(None) if trashed else col(Contact.deleted_at).is_(None))
    if lock:
        found = found.with_for_update().execution_options(populate_existing=True)
    return session.exec(found).all()


def get_record(session: Session, actor: Actor, contact_id: UUID) -> dict[str, Any] | None:
    """Everything of one contact but its tasks, in one statement; also from the trash. None when the actor does not see it."""
    found: Any = (
        columns(
            Contact.__table__, col(UserAccount.name).label("owner_name"), col(Blob.sha256).label("photo_sha"),  # type: ignore[attr-defined]
            text(f"{_POINTS} as points"), text(f"{_TAGS} as tags"), text(f"{_SENSITIVE} as sensitive"),
            text(f"{_REFERRER} as referred_by"), text(f"{_REFERRED} as people"),
        )
        .join(UserAccount, col(UserAccount.id) == col(Contact.owner_id))
        .outerjoin(Blob, col(Blob.id) == col(Contact.photo_id))
        .where(col(Contact.id) == contact_id, visible_to(actor))
    )  # fmt: skip
    row = session.connection().execute(found).mappings().first()
    return dict(row) if row else None


def list_open_tasks(session: Session, actor: Actor, contact_id: UUID) -> Sequence[Task]:
    """The contact's open tasks, the nearest first."""
    return session.exec(
        select(Task)
        .join(TaskContact, col(TaskContact.task_id) == col(Task.id))
        .where(TaskContact.contact_id == contact_id, col(Task.deleted_at).is_(None), OPEN)
        .order_by(col(Task.due_date).nulls_last(), col(Task.id))
        .limit(MOST_TASKS)
    ).all()


def list_points(session: Session, contact_id: UUID) -> Sequence[ContactPoint]:
    """A contact's ways to be reached, in order."""
    return session.exec(select(ContactPoint).where(ContactPoint.contact_id == contact_id).order_by(col(ContactPoint.position), col(ContactPoint.id))).all()


def list_tag_links(session: Session, contact_ids: Collection[UUID]) -> Sequence[ContactTag]:
    """Which tags these contacts have."""
    return session.exec(select(ContactTag).where(among(col(ContactTag.contact_id), contact_ids))).all()


def list_companions(session: Session, contact_ids: Collection[UUID]) -> set[UUID]:
    """These contacts and all that share an entry or a task with one of them."""
    found = set(contact_ids)
    for link, key in ((InteractionContact, InteractionContact.interaction_id), (TaskContact, TaskContact.task_id)):
        entries = select(key).where(among(col(link.contact_id), contact_ids))
        found.update(session.exec(select(link.contact_id).where(col(key).in_(entries))).all())
    return found


def get_country(session: Session) -> str:
    """The team's country: how phone numbers without a country code are read."""
    return session.exec(select(Team.country)).first() or ""


def get_preview(session: Session, contact_ids: Collection[UUID]) -> DeletePreview:
    """Counts of what hangs on these contacts and on no other."""

    def only_here(link: Any, key: Any, entry: Any) -> Any:
        inside = among(col(link.contact_id), contact_ids)
        elsewhere = select(key).where(~inside, key.in_(select(key).where(inside)))
        live = select(entry.id).where(entry.deleted_at.is_(None))
        return select(func.count(func.distinct(key))).where(inside, key.not_in(elsewhere), key.in_(live)).scalar_subquery()

    interactions, tasks, files = session.exec(
        select(
            only_here(InteractionContact, col(InteractionContact.interaction_id), Interaction),
            only_here(TaskContact, col(TaskContact.task_id), Task),
            select(func.count()).where(among(col(Blob.contact_id), contact_ids)).scalar_subquery(),
        )
    ).one()
    names = session.exec(select(Contact.display_name).where(among(col(Contact.id), contact_ids)).order_by(Contact.sort_name, col(Contact.id))).all()
    return DeletePreview(contacts=len(names), interactions=interactions, tasks=tasks, files=files, names=tuple(names))


def list_duplicates(session: Session, actor: Actor, points: Collection[tuple[str, str]], sort_name: str) -> tuple[DuplicateHint, ...]:
    """Contacts that can be reached in the same way, then such as bear the same name."""
    hints: dict[UUID, DuplicateHint] = {}
    shown: Any = (Contact.id, Contact.display_name, Contact.company)
    if points:
        same = columns(*shown, col(ContactPoint.kind), col(ContactPoint.value)).join(ContactPoint, col(ContactPoint.contact_id) == col(Contact.id))
        same = same.where(tuple_(col(ContactPoint.kind), col(ContactPoint.value_norm)).in_(list(points)), visible_to(actor), col(Contact.deleted_at).is_(None))
        for contact_id, name, company, kind, value in session.execute(same.limit(MOST_HINTS)).all():
            hints.setdefault(contact_id, DuplicateHint(contact_id=contact_id, display_name=name, company=company, reason=kind, value=value))
    if sort_name:
        named = columns(*shown, literal("name"), col(Contact.display_name))
        named = named.where(col(Contact.sort_name) == sort_name, visible_to(actor), col(Contact.deleted_at).is_(None))
        for contact_id, name, company, reason, value in session.execute(named.limit(MOST_HINTS)).all():
            hints.setdefault(contact_id, DuplicateHint(contact_id=contact_id, display_name=name, company=company, reason=reason, value=value))
    return tuple(hints.values())[:MOST_HINTS]


def get_draft_row(session: Session, actor: Actor, key: str) -> SavedDraft | None:
    """What the actor was typing at this place."""
    return session.get(SavedDraft, (actor.user_id, key), populate_existing=True)


def put_draft(session: Session, actor: Actor, key: str, body: str) -> None:
    """Keep it in the place of what may stand there: two tabs of one person may keep theirs at the same moment."""
    row = insert(SavedDraft).values(user_id=actor.user_id, key=key, body=body)
    session.connection().execute(row.on_conflict_do_update(index_elements=["user_id", "key"], set_={"body": body}))


def list_tags_by_fold(session: Session, folded: Collection[str]) -> dict[str, Tag]:
    """The team's tags by folded name."""
    return {tag.folded: tag for tag in session.exec(select(Tag).where(col(Tag.folded).in_(folded))).all()}
