"""What came along with a mail: who may open it, where it lies over there, and what it really is. Nothing of it is kept here, but for what was sent from here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.connections.plans import Plan
from crm_app.domain.connections.running import get_way
from crm_app.domain.errors import NotFound
from crm_app.domain.i18n import _
from crm_app.domain.imports.sandbox import bound_sandbox
from crm_app.domain.isolation import SandboxRefused, SandboxTimeout
from crm_app.domain.mail import attachment_queries as queries
from crm_app.domain.mail.access import get_readable_mail
from crm_app.domain.mail.identity import ident_of
from crm_app.domain.mail.limits import head_of
from crm_app.domain.mail.reading import MailRefused, read_mail
from crm_app.domain.mail.reading_schemas import Attachment
from crm_app.domain.permissions import Permission

SECONDS = 10.0
_WORK = "crm_app.domain.mail.work:parts"
# What a file is, by how it begins. Whatever is not among these is bytes to be kept, and never a page.
_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF87a", "image/gif"), (b"GIF89a", "image/gif"), (b"%PDF-", "application/pdf"),
)  # fmt: skip
BYTES = "application/octet-stream"
FIRST_FILE = 2
"""The part of a letter from here that is the first file: its words are the one before, and nothing is nested."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file of a mail that somebody may open. ``ident`` is the mail's fingerprint, ``owner_id`` in whose mailbox it lies."""

    email_id: UUID
    owner_id: UUID
    ident: str
    attachment: Attachment


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mail lies over there, and what it takes to get there."""

    plan: Plan
    folder: str
    uid: int


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file as it came. ``kind`` is what its bytes say, not what its sender does."""

    name: str
    kind: str
    content: bytes


def find_attachment(session: Session, actor: Actor, email_id: UUID, part: str) -> Wanted:
    """A file of a mail whose words the actor may read. NotFound for any other, and for a part that the mail does not have."""
    actor.require(Permission.MAIL_READ)
    mail, body = get_readable_mail(session, actor, email_id)
    found = next((one for one in map(Attachment.model_validate, body.attachments) if one.part == part), None)
    if found is None:
        raise NotFound
    return Wanted(mail.id, mail.owner_id, mail.ident, found)


def list_kept(session: Session, owner: Actor, wanted: Sequence[Wanted]) -> list[OpenedFile] | None:
    """These files, if the mail left from here and they are kept with it; else None. Asked as its owner, as for where it lies."""
    files = queries.list_kept(session, owner, wanted[0].email_id)
    known = {str(place): one for place, one in enumerate(files, FIRST_FILE)}
    if any(one.attachment.part not in known for one in wanted):
        return None
    return [OpenedFile(one.attachment.name, kind_of(known[one.attachment.part].data), known[one.attachment.part].data) for one in wanted]


def list_places(session: Session, owner: Actor, wanted: Wanted) -> tuple[Place, ...]:
    """Where the mail lies in its owner's accounts. Asked as its owner, whoever wants to read it: the way there is nobody else's."""
    found = queries.list_places(session, owner, wanted.email_id)
    return tuple(Place(get_way(session, owner, connection_id), ref, uid) for connection_id, ref, uid in found)


def take_out(wanted: Sequence[Wanted], content: bytes) -> list[OpenedFile | None]:
    """These files of one mail, out of the bytes of a message: None for each that it does not hold, and for all when it is another one. Raises ``MailRefused``."""
    if ident_of(read_mail(head_of(content) + b"\r\n\r\n")) != wanted[0].ident:
        return [None] * len(wanted)
    try:
        answer = bound_sandbox().run(_WORK, content, {"parts": [one.attachment.part for one in wanted]}, seconds=SECONDS)
    except (SandboxTimeout, SandboxRefused) as refusal:
        raise MailRefused(_("This file cannot be read: its mail is too large or damaged.")) from refusal
    lengths, _end, inside = answer.partition(b"\n")
    files: list[OpenedFile | None] = []
    for one, length in zip(wanted, json.loads(lengths), strict=True):
        own, inside = inside[: length or 0], inside[length or 0 :]
        files.append(OpenedFile(one.attachment.name, kind_of(own), own) if length is not None else None)
    return files


def kind_of(content: bytes) -> str:
    """What these bytes are, as far as it is safe to say."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for beginning, kind in _BEGINNINGS if content.startswith(beginning)), BYTES)


def in_order(places: Sequence[Place]) -> list[Place]:
    """Those that can be asked first."""
    return sorted(places, key=lambda place: bool(place.plan.fault))
