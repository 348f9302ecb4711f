"""A draft: what somebody is typing, held apart from the database until it is saved.

``Draft(ContactUpdate, contact)`` has the fields of the schema, filled from the object, each a bindable property of
NiceGUI (so that an idle page costs nothing). Saving validates back to the schema; errors land on the inputs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar, get_args, get_origin
from uuid import UUID

from nicegui.binding import BindableProperty
from nicegui.elements.mixins.validation_element import ValidationElement
from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from crm_app.components import feedback
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _

M = TypeVar("M", bound=BaseModel)


class Draft(Generic[M]):
    """Raw values by field name, as inputs hold them: text for dates and numbers, keys for choices.

    Attributes are read and set by name (``draft.name``). Never give it a row that is inside a session: pass a view.
    """

    def __new__(cls, schema: type[M], obj: object | None = None, **values: Any) -> Draft[M]:
        return object.__new__(_draft_class(schema))

    def __init__(self, schema: type[M], obj: object | None = None, **values: Any) -> None:
        self._schema = schema
        self._inputs: dict[str, ValidationElement[Any]] = {}
        self._filled: dict[str, Any] = {}
        for name, info in schema.model_fields.items():
            value = values.get(name, _read(obj, name, info))
            setattr(self, name, raw(value, info))
            self._filled[name] = raw(_read(obj, name, info), info)

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

        def __setattr__(self, name: str, value: Any) -> None: ...

    @property
    def changed(self) -> set[str]:
        """The names of the fields that differ from what the draft was filled with."""
        return {name for name, value in self._filled.items() if getattr(self, name) != value}

    def validated(self, **extra: Any) -> M | None:
        """The schema made from the changed and the required fields, with ``extra`` added; None when errors landed on the inputs."""
        self.clear_errors()
        given = {name: self._typed(name) for name, info in self._schema.model_fields.items() if info.is_required() or name in self.changed}
        try:
            return self._schema.model_validate({**given, **extra})
        except ValidationError as error:
            self.land(problems(error))
            return None

    @contextmanager
    def landing(self) -> Iterator[None]:
        """Around a save: a service's ``Invalid`` lands on the inputs; what belongs to no input is said in a toast."""
        try:
            yield
        except Invalid as error:
            self.land(error.fields or {"": error.message})

    def land(self, sentences: Mapping[str, str]) -> None:
        """Show each sentence under the input of its field, and the rest as a toast; focus goes to the first."""
        homeless = []
        first: ValidationElement[Any] | None = None
        for path, sentence in sentences.items():
            element = self._inputs.get(path) or self._inputs.get(path.split(".")[0])
            if element is None:
                homeless.append(sentence)
                continue
            element.error = sentence
            first = first or element
        if first is not None:
            first.run_method("focus")
        if homeless:
            feedback.toast(" ".join(homeless), kind="bad")

    def clear_errors(self) -> None:
        """Take every sentence away."""
        for element in self._inputs.values():
            element.error = None

    def mark_saved(self) -> None:
        """What stands in the draft is now what the database holds."""
        self._filled = {name: getattr(self, name) for name in self._filled}

    def attach(self, name: str, element: ValidationElement[Any]) -> None:
        """Errors of ``name`` land on ``element`` from now on. ``fields.field`` does this by itself."""
        self._inputs[name] = element

    def info(self, name: str) -> FieldInfo:
        """What the schema says about a field."""
        return self._schema.model_fields[name]

    def _typed(self, name: str) -> Any:
        value = getattr(self, name)
        # An emptied box means "nothing" wherever nothing is allowed.
        if isinstance(value, str) and not value.strip() and allows_none(self.info(name)):
            return None
        return value


_OWN_NAMES = frozenset(name for name in dir(Draft) if not name.startswith("__"))


@cache
def _draft_class(schema: type[BaseModel]) -> type[Draft[Any]]:
    clash = _OWN_NAMES & set(schema.model_fields)
    if clash:
        raise TypeError(f"{schema.__name__} has fields that a draft keeps for itself: {', '.join(sorted(clash))}")
    properties = {name: BindableProperty() for name in schema.model_fields}
    return type(f"{schema.__name__}Draft", (Draft,), properties)


def raw(value: Any, info: FieldInfo) -> Any:
    """A value as an input holds it."""
    if value is None:
        return "" if _is_text(info) else None
    if isinstance(value, SecretStr):
        return ""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    if isinstance(value, time):
        return value.isoformat(timespec="minutes")
    if isinstance(value, (date, UUID, Decimal)):
        return value.isoformat() if isinstance(value, date) else str(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, BaseModel):
        return value.model_dump()
    if isinstance(value, (list, tuple, set, frozenset)):
        return [raw(item, info) for item in value]
    return value


def bare_type(info: FieldInfo) -> Any:
    """The annotation without ``| None``."""
    options = [option for option in get_args(info.annotation) if option is not type(None)]
    return options[0] if options and allows_none(info) else info.annotation


def allows_none(info: FieldInfo) -> bool:
    """True when the field may be None."""
    return type(None) in get_args(info.annotation)


def _is_text(info: FieldInfo) -> bool:
    # Choices (enums, literals, ids) and lists have None for "nothing"; whatever is typed has the empty text.
    kind = bare_type(info)
    return isinstance(kind, type) and get_origin(kind) is None and not issubclass(kind, (bool, Enum, UUID, BaseModel, list, tuple, set, dict))


def _read(obj: object | None, name: str, info: FieldInfo) -> Any:
    if obj is not None:
        found = obj.get(name) if isinstance(obj, Mapping) else getattr(obj, name, None)
        return found
    return None if info.is_required() else info.get_default(call_default_factory=True, validated_data={})


def problems(error: ValidationError) -> dict[str, str]:
    """One sentence for each field path of a validation error, in words for the person who typed."""
    found: dict[str, str] = {}
    for item in error.errors(include_url=False, include_input=False):
        path = ".".join(str(part) for part in item["loc"])
        found.setdefault(path, _sentence(item["type"], item.get("ctx", {}), item["msg"]))
    return found


def _sentence(kind: str, context: Mapping[str, Any], message: str) -> str:
    known = {
        "missing": _("This is needed"),
        "too_short": _("This is needed"),  # of a secret or a list, where it is always one that is asked for
        "string_too_short": _("This is needed") if context.get("min_length") == 1 else _("At least %(min_length)s characters"),
        "string_too_long": _("At most %(max_length)s characters"),
        "int_parsing": _("A whole number, such as 14"),
        "float_parsing": _("A number, such as 14.5"),
        "greater_than_equal": _("At least %(ge)s"),
        "less_than_equal": _("At most %(le)s"),
        "greater_than": _("More than %(gt)s"),
        "less_than": _("Less than %(lt)s"),
        "date_from_datetime_parsing": _("A whole date, with day, month and year"),
        "date_parsing": _("A whole date, with day, month and year"),
        "time_parsing": _("A time, such as 14:30"),
        "enum": _("Choose one of the list"),
        "literal_error": _("Choose one of the list"),
    }
    if kind in known:
        return known[kind] % context
    if "email" in message.lower():
        return _("Enter a full email address")
    # A validator of ours raises ValueError with a sentence of ours; pydantic puts its own words before it.
    return message.removeprefix("Value error, ") if kind == "value_error" else _("This cannot be read; check what you typed")
