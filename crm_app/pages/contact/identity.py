"""The left column of the record: who this is, how to reach them, how things stand between you."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from crm_app.components import event_words, theme, times, words
from crm_app.components.agenda import calendar_link
from crm_app.components.elements import button, fact, icon_button, pill, section, stage_chip, tag
from crm_app.components.people import avatar, photo_address
from crm_app.components.photo import PhotoChooser
from crm_app.components.text import attributes, block, link, mail_link, phone_link, text
from crm_app.domain.actor import Actor
from crm_app.domain.cadence.rules import due_day
from crm_app.domain.contacts.schemas import ContactView, PointView
from crm_app.domain.i18n import _

Act = Callable[[], Awaitable[Any]]


def identity_card(view: ContactView, photo: PhotoChooser, on_write: Act | None, books: Callable[[], None]) -> None:
    """Face, name, role, stage, tags, and the quickest ways to reach them. Whoever may change the contact may change the photo.

    With ``on_write`` a letter is begun here; else the reader's own mail program is asked. ``books`` draws which address books this is in step with.
    """
    with block("mc-row-top mc-gap-16"):
        face = photo.face if view.may_edit else partial(avatar, size=56)
        face(view.display_name, view.id, photo=photo_address(view.photo_sha))
        with block("mc-grow mc-identity"):
            attributes(text(view.display_name, "mc-title mc-clamp-2", tag="p"), title=view.display_name)
            role = ", ".join(part for part in (view.job_title, view.company) if part)
            text(" · ".join(part for part in (view.pronouns, role) if part), "mc-ink-3 mc-clamp-2", tag="p")
    with block("mc-row mc-wrap mc-gap-6 mc-chips"):
        stage_chip(words.stages()[view.stage], theme.STAGE_HUES[view.stage])
        for name in view.tags:
            tag(name)
        if view.archived:
            pill(_("Archived"), icon_name="archive")
        if view.audience == "private":
            pill(_("Only you can see this"), icon_name="lock")
    if view.primary_email or view.primary_phone:
        with block("mc-row mc-wrap"):
            if view.primary_email:
                if on_write is not None:
                    button(_("Write a mail"), icon="mail", height=28, on_click=on_write, key="M")
                else:
                    button(_("Email"), icon="mail", height=28, href=mail_link(view.primary_email))
            if view.primary_phone:
                button(_("Call"), icon="phone", height=28, href=phone_link(view.primary_phone))
    books()


def details(view: ContactView, actor: Actor, on_edit: Act) -> None:
    """Everything that is known, one line each; what is unknown is left out."""
    with section(_("Details")):
        if view.may_edit:
            icon_button("pencil", _("Edit"), on_click=on_edit, height=24, key="E")
    for point in view.points:
        _point(point)
    place = ", ".join(part for part in (view.street, f"{view.postal_code} {view.city}".strip(), view.region, view.country) if part)
    born, until = words.birthday(view.birth_year, view.birth_month, view.birth_day, actor)
    rows = [
        (_("Address"), place), (_("Birthday"), born + (f" · {until}" if until else "")), (_("Nickname"), view.nickname),
        (_("Language"), view.language), (_("Prefers"), words.points().get(view.preferred_method or "", "")),
    ]  # fmt: skip
    for label, value in rows:
        if value:
            fact(label, value)
    for label, value in view.extra.items():
        fact(label, value)
    if view.referred_by:
        with fact(_("Met through")):
            _person(view.referred_by[1], view.referred_by[0])
    with fact(_("Owner")):
        avatar(view.owner_name, view.owner_id, 16)
        text(view.owner_name, "mc-truncate")
    if view.notes:
        text(view.notes, "mc-read mc-ink-2 mc-about", tag="p")


def relationship(view: ContactView, actor: Actor, packages: Callable[[], None]) -> None:
    """Cadence, last contact, next step, what was bought, since when."""
    with section(_("Relationship")):
        pass
    if view.cadence_effective:
        said, tone = words.keeping(due_day(view.due_at, actor.zone), view.snoozed_until, actor)
        with fact(_("Keep in touch")):
            text(words.every_days(view.cadence_effective))
            text(said, f"mc-strong {tone}")
    with fact(_("Last contact")):
        if view.last_contact_at:
            times.moment(view.last_contact_at, actor, "mc-num")
            text("· " + words.kinds().get(view.last_contact_kind or "", ""), "mc-ink-3")
        else:
            text(_("None yet"), "mc-ink-3")
    if view.next_meeting:
        meeting = view.next_meeting
        with fact(_("Next meeting")):
            said = event_words.soon(meeting, actor)
            attributes(link(said, calendar_link(meeting, actor), "mc-link mc-num"), title=event_words.sentence(meeting, actor))
    if view.next_step:
        day = f" · {times.day_words(view.next_step_on, actor)}" if view.next_step_on else ""
        fact(_("Next step"), view.next_step + day)
    packages()
    fact(_("Known since"), times.short_date(times.day_of(view.created_at, actor), actor))


def in_bar(view: ContactView) -> tuple[object, ...]:
    """What the bar shows of them: as long as it is the same, the bar is left alone, and a menu that is open stays open."""
    return view.favourite, view.archived, view.may_edit, view.may_delete, view.cadence_effective, view.snoozed_until


def people_around(view: ContactView) -> None:
    """Whom this person brought."""
    if not view.people:
        return
    with section(_("Referred by them"), count=str(len(view.people))):
        pass
    for person_id, name in view.people:
        with block("mc-item", tag="a") as row:
            avatar(name, person_id, 20)
            text(name, "mc-truncate")
        attributes(row, href=f"/contacts/{person_id}")


def _point(point: PointView) -> None:
    targets = {"email": mail_link, "phone": phone_link}
    address = targets[point.kind](point.value_norm or point.value) if point.kind in targets else point.value
    with fact(point.label or words.points()[point.kind]):
        attributes(link(point.value, address, "mc-plain-link mc-num" if point.kind == "phone" else "mc-link mc-truncate"), title=point.value)


def _person(name: str, person_id: Any) -> None:
    avatar(name, person_id, 16)
    link(name, f"/contacts/{person_id}", "mc-plain-link mc-truncate")
