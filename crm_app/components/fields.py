"""Inputs with the label above, and the one way to bind them: ``field(draft, "name")`` reads everything else from the schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from nicegui import ui
from nicegui.elements.mixins.validation_element import ValidationElement
from nicegui.elements.mixins.value_element import ValueElement
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from crm_app.components.draft import Draft, allows_none, bare_type
from crm_app.components.elements import icon
from crm_app.components.text import attributes, block, text
from crm_app.domain.i18n import _

InputType = Literal["text", "email", "tel", "url", "password", "search", "date", "time", "datetime-local", "number"]
LONG_TEXT = 500
Change = Callable[..., Any]


def text_field(
    label: str,
    value: str = "",
    *,
    kind: InputType = "text",
    placeholder: str = "",
    hint: str = "",
    autocomplete: str = "off",
    on_change: Change | None = None,
) -> ui.input:
    """One line of text. ``kind`` is the input's type; a date, a time and a number are text until they are validated."""
    with block("mc-field-box"):
        element = ui.input(value=value, placeholder=placeholder or None, on_change=on_change).classes("mc-field")
        element.props["type"] = kind
        element.props["autocomplete"] = autocomplete
        if kind in ("date", "time", "datetime-local"):
            element.props["no-error-icon"] = True  # the browser's own picker stands in its place
        _dress(element, label, hint)
    return element


def text_area(label: str, value: str = "", *, placeholder: str = "", hint: str = "", on_change: Change | None = None) -> ui.textarea:
    """Several lines, growing with what is typed."""
    with block("mc-field-box"):
        element = ui.textarea(value=value, placeholder=placeholder or None, on_change=on_change).classes("mc-field mc-area")
        _dress(element, label, hint)
    return element


def date_field(label: str, value: date | None = None, *, hint: str = "", on_change: Change | None = None) -> ui.input:
    """A day, picked with the browser's own calendar; the value is ``2026-04-15`` or empty."""
    return text_field(label, value.isoformat() if value else "", kind="date", hint=hint, on_change=on_change)


def select_field(
    label: str,
    options: Mapping[Any, str] | Sequence[str],
    value: Any = None,
    *,
    hint: str = "",
    many: bool = False,
    may_be_empty: bool = False,
    may_add: bool = False,
    search: bool = False,
    on_change: Change | None = None,
) -> ui.select:
    """One of a list, or with ``many`` several; ``may_add`` takes new words too, ``search`` filters while typing."""
    known = dict(options) if isinstance(options, Mapping) else list(options)
    with block("mc-field-box"):
        element = ui.select(
            known, value=value, multiple=many, with_input=search or may_add, clearable=may_be_empty, on_change=on_change,
            new_value_mode="add-unique" if may_add else None,
        ).classes("mc-field" + (" mc-many" if many else ""))
        element.props["for"] = element.html_id
        if many:
            element.props["use-chips"] = True
        _dress(element, label, hint)
    return element


def checkbox(label: str, value: bool | None = False, *, on_change: Change | None = None) -> ui.checkbox:
    """A square check with its words beside it."""
    return ui.checkbox(label, value=value, on_change=on_change).classes("mc-check")


def typed_time(value: str | None) -> time | None:
    """What stands in a field of the kind ``time``; None where that is no time."""
    try:
        return time.fromisoformat(value) if value else None
    except ValueError:
        return None


def switch(label: str, value: bool = False, *, spoken: str | None = None, on_change: Change | None = None) -> ui.switch:
    """A setting that applies at once. ``spoken`` names it when its words stand elsewhere in the row."""
    element = ui.switch(label, value=value, on_change=on_change).classes("mc-switch")
    if spoken:
        attributes(element, aria_label=spoken)
    return element


def search_field(label: str, value: str = "", *, placeholder: str = "", on_change: Change | None = None) -> ui.input:
    """A box with a magnifier; it waits for a pause in typing before it calls."""
    element = ui.input(value=value, placeholder=placeholder or label, on_change=on_change).classes("mc-field")
    element.props.update({"type": "search", "debounce": "200", "autocomplete": "off"})
    attributes(element, aria_label=label)
    with element.add_slot("prepend"):
        icon("search")
    return element


def done_check(label: str, done: bool, on_toggle: Change, *, priority: str = "") -> ui.element:
    """The round check of a task; its ring shows an urgent or high ``priority``, its name says the rest."""
    with block("mc-done" + (f" mc-{priority}" if priority in ("urgent", "high") else ""), tag="button").on("click.stop", on_toggle) as element:
        icon("check", 12)
    return attributes(element, type="button", role="checkbox", aria_checked="true" if done else "false", aria_label=label)


def field(
    draft: Draft[Any],
    name: str,
    *,
    label: str | None = None,
    options: Mapping[Any, str] | None = None,
    hint: str = "",
    placeholder: str = "",
    long: bool | None = None,
    on_change: Change | None = None,
) -> ValueElement[Any]:
    """The input that fits a field of the draft's schema, bound to it both ways; its errors land on it.

    The schema gives type, choices, limits and, as ``title``, the label. ``options`` replaces the choices (ids and names from a
    query); ``long`` forces or forbids several lines.
    """
    info = draft.info(name)
    words = label or info.title or _(humanised(name))
    element = _input_for(info, name, words, options, hint, placeholder, long)
    _limit(element, info)
    element.bind_value(draft, name)
    if isinstance(element, ValidationElement):
        draft.attach(name, element)
    if on_change is not None:
        element.on_value_change(on_change)
    return element


def _input_for(info: FieldInfo, name: str, label: str, options: Mapping[Any, str] | None, hint: str, placeholder: str, long: bool | None) -> ValueElement[Any]:
    kind = bare_type(info)
    many = get_origin(kind) in (list, set, frozenset, tuple)
    known = options if options is not None else _choices(get_args(kind)[0] if many and get_args(kind) else kind)
    if kind is bool:
        return switch(label)
    if many:
        return select_field(label, known or [], [], hint=hint, many=True, may_add=known is None)
    if known is not None:
        first = None if allows_none(info) else next(iter(known), None)
        return select_field(label, known, first, hint=hint, may_be_empty=allows_none(info), search=len(known) > 12)
    if long or (long is None and _max_length(info) > LONG_TEXT):
        return text_area(label, placeholder=placeholder, hint=hint)
    return text_field(label, kind=_input_type(kind, name), placeholder=placeholder, hint=hint)


def _input_type(kind: Any, name: str) -> InputType:
    if isinstance(kind, type):
        by_type: list[tuple[type, InputType]] = [(SecretStr, "password"), (datetime, "datetime-local"), (date, "date"), (time, "time")]
        for known, input_type in by_type:
            if issubclass(kind, known):
                return input_type
        if issubclass(kind, (int, float, Decimal)):
            return "number"
    named: dict[str, InputType] = {"email": "email", "phone": "tel", "url": "url", "website": "url", "password": "password"}
    return next((input_type for word, input_type in named.items() if name.endswith(word)), "text")


def _choices(kind: Any) -> dict[Any, str] | None:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {member.value: str(getattr(member, "label", "") or _(humanised(str(member.value)))) for member in kind}
    if get_origin(kind) is Literal:
        return {value: _(humanised(str(value))) for value in get_args(kind)}
    return None


def _limit(element: ValueElement[Any], info: FieldInfo) -> None:
    """Limits in the browser spare a round trip; the schema checks again when it is saved."""
    for rule in info.metadata:
        for attribute, prop in (("max_length", "maxlength"), ("ge", "min"), ("le", "max")):
            limit = getattr(rule, attribute, None)
            if limit is not None and (prop == "maxlength" or element.props.get("type") == "number"):
                element.props[prop] = limit


def _max_length(info: FieldInfo) -> int:
    return max((rule.max_length for rule in info.metadata if getattr(rule, "max_length", None)), default=0)


def _dress(element: ValidationElement[Any], label: str, hint: str) -> None:
    """The label before the input and the hint after it, both tied to it for screen readers."""
    caption = attributes(text(label, "mc-field-label", tag="label"), for_=element.html_id)
    caption.move(target_index=0)
    if hint:
        note = text(hint, "mc-field-hint", tag="p")
        attributes(element, aria_describedby=note.html_id)


def humanised(name: str) -> str:
    """``new_client`` as people write it: ``New client``."""
    return name.removesuffix("_id").replace("_", " ").strip().capitalize()
