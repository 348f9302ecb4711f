"""A contact as a row of the table and as a card of the board: plain values both."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from crm_app.components import board, cells, times, words
from crm_app.components.cells import Row
from crm_app.components.people import photo_address
from crm_app.components.table import Column
from crm_app.domain.actor import Actor
from crm_app.domain.cadence.rules import Standing, due_day, standing
from crm_app.domain.contacts.schemas import ContactRow
from crm_app.domain.days import today_of
from crm_app.domain.i18n import _
from crm_app.pages.list_state import ListState, record_address

# heading -> (first order, the other order)
SORTS = {"name": ("name", "-name"), "stage": ("stage", "stage"), "last": ("-last_contact", "last_contact")}


def columns() -> list[Column]:
    """What the table shows. The name takes the room that is left."""
    return [
        Column("name", _("Name"), "person", sortable=True),
        Column("stage", _("Stage"), "stage", 172, sortable=True),
        Column("tags", _("Tags"), "tags", 200, from_width=1280),
        Column("last", _("Last contact"), "moment", 124, sortable=True),
        Column("next", _("Next step"), "icon", 208),
        Column("owner", _("Owner"), "face", 64, from_width=1280),
    ]


def table_row(row: ContactRow, actor: Actor, state: ListState, today: date) -> Row:
    """One contact as the table wants it, on the day that it is for the reader."""
    return {
        "id": str(row.id),
        "href": record_address(row.id, state),
        "title": row.display_name,
        **cells.person("name", row.display_name, row.id, more=row.company, photo=photo_address(row.photo_sha), mark=_mark(row)),
        **cells.stage("stage", words.stage_of(row.stage), row.stage),
        **cells.tags("tags", row.tags),
        **cells.moment("last", row.last_contact_at, actor, never=_("Never"), tone="lapsed" if _lapsed(row, actor, today) else ""),
        **cells.with_icon("next", _next(row, actor), "square-check-big"),
        **cells.face("owner", row.owner_name, row.owner_id),
    }


class TableRows:
    """Makes rows, and makes again only those whose contact changed: whenever somebody changes one, every list that is open asks anew."""

    def __init__(self) -> None:
        self._made: dict[UUID, tuple[ContactRow, Row]] = {}
        self._for: object = None

    def of(self, found: Sequence[ContactRow], actor: Actor, state: ListState) -> list[Row]:
        """The rows of these contacts, in their order."""
        # What a row says besides its contact: days in words as they are today for this reader, and the way back to this list.
        today = today_of(actor)
        said_for = (today, actor.time_zone, actor.locale, actor.clock, state.came_from())
        kept = self._made if said_for == self._for else {}
        self._for, self._made = said_for, {}
        for row in found:
            old = kept.get(row.id)
            self._made[row.id] = old if old and old[0] == row and not _said_in_hours(row) else (row, table_row(row, actor, state, today))
        return [made for _row, made in self._made.values()]


def _said_in_hours(row: ContactRow) -> bool:
    last = row.last_contact_at
    return last is not None and abs(datetime.now(UTC) - last) < timedelta(days=1)


def board_card(row: ContactRow, actor: Actor, state: ListState) -> board.Card:
    """One contact as the board wants it."""
    last = row.last_contact_at
    return board.card(
        str(row.id), row.display_name, record_address(row.id, state), photo=photo_address(row.photo_sha), mark=_mark(row), more=row.company, tags=row.tags,
        when=times.relative(last, actor) if last else _("Never"), at=times.machine(last) if last else None,
        exact=times.exact(last, actor) if last else "", next_step=_next(row, actor),
    )  # fmt: skip


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


def _lapsed(row: ContactRow, actor: Actor, today: date) -> bool:
    due_on = due_day(row.due_at, actor.zone)
    return standing(due_on, row.snoozed_until, today) is Standing.OVERDUE


def _mark(row: ContactRow) -> str | None:
    return "star" if row.favourite else "lock" if row.audience == "private" else None


def _next(row: ContactRow, actor: Actor) -> str:
    step = row.next_step or ""
    return f"{step} · {times.day_words(row.next_step_on, actor)}" if step and row.next_step_on else step
