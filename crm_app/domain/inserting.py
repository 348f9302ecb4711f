"""Many rows in one statement: what a trigger does for a statement is done once then."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlmodel import Session


def insert_rows(session: Session, table: str, columns: Sequence[str], rows: Sequence[dict[str, Any]], *, but_known: bool = False, conflict: str = "") -> None:
    """Insert rows of plain values in one statement; what a row does not say is the table's default for none.

    With ``but_known`` a row whose key there is already is passed over; ``conflict`` says, in SQL, by which columns it is known and what is done to it.
    """
    if rows:
        names = ", ".join(columns)
        listed = ", ".join(f"r.{name}" for name in columns)
        known = f" on conflict {conflict or 'do nothing'}" if but_known or conflict else ""
        statement = f"insert into {table} ({names}) select {listed} from jsonb_populate_recordset(null::{table}, cast(:rows as jsonb)) r{known}"  # noqa: S608  names of ours
        session.connection().execute(text(statement), {"rows": json.dumps(rows, default=str)})
