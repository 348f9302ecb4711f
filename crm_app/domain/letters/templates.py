"""What is written again and again: kept under a name, and filled in for whom it is for."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.calendar.matching import comparable
from crm_app.domain.calendar.service import get_contact_meetings
from crm_app.domain.contacts.access import get_visible_contact
from crm_app.domain.editing import given_fields, require_version
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.letters import queries, rules
from crm_app.domain.letters.access import get_own_template, get_visible_template
from crm_app.domain.letters.models import TemplateRow
from crm_app.domain.letters.schemas import TemplateFilled, TemplateInput, TemplateUpdate, TemplateView
from crm_app.domain.mail.landing_queries import find_contacts
from crm_app.domain.permissions import Permission
from crm_app.domain.team.queries import get_team
from crm_app.domain.times import exact

MOST = 200


def list_templates(session: Session, actor: Actor) -> tuple[TemplateView, ...]:
    """The actor's own templates and the team's, by name."""
    actor.require(Permission.MAIL_WRITE)
    return tuple(_view(actor, row) for row in queries.list_templates(session, actor))


def create_template(session: Session, actor: Actor, data: TemplateInput) -> TemplateView:
    """Keep a template, for oneself or for the team."""
    actor.require(Permission.MAIL_WRITE)
    if sum(row.owner_id == actor.user_id for row in queries.list_templates(session, actor)) >= MOST:
        raise Invalid(_("At most %d templates can be kept. Delete one first.") % MOST)
    row = TemplateRow(owner_id=actor.user_id, **{**data.model_dump(), "audience": data.audience.value})
    session.add(row)
    session.flush()
    return _view(actor, get_own_template(session, actor, row.id))


def update_template(session: Session, actor: Actor, template_id: UUID, data: TemplateUpdate) -> TemplateView:
    """Change the fields that are given of a template of one's own."""
    actor.require(Permission.MAIL_WRITE)
    row = get_own_template(session, actor, template_id)
    require_version(row, data.version, _view(actor, row))
    row.sqlmodel_update(given_fields(data))
    session.flush()
    return _view(actor, get_own_template(session, actor, template_id))


def delete_template(session: Session, actor: Actor, template_id: UUID) -> None:
    """Let go of a template of one's own. Letters that were written with it stay as they are."""
    actor.require(Permission.MAIL_WRITE)
    session.delete(get_own_template(session, actor, template_id))
    session.flush()


def get_filled_template(session: Session, actor: Actor, template_id: UUID, *, contact_id: UUID | None = None, recipients: str = "") -> TemplateFilled:
    """A template's words for whom a letter goes to, if that is one contact alone; of several it is the contact where the letter was begun, and so it is
    while it goes to nobody yet. What is not known stays in braces, and is named.
    """
    actor.require(Permission.MAIL_WRITE)
    row = get_visible_template(session, actor, template_id)
    known = _known(session, actor, _about(session, actor, contact_id, {comparable(one) for one in rules.addresses_of(recipients)}))
    subject, body = rules.filled(row.subject, known), rules.filled(row.body, known)
    return TemplateFilled(subject=subject, body=body, missing=rules.fields_in(f"{subject} {body}"))


def _about(session: Session, actor: Actor, begun_at: UUID | None, addresses: Collection[str]) -> UUID | None:
    found = {one for known in find_contacts(session, actor, addresses).values() for one in known}
    if not addresses or begun_at in found:
        return begun_at
    return found.pop() if len(found) == 1 else None


def _known(session: Session, actor: Actor, contact_id: UUID | None) -> dict[str, str]:
    team = get_team(session)
    known = {"my_name": actor.name, "practice": team.name if team else ""}
    if contact_id is not None:
        contact = get_visible_contact(session, actor, contact_id)
        known |= {"name": contact.display_name, "first_name": contact.given_name or contact.display_name.split(" ")[0]}
        if coming := get_contact_meetings(session, actor, contact_id).coming:
            known["next_meeting"] = exact(coming[0].starts_at, actor)
    return {name: value for name, value in known.items() if value}


def _view(actor: Actor, row: TemplateRow) -> TemplateView:
    return TemplateView.model_validate({**row.model_dump(include={"id", "version", "name", "subject", "body", "audience"}), "own": row.owner_id == actor.user_id})
