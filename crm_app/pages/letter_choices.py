"""What there is to choose from while a letter is written: whom it may go to, and when it may leave."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from crm_app.components import live, times
from crm_app.components.address_field import Addressee
from crm_app.components.dialog import dialog
from crm_app.components.elements import button
from crm_app.components.fields import text_field
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


def ask_time(send: Callable[[datetime], Awaitable[Any]]) -> None:
    """Ask for a day and a time, and have it sent then."""
    viewer = live.viewer()
    with dialog(_("Send later"), width="narrow") as parts:
        chosen = text_field(_("Day and time"), times.as_input(times_to_send(viewer)[0][1], viewer), kind="datetime-local")

    async def go() -> None:
        at = times.from_input(chosen.value, viewer)
        if at is None or at <= datetime.now(at.tzinfo):
            chosen.error = _("Choose a time that is still to come.")
            return
        parts.window.close()
        await send(at)

    with parts.foot:
        button(_("Cancel"), kind="ghost", on_click=parts.window.close)
        button(_("Send then"), kind="primary", on_click=go)
    parts.window.open()
