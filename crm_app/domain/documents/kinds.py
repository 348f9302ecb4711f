"""What a document can be, how much of it is kept, and what may have become of its words. Loaded in the sandbox, so it needs nothing of the house."""

from __future__ import annotations

from enum import StrEnum

MOST_BYTES = 25_000_000
MOST_TEXT = 200_000
"""So many letters of a document are kept and found: some eighty full pages."""


class DocumentKind(StrEnum):
    """What a file is, by the ending of its name."""

    PDF = "pdf"
    DOCX = "docx"
    TEXT = "text"
    MARKDOWN = "markdown"


class Source(StrEnum):
    """Where a document comes from by itself, if it does."""

    NONE = ""
    GOOGLE_DRIVE = "google_drive"


class TextState(StrEnum):
    """What became of the words in it."""

    READ = "read"
    NOTHING = "nothing"
    UNREADABLE = "unreadable"


class Reason(StrEnum):
    """Why a text is not there, or not all of it: a password, damage, too much work, or more than is kept."""

    NONE = ""
    PASSWORD = "password"  # noqa: S105  a word for what is wrong
    DAMAGED = "damaged"
    TOO_LONG = "too_long"
    CUT = "cut"
