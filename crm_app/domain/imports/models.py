"""What an import remembers: whose row became whom, the uploaded file, and what could not be taken."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Index, LargeBinary, Text
from sqlmodel import Field, SQLModel

from crm_app.domain.rows import Keyed


class ImportIdentity(Keyed, table=True):
    """``(source, external id or row fingerprint)`` of one owner's file became this contact."""

    __tablename__ = "import_identity"
    __table_args__ = (Index("import_identity_key", "owner_id", "source", "external_id", unique=True),)

    owner_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE")
    source: str = Field(sa_type=Text)
    external_id: str = Field(sa_type=Text)
    contact_id: UUID = Field(foreign_key="contact.id", ondelete="CASCADE", index=True)


class ImportFile(SQLModel, table=True):
    """The bytes of an upload while its import is being mapped and run; removed when the import ends."""

    __tablename__ = "import_file"

    job_id: UUID = Field(primary_key=True, foreign_key="job.id", ondelete="CASCADE")
    owner_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE")
    name: str = Field(sa_type=Text)
    data: bytes = Field(sa_type=LargeBinary)


class ImportProblem(Keyed, table=True):
    """One line that was not taken, and why."""

    __tablename__ = "import_problem"

    job_id: UUID = Field(foreign_key="job.id", ondelete="CASCADE", index=True)
    owner_id: UUID = Field(foreign_key="user_account.id", ondelete="CASCADE")
    line: int
    reason: str = Field(sa_type=Text)
