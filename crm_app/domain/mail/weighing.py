"""Mails find the contacts whom they concern, and are weighed: as they land, and again when a contact gains an address or its owner says something.

Only links by address are made here; what somebody said by hand stands, and holds for what comes later in the same thread.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.inserting import insert_rows
from crm_app.domain.mail import landing_queries as queries
from crm_app.domain.mail.identity import Party, count_recipients, others_of
from crm_app.domain.mail.models import Direction, Email, LinkHow, PartyRole, Standing, Verdict
from crm_app.domain.mail.relevance import Facts, Reason, weigh

LINK = ("email_id", "contact_id", "thread_id", "how", "owner_id", "audience", "sent_at")
Links = dict[UUID, dict[UUID, str]]


@dataclass
class Weighing:
    """Some mails with their parties, and what is known of them. ``links`` holds what stands, ``made`` what is to be written."""

    rows: Sequence[Email]
    parties: Mapping[UUID, Sequence[Party]]
    own: Collection[str]
    links: Links
    contacts: Mapping[str, Collection[UUID]]
    written: set[str]
    verdicts: Mapping[str, str]
    said: Links
    anchored: dict[UUID, set[UUID]]
    made: list[tuple[Email, UUID, str]] = field(default_factory=list)
    dropped: list[UUID] = field(default_factory=list)


def look_around(session: Session, actor: Actor, rows: Sequence[Email], parties: Mapping[UUID, Sequence[Party]], *, own: Collection[str]) -> Weighing:
    """Everything that weighing these mails needs to know, in seven statements."""
    others = {address for row in rows for address in others_of(parties.get(row.id, ()), row.direction, own)}
    threads = {row.thread_id for row in rows}
    written = queries.list_written_to(session, actor, others)
    for row in rows:
        if row.direction == Direction.OUT:
            written |= others_of(parties.get(row.id, ()), row.direction, own)
    return Weighing(
        rows, parties, own, queries.list_links(session, [row.id for row in rows]), queries.find_contacts(session, actor, others), written,
        queries.list_verdicts(session, actor, others), queries.list_thread_links(session, threads), queries.list_anchored(session, threads),
    )  # fmt: skip


def weigh_all(known: Weighing) -> set[UUID]:
    """Find contacts and weigh, the earliest first; whom that concerns. Rows are changed, links only noted in ``made``."""
    people: set[UUID] = set()
    for row in sorted(known.rows, key=lambda one: (one.sent_at, one.id)):
        standing = _link(known, row)
        people |= standing.keys()
        _weigh(known, row, standing)
    return people


def write_links(session: Session, known: Weighing) -> None:
    """Owner, audience, thread and time of a link are the trigger's: what stands here only satisfies NOT NULL."""
    session.flush()
    rows = [
        {"email_id": row.id, "contact_id": one, "thread_id": row.thread_id, "how": how, "owner_id": row.owner_id, "audience": "private", "sent_at": row.sent_at}
        for row, one, how in known.made
    ]
    insert_rows(session, "email_contact", LINK, rows)
    if known.dropped:
        queries.drop_texts(session, known.dropped)


def _link(known: Weighing, row: Email) -> dict[UUID, str]:
    """How each contact stands to this mail, new links included."""
    standing = dict(known.links.get(row.id, {}))
    by_hand = known.said.get(row.thread_id, {})
    found = {one for address in others_of(known.parties.get(row.id, ()), row.direction, known.own) for one in known.contacts.get(address, ())}
    fresh = {one: how for one, how in by_hand.items() if one not in standing}
    fresh |= {one: LinkHow.ADDRESS.value for one in found if one not in standing and one not in by_hand}
    known.made += [(row, one, how) for one, how in fresh.items()]
    return standing | fresh


def _weigh(known: Weighing, row: Email, standing: Mapping[UUID, str]) -> None:
    linked = {how for how in standing.values() if how != LinkHow.REMOVED}
    result = weigh(_facts(known, row, linked))
    refused = Reason.NEVER.value in result.reasons
    kept = result.standing == Standing.KEPT or (row.has_body and not refused)  # words that are here stay, unless their owner wants them never
    values: dict[str, Any] = {"score": result.score, "reasons": " ".join(result.reasons), "standing": Standing.KEPT.value if kept else result.standing.value}
    if row.has_body and not kept:
        values["has_body"] = False
        known.dropped.append(row.id)
    row.sqlmodel_update({name: value for name, value in values.items() if getattr(row, name, None) != value})
    if linked and kept:
        known.anchored.setdefault(row.thread_id, set()).add(row.id)
    else:
        known.anchored.get(row.thread_id, set()).discard(row.id)


def _facts(known: Weighing, row: Email, linked: Collection[str]) -> Facts:
    parties = known.parties.get(row.id, ())
    senders = {one.address for one in parties if one.role in (PartyRole.FROM, PartyRole.REPLY_TO)}
    judged = {one.address for one in parties if one.role == PartyRole.FROM} if row.direction == Direction.IN else others_of(parties, row.direction, known.own)
    return Facts(
        direction=row.direction, automatic=row.automatic, contact=bool(linked), by_hand=LinkHow.HAND.value in linked,
        written=bool(senders & known.written), thread=bool(known.anchored.get(row.thread_id, set()) - {row.id}),
        direct=any(one.role in (PartyRole.TO, PartyRole.CC) and one.address in known.own for one in parties), people=count_recipients(parties),
        verdict=_verdict(known.verdicts, judged),
    )  # fmt: skip


def _verdict(verdicts: Mapping[str, str], addresses: Collection[str]) -> str | None:
    """What the rules say of these people: an address says more than its domain, and one who is always kept more than others who never are."""
    said = [verdicts.get(address) or verdicts.get(f"@{address.partition('@')[2]}") for address in addresses]
    if Verdict.ALWAYS.value in said:
        return Verdict.ALWAYS.value
    return Verdict.NEVER.value if said and all(one == Verdict.NEVER for one in said) else None
