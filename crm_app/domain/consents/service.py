"""Recording what contacts agree to, and reading it. Nothing is changed or taken out: what is taken back is one more entry."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from crm_app.domain.access import may_edit
from crm_app.domain.actor import Actor
from crm_app.domain.audit.writing import note
from crm_app.domain.consents import queries, rules
from crm_app.domain.consents.kinds import Action, Purpose
from crm_app.domain.consents.models import Consent, ConsentText
from crm_app.domain.consents.schemas import ConsentCreate, ContactConsents, Recorded, TextCreate, TextView
from crm_app.domain.contacts.access import get_editable_contacts, get_visible_contacts
from crm_app.domain.days import today_of
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.ids import new_id
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now


def get_consents(session: Session, actor: Actor, contact_id: UUID) -> ContactConsents:
    """All that a contact has agreed to and taken back, and what holds now. NotFound where the actor does not see the contact."""
    actor.require(Permission.CONTACT_READ)
    row = get_visible_contacts(session, actor, [contact_id])[0]
    events = tuple(queries.list_events(session, [contact_id]).get(contact_id, ()))
    return ContactConsents(
        contact_id=contact_id, events=events, states=tuple(rules.state_of(purpose, events) for purpose in Purpose), ai_allowed=row.ai_allowed,
        version=row.version,
        may_record=actor.can(Permission.CONTACT_WRITE) and may_edit(actor, row),
    )  # fmt: skip


def record_consents(session: Session, actor: Actor, data: ConsentCreate) -> Recorded:
    """Record for each contact that it agreed, or took it back. All of them or none: NotFound and Forbidden as for changing these contacts.

    Taking back what nobody has given is recorded too: somebody said so. It holds from this transaction on, everywhere.
    """
    actor.require(Permission.CONTACT_WRITE)
    rows = sorted(get_editable_contacts(session, actor, data.contact_ids), key=lambda row: row.id)
    day = rules.checked_day(data.happened_on, today_of(actor))
    purposes = list(dict.fromkeys(data.purposes))
    given = queries.latest_given(session, [row.id for row in rows], purposes) if data.action is Action.WITHDRAWN else {}
    rules.check_later(data.action, day, given)
    texts = _texts(session, actor, data, purposes)
    said: dict[str, Any] = {"action": data.action.value, "channel": data.channel.value, "happened_on": day, "evidence": data.evidence}
    for row in rows:
        for purpose in purposes:
            own: dict[str, Any] = {"contact_id": row.id, "owner_id": row.owner_id, "audience": row.audience, "purpose": purpose.value, "text_id": texts[purpose]}
            session.add(Consent(**said, **own))
            note(session, actor, f"consent.{data.action.value}", "contact", row.id, purpose=purpose.value, channel=data.channel.value)
    session.flush()
    session.expire_all()  # a trigger has carried what holds to the contacts
    return Recorded(contacts=len(rows), entries=len(rows) * len(purposes))


def list_texts(session: Session, actor: Actor) -> tuple[TextView, ...]:
    """Every version of every wording, the latest of a purpose first; where the team has none, the one that MindfulCRM comes with."""
    actor.require(Permission.CONTACT_READ)
    kept = queries.list_texts(session)
    here = {text.purpose for text in kept}
    return (*kept, *(_standard(purpose) for purpose in Purpose if purpose not in here))


def add_text(session: Session, actor: Actor, data: TextCreate) -> TextView:
    """A new version of a wording, which is agreed to from now on. Invalid when it says what the version before said."""
    actor.require(Permission.TEAM_MANAGE)
    kept = queries.list_texts(session, data.purpose)
    if data.wording == (kept[0].wording if kept else _(rules.STANDARD[data.purpose])):
        raise Invalid(fields={"wording": _("That is what it says already.")})
    if not kept:  # what people were shown until now is version 1
        keep_standard(session, data.purpose)
    row = ConsentText(purpose=data.purpose.value, version=(kept[0].version if kept else 1) + 1, wording=data.wording, author_id=actor.user_id)
    session.add(row)
    note(session, actor, "consent.worded", "consent_text", row.id, purpose=data.purpose.value, version=row.version)
    session.flush()
    return queries.list_texts(session, data.purpose)[0]


def find_agreed(session: Session, actor: Actor, contact_ids: Collection[UUID], purpose: Purpose) -> frozenset[UUID]:
    """Which of these contacts agree to a purpose, of those that the actor sees."""
    actor.require(Permission.CONTACT_READ)
    return queries.list_agreed(session, actor, contact_ids, purpose)


def _texts(session: Session, actor: Actor, data: ConsentCreate, purposes: Iterable[Purpose]) -> dict[Purpose, UUID | None]:
    """Which wording each purpose is agreed to by; none where it is taken back."""
    wanted = list(purposes)
    if data.text_id is not None:
        if len(wanted) > 1:
            raise Invalid(fields={"text_id": _("Choose one purpose to name the wording of.")})
        if queries.get_text_purpose(session, data.text_id) != wanted[0].value:
            raise Invalid(fields={"text_id": _("That wording is not here. Reload, and choose another.")})
        return {wanted[0]: data.text_id}
    if data.action is Action.WITHDRAWN:
        return dict.fromkeys(wanted)
    return {purpose: _current(session, purpose) for purpose in wanted}


def _current(session: Session, purpose: Purpose) -> UUID | None:
    kept = queries.list_texts(session, purpose)
    if not kept:
        keep_standard(session, purpose)
        kept = queries.list_texts(session, purpose)
    return kept[0].id


def keep_standard(session: Session, purpose: Purpose) -> None:
    """What MindfulCRM comes with, once somebody agrees to it or words it anew. Two people at once keep it only once."""
    row = {"id": new_id(), "created_at": now(), "purpose": purpose.value, "version": 1, "wording": _(rules.STANDARD[purpose])}
    session.connection().execute(insert(ConsentText).values(row).on_conflict_do_nothing(index_elements=["purpose", "version"]))


def _standard(purpose: Purpose) -> TextView:
    return TextView(id=None, purpose=purpose, version=1, wording=_(rules.STANDARD[purpose]), author_name="", created_at=None)
