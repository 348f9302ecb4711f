"""What every form and every PATCH have in common: which fields were given, and whether the row is still the one that was read."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import time
from typing import Annotated, Any, Protocol

from pydantic import AfterValidator, BaseModel, BeforeValidator

from crm_app.domain.errors import Conflict, Invalid
from crm_app.domain.i18n import _

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_BREAKS = re.compile(r"[\r\n\t]+")


def _prose(value: Any) -> Any:
    return _UNPRINTABLE.sub("", value.replace("\r\n", "\n").replace("\r", "\n")).strip() if isinstance(value, str) else value


def _line(value: Any) -> Any:
    return _BREAKS.sub(" ", _prose(value)) if isinstance(value, str) else value


def _wall_time(value: time) -> time:
    if value.tzinfo is not None:
        raise ValueError("Give the time without an offset: it is meant by your own clock.")
    return value.replace(second=0, microsecond=0)


def clean_line(value: str) -> str:
    """One line as it is kept: trimmed, without line breaks and control characters."""
    return str(_line(value))


# Text as people type it: control characters, which no table holds, are dropped; a line has no breaks.
Prose = Annotated[str, BeforeValidator(_prose)]
Line = Annotated[str, BeforeValidator(_line)]
WallTime = Annotated[time, AfterValidator(_wall_time)]
"""A time by somebody's own clock, to the minute."""


class HasVersion(Protocol):
    """A row whose ``version`` moves with every change."""

    version: int


def given_fields(data: BaseModel, may_be_empty: Collection[str] = ()) -> dict[str, Any]:
    """The fields that were given, without ``version``. Raises Invalid for a None where the row needs a value."""
    given = {name: getattr(data, name) for name in data.model_fields_set if name != "version"}
    empty = {name: "This can't be empty." for name, value in given.items() if value is None and name not in may_be_empty}
    if empty:
        raise Invalid(fields=empty)
    return given


def require_version(row: HasVersion, version: int, current: BaseModel) -> None:
    """Raise Conflict with ``current``, the values that stand now, unless the row is still at ``version``."""
    if row.version != version:
        raise Conflict(_("Someone else changed this while you were writing. Here is what it says now."), current.model_dump(mode="json"))
