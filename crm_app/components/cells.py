"""What stands in a table's cells. A kind of cell is a fixed template; a row holds plain values only, shown as text.

Every function here returns the part of a row that its kind of cell reads. Merge the parts into one dict:
``{"id": …, "href": …, "title": …, **person("name", …), **stage("stage", …)}``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

from crm_app.components import charts, theme, times
from crm_app.components.people import hue_of, initials
from crm_app.components.text import safe_link
from crm_app.domain.actor import Actor

CellKind = Literal["text", "person", "stage", "tags", "moment", "icon", "trend", "face"]
Row = dict[str, str | int | bool | None]
Tone = Literal["", "lapsed", "overdue"]

# NAME is replaced by the column's name, which is code and checked below; data reaches the page through {{ }} and bindings only.
TEMPLATES: Final[dict[CellKind, str]] = {
    "text": """<q-td :props="props" class="mc-td-text" :title="props.row.NAME"><span :class="props.row.NAME_tone">{{ props.row.NAME }}</span></q-td>""",
    "person": """<q-td :props="props" class="mc-td-person"><span class="mc-cell">
        <span :class="'mc-avatar mc-hue-' + props.row.NAME_hue" aria-hidden="true">
          <img v-if="props.row.NAME_photo" :src="props.row.NAME_photo" alt="" loading="lazy"><span v-else>{{ props.row.NAME_initials }}</span></span>
        <a class="mc-plain-link mc-cell-name mc-truncate mc-row-link" :href="props.row.href" :title="props.row.NAME">{{ props.row.NAME }}</a>
        <q-icon v-if="props.row.NAME_mark" :name="'lu-' + props.row.NAME_mark"
          :class="'mc-icon mc-cell-mark mc-mark-' + props.row.NAME_mark" aria-hidden="true"></q-icon>
        <span class="mc-cell-more mc-truncate">{{ props.row.NAME_more }}</span></span></q-td>""",
    "stage": """<q-td :props="props" class="mc-td-stage"><span v-if="props.row.NAME" :class="'mc-chip mc-hue-' + props.row.NAME_hue">
        <span class="mc-dot"></span><span>{{ props.row.NAME }}</span></span></q-td>""",
    "tags": """<q-td :props="props" class="mc-td-tags" :title="props.row.NAME_all"><span class="mc-cell mc-gap-4">
        <span v-if="props.row.NAME_1" class="mc-tag mc-truncate"><span class="mc-tag-text">{{ props.row.NAME_1 }}</span></span>
        <span v-if="props.row.NAME_2" class="mc-tag mc-truncate"><span class="mc-tag-text">{{ props.row.NAME_2 }}</span></span>
        <span v-if="props.row.NAME_more" class="mc-cap">{{ props.row.NAME_more }}</span></span></q-td>""",
    "moment": """<q-td :props="props" class="mc-td-moment"><time v-if="props.row.NAME_at" :datetime="props.row.NAME_at" :title="props.row.NAME_exact"
        :class="'mc-num ' + props.row.NAME_tone">{{ props.row.NAME }}</time><span v-else class="mc-ink-3">{{ props.row.NAME }}</span></q-td>""",
    "icon": """<q-td :props="props" class="mc-td-icon" :title="props.row.NAME"><span class="mc-cell"><q-icon v-if="props.row.NAME" :name="props.row.NAME_icon"
        class="mc-icon mc-ink-3" aria-hidden="true"></q-icon><span :class="'mc-truncate ' + props.row.NAME_tone">{{ props.row.NAME }}</span></span></q-td>""",
    "trend": """<q-td :props="props" class="mc-td-trend"><span v-if="props.row.NAME" class="mc-cell">
        <svg width="56" height="18" viewBox="0 0 56 18" class="mc-chart" aria-hidden="true">
        <polyline :points="props.row.NAME_points" fill="none" :stroke="props.row.NAME_colour" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round"/>
        </svg><span class="mc-ink-2">{{ props.row.NAME }}</span></span></q-td>""",
    "face": """<q-td :props="props" class="mc-td-face"><span :class="'mc-avatar mc-s20 mc-hue-' + props.row.NAME_hue" role="img" :aria-label="props.row.NAME"
        :title="props.row.NAME">{{ props.row.NAME_initials }}</span></q-td>""",
}


def template(kind: CellKind, name: str) -> str:
    """The template of a cell for the column ``name``, which must be a plain word of code."""
    if not re.fullmatch(r"[a-z][a-z_]*", name):
        raise ValueError(f"{name!r} cannot name a column")
    return TEMPLATES[kind].replace("NAME", name)


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
        name: times.relative(when, actor), f"{name}_at": when.isoformat(timespec="seconds"), f"{name}_exact": times.exact(when, actor),
        f"{name}_tone": f"mc-{tone}" if tone else "",
    }


def with_icon(name: str, value: str, icon: str, tone: Tone = "") -> Row:
    """Text with an icon before it."""
    return {name: value, f"{name}_icon": f"lu-{icon}", f"{name}_tone": f"mc-{tone}" if tone else ""}


def trend(name: str, label: str, direction: charts.Trend, values: Sequence[float]) -> Row:
    """A sparkline and the word that repeats it."""
    return {name: label, f"{name}_points": charts.spark_points(values), f"{name}_colour": charts.TREND_COLOURS[direction]}


def face(name: str, full_name: str, identity: object) -> Row:
    """A small face alone; its name is spoken and shown on hover."""
    return {name: full_name, f"{name}_hue": hue_of(identity), f"{name}_initials": initials(full_name)}
