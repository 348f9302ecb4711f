"""Which files and folders of a drive are whose, how folders lie in one another, and what came of each file."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Index, Text
from sqlmodel import Field

from crm_app.domain.rows import Keyed, Owned, audience_known


class DriveLink(Keyed, Owned, table=True):
    """A file, or a folder with all that lies in it, that a contact's documents come from; private to its owner like the connection.

    ``listed``: it has been looked at; ``gone``: it was not there the last time.
    """

    __tablename__ = "drive_link"
    __table_args__ = (
        audience_known("drive_link"),
        Index("drive_link_ref", "connection_id", "contact_id", "external_id", unique=True),
        Index("drive_link_contact", "contact_id"),
    )

    connection_id: UUID = Field(foreign_key="connection.id", ondelete="CASCADE")
    contact_id: UUID = Field(foreign_key="contact.id", ondelete="CASCADE")
    external_id: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    folder: bool = False
    listed: bool = False
    gone: bool = False


class DriveFile(Keyed, Owned, table=True):
    """What came of one file for one contact: there is one of it, whichever links it came by. ``link_id`` is the one that it follows, None: none any more.

    ``document_id`` points at a row that may be gone: what was deleted here is not fetched again. ``mark`` is of what it held when it last came, empty while
    it is not there; ``name`` is what it was called then, and ``folder`` which one below the linked one it lay in (empty: in the linked one itself).
    """

    __tablename__ = "drive_file"
    __table_args__ = (
        audience_known("drive_file"),
        Index("drive_file_ref", "connection_id", "contact_id", "external_id", unique=True),
        Index("drive_file_contact", "contact_id"),
        Index("drive_file_link", "link_id"),
    )

    connection_id: UUID = Field(foreign_key="connection.id", ondelete="CASCADE")
    contact_id: UUID = Field(foreign_key="contact.id", ondelete="CASCADE")
    external_id: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    link_id: UUID | None = Field(default=None, foreign_key="drive_link.id", ondelete="SET NULL")
    document_id: UUID
    mark: str = Field(sa_type=Text)
    folder: str = Field(default="", sa_type=Text)


class DriveFolder(Keyed, Owned, table=True):
    """A folder below a linked one, and the one that it lies in (``within``), so that a list of changes tells whose a change is.

    With a ``target`` it is a shortcut in one of them, and that is the file that it leads to.
    """

    __tablename__ = "drive_folder"
    __table_args__ = (audience_known("drive_folder"), Index("drive_folder_ref", "connection_id", "external_id", unique=True))

    connection_id: UUID = Field(foreign_key="connection.id", ondelete="CASCADE")
    external_id: str = Field(sa_type=Text)
    within: str = Field(sa_type=Text)
    target: str = Field(default="", sa_type=Text)
