"""The list's columns, and a contact as a row of plain values."""

from __future__ import annotations

from crm_app.components import cells, times, words
from crm_app.components.cells import Row
from crm_app.components.table import Column
from crm_app.domain.actor import Actor
from crm_app.domain.contacts.schemas import ContactRow
from crm_app.domain.i18n import _

# heading -> (first order, the other order)
SORTS = {"name": ("name", "-name"), "stage": ("stage", "stage"), "last": ("-last_contact", "last_contact")}


def columns() -> list[Column]:
    """What the table shows. The name takes the room that is left."""
    return [
        Column("name", _("Name"), "person", sortable=True),
        Column("stage", _("Stage"), "stage", 172, sortable=True),
        Column("tags", _("Tags"), "tags", 232, from_width=1024),
        Column("last", _("Last contact"), "moment", 124, sortable=True),
        Column("next", _("Next step"), "icon", 232),
        Column("owner", _("Owner"), "face", 72, from_width=1280),
    ]


def table_row(row: ContactRow, actor: Actor) -> Row:
    """One contact as the table wants it."""
    mark = "star" if row.favourite else "lock" if row.audience == "private" else None
    step = row.next_step or ""
    if row.next_step_on and step:
        step = f"{step} · {times.day_words(row.next_step_on, actor)}"
    return {
        "id": str(row.id),
        "href": f"/contacts/{row.id}",
        "title": row.display_name,
        **cells.person("name", row.display_name, row.id, more=row.company, photo=photo_address(row.photo_sha), mark=mark),
        **cells.stage("stage", words.stages()[row.stage], row.stage),
        **cells.tags("tags", row.tags),
        **cells.moment("last", row.last_contact_at, actor, never=_("Never")),
        **cells.with_icon("next", step, "square-check-big"),
        **cells.face("owner", row.owner_name, row.owner_id),
    }


def photo_address(sha: str | None) -> str | None:
    """Where a contact's photo is served; its address changes with its content, so browsers keep it."""
    return f"/photos/{sha}" if sha else None


def sorted_by(sort: str) -> tuple[str | None, bool]:
    """Which heading carries the arrow, and whether it points down."""
    for column, orders in SORTS.items():
        if sort in orders:
            return column, sort.startswith("-")
    return None, False


def next_sort(column: str, current: str) -> str:
    """What a press on a heading asks for: its first order, or the other one when that is on already."""
    first, other = SORTS[column]
    return other if current == first else first
