"""Mail as pages, the timeline and the API show it, as far as its reader may see it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from crm_app.domain.editing import Line, Prose
from crm_app.domain.mail.models import Direction, FolderRole, LinkHow, NewContacts, Shown, Verdict
from crm_app.domain.mail.reading_schemas import Attachment


class ContactRef(BaseModel):
    """A contact whom a mail concerns, as its reader sees them."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    name: str
    photo_id: UUID | None = None


class LinkedContact(BaseModel):
    """A contact of a thread, and how it came there: by address or by hand."""

    model_config = ConfigDict(frozen=True)

    contact: ContactRef
    how: LinkHow


class ThreadRow(BaseModel):
    """A thread in a list. ``subject`` and ``snippet`` are None where they are not kept, or not the reader's to see.

    ``direction`` is that of the latest mail; ``names`` are those who wrote, or were written to, besides the owner; ``unread`` counts only one's own;
    ``shown`` is how much of it the team sees; ``own``: it stands in the reader's own mailbox.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    subject: str | None
    snippet: str | None
    last_at: datetime
    count: int
    unread: int
    names: tuple[str, ...]
    contacts: tuple[ContactRef, ...]
    direction: Direction
    has_attachment: bool
    shown: Shown
    own: bool


class ThreadPage(BaseModel):
    """Some threads, the latest first. ``unmatched`` is how many of the reader's own threads are from people who are no contacts, counted up to 1,000."""

    model_config = ConfigDict(frozen=True)

    rows: tuple[ThreadRow, ...]
    next: str | None
    unmatched: int


class PartyView(BaseModel):
    """Somebody in a head."""

    model_config = ConfigDict(frozen=True)

    address: str
    name: str


class MailView(BaseModel):
    """One mail of a thread. ``subject``, ``text`` and ``html`` are None where they are not kept (yet), or not the reader's to see.

    ``html`` has been cleaned, and still belongs into a frame that may do nothing; ``remote``: it would load something from elsewhere.
    ``verified`` is what the receiving server found out about its sender (``spf=pass dkim=pass``); ``automatic`` why it is no person's mail, or ``""``.
    ``reply_to`` is where its sender wants answers to go; ``odd`` are sentences about a sender who may be somebody else than their name says.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    direction: Direction
    from_name: str
    from_address: str
    to: tuple[PartyView, ...]
    cc: tuple[PartyView, ...]
    bcc: tuple[PartyView, ...] = ()
    reply_to: tuple[PartyView, ...] = ()
    sent_at: datetime
    subject: str | None
    snippet: str | None
    text: str | None
    html: str | None
    remote: bool
    attachments: tuple[Attachment, ...]
    verified: str
    automatic: str
    odd: tuple[str, ...] = ()
    interaction_id: UUID | None


class ThreadView(BaseModel):
    """One thread, the earliest mail first: the latest of ``total``. ``shown`` is what holds for it; ``said`` what its owner said of this thread,
    None when the mailbox decides.

    ``reasons`` are sentences about why it is here, for its owner alone.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    version: int
    subject: str | None
    shown: Shown
    said: Shown | None
    irrelevant: bool
    own: bool
    total: int
    messages: tuple[MailView, ...]
    contacts: tuple[LinkedContact, ...]
    reasons: tuple[str, ...]


class EntryMail(BaseModel):
    """The mail behind an entry of a timeline: its thread, and its first words where the reader may see them."""

    model_config = ConfigDict(frozen=True)

    interaction_id: UUID
    thread_id: UUID
    snippet: str | None
    has_attachment: bool


class RuleView(BaseModel):
    """What its owner says of a sender."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    version: int
    address: str
    verdict: Verdict


class FolderView(BaseModel):
    """One folder of a mailbox. ``synced``: its mail is brought here."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    version: int
    name: str
    role: FolderRole
    synced: bool


Security = Literal["tls", "starttls", "none"]
LONGEST_SIGNATURE, MOST_SIGNATURE_LINES = 1_000, 15


class SendingView(BaseModel):
    """By which server a mailbox sends, and as whom. ``name`` is empty where its owner's own is meant."""

    model_config = ConfigDict(frozen=True)

    host: str
    port: int
    security: Security
    address: str
    name: str


class MailboxView(BaseModel):
    """What was decided about a mailbox, and its folders by role and name. ``mails`` are all that are known of, ``kept`` those with their words.

    ``sending`` is None while it only brings mail in; ``signature`` stands under letters.
    """

    model_config = ConfigDict(frozen=True)

    connection_id: UUID
    version: int
    shown: Shown
    new_contacts: NewContacts
    folders: tuple[FolderView, ...]
    mails: int
    kept: int
    sending: SendingView | None
    signature: str


class SendingSet(BaseModel):
    """By which server a mailbox sends; without a ``host`` by none. Another place is told the password anew: an empty one means the one that is there."""

    model_config = ConfigDict(extra="forbid")

    version: int
    host: Line = Field(default="", max_length=253)
    port: int = Field(default=465, ge=1, le=65_535)
    security: Security = "tls"
    address: Line = Field(default="", max_length=254)
    name: Line = Field(default="", max_length=120)
    password: SecretStr | None = None


class MailboxUpdate(BaseModel):
    """What is given is changed; what is None stays. An empty ``signature`` means none."""

    model_config = ConfigDict(extra="forbid")

    version: int
    shown: Shown | None = None
    new_contacts: NewContacts | None = None
    signature: Prose | None = Field(default=None, max_length=LONGEST_SIGNATURE)


class FolderChoice(BaseModel):
    """Whether a folder's mail is brought here."""

    model_config = ConfigDict(extra="forbid")

    version: int
    synced: bool


class RuleSet(BaseModel):
    """What to do with a sender's mail from now on: an address, or ``@domain``."""

    model_config = ConfigDict(extra="forbid")

    address: str = Field(min_length=3, max_length=320)
    verdict: Verdict
