"""A table to read: nothing in it is selected, sorted or opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nicegui import ui

from crm_app.components.text import attributes


def plain_table(columns: Sequence[tuple[str, str, str | None]], rows: Sequence[Mapping[str, str | int]], *, label: str) -> ui.table:
    """``columns`` are (name, heading, CSS width or None for the flexible ones); ``rows`` hold plain values by name."""
    described = [
        {"name": name, "label": heading, "field": name, "align": "left", **({"headerStyle": f"width:{width}", "style": f"width:{width}"} if width else {})}
        for name, heading, width in columns
    ]
    numbered = [{**row, "key": index} for index, row in enumerate(rows)]
    table = ui.table(columns=described, rows=numbered, row_key="key", pagination=0).classes("mc-table mc-plain").props("hide-pagination wrap-cells")
    attributes(table, aria_label=label)
    return table
