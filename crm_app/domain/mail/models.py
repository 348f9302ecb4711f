"""Mailboxes and their folders, and what is kept of a message: its head, its subject and its words, each with an audience of its own."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Computed, DateTime, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlmodel import Field

from crm_app.domain.rows import Keyed, Owned, Versioned, audience_known, one_of


class Shown(StrEnum):
    """How much of a mail the team sees, where the team sees all the contacts whom it concerns."""

    PRIVATE = "private"
    METADATA = "metadata"
    SUBJECT = "subject"
    FULL = "full"


class NewContacts(StrEnum):
    """Who becomes a contact by writing: nobody, whom the owner has written to, or everybody but bulk senders."""

    NEVER = "never"
    WRITTEN_TO = "written_to"
    PEOPLE = "people"


class FolderRole(StrEnum):
    """What a folder is for."""

    INBOX = "inbox"
    SENT = "sent"
    ARCHIVE = "archive"
    DRAFTS = "drafts"
    JUNK = "junk"
    TRASH = "trash"
    OTHER = "other"


class Direction(StrEnum):
    """Whether a mail came in or was sent by its owner."""

    IN = "in"
    OUT = "out"


class Standing(StrEnum):
    """What became of a mail: kept with its words, from a person who is no contact, or set aside with nothing but its head."""

    KEPT = "kept"
    UNKNOWN = "unknown"
    SET_ASIDE = "set_aside"


class Box(StrEnum):
    """In which list a thread stands."""

    PEOPLE = "people"
    UNMATCHED = "unmatched"
    IRRELEVANT = "irrelevant"


class PartyRole(StrEnum):
    """In which line of the head somebody stands."""

    FROM = "from"
    REPLY_TO = "reply_to"
    TO = "to"
    CC = "cc"
    BCC = "bcc"


class LinkHow(StrEnum):
    """How a contact came to a mail: its address stands in the head, somebody put it there, or somebody took it away for good."""

    ADDRESS = "address"
    HAND = "hand"
    REMOVED = "removed"


class Verdict(StrEnum):
    """What a rule says of a sender. ``met``: a contact was made of this address once (kept as a fingerprint), and is not made again."""

    ALWAYS = "always"
    NEVER = "never"
    MET = "met"


GMAIL_SENDS: Final = "gmail.googleapis.com"
"""The ``smtp_host`` of a mailbox at Gmail that sends by the same sign-in by which it is read, and so by no SMTP at all."""


class Mailbox(Versioned, Owned, table=True):
    """What the owner of a mail connection decided about it, private like the connection.

    ``addresses`` are those by which its owner was seen to write, one a line: nobody's but theirs. ``smtp_host`` is by which server it sends, with
    the sign-in of its connection; without one nothing offers to write. ``smtp_inner``: the host has opened that place inside their own network.
    ``signature`` stands under the letters that are begun with it.
    """

    __tablename__ = "mailbox"
    __table_args__ = (
        audience_known("mailbox"), one_of("shown", Shown, "mailbox"), one_of("new_contacts", NewContacts, "mailbox"),
        one_of("smtp_security", ("", "tls", "starttls", "none"), "mailbox"), Index("mailbox_of_connection", "connection_id", unique=True),
    )  # fmt: skip

    connection_id: UUID = Field(foreign_key="connection.id", ondelete="CASCADE")
    shown: str = Field(default=Shown.PRIVATE.value, sa_type=Text)
    new_contacts: str = Field(default=NewContacts.NEVER.value, sa_type=Text)
    addresses: str = Field(default="", sa_type=Text)
    smtp_host: str = Field(default="", max_length=253, sa_type=Text, sa_column_kwargs={"server_default": text("''")})
    smtp_port: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    smtp_security: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": text("''")})
    smtp_inner: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    sender_address: str = Field(default="", max_length=254, sa_type=Text, sa_column_kwargs={"server_default": text("''")})
    sender_name: str = Field(default="", max_length=120, sa_type=Text, sa_column_kwargs={"server_default": text("''")})
    signature: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": text("''")})


class MailFolder(Versioned, Owned, table=True):
    """One folder of a mailbox. ``token`` is the source's word for how far we have read."""

    __tablename__ = "mail_folder"
    __table_args__ = (
        audience_known("mail_folder"), one_of("role", FolderRole, "mail_folder"), Index("mail_folder_ref", "connection_id", "ref", unique=True),
    )  # fmt: skip

    connection_id: UUID = Field(foreign_key="connection.id", ondelete="CASCADE")
    ref: str = Field(sa_type=Text)
    name: str = Field(max_length=240, sa_type=Text)
    role: str = Field(default=FolderRole.OTHER.value, sa_type=Text)
    synced: bool = True
    token: str = Field(default="", sa_type=Text)


class MailThread(Versioned, Owned, table=True):
    """Mails that belong together. ``shown`` is what its owner said of this one, ``irrelevant`` that it is none of the CRM's business.

    What follows from its mails is the database's to keep: ``last_at``, ``box``, ``level`` (how much the team sees: what was said of the
    thread, else the narrowest of its mailboxes) and the audience: team where the level allows it and every contact it concerns is the team's.
    """

    __tablename__ = "mail_thread"
    __table_args__ = (
        audience_known("mail_thread"), one_of("shown", Shown, "mail_thread", optional=True), one_of("level", Shown, "mail_thread"),
        one_of("box", Box, "mail_thread"),
        Index("mail_thread_by_box", "owner_id", "box", text("last_at desc"), text("id desc")),
        Index("mail_thread_of_team", text("last_at desc"), text("id desc"), postgresql_where=text("audience = 'team'")),
    )  # fmt: skip

    last_at: datetime = Field(sa_type=DateTime(timezone=True))
    shown: str | None = Field(default=None, sa_type=Text)
    irrelevant: bool = False
    level: str = Field(default=Shown.PRIVATE.value, sa_type=Text, sa_column_kwargs={"server_default": text("'private'")})
    box: str = Field(default=Box.IRRELEVANT.value, sa_type=Text, sa_column_kwargs={"server_default": text("'irrelevant'")})


class MailReference(Owned, table=True):
    """By which thread a message id is known, also one that was only referred to; and, as a last resort, a subject among the same people (a fingerprint)."""

    __tablename__ = "mail_reference"
    __table_args__ = (audience_known("mail_reference"), Index("mail_reference_by_thread", "thread_id"))

    owner_id: UUID = Field(primary_key=True, foreign_key="user_account.id", ondelete="RESTRICT")
    ref: str = Field(primary_key=True, sa_type=Text)
    thread_id: UUID = Field(foreign_key="mail_thread.id", ondelete="CASCADE")


class Email(Keyed, Owned, table=True):
    """One message of one owner, however many of their folders and accounts hold it. ``ident`` is a fingerprint by which it is known again.

    ``matched``: no contact has gained an address of its since. ``entry_hash`` is what we wrote on timelines, by which an entry is known that
    nobody has touched. ``gone_at``: since when no folder holds it. ``forgotten``: it was erased with its person, and is not read again.
    """

    __tablename__ = "email"
    __table_args__ = (
        audience_known("email"), one_of("direction", Direction, "email"), one_of("standing", Standing, "email"),
        Index("email_ident", "owner_id", "ident", unique=True), Index("email_by_thread", "thread_id", "sent_at"), Index("email_ident_of_team", "ident"),
        Index("email_unmatched", "owner_id", postgresql_where=text("not matched")),
        Index("email_gone", "owner_id", "gone_at", postgresql_where=text("gone_at is not null")),
        Index("email_wanted", "owner_id", postgresql_where=text("standing = 'kept' and not has_body")),
        Index("email_of_strangers", "owner_id", "sent_at", postgresql_where=text("standing = 'unknown'")),
        Index("email_by_interaction", "interaction_id", postgresql_where=text("interaction_id is not null")),
    )  # fmt: skip

    thread_id: UUID = Field(foreign_key="mail_thread.id", ondelete="CASCADE")
    ident: str = Field(sa_type=Text)
    message_id: str = Field(default="", sa_type=Text)
    direction: str = Field(sa_type=Text)
    sent_at: datetime = Field(sa_type=DateTime(timezone=True))
    from_address: str = Field(default="", max_length=320, sa_type=Text)
    from_name: str = Field(default="", max_length=240, sa_type=Text)
    automatic: str = Field(default="", sa_type=Text)
    score: int = 0
    reasons: str = Field(default="", sa_type=Text)
    standing: str = Field(sa_type=Text)
    has_body: bool = False
    matched: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})
    forgotten: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    gone_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    interaction_id: UUID | None = Field(default=None, foreign_key="interaction.id", ondelete="SET NULL")
    entry_hash: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": text("''")})


class EmailSubject(Owned, table=True):
    """The subject of a kept mail, seen from the level ``subject`` on."""

    __tablename__ = "email_subject"
    __table_args__ = (audience_known("email_subject"), Index("email_subject_search", "search_vector", postgresql_using="gin"))

    email_id: UUID = Field(primary_key=True, foreign_key="email.id", ondelete="CASCADE")
    subject: str = Field(max_length=500, sa_type=Text)
    search_text: str = Field(default="", sa_type=Text)
    search_vector: str | None = Field(
        default=None, sa_type=TSVECTOR, sa_column_args=(Computed("to_tsvector('simple', search_text)", persisted=True),)
    )


class EmailBody(Owned, table=True):
    """The words of a kept mail, seen from the level ``full`` on. ``html`` has been cleaned and is shown in a frame that may do nothing."""

    __tablename__ = "email_body"
    __table_args__ = (audience_known("email_body"), Index("email_body_search", "search_vector", postgresql_using="gin"))

    email_id: UUID = Field(primary_key=True, foreign_key="email.id", ondelete="CASCADE")
    text: str = Field(default="", sa_type=Text)
    html: str = Field(default="", sa_type=Text)
    snippet: str = Field(default="", max_length=200, sa_type=Text)
    remote: bool = False
    attachments: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
    has_attachment: bool = Field(default=False, sa_type=Boolean)
    verified: str = Field(default="", sa_type=Text)
    search_text: str = Field(default="", sa_type=Text)
    search_vector: str | None = Field(
        default=None, sa_type=TSVECTOR, sa_column_args=(Computed("to_tsvector('simple', search_text)", persisted=True),)
    )


class EmailPlace(Owned, table=True):
    """Where a mail lies over there, its owner's alone. ``flags`` are the server's words, sorted, one space between them."""

    __tablename__ = "email_place"
    __table_args__ = (audience_known("email_place"), Index("email_place_by_email", "email_id"))

    folder_id: UUID = Field(primary_key=True, foreign_key="mail_folder.id", ondelete="CASCADE")
    uid: int = Field(primary_key=True, sa_type=BigInteger)
    email_id: UUID = Field(foreign_key="email.id", ondelete="CASCADE")
    flags: str = Field(default="", sa_type=Text)
    unread: bool = False


class EmailParty(Owned, table=True):
    """Somebody in the head of a mail, by an address in its one comparable form (lower case)."""

    __tablename__ = "email_party"
    __table_args__ = (
        audience_known("email_party"), one_of("role", PartyRole, "email_party"), Index("email_party_of_address", "address", "owner_id"),
        Index("email_party_search", "search_vector", postgresql_using="gin"),
    )  # fmt: skip

    email_id: UUID = Field(primary_key=True, foreign_key="email.id", ondelete="CASCADE")
    role: str = Field(primary_key=True, sa_type=Text)
    address: str = Field(primary_key=True, max_length=320, sa_type=Text)
    name: str = Field(default="", max_length=240, sa_type=Text)
    search_text: str = Field(default="", sa_type=Text)
    search_vector: str | None = Field(
        default=None, sa_type=TSVECTOR, sa_column_args=(Computed("to_tsvector('simple', search_text)", persisted=True),)
    )


class EmailContact(Owned, table=True):
    """A contact whom a mail concerns; thread and time are carried here so that a record's mail needs one index."""

    __tablename__ = "email_contact"
    __table_args__ = (
        audience_known("email_contact"), one_of("how", LinkHow, "email_contact"),
        Index("email_contact_by_contact", "contact_id", text("sent_at desc"), "email_id"), Index("email_contact_by_thread", "thread_id"),
    )  # fmt: skip

    email_id: UUID = Field(primary_key=True, foreign_key="email.id", ondelete="CASCADE")
    contact_id: UUID = Field(primary_key=True, foreign_key="contact.id", ondelete="CASCADE")
    thread_id: UUID = Field(foreign_key="mail_thread.id", ondelete="CASCADE")
    how: str = Field(sa_type=Text)
    sent_at: datetime = Field(sa_type=DateTime(timezone=True))


class MailRule(Versioned, Owned, table=True):
    """What its owner says of a sender, by address or ``@domain``, for all their mailboxes."""

    __tablename__ = "mail_rule"
    __table_args__ = (audience_known("mail_rule"), one_of("verdict", Verdict, "mail_rule"), Index("mail_rule_of_address", "owner_id", "address", unique=True))

    address: str = Field(max_length=320, sa_type=Text)
    verdict: str = Field(sa_type=Text)
