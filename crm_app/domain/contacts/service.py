"""Making, reading and changing one contact. Acts on several at once are in ``bulk`` and may be called from here as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.access import require_own
from crm_app.domain.actor import Actor
from crm_app.domain.calendar.settling import match_events
from crm_app.domain.contacts import board_queries, neighbour_queries, page_queries, parts, queries, record, rules
from crm_app.domain.contacts.access import get_editable_contacts, get_sensitive_part, require_hideable
from crm_app.domain.contacts.bulk import (
    add_tags,
    archive_contacts,
    bulk_create,
    delete_contacts,
    preview_delete,
    remove_tags,
    restore_contacts,
    set_audience,
    set_favourite,
    set_stage,
    unarchive_contacts,
)  # fmt: skip
from crm_app.domain.contacts.derived import refresh_derived
from crm_app.domain.contacts.models import Contact, ContactSensitive, Source
from crm_app.domain.contacts.photos import remove_photo, set_photo
from crm_app.domain.contacts.schemas import (
    ContactBoard,
    ContactCreate,
    ContactFields,
    ContactFilter,
    ContactPage,
    ContactUpdate,
    ContactView,
    DuplicateHint,
    Neighbours,
    SensitiveUpdate,
)  # fmt: skip
from crm_app.domain.editing import given_fields, require_version
from crm_app.domain.errors import Forbidden, Invalid, NotFound
from crm_app.domain.i18n import _
from crm_app.domain.mail.settling import match_mail
from crm_app.domain.mentions.writing import tell_mentioned
from crm_app.domain.permissions import Permission
from crm_app.domain.plans import keep_plans
from crm_app.domain.rows import Audience

__all__ = [
    "add_tags", "archive_contacts", "bulk_create", "create_contact", "delete_contacts", "find_duplicates", "get_board", "get_contact", "get_draft",
    "get_neighbours", "list_contacts", "preview_delete", "remove_photo", "remove_tags", "restore_contacts", "save_draft", "set_audience",
    "set_favourite", "set_photo", "set_stage", "unarchive_contacts", "update_contact", "update_sensitive",
]  # fmt: skip

MAY_BE_EMPTY = frozenset({"birth_year", "birth_month", "birth_day", "preferred_method", "cadence_days", "snoozed_until", "referred_by_id"})
PARTS = frozenset({"points", "tags"})
LONGEST_DRAFT = 20_000


def list_contacts(session: Session, actor: Actor, wanted: ContactFilter) -> ContactPage:
    """One page of the contacts that the actor sees. Invalid for a cursor of another list."""
    actor.require(Permission.CONTACT_READ)
    return page_queries.list_page(session, actor, wanted)


def count_lists(session: Session, actor: Actor, wanted: Sequence[ContactFilter]) -> tuple[int, ...]:
    """How many contacts each of these lists (at most 50) holds, counted up to 1,001 for "more than a thousand"."""
    actor.require(Permission.CONTACT_READ)
    return tuple(page_queries.count_page(session, actor, one) for one in wanted[:50])


def get_board(session: Session, actor: Actor, wanted: ContactFilter, sizes: Mapping[str, int] | None = None) -> ContactBoard:
    """The contacts that the actor sees, in columns by stage; a column goes on with ``list_contacts``. ``sizes`` (at most 200) is how many a stage shows."""
    actor.require(Permission.CONTACT_READ)
    return board_queries.list_board(session, actor, wanted, {stage: min(size, 200) for stage, size in (sizes or {}).items()})


def get_contact(session: Session, actor: Actor, contact_id: UUID) -> ContactView:
    """Everything of one contact."""
    actor.require(Permission.CONTACT_READ)
    keep_plans(session)
    return record.get_view(session, actor, contact_id)


def get_neighbours(session: Session, actor: Actor, contact_id: UUID, wanted: ContactFilter) -> Neighbours:
    """Who stands before and after a contact in a list, whatever page of it is asked for. NotFound where ``get_contact`` would be."""
    actor.require(Permission.CONTACT_READ)
    found = neighbour_queries.find_neighbours(session, actor, contact_id, wanted)
    if found is None:
        raise NotFound
    return found


def create_contact(session: Session, actor: Actor, data: ContactCreate) -> ContactView:
    """A new contact of the actor's. Invalid names the field that needs another look."""
    actor.require(Permission.CONTACT_WRITE)
    _check_referrer(session, actor, data.referred_by_id, None)
    source = Source.API if actor.via == "api" else Source.MANUAL
    contact_id = parts.insert_contacts(session, actor, [data], source)[0]
    match_events(session, actor, rules.called(data))
    match_mail(session, actor)
    return record.get_view(session, actor, contact_id)


def update_contact(session: Session, actor: Actor, contact_id: UUID, data: ContactUpdate) -> ContactView:
    """Change what ``data`` gives. Conflict with the contact as it stands when it is no longer at ``data.version``."""
    actor.require(Permission.CONTACT_WRITE)
    row = get_editable_contacts(session, actor, [contact_id])[0]
    current = record.get_view(session, actor, contact_id)
    require_version(row, data.version, current)
    given = given_fields(data, MAY_BE_EMPTY)
    if any(name in given and given[name] != getattr(row, name) for name in ("audience", "locked")):
        require_own(actor, row, Permission.CONTACT_WRITE)
        require_hideable(actor, [row], str(given.get("audience", row.audience)))
    if "referred_by_id" in given:
        _check_referrer(session, actor, data.referred_by_id, row)
    _write(session, row, current, given)
    match_events(session, actor, rules.called(data))
    match_mail(session, actor)
    shared = "audience" in given and given["audience"] != current.audience
    refresh_derived(session, queries.list_companions(session, [contact_id]) if shared else [contact_id])
    if shared:
        tell_mentioned(session, actor, [contact_id])
    return record.get_view(session, actor, contact_id)


def update_sensitive(session: Session, actor: Actor, contact_id: UUID, data: SensitiveUpdate) -> ContactView:
    """Change the part that stands apart. A colleague may while its owner shares it; whether it is shared is the owner's to say."""
    actor.require(Permission.CONTACT_WRITE)
    row = get_editable_contacts(session, actor, [contact_id])[0]
    kept = get_sensitive_part(session, row)
    if row.owner_id != actor.user_id and (kept is None or kept.audience != data.audience):
        raise Forbidden(_("Only the person who owns this contact can change that, or share it."))
    audience = Audience.PRIVATE.value if row.audience == Audience.PRIVATE else str(data.audience)
    if kept is None:
        kept = ContactSensitive(contact_id=contact_id, owner_id=row.owner_id, audience=audience)
        session.add(kept)
    kept.sqlmodel_update({**data.model_dump(exclude={"audience"}), "audience": audience})
    session.flush()
    return record.get_view(session, actor, contact_id)


def find_duplicates(session: Session, actor: Actor, data: ContactFields) -> tuple[DuplicateHint, ...]:
    """Up to five contacts that may be the one being typed in: reached in the same way, or of the same name."""
    actor.require(Permission.CONTACT_READ)
    region = queries.get_country(session)
    reach: set[tuple[str, str]] = set()
    for point in data.points:
        try:
            reach.add((str(point.kind), rules.normalised(str(point.kind), point.value, region)[1]))
        except ValueError:
            continue  # half typed
    name = rules.display_name_of(data.model_dump(), ())
    return queries.list_duplicates(session, actor, reach, rules.sort_name_of(name))


def save_draft(session: Session, actor: Actor, key: str, body: str) -> None:
    """Keep what the actor is typing at a place; nothing typed forgets it."""
    if len(key) > 120 or len(body) > LONGEST_DRAFT:
        raise Invalid(_("A draft holds at most %d characters.") % LONGEST_DRAFT)
    body = body.replace("\x00", "")
    if body.strip():
        queries.put_draft(session, actor, key, body)
    elif (draft := queries.get_draft_row(session, actor, key)) is not None:
        session.delete(draft)
        session.flush()


def get_draft(session: Session, actor: Actor, key: str) -> str:
    """What the actor was typing at this place, or nothing."""
    draft = queries.get_draft_row(session, actor, key)
    return draft.body if draft else ""


def _write(session: Session, row: Contact, current: ContactView, given: dict[str, Any]) -> None:
    """Apply the given fields. Points and tags are rows of their own, so the contact's version is moved for them."""
    merged = {**current.model_dump(include=set(Contact.model_fields)), **{name: value for name, value in given.items() if name not in PARTS}}
    points = rules.checked_points(given["points"], queries.get_country(session)) if "points" in given else [point.model_dump() for point in current.points]
    rules.check_contact(merged, points)
    given = {**given, "display_name": rules.display_name_of(merged, points)}
    row.sqlmodel_update({name: value for name, value in given.items() if name not in PARTS and value != getattr(row, name)})
    session.flush()
    changed = False
    if "points" in given:
        changed = parts.replace_points(session, row, points)
    if "tags" in given:
        changed = parts.replace_tags(session, [row], given["tags"]) or changed
    if changed:
        parts.touch(session, row, current.version)


def _check_referrer(session: Session, actor: Actor, referrer_id: UUID | None, row: Contact | None) -> None:
    if referrer_id is None or (row is not None and referrer_id == row.referred_by_id):
        return
    if row is not None and referrer_id == row.id:
        raise Invalid(fields={"referred_by_id": _("Someone can't be referred by themselves.")})
    if not queries.list_contacts_by_id(session, actor, [referrer_id], lock=False, trashed=False):
        raise Invalid(fields={"referred_by_id": _("That person is not among your contacts.")})
