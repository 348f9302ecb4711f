"""The few lines that run in the browser on our word. No data ever becomes part of them."""

from __future__ import annotations

from typing import Literal

from nicegui import ui

Kept = Literal["mc_sidebar"]


def keep(name: Kept, yes: bool) -> None:
    """Let this browser remember a yes or no for a year: nothing secret, no identity, only how a page was left."""
    ui.run_javascript(f"document.cookie = '{name}={int(yes)}; path=/; max-age=31536000; samesite=lax'")


def kept(name: Kept) -> bool:
    """What this browser remembers, as the page was asked for."""
    request = ui.context.client.request
    return request is not None and request.cookies.get(name) == "1"
