"""The contact list as a board by stage: the beginning of every column in two statements, up to four with words to search for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, null, union_all
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.filter_queries import conditions, hits
from crm_app.domain.contacts.models import Contact, Stage
from crm_app.domain.contacts.page_queries import SORTS, cursor_of, keys_along, shown, view_of
from crm_app.domain.contacts.schemas import BoardColumn, ContactBoard, ContactFilter
from crm_app.domain.contacts.search_queries import find
from crm_app.domain.text import fold

MOST_COUNTED = 1_000


def list_board(session: Session, actor: Actor, wanted: ContactFilter, sizes: Mapping[str, int]) -> ContactBoard:
    """The columns of the stages that the filter leaves, each with its first ``sizes[stage]`` contacts (``wanted.limit`` where none is given)."""
    order = SORTS[wanted.sort]
    narrowing = conditions(actor, wanted)
    found = find(session, wanted.search) if fold(wanted.search) else None
    stages = [stage.value for stage in Stage if (not wanted.stages or stage in wanted.stages) and stage not in wanted.not_stages]
    if not stages:
        return ContactBoard(columns=())
    most = {stage: sizes.get(stage, wanted.limit) for stage in stages}

    def inside(stage: str) -> list[Any]:
        return [*narrowing, col(Contact.stage) == stage]

    keys = union_all(*(select(keys_along(order, inside(stage), found, False, None, most[stage] + 1).subquery().c.id) for stage in stages))
    rows = session.connection().execute(shown(order, keys, False, sum(most.values()) + len(stages), null())).all()
    counts = [select(func.count()).select_from(hits(inside(stage), found).limit(MOST_COUNTED + 1).subquery()).scalar_subquery() for stage in stages]
    totals = dict(zip(stages, session.connection().execute(select_columns(*counts)).one(), strict=True))
    columns = []
    for stage in stages:
        mine = [row for row in rows if row.stage == stage]
        first = mine[: most[stage]]
        columns.append(
            BoardColumn(
                stage=stage, rows=tuple(view_of(row) for row in first), total=min(totals[stage], MOST_COUNTED), total_is_capped=totals[stage] > MOST_COUNTED,
                next_cursor=cursor_of(order, wanted, first, "next") if len(mine) > len(first) else None,
            )  # fmt: skip
        )
    return ContactBoard(columns=tuple(columns))
