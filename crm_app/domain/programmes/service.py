"""Programmes: selling, correcting, listing packages of sessions."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.access import require_edit, require_own
from crm_app.domain.actor import Actor
from crm_app.domain.contacts.access import get_visible_contact
from crm_app.domain.days import today_of
from crm_app.domain.editing import given_fields, require_version
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.programmes import queries, rules
from crm_app.domain.programmes.access import get_visible_programmes
from crm_app.domain.programmes.models import Programme, ProgrammeCorrection
from crm_app.domain.programmes.schemas import (
    CorrectionCreate,
    CorrectionList,
    ProgrammeCreate,
    ProgrammeFilter,
    ProgrammePage,
    ProgrammeRow,
    ProgrammeUpdate,
)
from crm_app.domain.rows import now

MAY_BE_EMPTY = frozenset({"ends_on", "price_micros"})


def create_programme(session: Session, actor: Actor, data: ProgrammeCreate) -> ProgrammeRow:
    """Write down a package for a contact that the actor sees. Sessions that fall into it count at once."""
    actor.require(Permission.PROGRAMME_WRITE)
    contact = get_visible_contact(session, actor, data.contact_id)
    programme = Programme(
        **data.model_dump(exclude={"starts_on"}), starts_on=data.starts_on or today_of(actor), owner_id=contact.owner_id, audience=contact.audience
    )
    rules.check_programme(programme)
    session.add(programme)
    return _written(session, actor, [programme])[0]


def update_programme(session: Session, actor: Actor, programme_id: UUID, data: ProgrammeUpdate) -> ProgrammeRow:
    """Change what ``data`` gives. Conflict with the current programme when it is no longer at ``data.version``."""
    actor.require(Permission.PROGRAMME_WRITE)
    programme = get_visible_programmes(session, actor, [programme_id], lock=True)[0]
    require_edit(actor, programme, Permission.PROGRAMME_WRITE)
    require_version(programme, data.version, queries.get_rows(session, actor, [programme_id])[0])
    programme.sqlmodel_update(given_fields(data, MAY_BE_EMPTY))
    rules.check_programme(programme)
    return _written(session, actor, [programme])[0]


def correct_used(session: Session, actor: Actor, programme_id: UUID, data: CorrectionCreate) -> ProgrammeRow:
    """Say how many sessions are used in truth. What it differs by is kept with its reason, so that later sessions still count."""
    actor.require(Permission.PROGRAMME_WRITE)
    programme = get_visible_programmes(session, actor, [programme_id], lock=True)[0]
    require_edit(actor, programme, Permission.PROGRAMME_WRITE)
    if data.used > programme.sessions_total:
        raise Invalid(fields={"used": _("The programme has %d sessions. Change that first if it was longer.") % programme.sessions_total})
    delta = data.used - programme.sessions_counted - programme.sessions_corrected
    correction = ProgrammeCorrection(
        programme_id=programme.id, contact_id=programme.contact_id, owner_id=programme.owner_id, audience=programme.audience,
        delta=delta, reason=data.reason, author_id=actor.user_id,
    )  # fmt: skip
    while delta:
        session.add(correction)
        session.flush()
        queries.recount(session, [programme.contact_id])
        session.refresh(programme)
        # Sessions that took place beyond what was bought move up into the room that a lower figure makes: they have to be taken off as well.
        delta = data.used - programme.sessions_counted - programme.sessions_corrected
        correction.delta += delta
    return _written(session, actor, [programme])[0]


def delete_programmes(session: Session, actor: Actor, programme_ids: Sequence[UUID]) -> None:
    """Put programmes in the trash. Only the contact's owner may, or an admin where it is the team's. Its sessions may count for another."""
    actor.require(Permission.PROGRAMME_WRITE)
    programmes = get_visible_programmes(session, actor, programme_ids, lock=True)
    for programme in programmes:
        require_own(actor, programme, Permission.PROGRAMME_WRITE)
        programme.deleted_at = now()
    session.flush()
    queries.recount(session, {programme.contact_id for programme in programmes})


def restore_programmes(session: Session, actor: Actor, programme_ids: Sequence[UUID]) -> tuple[ProgrammeRow, ...]:
    """Take programmes back from the trash."""
    actor.require(Permission.PROGRAMME_WRITE)
    programmes = get_visible_programmes(session, actor, programme_ids, trashed=True, lock=True)
    for programme in programmes:
        require_own(actor, programme, Permission.PROGRAMME_WRITE)
        programme.deleted_at = None
    return _written(session, actor, programmes)


def get_programme(session: Session, actor: Actor, programme_id: UUID) -> ProgrammeRow:
    """One programme as it stands today."""
    actor.require(Permission.PROGRAMME_READ)
    return queries.get_rows(session, actor, [get_visible_programmes(session, actor, [programme_id])[0].id])[0]


def list_programmes(session: Session, actor: Actor, wanted: ProgrammeFilter) -> ProgrammePage:
    """A page of programmes by contact and owner, or those that are running out."""
    actor.require(Permission.PROGRAMME_READ)
    if wanted.contact_id:
        get_visible_contact(session, actor, wanted.contact_id)
    return queries.list_page(session, actor, wanted)


def list_corrections(session: Session, actor: Actor, programme_id: UUID) -> CorrectionList:
    """What was corrected by hand in a programme, the latest first."""
    actor.require(Permission.PROGRAMME_READ)
    get_visible_programmes(session, actor, [programme_id])
    return CorrectionList(corrections=queries.list_corrections(session, programme_id))


def _written(session: Session, actor: Actor, programmes: Sequence[Programme]) -> tuple[ProgrammeRow, ...]:
    session.flush()
    queries.recount(session, {programme.contact_id for programme in programmes})
    return queries.get_rows(session, actor, [programme.id for programme in programmes])
