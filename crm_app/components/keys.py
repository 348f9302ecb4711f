"""Keyboard shortcuts: silent while somebody types, and only the keys that are bound ever reach the server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nicegui.events import GenericEventArguments

from crm_app.components.drawn import Drawn

CTRL_ENTER = "(e) => { if ((e.ctrlKey || e.metaKey) && e.key === 'Enter') { e.preventDefault(); emit(); } }"
"""For ``on("keydown", …, js_handler=CTRL_ENTER)`` of a form or a dialog: only the keys that save it reach the server."""


class Keys(Drawn, component="vue/keys.js"):
    """The keys of a page or of a part of it: gone with the element around it."""

    def __init__(self, bindings: Mapping[str, Callable[[], Any]]) -> None:
        super().__init__()
        self.bindings = dict(bindings)
        self.put(keys=list(self.bindings))
        self.on("press", self._pressed)

    def _pressed(self, event: GenericEventArguments) -> Any:
        act = self.bindings.get(event.args) if isinstance(event.args, str) else None
        return act() if act else None


def bind_keys(bindings: Mapping[str, Callable[[], Any]]) -> Keys:
    """Call a function when its key is pressed anywhere on the page.

    Names are lower case: ``c``, ``?``, ``[``, ``escape``, ``arrowdown``, ``shift+arrowdown``, ``mod+k`` (Ctrl or Command), ``g d`` (one
    after the other). Nothing fires while somebody types, except keys with ``mod``; nothing but ``escape`` and ``mod`` keys
    while a dialog is open. The listener goes with the element around this call.
    """
    return Keys(bindings)
