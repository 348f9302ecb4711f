"""Address books as they are shown and chosen."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict


class BookRow(BaseModel):
    """One address book of a connection. ``synced``: its people come in and stay in step; ``people`` are those who stand here because of it.

    ``two_way``: what is changed here is written there, ``may_write`` whether that can be chosen, ``refused`` why the last try came to nothing.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    version: int
    connection_id: UUID
    name: str
    synced: bool
    people: int
    two_way: bool = False
    may_write: bool = False
    refused: str = ""


class BookChoice(BaseModel):
    """Whether a book is synced, and whether it is written into (None: as it was)."""

    model_config = ConfigDict(extra="forbid")

    version: int
    synced: bool
    two_way: bool | None = None


class OpenBook(BaseModel):
    """A book of one's own that a contact may be put into, and whose it is."""

    model_config = ConfigDict(frozen=True)

    book_id: UUID
    name: str
    connection_id: UUID
    connection: str


class ContactBook(OpenBook):
    """A book that a contact is in step with, or ``waits`` to be put into; ``refused``: that came to nothing, and is tried again once the contact is changed."""

    waits: bool = False
    refused: bool = False


class ContactBooks(BaseModel):
    """A contact and one's own address books: those that it is in step with, and those that it may be put into."""

    model_config = ConfigDict(frozen=True)

    kept: tuple[ContactBook, ...] = ()
    open: tuple[OpenBook, ...] = ()


class CopyRow(BaseModel):
    """Something that was changed on both sides, in words: ``field`` of whom, how it stood here (``ours``; empty: it was taken away) and how the book has it."""

    model_config = ConfigDict(frozen=True)

    card_id: UUID
    id: str
    contact_id: UUID
    contact_name: str
    field: str
    ours: str
    theirs: str
