"""What every form and every PATCH have in common: which fields were given, and whether the row is still the one that was read."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol

from pydantic import BaseModel

from crm_app.domain.errors import Conflict, Invalid


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
        raise Conflict("Someone else changed this while you were writing. Here is what it says now.", current.model_dump(mode="json"))
