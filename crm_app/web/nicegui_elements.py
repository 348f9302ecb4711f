"""What NiceGUI (3.18) does for each element of a page, done with less: the same elements at half the cost. Called by ``nicegui_pace``.

``tests/security/test_nicegui_contract.py`` names what is replaced here, and holds each of ours against the one that it replaces.
"""

from __future__ import annotations

import asyncio
import sys
import weakref
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from nicegui import Client, binding, slot
from nicegui.binding import BindableProperty
from nicegui.classes import Classes
from nicegui.element import Element
from nicegui.event_listener import EventListener
from nicegui.observables import ObservableCollection
from nicegui.outbox import Outbox
from nicegui.props import Props
from nicegui.style import Style

_MISSING = object()
_PLAIN = frozenset({str, int, float, bool, type(None)})

_stock_enqueue = Outbox.enqueue_update
_stock_changed = ObservableCollection._handle_change
_stock_observe = ObservableCollection._observe
_stock_unobserve = ObservableCollection._unobserve
_stock_bind = binding._bind_one_way
_stock_props_update = Props._update
_stock_call = Classes.__call__
_stock_update = Element.update
_stock_start: dict[Any, Any] = {Classes: Classes.__init__, Style: Style.__init__, Props: Props.__init__}
_stock_remove = Client.remove_elements
_kept_handlers: dict[type, tuple[str, ...]] = {}


def install() -> None:
    """Put ours in the place of NiceGUI's; doing it twice is doing it once."""
    Outbox.enqueue_update = _enqueue_update  # type: ignore[method-assign]
    ObservableCollection._observe = _observe  # type: ignore[method-assign]
    ObservableCollection._unobserve = _unobserve  # type: ignore[method-assign]
    for kind in (Classes, Style, Props):
        kind.__init__ = _start  # type: ignore[method-assign,misc,assignment]
        kind._handle_change = _changed  # type: ignore[method-assign]
    Props._update = _props_update  # type: ignore[method-assign]
    Classes.__call__ = _add_classes  # type: ignore[method-assign]
    Element.update = _update  # type: ignore[method-assign]
    BindableProperty.__set__ = _set_property  # type: ignore[method-assign]
    binding._bind_one_way = _bind_one_way  # type: ignore[assignment]
    EventListener.to_dict = _listener_to_dict  # type: ignore[method-assign]
    if sys.version_info < (3, 12):  # from then on Python's own is as quick
        slot.get_task_id = _task_id
    Client.remove_elements = _remove_elements  # type: ignore[method-assign]
    Client.remove_all_elements = _remove_all_elements  # type: ignore[method-assign]


# --- where one is ----------------------------------------------------------------------------------------------------


def _task_id() -> int:
    """Which task this is, asked some ten times for each element; outside of an event loop it is 0."""
    loop = asyncio._get_running_loop()
    return id(asyncio.tasks._current_tasks.get(loop)) if loop is not None else 0  # type: ignore[attr-defined]


# --- what waits to be sent -------------------------------------------------------------------------------------------


def _enqueue_update(self: Outbox, element: Element) -> None:
    """A page that is still being built is sent whole, and what waits already need not be told to wait again."""
    client = self.client
    if not getattr(client, "_response_built", False) and not client._deleted:  # its first four elements are there before it knows
        return
    waiting = self.updates.data.get(element.id)  # type: ignore[attr-defined]
    if waiting is None or waiting() is not element:
        _stock_enqueue(self, element)


def _update(self: Element) -> None:
    client = self._client()
    if client is None or client._deleted or self._deleted or getattr(client, "_response_built", False):
        _stock_update(self)


# --- classes, style and props ----------------------------------------------------------------------------------------


def _start(self: Any, data: Any = None, *, element: Element) -> None:
    """An element's classes, style or props, which tell it of each change."""
    if data and not all(type(value) in _PLAIN for value in (data.values() if isinstance(data, dict) else data)):
        _stock_start[type(self)](self, data, element=element)
        return
    if isinstance(data, dict):
        dict.update(self, data)
    elif data:
        list.extend(self, data)
    self._parent_ref = None
    self.last_modified = 0.0
    self._change_handlers = [(self._update, False)]
    self._observer_refs = []
    self._element = weakref.ref(element)
    self._suspend_count = 0
    if isinstance(self, Props):
        self._warnings = {}
        self._renames = {}


def _changed(self: Any) -> None:
    """Tell the element, without an event where nobody else listens."""
    if len(self._change_handlers) == 1 and not self._observer_refs and self._parent_ref is None:
        self._update()
    else:
        _stock_changed(self)


def _add_classes(self: Classes[Any], add: str | None = None, **other: Any) -> Any:
    """Most calls only add some."""
    if not add or other:
        return _stock_call(self, add, **other)
    new = [name for name in dict.fromkeys(add.split()) if name not in self]
    if new:
        list.extend(self, new)
        self._handle_change()
    return self.element


def _props_update(self: Props[Any]) -> None:
    if any(name in self for name in self._renames) or any(name in self for name in self._warnings):
        _stock_props_update(self)
    elif self._suspend_count == 0 and (element := self._element()) is not None:
        element.update()


def _observe(self: ObservableCollection, data: Any) -> Any:
    return data if type(data) in _PLAIN else _stock_observe(self, data)


def _unobserve(self: ObservableCollection, *items: Any) -> None:
    if not all(type(item) in _PLAIN for item in items):
        _stock_unobserve(self, *items)


# --- properties that can be bound ------------------------------------------------------------------------------------


def _set_property(self: BindableProperty, owner: Any, value: Any) -> None:
    """Most properties are never bound to anything: nothing is looked for, and nothing written down."""
    place = "___" + self.name
    old = getattr(owner, place, _MISSING)
    if old is not _MISSING and not old != value:
        return
    if old is _MISSING:
        binding._make_copyable(type(owner))
    setattr(owner, place, value)
    if (id(owner), (self.name,)) in binding.bindings:
        binding._propagate(owner, (self.name,))
    if old is not _MISSING and self._change_handler is not None:
        self._change_handler(owner, value)


def _bind_one_way(source: Any, name: tuple[str, ...], *more: Any) -> None:
    """Written down when it is bound: that it need not be looked at ten times a second."""
    if len(name) == 1 and any(isinstance(vars(kind).get(name[0]), BindableProperty) for kind in type(source).__mro__):
        binding.bindable_properties[(id(source), name)] = source
    _stock_bind(source, name, *more)


# --- listeners -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1_000)
def _words_of(kind: str) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in _described(kind).items()}


def _described(kind: str) -> dict[str, Any]:
    listener = EventListener(element_id=0, type=kind, args=[], handler=None, js_handler=None, throttle=0, leading_events=True, trailing_events=True, request=None)
    return {name: value for name, value in _stock_to_dict(listener).items() if name in ("type", "specials", "modifiers", "keys")}


_stock_to_dict = EventListener.to_dict


def _listener_to_dict(self: EventListener) -> dict[str, Any]:
    """What the words of an event's name mean is the same for every listener of that name."""
    return {
        "listener_id": self.id, **_words_of(self.type), "args": self.args, "throttle": self.throttle, "leading_events": self.leading_events,
        "trailing_events": self.trailing_events, "js_handler": self.js_handler,
    }  # fmt: skip


# --- what is removed -------------------------------------------------------------------------------------------------


def _remove_elements(self: Client, elements: Iterable[Element]) -> None:
    """Cut each removed element's cycles, so that what is gone is freed at once and not by a pause of everyone."""
    removed = list(elements)
    _stock_remove(self, removed)
    for element in removed:
        _cut(element)


def _remove_all_elements(self: Client) -> None:
    """The page itself goes: nobody is told of each element."""
    removed = list(self.elements.values())
    binding.remove(removed)
    for element in removed:
        element._handle_delete()
        element._deleted = True
        _cut(element)
    self.elements.clear()
    self.outbox.updates.clear()


def _cut(element: Element) -> None:
    own = vars(element)
    for observable in (element._classes, element._style, element._props):
        observable._change_handlers.clear()
    kind = type(element)
    if kind not in _kept_handlers:
        _kept_handlers[kind] = tuple(name for name, value in own.items() if name.endswith("_handlers") and type(value) is list)
    for name in _kept_handlers[kind]:
        own[name].clear()
    element._event_listeners.clear()
    element.slots.clear()
