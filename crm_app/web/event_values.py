"""What a browser can truthfully say about a field: anything else never reaches a handler.

A page sends what its elements let a person choose. A script of somebody's own may send anything at all, and handlers would then have
to expect a number where a name stands. Here the kind of a value is judged, and whether it was offered; what it may do is the service's to say.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from nicegui import ui
from nicegui.element import Element
from nicegui.elements.choice_element import ChoiceElement
from nicegui.elements.mixins.value_element import ValueElement


def fits(element: Element, event: str, arguments: Sequence[str | None]) -> bool:
    """Whether this element of a page can send this. ``event`` is the listener's type, ``arguments`` are JSON texts."""
    is_typed = event == "change" and isinstance(element, (ui.input, ui.textarea))
    if isinstance(element, ValueElement) and (is_typed or event.startswith("update:")):
        return len(arguments) == 1 and _is_value(element, _read(arguments[0]))
    return True


def _read(argument: str | None) -> Any:
    return None if argument is None else json.loads(argument)


def _is_value(element: ValueElement[Any], value: Any) -> bool:
    if isinstance(element, ui.select):
        return _is_choice(element, value)
    if isinstance(element, ChoiceElement):
        return value is None or _is_option(element, value)
    if isinstance(element, (ui.input, ui.textarea)):
        return value is None or isinstance(value, str)
    if isinstance(element.value, bool):
        return isinstance(value, bool)
    return True


def _is_choice(element: ui.select, value: Any) -> bool:
    may_add = bool(element.props.get("new-value-mode"))
    if element.multiple:
        return value is None or isinstance(value, list) and all(_is_option(element, one) or may_add and isinstance(one, str) for one in value)
    if value is None:
        return bool(element.props.get("clearable")) or element.value is None
    return _is_option(element, value) or may_add and isinstance(value, str)


def _is_option(element: ChoiceElement, value: Any) -> bool:
    """Options are sent by their place in the list."""
    place = value.get("value") if isinstance(value, dict) else value
    return isinstance(place, int) and not isinstance(place, bool) and 0 <= place < len(element.options) and isinstance(value, dict)
