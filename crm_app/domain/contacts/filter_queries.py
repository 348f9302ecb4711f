"""What narrows a list of contacts, as conditions that every question about a list shares: its pages, its board, its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, literal, or_, tuple_
from sqlmodel import col, select

from crm_app.domain.actor import Actor
from crm_app.domain.cadence.queries import is_due
from crm_app.domain.cadence.rules import days_of_birthdays
from crm_app.domain.contacts.models import Contact, ContactTag
from crm_app.domain.contacts.schemas import ContactFilter
from crm_app.domain.contacts.scope import among
from crm_app.domain.contacts.search_queries import Found
from crm_app.domain.days import day_begins, today_of
from crm_app.domain.programmes.models import Programme
from crm_app.domain.programmes.queries import running_out
from crm_app.domain.tags.models import Tag
from crm_app.domain.text import fold


def conditions(actor: Actor, wanted: ContactFilter) -> list[Any]:
    """What each contact of the list fulfils, but for the words that are searched."""
    archived = col(Contact.archived_at)
    return [
        col(Contact.deleted_at).is_(None), archived.is_not(None) if wanted.archived else archived.is_(None),
        *_kept_in(wanted), *_tagged(wanted), *_owned(actor, wanted), *_dated(actor, wanted), *_coming(actor, wanted),
    ]  # fmt: skip


def hits(narrowing: Sequence[Any], found: Found | None) -> Any:
    """The keys of all that fulfil the filter and were found by its words."""
    keys = select(Contact.id).where(*narrowing)
    if found is None:
        return keys
    by_key = among(col(Contact.id), found.ids)
    return keys.where(by_key if found.many is None else or_(found.many, by_key) if found.ids else found.many)


def _kept_in(wanted: ContactFilter) -> list[Any]:
    stage = col(Contact.stage)
    found = [stage.in_(wanted.stages) if len(wanted.stages) > 1 else stage == wanted.stages[0]] if wanted.stages else []
    if wanted.not_stages:
        found.append(stage.not_in(wanted.not_stages))
    if wanted.favourite is not None:
        found.append(col(Contact.favourite).is_(wanted.favourite))
    return found


def _tagged(wanted: ContactFilter) -> list[Any]:
    found: list[Any] = []
    for name in wanted.tags:
        tag = select(Tag.id).where(Tag.folded == fold(name)).scalar_subquery()
        found.append(col(Contact.id).in_(select(ContactTag.contact_id).where(ContactTag.tag_id == tag)))
    if wanted.any_tags:
        tags = select(Tag.id).where(col(Tag.folded).in_([fold(name) for name in wanted.any_tags]))
        found.append(col(Contact.id).in_(select(ContactTag.contact_id).where(col(ContactTag.tag_id).in_(tags))))
    return found


def _owned(actor: Actor, wanted: ContactFilter) -> list[Any]:
    found = [col(Contact.owner_id) == actor.user_id] if wanted.mine else []
    if wanted.owners:
        found.append(col(Contact.owner_id).in_(wanted.owners))
    return found


def _dated(actor: Actor, wanted: ContactFilter) -> list[Any]:
    def begins(day: date) -> datetime:
        return day_begins(day, actor.zone)

    last = col(Contact.last_contact_at)
    found = [column >= begins(day) for column, day in ((col(Contact.created_at), wanted.created_from), (last, wanted.contacted_from)) if day]
    if wanted.contacted_before:
        found.append(or_(last.is_(None), last < begins(wanted.contacted_before)))
    if wanted.never_contacted:
        found.append(last.is_(None))
    if wanted.due:
        found.extend(is_due(actor, today_of(actor)))
    if wanted.sort == "due":
        found.append(col(Contact.due_at).is_not(None))
    return found


def _coming(actor: Actor, wanted: ContactFilter) -> list[Any]:
    found: list[Any] = []
    if wanted.birthday_within is not None:
        found.append(tuple_(col(Contact.birth_month), col(Contact.birth_day)).in_(days_of_birthdays(today_of(actor), wanted.birthday_within)))
    if wanted.running_out:
        found.append(col(Contact.id).in_(select(Programme.contact_id).where(col(Programme.deleted_at).is_(None), running_out(literal(today_of(actor), Date)))))
    return found
