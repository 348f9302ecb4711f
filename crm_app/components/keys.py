"""Keyboard shortcuts: one listener a page, silent while somebody types."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from nicegui import ui
from nicegui.element import Element
from nicegui.events import GenericEventArguments, handle_event

from crm_app.components.text import attributes

# Runs in the browser: only a key that is bound here is taken away from it and sent. A key after "g" within a second
# is sent as "g x". A key with the Ctrl or Command key is taken even inside a field, save for undo, which is the field's own.
_HANDLER = """(e) => {
  if (e.action !== "keydown" || e.repeat) return;
  const keys = %s, at = document.activeElement, mod = e.ctrlKey || e.metaKey;
  const typing = at && (at.matches("input:not([type=checkbox]),textarea,select") || at.isContentEditable);
  const plain = e.key.toLowerCase(), after = window.mcAfterG && Date.now() - window.mcAfterG < 1000;
  const name = (mod ? "mod+" : "") + (e.shiftKey && plain.length > 1 ? "shift+" : "") + plain;
  window.mcAfterG = 0;
  if (typing && (!mod || name === "mod+z")) return;
  if (document.querySelector(".q-dialog") && name !== "escape" && !mod) return;
  if (!mod && !after && plain === "g" && keys.some((k) => k.startsWith("g "))) { window.mcAfterG = Date.now(); e.event.preventDefault(); return; }
  const wanted = after && !mod ? "g " + plain : name;
  if (!keys.includes(wanted)) return;
  if (wanted === "enter" && at && at.matches("a,button")) return;
  e.event.preventDefault();
  emit(wanted);
}"""


def bind_keys(bindings: Mapping[str, Callable[[], Any]]) -> Element:
    """Call a function when its key is pressed anywhere on the page.

    Names are lower case: ``c``, ``?``, ``[``, ``escape``, ``arrowdown``, ``shift+arrowdown``, ``mod+k`` (Ctrl or Command), ``g d`` (one
    after the other). Nothing fires while somebody types, except keys with ``mod``; nothing but ``escape`` and ``mod`` keys
    while a dialog is open. The listener goes with the element around this call.
    """

    def press(event: GenericEventArguments) -> None:
        callback = bindings.get(event.args) if isinstance(event.args, str) else None
        if callback is not None:
            handle_event(callback, event)

    keyboard = ui.keyboard(ignore=[])
    keyboard.on("key", press, js_handler=_HANDLER % json.dumps(list(bindings)))
    return keyboard


def announce_keys(element: Element, keys: str) -> Element:
    """Tell screen readers which key does what this element does."""
    return attributes(element, aria_keyshortcuts=keys)
