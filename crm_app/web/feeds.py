"""The calendar address: what a calendar program, which cannot sign in, reads by a secret in the address."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request
from icalendar import Calendar, Event
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from crm_app.domain.accounts.rules import address_group, hash_token
from crm_app.domain.actor import Actor
from crm_app.domain.cadence import service as cadence
from crm_app.domain.cadence.schemas import FeedItem
from crm_app.domain.errors import NotFound
from crm_app.domain.i18n import _, set_locale
from crm_app.domain.links import absolute
from crm_app.domain.ports import FeedStore
from crm_app.domain.unit_of_work import run_service

MISSES, WINDOW = 10, 300
"""So many wrong addresses from one place in five minutes; the secret itself is far too long to be guessed."""
LONGEST_SECRET = 64


def make_router(store: FeedStore) -> APIRouter:
    """``/feeds/{secret}.ics``. A wrong, replaced or switched-off secret is not found."""
    router = APIRouter(include_in_schema=False)

    @router.get("/feeds/{secret}.ics")
    async def feed(secret: str, request: Request) -> Response:
        place = address_group(request.client.host if request.client else "")
        content = await run_in_threadpool(_calendar, store, secret, place)
        return Response(content, media_type="text/calendar; charset=utf-8", headers={"cache-control": "private, no-store", "x-content-type-options": "nosniff"})

    return router


def _calendar(store: FeedStore, secret: str, place: str) -> bytes:
    if len(secret) > LONGEST_SECRET or store.rate_peek(f"feed:{place}")[0] >= MISSES:
        raise NotFound
    reader = store.feed_reader(hash_token(secret))
    if reader is None:
        store.rate_hit(f"feed:{place}", WINDOW)
        raise NotFound
    set_locale(reader.locale)
    return as_ical(run_service(reader, cadence.list_feed_items), reader)


def as_ical(items: tuple[FeedItem, ...], reader: Actor) -> bytes:
    """All-day entries; what comes every year says so. Calendar programs are asked to look again every few hours."""
    calendar = Calendar()
    calendar.add("prodid", "-//MindfulCRM//Keeping in touch//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _("Keeping in touch"))
    calendar.add("x-wr-timezone", reader.time_zone)
    calendar.add("refresh-interval;value=duration", "PT4H")
    calendar.add("x-published-ttl", "PT4H")
    for item in items:
        event = Event()
        event.add("uid", f"{item.uid}@mindfulcrm")
        event.add("dtstamp", item.changed_at)
        event.add("dtstart", item.on)
        event.add("dtend", item.on + timedelta(days=1))
        event.add("summary", item.title)
        event.add("url", absolute(item.path))
        event.add("transp", "TRANSPARENT")
        if item.yearly:
            event.add("rrule", {"freq": "yearly"})
        calendar.add_component(event)
    return calendar.to_ical()
