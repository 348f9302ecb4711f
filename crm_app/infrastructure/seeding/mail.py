"""Mailboxes of invented people, as lines for COPY: a year of threads as a sync would have left them, with the entries that follow from them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from crm_app.domain.calendar.meeting_rules import entry_hash
from crm_app.domain.interactions.rules import search_text
from crm_app.domain.mail.automatic import Automatic
from crm_app.domain.mail.finding import pieces
from crm_app.domain.mail.identity import ident_of
from crm_app.domain.mail.models import Standing
from crm_app.domain.mail.reading_schemas import Mailbox, ReadMail
from crm_app.domain.mail.relevance import Facts, weigh
from crm_app.domain.text import fold
from crm_app.infrastructure.seeding import words
from crm_app.infrastructure.seeding.calendars import CONNECTION_COLUMNS, FAR
from crm_app.infrastructure.seeding.people import Person, id_at

COLUMNS = {
    "connection": CONNECTION_COLUMNS,
    "mailbox": "id, owner_id, audience, connection_id, shown, new_contacts, addresses",
    "mail_folder": "id, owner_id, audience, connection_id, ref, name, role, synced, token",
    "mail_thread": "id, owner_id, audience, last_at, irrelevant, level, box",
    "mail_reference": "owner_id, audience, ref, thread_id",
    "email": (
        "id, owner_id, audience, thread_id, ident, message_id, direction, sent_at, from_address, from_name, automatic, score, reasons, standing, has_body, "
        "interaction_id, entry_hash"
    ),
    "email_subject": "owner_id, audience, email_id, subject, search_text",
    "email_body": "owner_id, audience, email_id, text, html, snippet, remote, attachments, has_attachment, verified, search_text",
    "email_place": "owner_id, audience, folder_id, uid, email_id, flags, unread",
    "email_party": "owner_id, audience, email_id, role, address, name, search_text",
    "email_contact": "owner_id, audience, email_id, contact_id, thread_id, how, sent_at",
    "interaction": (
        "id, owner_id, audience, created_at, updated_at, kind, subject, body, occurred_at, direction, source, external_id, ai_allowed, asked_audience, search_text"
    ),
    "interaction_contact": "interaction_id, contact_id, owner_id, audience, kind, occurred_at",
}  # fmt: skip
SHOWN = ("private", "metadata", "full")
CLIENT_SHARE, STRANGER_SHARE = 0.7, 0.2
LENGTHS = (1, 1, 2, 2, 3, 4, 6)
TEXTS, BATCH = 2_000, 2_000
SEEN = r"\\Seen"
NEWSLETTERS = ("offers@shop.example", "news@studio.example", "weekly@library.example")
ATTACHED = json.dumps([{"part": "2", "name": "sleep diary.pdf", "kind": "application/pdf", "size": 48_213, "content_id": "", "inline": False}])
Lines = dict[str, list[str]]


@dataclass(slots=True)
class Box:
    """Somebody's mailbox while it is filled."""

    owner: UUID
    address: str
    shown: str
    inbox: UUID
    sent: UUID
    uid: int = 0
    written: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Mail:
    """One mail of a thread. ``client`` is None where nobody is concerned."""

    thread: UUID
    client: Person | None
    address: str
    name: str
    going: bool
    moment: datetime
    subject: str
    automatic: str
    audience: str
    in_thread: bool
    unread: bool


def box_lines(owners: list[tuple[UUID, str]], random: Random, until: datetime) -> tuple[list[Box], Lines]:
    """Everybody's mailbox, paused, since there is nothing behind it, and the lines of it."""
    lines: Lines = {name: [] for name in ("connection", "mailbox", "mail_folder")}
    boxes = []
    for number, (owner, address) in enumerate(owners):
        connection = id_at(until, random)
        box = Box(owner, address, SHOWN[number % len(SHOWN)], id_at(until, random), id_at(until, random))
        boxes.append(box)
        lines["connection"].append(
            f"{connection}\t{owner}\tprivate\timap\tInvented {connection}\timaps://mail.example\t{address}\tf\tteam\tpaused\t1440\t12\t{FAR}\t0\t\n"
        )
        lines["mailbox"].append(f"{id_at(until, random)}\t{owner}\tprivate\t{connection}\t{box.shown}\tnever\t{address}\n")
        for folder, ref, role in ((box.inbox, "INBOX", "inbox"), (box.sent, "Sent", "sent")):
            lines["mail_folder"].append(f"{folder}\t{owner}\tprivate\t{connection}\t{ref}\t{ref.capitalize()}\t{role}\tt\t\n")
    return boxes, lines


def mail_batches(people: list[Person], boxes: list[Box], mails: int, random: Random, until: datetime) -> Iterator[Lines]:
    """Lines of ``mails`` in all, mailbox by mailbox; keeps ``last_at`` of whom they concern."""
    texts = [_text(random) for _ in range(min(TEXTS, max(mails, 1)))]
    for number, box in enumerate(boxes):
        left = mails // len(boxes) + (number < mails % len(boxes))
        clients = [person for person in people if person.owner == box.owner and person.emails and not person.archived]
        lines, threads = _no_lines(), 0
        while left:
            left -= _add_thread(lines, box, clients, left, random, until, texts)
            threads += 1
            if threads % BATCH == 0:
                yield lines
                lines = _no_lines()
        yield lines


def _no_lines() -> Lines:
    return {name: [] for name in COLUMNS if name not in ("connection", "mailbox", "mail_folder")}


def _add_thread(lines: Lines, box: Box, clients: list[Person], most: int, random: Random, until: datetime, texts: list[tuple[str, str]]) -> int:
    """A thread with a client, with a stranger, or a newsletter; how many mails it has."""
    chance = random.random()
    client = random.choice(clients) if clients and chance < CLIENT_SHARE else None
    automatic = Automatic.NEWSLETTER.value if not client and chance >= CLIENT_SHARE + STRANGER_SHARE else ""
    thread = id_at(until, random)
    address = client.emails[0] if client else random.choice(NEWSLETTERS) if automatic else f"stranger.{random.randrange(100_000)}@post.example"
    name = client.name if client else "" if automatic else f"{random.choice(words.PEOPLES[0].given)} {random.choice(words.PEOPLES[0].family)}"
    count = min(random.choice(LENGTHS) if client else 1, most)
    moment = until - timedelta(seconds=random.random() ** 1.5 * 365 * 86_400 + count * 90_000)
    topic, outwards = f"{random.choice(words.OPENINGS)} {random.choice(words.TOPICS)}", bool(client) and random.random() < 0.4
    kind = "people" if client else "irrelevant" if automatic else "unmatched"
    audience = "team" if client and box.shown != "private" and client.audience == "team" else "private"
    for number in range(count):
        moment += timedelta(seconds=random.randrange(600, 90_000))
        going, last = outwards != bool(number % 2), number == count - 1
        said = f"Re: {topic}" if number else topic
        unread = last and not going and random.random() < 0.05
        _add(lines, box, _Mail(thread, client, address, name, going, moment, said, automatic, audience, number > 0, unread), random, until, texts)
    lines["mail_thread"].append(f"{thread}\t{box.owner}\t{audience}\t{_time(moment)}\tf\t{box.shown}\t{kind}\n")
    return count


def _add(lines: Lines, box: Box, mail: _Mail, random: Random, until: datetime, texts: list[tuple[str, str]]) -> None:
    key, owner, when = id_at(until, random), box.owner, _time(mail.moment)
    sender, to = (box.address, mail.address) if mail.going else (mail.address, box.address)
    sender_name, to_name = ("", mail.name) if mail.going else (mail.name, "")
    message_id = f"{key}@mail.example"
    ident = ident_of(ReadMail(message_id=message_id, senders=(Mailbox(address=sender),)))
    if mail.going:
        box.written.add(mail.address)
    facts = Facts("out" if mail.going else "in", mail.automatic, contact=mail.client is not None, written=mail.address in box.written, thread=mail.in_thread,
                  direct=not mail.going)  # fmt: skip
    weighed = weigh(facts)
    kept = weighed.standing == Standing.KEPT
    entry, fingerprint = _entry(lines, box, mail, ident, mail.client, random) if kept and mail.client else ("\\N", "")
    box.uid += 1
    lines["email"].append(
        f"{key}\t{owner}\t{mail.audience}\t{mail.thread}\t{ident}\t{message_id}\t{facts.direction}\t{when}\t{sender}\t{sender_name}\t{mail.automatic}\t"
        f"{weighed.score}\t{' '.join(weighed.reasons)}\t{weighed.standing.value}\t{'t' if kept else 'f'}\t{entry}\t{fingerprint}\n"
    )
    lines["mail_reference"].append(f"{owner}\tprivate\t{message_id}\t{mail.thread}\n")
    folder, flags = box.sent if mail.going else box.inbox, "\tt" if mail.unread else f"{SEEN}\tf"
    lines["email_place"].append(f"{owner}\tprivate\t{folder}\t{box.uid}\t{key}\t{flags}\n")
    for role, address, name in (("from", sender, sender_name), ("to", to, to_name)):
        lines["email_party"].append(f"{owner}\t{mail.audience}\t{key}\t{role}\t{address}\t{name}\t{pieces(f'{name} {address}')}\n")
    if mail.client:
        lines["email_contact"].append(f"{owner}\t{mail.audience}\t{key}\t{mail.client.id}\t{mail.thread}\taddress\t{when}\n")
    if kept:
        _words(lines, box, mail, key, random.choice(texts), ATTACHED if random.random() < 0.05 else "")


def _words(lines: Lines, box: Box, mail: _Mail, key: UUID, text: tuple[str, str], attached: str) -> None:
    subject_seen = mail.audience if box.shown in ("subject", "full") else "private"
    body_seen = mail.audience if box.shown == "full" else "private"
    lines["email_subject"].append(f"{box.owner}\t{subject_seen}\t{key}\t{mail.subject}\t{fold(mail.subject)}\n")
    lines["email_body"].append(
        f"{box.owner}\t{body_seen}\t{key}\t{text[0]}\t<p>{text[0]}</p>\t{text[0][:200]}\tf\t{attached or '[]'}\t{'t' if attached else 'f'}\t"
        f"{'' if mail.going else 'spf=pass dkim=pass dmarc=pass'}\t{text[1]}\n"
    )


def _entry(lines: Lines, box: Box, mail: _Mail, ident: str, client: Person, random: Random) -> tuple[str, str]:
    """The entry of a timeline that follows from a mail: its key, and what it is known by as long as nobody touches it."""
    key, when = id_at(mail.moment, random), _time(mail.moment)
    subject = "" if box.shown == "metadata" else mail.subject
    direction, asked = "outgoing" if mail.going else "incoming", "private" if box.shown == "private" else "team"
    lines["interaction"].append(
        f"{key}\t{box.owner}\t{mail.audience}\t{when}\t{when}\temail\t{subject}\t\t{when}\t{direction}\tsync\tmail:{ident}\tt\t{asked}\t{search_text(subject, '')}\n"
    )
    lines["interaction_contact"].append(f"{key}\t{client.id}\t{box.owner}\t{mail.audience}\temail\t{when}\n")
    if (mail.audience == "team" or client.audience == "private") and (client.last_at is None or mail.moment > client.last_at):
        client.last_at, client.last_kind = mail.moment, "email"
    said = {"kind": "email", "subject": subject, "occurred_at": mail.moment, "direction": direction}
    return str(key), entry_hash(said, {client.id})


def _text(random: Random) -> tuple[str, str]:
    """What somebody writes, and as the search knows it."""
    sentences = (f"{random.choice(words.OPENINGS)} {random.choice(words.TOPICS)}. {random.choice(words.CLOSINGS)}" for _ in range(random.randrange(2, 14)))
    said = " ".join(sentence.strip() for sentence in sentences)
    return said, fold(said)


def _time(moment: datetime) -> str:
    return moment.isoformat(sep=" ")
