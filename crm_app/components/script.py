"""The few lines that run in the browser on our word. Data becomes part of them as JSON alone, which cannot be anything but data."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from nicegui import ui
from nicegui.element import Element

from crm_app.components.text import block

Kept = Literal["mc_sidebar"]
Permission = Literal["granted", "denied", "default", "unsupported"]

_PERMISSION = "('Notification' in window && window.isSecureContext ? Notification.permission : 'unsupported')"
# A notification with the tag of one that is shown already takes its place in silence: several tabs speak as one.
_CALL = """((calls) => {
  if (%s !== 'granted') return;
  for (const call of calls) {
    try {
      const shown = new Notification(call.title, {body: call.body, tag: call.tag, icon: '/static/icon.svg'});
      shown.onclick = () => {
        window.focus(); shown.close();
        if (!call.link) return;
        const way = document.createElement('a');
        way.href = call.link; document.body.append(way); way.click(); way.remove();
      };
    } catch (refused) { if (!(refused instanceof TypeError)) throw refused; }
  }
})(%s)"""
_ASK = f"() => {{ if ({_PERMISSION} === 'unsupported') return emit('unsupported'); Notification.requestPermission().then((answer) => emit(answer)); }}"


@dataclass(frozen=True, slots=True)
class Call:
    """What the browser says aloud: title, text, the key by which it is said once, and a path of ours to open."""

    title: str
    body: str
    tag: str
    link: str


def keep(name: Kept, yes: bool) -> None:
    """Let this browser remember a yes or no for a year: nothing secret, no identity, only how a page was left."""
    ui.run_javascript(f"document.cookie = '{name}={int(yes)}; path=/; max-age=31536000; samesite=lax'")


def kept(name: Kept) -> bool:
    """What this browser remembers, as the page was asked for."""
    request = ui.context.client.request
    return request is not None and request.cookies.get(name) == "1"


def say_aloud(calls: Sequence[Call]) -> None:
    """Show notifications of the browser's own, if the person has allowed them; where it cannot (a phone without our app), nothing happens."""
    if any(call.link and (not call.link.startswith("/") or call.link.startswith("//")) for call in calls):
        raise ValueError("a notification leads to a path of ours")
    ui.run_javascript(_CALL % (_PERMISSION, json.dumps([asdict(call) for call in calls])))


def on_permission(callback: Callable[[Permission], Any]) -> None:
    """Call once with what the browser says about notifications, without asking the person."""
    with block("mc-visually-hidden", tag="span") as ear:
        pass
    ear.on("mcpermission", lambda event: callback(_permission_of(event.args)), js_handler="(e) => emit(e.detail)")
    ui.timer(0.1, lambda: _tell_permission(ear), once=True)


def _tell_permission(ear: Element) -> None:
    ui.run_javascript(f"document.getElementById('{ear.html_id}')?.dispatchEvent(new CustomEvent('mcpermission', {{detail: {_PERMISSION}}}))")


def ask_on_click(button: Element, callback: Callable[[Permission], Any]) -> None:
    """Let this button ask the person whether the browser may notify; only a click may. The answer is called back."""
    button.on("click", lambda event: callback(_permission_of(event.args)), js_handler=_ASK)


def _permission_of(answer: Any) -> Permission:
    """What a browser says is one of four words, or as good as a browser that has no notifications."""
    return next((known for known in get_args(Permission) if known == answer), "unsupported")
