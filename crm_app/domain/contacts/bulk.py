"""Acts on several contacts at once: all of them, or none when one is not to be seen or not to be changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.calendar.settling import match_events
from crm_app.domain.contacts import parts, queries, rules
from crm_app.domain.contacts.access import get_editable_contacts, get_owned_contacts, get_visible_contacts, require_hideable
from crm_app.domain.contacts.derived import refresh_derived
from crm_app.domain.contacts.models import Contact, Source, Stage
from crm_app.domain.contacts.schemas import ContactCreate, DeletePreview
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.mail.settling import match_mail
from crm_app.domain.mentions.writing import tell_mentioned
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience, now
from crm_app.domain.tags.queries import list_by_fold
from crm_app.domain.tags.service import ensure_tags
from crm_app.domain.text import fold

MOST_AT_ONCE = 10_000


def set_favourite(session: Session, actor: Actor, contact_ids: Sequence[UUID], value: bool) -> None:
    """Mark contacts as favourites, or no longer."""
    _set(session, get_editable_contacts(session, actor, _some(contact_ids)), favourite=value)


def set_stage(session: Session, actor: Actor, contact_ids: Sequence[UUID], stage: Stage) -> None:
    """Move contacts to a stage. Invalid for a stage that does not exist."""
    if stage not in set(Stage):
        raise Invalid(fields={"stage": _("There is no such stage.")})
    rows = get_editable_contacts(session, actor, _some(contact_ids))
    _set(session, rows, stage=Stage(stage).value)
    refresh_derived(session, [row.id for row in rows])  # a stage may bring a cadence


def archive_contacts(session: Session, actor: Actor, contact_ids: Sequence[UUID]) -> None:
    """Set contacts aside; those that are aside already stay as they are."""
    rows = get_editable_contacts(session, actor, _some(contact_ids))
    _set(session, [row for row in rows if row.archived_at is None], archived_at=now())


def unarchive_contacts(session: Session, actor: Actor, contact_ids: Sequence[UUID]) -> None:
    """Take contacts back among the active ones."""
    _set(session, get_editable_contacts(session, actor, _some(contact_ids)), archived_at=None)


def set_audience(session: Session, actor: Actor, contact_ids: Sequence[UUID], audience: Audience) -> None:
    """Share contacts with the team, or keep them private, with all that hangs on them. Private means private to their owner, so only they may ask for it."""
    if audience not in set(Audience):
        raise Invalid(fields={"audience": _("There is no such choice.")})
    rows = get_owned_contacts(session, actor, _some(contact_ids))
    require_hideable(actor, rows, audience)
    _set(session, rows, audience=Audience(audience).value)
    refresh_derived(session, queries.list_companions(session, [row.id for row in rows]))
    if audience == Audience.TEAM:
        tell_mentioned(session, actor, [row.id for row in rows])


def add_tags(session: Session, actor: Actor, contact_ids: Sequence[UUID], names: Sequence[str]) -> None:
    """Put tags on contacts, making those that the team lacks."""
    rows = get_editable_contacts(session, actor, _some(contact_ids))
    _retagged(session, rows, parts.link_tags(session, rows, ensure_tags(session, names).values()))


def remove_tags(session: Session, actor: Actor, contact_ids: Sequence[UUID], names: Sequence[str]) -> None:
    """Take tags from contacts; unknown ones are no error."""
    rows = get_editable_contacts(session, actor, _some(contact_ids))
    found = list_by_fold(session, [fold(name) for name in names])
    _retagged(session, rows, parts.unlink_tags(session, rows, [tag.id for tag in found]))


def preview_delete(session: Session, actor: Actor, contact_ids: Sequence[UUID]) -> DeletePreview:
    """What would go to the trash along with these contacts. Refused where deleting would be."""
    rows = get_owned_contacts(session, actor, _some(contact_ids))
    return queries.get_preview(session, [row.id for row in rows])


def delete_contacts(session: Session, actor: Actor, contact_ids: Sequence[UUID]) -> None:
    """Put contacts in the trash, where they can be restored for 30 days."""
    _set(session, get_owned_contacts(session, actor, _some(contact_ids)), deleted_at=now())


def restore_contacts(session: Session, actor: Actor, contact_ids: Sequence[UUID]) -> None:
    """Take contacts back from the trash, with their figures as they are now."""
    rows = get_owned_contacts(session, actor, _some(contact_ids), trashed=True)
    _set(session, rows, deleted_at=None)
    refresh_derived(session, [row.id for row in rows])


def bulk_create(session: Session, actor: Actor, items: Sequence[ContactCreate], source: Source = Source.IMPORT) -> list[UUID]:
    """Make many contacts of the actor's at once and return their keys in order: all, or none when one is Invalid (``<index>.<field>``)."""
    actor.require(Permission.CONTACT_WRITE)
    referrers = {item.referred_by_id for item in items if item.referred_by_id}
    if referrers:
        get_visible_contacts(session, actor, list(referrers))
    made = parts.insert_contacts(session, actor, items, source) if items else []
    match_events(session, actor, [name for item in items for name in rules.called(item)])
    match_mail(session, actor)
    return made


def _some(contact_ids: Sequence[UUID]) -> Sequence[UUID]:
    if len(contact_ids) > MOST_AT_ONCE:
        raise Invalid(_("At most %d contacts can be changed at once.") % MOST_AT_ONCE)
    return contact_ids


def _set(session: Session, rows: Sequence[Contact], **values: Any) -> None:
    for row in rows:
        row.sqlmodel_update({name: value for name, value in values.items() if getattr(row, name) != value})
    session.flush()


def _retagged(session: Session, rows: Sequence[Contact], changed: set[UUID]) -> None:
    for row in rows:
        if row.id in changed:
            row.version, row.updated_at = row.version + 1, now()
    session.flush()
    refresh_derived(session, changed)
