"""What a contact of our own export has agreed to, or taken back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Self

from pydantic import Field, model_validator

from crm_app.domain.consents.kinds import Action, Channel, Purpose
from crm_app.domain.editing import Prose
from crm_app.domain.imports.parts import Moment, Part

EARLIEST = date(1990, 1, 1)


class ConsentPart(Part):
    """That the contact agreed to something in these words, or took it back. Who recorded it is not told: whoever brings it in stands for it."""

    purpose: Purpose
    action: Action
    version: int | None = Field(default=None, ge=-10_000, le=1_000_000)
    wording: Prose = Field(default="", max_length=5_000)
    channel: Channel
    happened_on: date
    evidence: Prose = Field(default="", max_length=2_000)
    created_at: Moment

    @model_validator(mode="after")
    def _was_said(self) -> Self:
        if self.action is Action.GIVEN and not self.wording:
            raise ValueError("nobody agrees to nothing")
        if not EARLIEST <= self.happened_on <= (datetime.now(UTC) + timedelta(days=1)).date():  # tomorrow has begun where days begin first
            raise ValueError("this was said on no day that anybody knows of")
        return self
