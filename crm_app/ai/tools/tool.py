"""What a tool of the assistant is: a name, what a model is told of it, its arguments as a strict form, and what it does as whoever asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from crm_app.ai.tools.reading import Reading, ToolResult
from crm_app.ai.types import ToolSpec
from crm_app.domain.days import day_begins
from crm_app.domain.errors import CrmError

Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2199, 12, 31))]
"""A day that anybody can mean: with those at the ends of the calendar nothing can be reckoned."""


class Arguments(BaseModel):
    """Arguments of a tool, as a model may give them: nothing besides, and each of its own kind."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


A = TypeVar("A", bound=Arguments)


@dataclass(frozen=True, slots=True)
class Tool(Generic[A]):
    """A tool. ``run`` works inside one transaction as the asker, and reads; ``arguments`` is what it takes."""

    name: str
    description: str
    arguments: type[A]
    run: Callable[[Session, Reading, A], ToolResult]

    @property
    def spec(self) -> ToolSpec:
        """As a model is told of it."""
        schema = _short(self.arguments.model_json_schema(), _UNTOLD)
        schema.pop("description", None)
        return ToolSpec(self.name, self.description, schema)

    @property
    def brief(self) -> ToolSpec:
        """As a model is told of it that holds little: which arguments there are, and of what kind. What does not fit is answered with why."""
        return ToolSpec(self.name, self.description, _short(self.arguments.model_json_schema(), _UNTOLD | _UNTOLD_BRIEFLY))


_UNTOLD = frozenset({"title", "default"})
_UNTOLD_BRIEFLY = frozenset({"description", "format", "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum"})


def _short(schema: dict[str, Any], untold: frozenset[str]) -> dict[str, Any]:
    """A form without what a model need not be told: titles that repeat a name, what holds where nothing is said, and that this may be null.

    All tools are told in every round, and a small model holds little beside them.
    """
    told: dict[str, Any] = {}
    for key, value in schema.items():
        if key in ("properties", "$defs"):
            told[key] = {name: _short(form, untold) for name, form in value.items()}
        elif key not in untold:
            told[key] = _short(value, untold) if isinstance(value, dict) else value
    choices = [_short(one, untold) for one in told.pop("anyOf", ()) if one != {"type": "null"}]
    return {**told, **choices[0]} if len(choices) == 1 else {**told, "anyOf": choices} if choices else told


class NotThatWay(CrmError):
    """A model asked for something that cannot be; its message is for the model."""


def span(reading: Reading, since: date | None, until: date | None) -> tuple[datetime | None, datetime | None]:
    """The moments at which these days begin and, the last one included, end, where the asker is."""
    if since and until and until < since:
        raise NotThatWay(f"The time from {since} until {until} ends before it begins.")
    zone = reading.actor.zone
    return (day_begins(since, zone) if since else None), (day_begins(until + timedelta(days=1), zone) if until else None)
