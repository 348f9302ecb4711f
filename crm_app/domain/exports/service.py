"""Taking contacts out: CSV for spreadsheets, vCard for address books, JSON for everything, timeline and tasks too. Each comes back in through the import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Literal

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.audit.writing import note
from crm_app.domain.errors import Invalid, TooMany
from crm_app.domain.exports.csv_writer import write_csv
from crm_app.domain.exports.json_writer import write_json
from crm_app.domain.exports.queries import count_taken, list_cards
from crm_app.domain.exports.vcard_writer import write_vcard
from crm_app.domain.i18n import _
from crm_app.domain.imports.cards import ContactCard
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now

Format = Literal["csv", "vcard", "json"]
WRITERS = MappingProxyType({"csv": write_csv, "vcard": write_vcard, "json": write_json})

MOST_AN_HOUR = 5
"""Whoever gets hold of somebody's browser or key does not carry the whole team's people away again and again unnoticed."""


@dataclass
class Export:
    """An export that is being written. ``count`` is how many contacts have been so far; iterate it inside the unit of work."""

    _pieces: Iterator[bytes]
    _deed: dict[str, Any]
    count: int = 0

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces


def stream_contacts(session: Session, actor: Actor, kind: str) -> Export:
    """Every contact that the actor sees, as pieces of a file. Invalid for a format that does not exist.

    TooMany beyond five an hour. Whoever is at the host's own terminal has the whole database anyway, and is not counted.
    """
    actor.require(Permission.CONTACT_EXPORT)
    writer = WRITERS.get(kind)
    if writer is None:
        raise Invalid(fields={"format": _("Choose csv, vcard or json.")})
    if actor.via != "cli":
        _count(session)
    export = Export(iter(()), note(session, actor, "contacts.exported", format=kind, contacts=0))
    export._pieces = iter(writer(_counted(export, list_cards(session, actor, photos=kind != "csv", parts=kind == "json"))))
    return export


def export_contacts(session: Session, actor: Actor, kind: str) -> bytes:
    """Every contact that the actor sees, as one file."""
    return b"".join(stream_contacts(session, actor, kind))


def _count(session: Session) -> None:
    taken = count_taken(session, now() - timedelta(hours=1))
    if taken is None:
        raise TooMany(_("Another export of yours is being made. Wait until it has arrived."))
    if taken >= MOST_AN_HOUR:
        raise TooMany(_("You have taken five exports within an hour, and no more are made in that time. Everything is still here; try again in an hour."))


def _counted(export: Export, cards: Iterable[ContactCard]) -> Iterator[ContactCard]:
    for card in cards:
        export.count += 1
        export._deed["contacts"] = export.count
        yield card
