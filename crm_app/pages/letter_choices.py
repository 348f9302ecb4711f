"""What there is to choose from while a letter is written: whom it may go to, and when it may leave."""

from __future__ import annotations

from datetime import datetime, timedelta

from crm_app.components import live
from crm_app.components.address_field import Addressee
from crm_app.components.guard import telling
from crm_app.components.people import photo_address
from crm_app.domain.actor import Actor
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactFilter
from crm_app.domain.days import today_of
from crm_app.domain.i18n import _

MORNING = 8


async def find_addressees(typed: str) -> list[Addressee]:
    """Contacts whom a typed name may mean, and their addresses."""
    found: list[Addressee] = []
    with telling():
        page = await live.read(contacts.list_contacts, ContactFilter(search=typed[:200], limit=8))
        found = [Addressee(row.id, row.display_name, row.primary_email or "", photo_address(row.photo_sha)) for row in page.rows]
    return found


def times_to_send(actor: Actor) -> tuple[tuple[str, datetime], ...]:
    """When a letter may leave instead, in its writer's zone: tomorrow morning, and on Monday."""
    today = today_of(actor)
    days = ((_("Tomorrow morning"), today + timedelta(days=1)), (_("Monday morning"), today + timedelta(days=7 - today.weekday())))
    return tuple((said, datetime(day.year, day.month, day.day, MORNING, tzinfo=actor.zone)) for said, day in days)
