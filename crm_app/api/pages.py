"""One shape for every list: the items, and the cursors that lead on and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, create_model

T = TypeVar("T")

Cursor = Annotated[str | None, Field(max_length=500, description="The next_cursor of an earlier answer.")]
Limit = Annotated[int, Field(ge=1, le=200, description="How many items at most.")]


class Query(BaseModel):
    """Query parameters; an unknown one is refused rather than ignored."""

    model_config = ConfigDict(extra="forbid")


class Listed(Query):
    """What every list takes."""

    after: Cursor = None
    limit: Limit = 50


class Page(BaseModel, Generic[T]):
    """A stretch of a list. ``total`` is there where counting is cheap; above 10,000 it stops and says so."""

    items: Sequence[T]
    next_cursor: str | None = None
    previous_cursor: str | None = None
    total: int | None = None
    total_is_capped: bool = False



def page_of(field: str) -> Callable[[Any], dict[str, Any]]:
    """A shape that turns a service's page, whose items stand in ``field``, into ours."""

    def shape(value: Any) -> dict[str, Any]:
        return {
            "items": getattr(value, field),
            "next_cursor": value.next_cursor,
            "previous_cursor": getattr(value, "previous_cursor", None),
            "total": getattr(value, "total", None),
            "total_is_capped": getattr(value, "total_is_capped", False),
        }

    return shape


def patch_model(update: type[BaseModel]) -> type[BaseModel]:
    """An update whose version may come as If-Match instead of in the body."""
    version = (Annotated[int | None, Field(ge=1, description="The version you are changing, unless If-Match says it.")], None)
    return create_model(update.__name__.replace("Update", "Patch"), __base__=update, version=version)  # type: ignore[arg-type, call-overload, no-any-return, unused-ignore]


def with_version(patch: BaseModel, update: type[T], version: int) -> T:
    """The service's update: only the fields that were sent, and the version."""
    values = {name: getattr(patch, name) for name in patch.model_fields_set}
    return update(**{**values, "version": version})
