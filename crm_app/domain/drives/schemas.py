"""What is chosen in a drive, and how that is shown."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Pick(BaseModel):
    """A file, or a whole folder, that was chosen: its id over there, and what it was called."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    ref: str = Field(pattern=r"^[A-Za-z0-9_-]{1,400}$")
    name: str = Field(default="", max_length=1000)
    folder: bool = False


class DriveRow(BaseModel):
    """A connection to a drive that can be chosen from. ``ready``: it is neither paused nor to be signed in to again."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    name: str
    ready: bool


class LinkRow(BaseModel):
    """What a contact's documents come from. ``waits``: it has not been looked at yet; ``left_out`` is how many files of this contact did not come in."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    connection_id: UUID
    contact_id: UUID
    ref: str
    name: str
    folder: bool
    waits: bool
    gone: bool
    left_out: int


class ContactDrives(BaseModel):
    """The actor's own drives, and what of them is linked to one contact."""

    model_config = ConfigDict(frozen=True)

    drives: tuple[DriveRow, ...]
    links: tuple[LinkRow, ...]


class LinkedRow(BaseModel):
    """A file or a folder of a drive, and whose documents come from it."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    contact_id: UUID
    contact_name: str
    name: str
    folder: bool
    gone: bool
    documents: int


class DriveItem(BaseModel):
    """Something in a drive that can be looked at. ``refusal`` is why it cannot be a document (empty: it can, or it is a folder).

    Of a ``shortcut`` everything but its name is what it leads to. ``drive`` is the shared drive that it lies in.
    """

    model_config = ConfigDict(frozen=True)

    ref: str
    name: str
    folder: bool
    size: int
    modified: datetime | None
    refusal: str
    shortcut: bool = False
    drive: str = ""


class DriveListing(BaseModel):
    """A page of a folder, and what to ask with for more of it. ``partly``: not everything has been searched."""

    model_config = ConfigDict(frozen=True)

    items: tuple[DriveItem, ...]
    after: str
    partly: bool = False
