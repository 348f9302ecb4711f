"""What is agreed to, whether it was given, and how somebody said so. Apart from the tables, so that whatever reads files knows them without a database."""

from __future__ import annotations

from enum import StrEnum


class Purpose(StrEnum):
    """What somebody agrees to."""

    DATA_PROCESSING = "data_processing"
    HEALTH_NOTES = "health_notes"
    AI = "ai"
    MARKETING = "marketing"
    PHOTO = "photo"


class Action(StrEnum):
    """Whether it was given or taken back."""

    GIVEN = "given"
    WITHDRAWN = "withdrawn"


class Channel(StrEnum):
    """How somebody said so."""

    IN_PERSON = "in_person"
    FORM = "form"
    EMAIL = "email"
    PHONE = "phone"
    MESSAGE = "message"
    PAPER = "paper"
