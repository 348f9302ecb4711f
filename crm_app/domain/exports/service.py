"""Taking contacts out: CSV for spreadsheets, vCard for address books, JSON for everything, timeline, tasks and what is about nobody too.

Each comes back in through the import.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, BinaryIO, Literal

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.audit.writing import note
from crm_app.domain.errors import Invalid, TooMany
from crm_app.domain.exports import list_queries
from crm_app.domain.exports.csv_writer import write_csv
from crm_app.domain.exports.json_writer import write_json
from crm_app.domain.exports.queries import count_taken, list_cards
from crm_app.domain.exports.vcard_writer import write_vcard
from crm_app.domain.i18n import _
from crm_app.domain.imports.cards import ContactCard
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now

Format = Literal["csv", "vcard", "json"]
FORMATS = ("csv", "vcard", "json")

MOST_AN_HOUR = 5
"""Whoever gets hold of somebody's browser or key does not carry the whole team's people away again and again unnoticed."""


def export_contacts(session: Session, actor: Actor, kind: str, file: BinaryIO) -> int:
    """Write every contact that the actor sees into an open file, however many there are, a few at a time; returns how many.

    Invalid for a format that does not exist. TooMany beyond five an hour: whoever is at the host's own terminal has the whole database
    anyway, and is not counted.
    """
    actor.require(Permission.CONTACT_EXPORT)
    if kind not in FORMATS:
        raise Invalid(fields={"format": _("Choose csv, vcard or json.")})
    if actor.via != "cli":
        _count(session)
    deed = note(session, actor, "contacts.exported", format=kind, contacts=0)
    file.truncate(0)  # a transaction that is tried again begins anew
    file.seek(0)
    cards = _counted(deed, list_cards(session, actor, photos=kind != "csv", parts=kind == "json"))
    for piece in write_json(cards, list_queries.list_lists(session, actor)) if kind == "json" else write_csv(cards) if kind == "csv" else write_vcard(cards):
        file.write(piece)
    return int(deed["contacts"])


def _count(session: Session) -> None:
    taken = count_taken(session, now() - timedelta(hours=1))
    if taken is None:
        raise TooMany(_("Another export of yours is being made. Wait until it has arrived."))
    if taken >= MOST_AN_HOUR:
        said = _("You have taken five exports within an hour, and no more are made in that time. Everything is still here; try again in an hour.")
        raise TooMany(said, wait=3_600)


def _counted(deed: dict[str, Any], cards: Iterable[ContactCard]) -> Iterator[ContactCard]:
    for card in cards:
        deed["contacts"] += 1
        yield card
