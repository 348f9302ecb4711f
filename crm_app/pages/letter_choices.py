"""What there is to choose from while a letter is written: whom it may go to, when it may leave, and which of their files go with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from crm_app.components import live, times
from crm_app.components.address_field import Addressee
from crm_app.components.dialog import dialog
from crm_app.components.elements import button, icon, pill
from crm_app.components.fields import text_field
from crm_app.components.guard import telling
from crm_app.components.mail_words import size_words
from crm_app.components.page_parts import empty_line
from crm_app.components.people import photo_address
from crm_app.components.text import attributes, block, text
from crm_app.domain.actor import Actor
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactFilter
from crm_app.domain.days import today_of
from crm_app.domain.documents.schemas import DocumentView
from crm_app.domain.i18n import _
from crm_app.domain.letters.schemas import FilesAtHand
from crm_app.domain.rows import Audience

MORNING = 8


async def find_addressees(typed: str) -> list[Addressee]:
    """Contacts whom a typed name may mean, and their addresses."""
    found: list[Addressee] = []
    with telling():
        page = await live.read(contacts.list_contacts, ContactFilter(search=typed[:200], limit=8))
        found = [Addressee(row.id, row.display_name, row.primary_email or "", photo_address(row.photo_sha)) for row in page.rows]
    return found


def times_to_send(actor: Actor) -> tuple[tuple[str, datetime], ...]:
    """When a letter may leave instead, in its writer's zone: tomorrow morning and on Monday, which is one on a Sunday. Each says the hour."""
    today = today_of(actor)
    days = {today + timedelta(days=1): _("Tomorrow morning"), today + timedelta(days=7 - today.weekday()): _("Monday morning")}
    moments = [(said, datetime(day.year, day.month, day.day, MORNING, tzinfo=actor.zone)) for day, said in sorted(days.items())]
    return tuple((f"{said}, {times.clock(moment, actor)}", moment) for said, moment in moments)


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


def choose_file(found: Sequence[FilesAtHand], take: Callable[[UUID], Awaitable[Any]]) -> None:
    """Offer files of contacts; the one that is pressed is taken."""
    title = _("From %s's files") % found[0].name if len(found) == 1 else _("From contacts' files")
    with dialog(title, width="narrow") as parts:
        for one in found:
            if len(found) > 1:
                text(one.name, "mc-label", tag="p")
            with attributes(block("mc-letter-shelf", tag="ul"), aria_label=_("Files of %s") % one.name):
                for document in one.documents:
                    _offered(document, partial(_taken, parts.window, take, document.id))
        if not found:
            empty_line(_("None of those to whom this goes has files here that you can see."))
    parts.window.on("hide", parts.window.delete)
    with parts.foot:
        button(_("Cancel"), kind="ghost", on_click=parts.window.close)
    parts.window.open()


def _offered(document: DocumentView, act: Callable[[], Any]) -> None:
    viewer = live.viewer()
    with block("", tag="li"), block("mc-choice mc-letter-offer", tag="button").on("click", act) as offered:
        icon("file-text", 18, "mc-ink-3")
        with block("mc-grow mc-file-said", tag="span"):
            text(document.name, "mc-strong mc-truncate")
            day = times.short_date(times.day_of(document.created_at, viewer), viewer)
            text(f"{size_words(document.size)} · {day}", "mc-cap mc-num")
        if document.audience is Audience.PRIVATE:
            pill(_("Only you"), icon_name="lock")
    attributes(offered, type="button", title=document.name, aria_label=_("Attach %s") % document.name)


async def _taken(window: Any, take: Callable[[UUID], Awaitable[Any]], document_id: UUID) -> None:
    window.close()
    await take(document_id)
