"""Ways to reach someone, as rows: what it is, what it is called, the value, and which one comes first."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from crm_app.components import words
from crm_app.components.elements import button, icon_button
from crm_app.components.text import attributes, block
from crm_app.domain.contacts.models import PointKind
from crm_app.domain.i18n import _

INPUT_TYPES = {"email": "email", "phone": "tel", "website": "url", "social": "text"}


class PointsEditor:
    """``values`` are the rows as a schema wants them; rows without a value are left out."""

    def __init__(self, points: list[dict[str, Any]]) -> None:
        self._rows = [dict(point) for point in points] or [_blank("email"), _blank("phone")]
        self._list()

    @property
    def values(self) -> list[dict[str, Any]]:
        """The rows that hold something."""
        return [row for row in self._rows if str(row["value"]).strip()]

    def put(self, kept: object) -> None:
        """These rows stand there now, as they were kept among what somebody was typing; whatever is no row is left out."""
        rows = [row for row in kept if isinstance(row, dict) and set(row) == set(_blank("email")) and row["kind"] in INPUT_TYPES] if isinstance(kept, list) else []
        if rows:
            self._rows = [{**row, "label": str(row["label"]), "value": str(row["value"]), "is_primary": bool(row["is_primary"])} for row in rows]
            self._list.refresh()

    @ui.refreshable_method
    def _list(self) -> None:
        with block("mc-col mc-gap-8"):
            for row in self._rows:
                self._row(row)
            with block("mc-row mc-wrap mc-gap-4"):
                for kind, label in words.points().items():
                    button(label, kind="ghost", icon="plus", height=28, on_click=lambda kind=kind: self._add(kind))

    def _row(self, row: dict[str, Any]) -> None:
        with block("mc-point"):
            kind = ui.select(words.points(), value=row["kind"]).classes("mc-field mc-point-kind")
            kind.on_value_change(lambda event: row.update(kind=event.value))
            label = ui.input(value=row["label"], placeholder=_("Label")).classes("mc-field mc-point-label").props("maxlength=60")
            label.on_value_change(lambda event: row.update(label=event.value or ""))
            value = ui.input(value=row["value"]).classes("mc-field mc-grow").props(f"maxlength=500 type={INPUT_TYPES[row['kind']]} autocomplete=off")
            value.on_value_change(lambda event: row.update(value=event.value or ""))
            star = icon_button("star", _("Use first"), on_click=lambda: self._first(row), height=28)
            icon_button("x", _("Remove"), on_click=lambda: self._remove(row), height=28)
        star.classes("mc-star-on" if row["is_primary"] else "")
        attributes(star, aria_pressed="true" if row["is_primary"] else "false")
        attributes(kind, aria_label=_("Kind"))
        attributes(label, aria_label=_("Label"))
        attributes(value, aria_label=words.points()[row["kind"]])

    def _add(self, kind: str) -> None:
        self._rows.append(_blank(kind))
        self._list.refresh()

    def _remove(self, row: dict[str, Any]) -> None:
        self._rows = [other for other in self._rows if other is not row]
        self._list.refresh()

    def _first(self, row: dict[str, Any]) -> None:
        for other in self._rows:
            if other["kind"] == row["kind"]:
                other["is_primary"] = other is row
        self._list.refresh()


def _blank(kind: str) -> dict[str, Any]:
    return {"kind": PointKind(kind).value, "label": "", "value": "", "is_primary": False}
