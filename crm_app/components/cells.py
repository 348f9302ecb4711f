"""What stands in a table's cells. ``data_table.js`` draws each kind of cell; a row holds plain values only, shown as text.

Every function here returns the part of a row that its kind of cell reads. Merge the parts into one dict:
``{"id": …, "href": …, "title": …, **person("name", …), **stage("stage", …)}``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from crm_app.components import charts, theme, times
from crm_app.components.people import hue_of, initials
from crm_app.components.text import safe_link
from crm_app.domain.actor import Actor

CellKind = Literal["text", "person", "stage", "tags", "moment", "icon", "trend", "face"]
Row = dict[str, str | int | bool | None]
Tone = Literal["", "lapsed", "overdue"]


def words(name: str, value: str, tone: Tone = "") -> Row:
    """Plain text."""
    return {name: value, f"{name}_tone": f"mc-{tone}" if tone else ""}


def person(name: str, full_name: str, identity: object, *, more: str = "", photo: str | None = None, mark: str | None = None) -> Row:
    """A face, a name that links to the row's ``href``, and something quieter after it; ``mark`` is an icon such as ``star``."""
    return {
        name: full_name, f"{name}_hue": hue_of(identity), f"{name}_initials": initials(full_name), f"{name}_more": more,
        f"{name}_photo": safe_link(photo), f"{name}_mark": mark,
    }


def stage(name: str, label: str, key: str) -> Row:
    """A lifecycle stage as its chip."""
    return {name: label, f"{name}_hue": theme.STAGE_HUES.get(key, "slate")}


def tags(name: str, labels: Sequence[str]) -> Row:
    """Two tags and how many more; where only one has room, ``_rest`` counts the others."""
    first, second = (*labels[:2], "", "")[:2]
    more = f"+{len(labels) - 2}" if len(labels) > 2 else ""
    rest = f"+{len(labels) - 1}" if len(labels) > 1 else ""
    return {name: first, f"{name}_1": first, f"{name}_2": second, f"{name}_more": more, f"{name}_rest": rest, f"{name}_all": ", ".join(labels)}


def moment(name: str, when: datetime | None, actor: Actor, *, never: str = "", tone: Tone = "") -> Row:
    """A time in words with the exact one on hover; ``never`` stands where there was none."""
    if when is None:
        return {name: never, f"{name}_at": None, f"{name}_exact": "", f"{name}_tone": ""}
    return {
        name: times.relative(when, actor), f"{name}_at": times.machine(when), f"{name}_exact": times.exact(when, actor),
        f"{name}_tone": f"mc-{tone}" if tone else "",
    }


def with_icon(name: str, value: str, icon: str, tone: Tone = "") -> Row:
    """Text with an icon before it."""
    return {name: value, f"{name}_icon": icon, f"{name}_tone": f"mc-{tone}" if tone else ""}


def trend(name: str, label: str, direction: charts.Trend, values: Sequence[float]) -> Row:
    """A sparkline and the word that repeats it."""
    return {name: label, f"{name}_points": charts.spark_points(values), f"{name}_colour": charts.TREND_COLOURS[direction]}


def face(name: str, full_name: str, identity: object) -> Row:
    """A small face alone; its name is spoken and shown on hover."""
    return {name: full_name, f"{name}_hue": hue_of(identity), f"{name}_initials": initials(full_name)}
