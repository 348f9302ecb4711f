"""What the panel of an event says, part by part."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui.element import Element

from crm_app.components import event_words, times, words
from crm_app.components.elements import banner, button, icon, icon_button, stage_chip
from crm_app.components.people import avatar
from crm_app.components.text import attributes, block, link, safe_link, text
from crm_app.domain.actor import Actor
from crm_app.domain.calendar.models import LinkHow, MeetingType
from crm_app.domain.calendar.schemas import EventContactView, EventView
from crm_app.domain.i18n import _, ngettext

EXCERPT, SHOWN_ATTENDEES = 280, 8


def calendar_chip(event: EventView) -> None:
    """Whose calendar it stands in; a long name leaves room for what can be pressed beside it."""
    name = event.calendar_name or (_("Calendar") if event.mine else _("A colleague's calendar"))
    with attributes(block("mc-event-calendar mc-grow"), title=name):
        stage_chip(name, event_words.hue(event))


def head(event: EventView, actor: Actor, *, gone: bool, saving: bool) -> None:
    """What it is called, when and where it takes place, and what is out of the ordinary."""
    text(event_words.title_of(event), "mc-title" + (" mc-struck" if event_words.looks(event) == "mc-cancelled" else ""), tag="h2")
    with block("mc-event-line"):
        icon("repeat" if event.recurring else "clock", 14)
        text(event_words.when(event, actor), "mc-ink-2 mc-num", tag="p")
    if standing := event_words.standing(event):
        with block("mc-event-line"):
            icon("info", 14)
            text(standing, "mc-strong", tag="p")
    if saving:
        with block("mc-event-line"):
            icon("clock", 14)
            text(_("A change of this is on its way to your calendar."), tag="p")
    _where(event)
    if gone:
        with banner(_("This event is no longer there."), _("What you write is still saved.")):
            pass


def _where(event: EventView) -> None:
    known = {MeetingType.VIDEO: ("video", _("Join video call")), MeetingType.PHONE: ("phone", _("Phone"))}
    glyph, said = known.get(event.meeting_type, ("map-pin", "")) if event.meeting_type else ("map-pin", "")
    address = safe_link(event.url)
    if address and address.startswith("http"):
        with block("mc-event-line"):
            icon(glyph if event.meeting_type is MeetingType.VIDEO else "link-2", 14)
            attributes(link(said or _("Open its page"), address), title=address)
    place = event.location.strip()
    if place and place != event.url.strip():
        with block("mc-event-line"):
            icon("map-pin", 14)
            link(place, place if place.startswith(("https://", "http://")) else None)
    elif not address and said:
        with block("mc-event-line"):
            icon(glyph, 14)
            text(event_words.place(event))


def person(contact: EventContactView, unlink: Callable[[], Awaitable[Any]] | None) -> None:
    """A contact whom it concerns, and the way to their record."""
    with block("mc-event-person"):
        with block("mc-row mc-gap-10 mc-grow mc-plain-link", tag="a") as way:
            avatar(contact.name, contact.id, 32)
            with block("mc-grow mc-truncate", tag="span"):
                text(contact.name, "mc-strong mc-truncate mc-block")
                text(_("linked by hand") if contact.how is LinkHow.HAND else _("by their address"), "mc-cap mc-block")
        attributes(way, href=f"/contacts/{contact.id}", title=contact.name)
        if unlink:
            icon_button("unlink", _("Unlink %s") % contact.name, on_click=unlink, height=28)


def brief(event: EventView, actor: Actor) -> None:
    """What is good to know before it: what was said last, and what is to be done."""
    if not event.last_entries and not event.next_steps:
        return
    with block("mc-event-part"):
        text(_("Before you meet"), "mc-label", tag="h3")
        with block("mc-event-brief"):
            for entry in event.last_entries[:2]:
                with block():
                    said = " · ".join(part for part in (words.kinds()[entry.kind], entry.subject) if part)
                    with block("mc-row mc-gap-6"):
                        text(said, "mc-cap mc-truncate")
                        times.moment(entry.occurred_at, actor)
                    if entry.body:
                        text(entry.body[:EXCERPT] + ("…" if len(entry.body) > EXCERPT else ""), "mc-read mc-event-words", tag="p")
            for step in event.next_steps:
                with block("mc-event-line"):
                    icon("circle", 14)
                    text(step, tag="p")


def attendees(event: EventView, everybody: Callable[[], Any] | None) -> Element | None:
    """Who is asked, with what they answered: some of them, as long as ``everybody`` is the way to see the others. Returns the heading, if there is one."""
    if not event.attendees:
        return None
    with block("mc-event-part"):
        many = len(event.attendees)
        with attributes(block("mc-label", tag="h3"), tabindex=-1) as heading:
            text(ngettext("%d person is asked", "%d people are asked", many) % many)
        answers = event_words.answer_words()
        shown = SHOWN_ATTENDEES if everybody else many
        for one in event.attendees[:shown]:
            with block("mc-row mc-gap-8 mc-between"):
                name = one.name or one.email
                attributes(text(name, "mc-truncate"), title=one.email)
                text(answers.get(one.response or "", ""), "mc-cap mc-nowrap")
        if (more := many - shown) > 0:
            button(ngettext("and %d more", "and %d more", more) % more, kind="ghost", height=28, on_click=everybody)
    return heading


def description(event: EventView) -> None:
    """What its calendar says of it."""
    if event.description.strip():
        with block("mc-event-part"):
            text(_("From the calendar"), "mc-label", tag="h3")
            text(event.description.strip()[:2000], "mc-ink-2 mc-event-words", tag="p")
