"""The address books of a connection, and what each card of them was when it last came in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from crm_app.domain.rows import Keyed, Owned, Versioned, audience_known

WRITABLE = frozenset({"carddav"})
"""The kinds of connection whose address books can be written into."""


class AddressBook(Versioned, Owned, table=True):
    """One address book of a connection, private to its owner like the connection. ``token`` is the provider's word for how far we have read.

    ``two_way``: what is changed here is written there; ``refused`` is why the last try came to nothing, for the book as a whole.
    """

    __tablename__ = "address_book"
    __table_args__ = (audience_known("address_book"), Index("address_book_ref", "connection_id", "external_id", unique=True))

    connection_id: UUID = Field(foreign_key="connection.id", ondelete="CASCADE")
    external_id: str = Field(sa_type=Text)
    name: str = Field(max_length=240, sa_type=Text)
    synced: bool = True
    token: str = Field(default="", sa_type=Text)
    two_way: bool = False
    refused: str = Field(default="", sa_type=Text)


class AddressCard(Keyed, Owned, table=True):
    """One card of a book: which contact it became, what it said when it last came (``said``, see ``facts``), and which of that the book ``brought``.

    ``contact_id`` points at a row that may be gone: taking back a run and then taking that back too finds its contacts again. Of a contact
    that is erased nothing is kept here but that its card is not to come in again.

    Of a book that is written into, ``held`` is what the contact held when it was last in step, by ``facts.OURS``, and ``seen`` its version then: whatever
    it holds that is different is to be written there. None: it is not known yet. ``copies`` is what was changed on both sides, and lost here to the book's.

    One that is ``wanted`` does not stand there yet: its contact is to be put into the book, ``external_id`` is the UID that its card will have, and ``seen`` the
    version of the contact that could not be.
    """

    __tablename__ = "address_card"
    __table_args__ = (
        audience_known("address_card"),
        Index("address_card_ref", "book_id", "external_id", unique=True),
        Index("address_card_contact", "contact_id"),
    )

    book_id: UUID = Field(foreign_key="address_book.id", ondelete="CASCADE")
    external_id: str = Field(sa_type=Text)
    etag: str = Field(sa_type=Text)
    contact_id: UUID
    said: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    brought: list[str] = Field(default_factory=list, sa_type=JSONB)
    held: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))  # type: ignore[call-overload]
    seen: int = 0
    copies: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
    wanted: bool = False
