"""``/api/v1/contacts``: people and organisations."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from crm_app.api.pages import Listed, Page, page_of, patch_model, with_version
from crm_app.api.replies import reply, wanted_version
from crm_app.domain.actor import Actor
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.models import Stage
from crm_app.domain.contacts.schemas import ContactCreate, ContactFilter, ContactRow, ContactUpdate, ContactView, SensitiveUpdate, Sort
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.models import Kind
from crm_app.domain.interactions.schemas import EntryView

router = APIRouter(prefix="/v1/contacts", tags=["contacts"])
ContactPatch = patch_model(ContactUpdate)


class ContactQuery(Listed):
    """Which contacts, in which order."""

    search: Annotated[str, Field(max_length=200, description="Name, e-mail, phone in any form, company, tag or note; typos are forgiven.")] = ""
    stage: list[Stage] = []
    not_stage: list[Stage] = []
    tag: Annotated[list[str], Field(max_length=20, description="All of these.")] = []
    any_tag: Annotated[list[str], Field(max_length=20, description="At least one of these.")] = []
    owner: Annotated[list[UUID], Field(max_length=50)] = []
    favourite: bool | None = None
    archived: bool = False
    mine: bool = False
    created_from: Annotated[date | None, Field(description="Made on this day of your calendar or later.")] = None
    contacted_from: Annotated[date | None, Field(description="Last in touch on this day or later.")] = None
    contacted_before: Annotated[date | None, Field(description="Last in touch before this day, or never.")] = None
    never_contacted: bool = False
    sort: Sort = "name"


class TimelineQuery(Listed):
    """Which entries of a contact's timeline, newest first."""

    kind: list[Kind] = []


@router.get("", response_model=Page[ContactRow])
async def list_contacts(request: Request, query: Annotated[ContactQuery, Query()]) -> Response:
    """Contacts that you may see, page by page."""
    chosen = ContactFilter(**{f"{name}s" if isinstance(value, list) else name: value for name, value in query.model_dump().items()})
    return await reply(request, contacts.list_contacts, chosen, shape=page_of("rows"))


@router.post("", status_code=201, response_model=ContactView)
async def create_contact(request: Request, body: ContactCreate) -> Response:
    """Make a contact; you own it."""
    return await reply(request, contacts.create_contact, body, status=201)


@router.get("/{contact_id}", response_model=ContactView)
async def get_contact(request: Request, contact_id: UUID) -> Response:
    """One contact with everything that you may see of it."""
    return await reply(request, contacts.get_contact, contact_id)


@router.patch("/{contact_id}", response_model=ContactView)
async def update_contact(request: Request, contact_id: UUID, body: ContactPatch) -> Response:  # type: ignore[valid-type]
    """Change the fields that are sent. A stale version is a conflict, and nothing is changed."""
    version = wanted_version(request, body.version)  # type: ignore[attr-defined]
    return await reply(request, contacts.update_contact, contact_id, with_version(body, ContactUpdate, version))


@router.put("/{contact_id}/sensitive", response_model=ContactView)
async def put_sensitive(request: Request, contact_id: UUID, body: SensitiveUpdate) -> Response:
    """Health goals, emergency contact and private notes."""
    return await reply(request, contacts.update_sensitive, contact_id, body)


@router.delete("/{contact_id}", status_code=204)
async def delete_contact(request: Request, contact_id: UUID) -> Response:
    """Put a contact into the trash, where it can be restored for 30 days."""
    return await reply(request, contacts.delete_contacts, [contact_id], status=204)


@router.post("/{contact_id}/restore", response_model=ContactView)
async def restore_contact(request: Request, contact_id: UUID) -> Response:
    """Take a contact out of the trash."""
    return await reply(request, restore_contacts, contact_id)


@router.post("/{contact_id}/archive", response_model=ContactView)
async def archive_contact(request: Request, contact_id: UUID) -> Response:
    """Set a contact aside without deleting it."""
    return await reply(request, archive_contacts, contact_id)


@router.post("/{contact_id}/unarchive", response_model=ContactView)
async def unarchive_contact(request: Request, contact_id: UUID) -> Response:
    """Take a contact back among the active ones."""
    return await reply(request, unarchive_contacts, contact_id)


@router.get("/{contact_id}/interactions", response_model=Page[EntryView])
async def list_timeline(request: Request, contact_id: UUID, query: Annotated[TimelineQuery, Query()]) -> Response:
    """A contact's timeline, newest first."""
    return await reply(request, interactions.list_timeline, contact_id, kinds=tuple(query.kind), after=query.after, limit=query.limit, shape=page_of("entries"))


# Named like the services they call: history knows an act by one name, whichever door it came through.


def restore_contacts(session: Session, actor: Actor, contact_id: UUID) -> ContactView:
    """Restore and return the contact as it stands."""
    contacts.restore_contacts(session, actor, [contact_id])
    return contacts.get_contact(session, actor, contact_id)


def archive_contacts(session: Session, actor: Actor, contact_id: UUID) -> ContactView:
    """Archive and return the contact as it stands."""
    contacts.archive_contacts(session, actor, [contact_id])
    return contacts.get_contact(session, actor, contact_id)


def unarchive_contacts(session: Session, actor: Actor, contact_id: UUID) -> ContactView:
    """Unarchive and return the contact as it stands."""
    contacts.unarchive_contacts(session, actor, [contact_id])
    return contacts.get_contact(session, actor, contact_id)
