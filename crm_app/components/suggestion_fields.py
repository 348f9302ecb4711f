"""What a suggestion would write, as inputs: each field in the form in which a person writes it, and back."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import Any, Final

from crm_app.components import repeat_words, words
from crm_app.components.fields import InputType, select_field, text_area, text_field, typed_time
from crm_app.components.suggestion_words import LONG, field_label
from crm_app.domain.actor import Actor
from crm_app.domain.days import today_of
from crm_app.domain.i18n import _

LISTS = frozenset({"steps", "tags"})
NUMBERS = frozenset({"days", "value"})
CHOICES: Final = {"stage": words.stages, "priority": words.priorities, "audience": words.audiences}
KINDS: Final[dict[str, InputType]] = {"due_date": "date", "day": "date", "due_time": "time", "days": "number", "value": "number"}
ORDER = {"recipients": -1, "title": 0, "subject": 0, "description": 1, "due_date": 2, "due_time": 3, "recurrence": 4, "audience": 9}


def inputs_of(payload: Mapping[str, Any], reader: Actor) -> dict[str, Any]:
    """An input for each field that a person may write in, by its name; what it is about stays as it is. The rules offered follow the day."""
    shown = sorted((name for name in payload if not name.endswith(("_id", "_ids"))), key=lambda name: ORDER.get(name, 5))
    inputs = {name: _input(name, payload[name], payload, reader) for name in shown}
    if "recurrence" in inputs:
        rule = inputs["recurrence"]
        inputs["due_date"].on_value_change(lambda event: rule.set_options(repeat_words.choices(rule.value or "", _day(event.value, reader)), value=rule.value))
    return inputs


def typed(name: str, value: Any) -> Any:
    """What stands in an input, as the payload holds it; what is no number or time stays what it is, and is refused with a sentence."""
    if name in LISTS:
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]
    if name in NUMBERS:
        try:
            return int(value) if name == "days" else float(value)
        except (TypeError, ValueError):
            return value
    if name == "due_time":
        at = typed_time(value)
        return at.isoformat() if at else value or None
    return (value or None) if name in ("due_date", "day", "priority", "title") else value or ""


def _input(name: str, value: Any, payload: Mapping[str, Any], reader: Actor) -> Any:
    label = field_label(name)
    if name in LONG or name in LISTS:
        listed = "\n".join(value or ()) if name in LISTS else str(value or "")
        return text_area(label, listed, hint=_("One on each line") if name in LISTS else "")
    if name == "recurrence":
        return select_field(label, repeat_words.choices(value, _day(payload.get("due_date"), reader)), value)
    if name in CHOICES:
        return select_field(label, CHOICES[name](), value, may_be_empty=value is None)
    said = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    return text_field(label, said[:5] if name == "due_time" else said, kind=KINDS.get(name, "text"))


def _day(value: str | None, reader: Actor) -> date:
    with suppress(ValueError):
        return date.fromisoformat(value or "")
    return today_of(reader)
