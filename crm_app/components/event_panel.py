"""The panel of one event: beside it on a wide window, a sheet from below on a phone. It leaves the page behind it in use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from crm_app.components.drawn import Drawn


class EventPanel(Drawn, component="vue/event_panel.js"):
    """Stands beside whatever shows the event ``at``; ``on_close`` when Escape or a press beside it says so. The focus goes in, and back to the event."""

    def __init__(self, at: str, label: str, on_close: Callable[[], Any]) -> None:
        super().__init__()
        self.put(at=at, label=label)
        self.on("close", lambda: on_close())
