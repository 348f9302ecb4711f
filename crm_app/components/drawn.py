"""What the browser draws from plain values: a table, a board, a list of tasks. One element of the page, whatever it holds."""

from __future__ import annotations

from typing import Any

from nicegui.element import Element


class Drawn(Element):
    """``values`` reach the component as its props, as they are.

    NiceGUI's own props would wrap every row and every list inside of it in an object that watches for changes: fifty rows are a millisecond and
    a hundred objects of a page that nobody ever changes in place. Here a change is sent when ``put`` says so.
    """

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, Any] = {}

    def put(self, **values: Any) -> None:
        """Send these values, and the ones that were sent before."""
        self.values.update(values)
        self.update()

    def _to_dict(self) -> dict[str, Any]:
        described = super()._to_dict()
        return {**described, "props": {**described.get("props", {}), **self.values}}
