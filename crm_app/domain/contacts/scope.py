"""Conditions that many queries of contacts share."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, any_, cast, or_
from sqlmodel import col

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Contact
from crm_app.domain.rows import Audience


def among(column: Any, ids: Collection[UUID]) -> Any:
    """``column = any(ids)`` with one parameter, however many ids there are."""
    return column == any_(cast(list(ids), ARRAY(Uuid)))


def among_texts(column: Any, values: Collection[str]) -> Any:
    """``column = any(values)`` with one parameter, however many there are."""
    return column == any_(cast(list(values), ARRAY(Text)))


def visible_to(actor: Actor) -> Any:
    """The scope that row security applies as well: one's own and the team's."""
    return or_(col(Contact.owner_id) == actor.user_id, col(Contact.audience) == Audience.TEAM.value)
