"""What was spent, by day, person, feature and model, as a view and as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any, BinaryIO

from sqlalchemy import Row
from sqlmodel import Session

from crm_app.domain.accounts.queries import list_users
from crm_app.domain.actor import Actor
from crm_app.domain.ai.features import Feature
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.imports.cells import guard
from crm_app.domain.permissions import Permission
from crm_app.domain.spending import ledger_queries, rules
from crm_app.domain.spending.views import (
    DayFigures,
    FeatureFigures,
    Figures,
    ModelFigures,
    PersonFigures,
    ReportFilter,
    ReportView,
)  # fmt: skip

MOST_DAYS = 366
COLUMNS = ("Day", "Person", "Feature", "Skill", "Model", "Calls", "Cost (USD)", "Set aside (USD)", "Input tokens", "Output tokens")


def get_report(session: Session, actor: Actor, wanted: ReportFilter) -> ReportView:
    """What the actor spent in some days, or, for whoever manages the team, what everybody did: figures alone, never what was asked."""
    _check(actor, wanted)
    rows = ledger_queries.list_sums(session, actor, wanted)
    names = {person.id: person.name for person in list_users(session)} if wanted.everybody else {actor.user_id: actor.name}
    of = {part: [row for row in rows if row.part == part] for part in ("all", "day", "person", "feature", "model")}
    return ReportView(
        first=wanted.first, last=wanted.last, everybody=wanted.everybody, total=Figures(**_figures(of["all"][0])),
        days=tuple(DayFigures(day=row.day, **_figures(row)) for row in sorted(of["day"], key=lambda row: row.day)),
        people=tuple(PersonFigures(user_id=row.owner_id, name=names.get(row.owner_id, ""), **_figures(row)) for row in _dearest(of["person"])),
        features=tuple(FeatureFigures(feature=Feature(row.feature), **_figures(row)) for row in _dearest(of["feature"])),
        models=tuple(ModelFigures(model=row.model, **_figures(row)) for row in _dearest(of["model"])),
    )  # fmt: skip


def export_spending(session: Session, actor: Actor, wanted: ReportFilter, file: BinaryIO) -> int:
    """Write a line for each day, person, feature, skill and model into ``file`` as CSV (UTF-8 with byte-order mark, amounts in US dollars); how many there are."""
    _check(actor, wanted)
    out = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    out.write("\ufeff")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    count = 0
    for row in ledger_queries.list_lines(session, actor, wanted):
        amounts = (rules.plain_dollars(row.spent_micros), rules.plain_dollars(row.reserved_micros))
        words = (row.day.isoformat(), guard(row.person), row.feature, guard(row.skill), guard(row.model))
        writer.writerow((*words, row.calls, *amounts, row.input_tokens, row.output_tokens))
        count += 1
    out.detach()
    return count


def _check(actor: Actor, wanted: ReportFilter) -> None:
    actor.require(Permission.AI_MANAGE if wanted.everybody else Permission.AI_USE)
    if wanted.last < wanted.first:
        raise Invalid(fields={"last": _("The last day comes before the first one.")})
    if (wanted.last - wanted.first).days >= MOST_DAYS:
        raise Invalid(fields={"last": _("Ask for a year at most.")})


def _figures(row: Row[Any]) -> dict[str, int]:
    return {name: getattr(row, name) for name in Figures.model_fields}


def _dearest(rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    return sorted(rows, key=lambda row: (-row.spent_micros, -row.calls, str(row.owner_id or row.feature or row.model)))
