"""Excel and OpenDocument workbooks to a text table. Runs in the sandbox: a small file can unpack to a very large one."""

from __future__ import annotations

import csv
import io
import json
import stat
import zipfile
from datetime import date, datetime, time
from typing import Any

import python_calamine

from crm_app.domain.isolation import SandboxRefused

MAX_ENTRIES, MAX_UNPACKED, MAX_RATIO = 1_000, 100 * 1024 * 1024, 100
_SMALL = 1024 * 1024
_NO_ARCHIVE = "The workbook is damaged and cannot be opened. Open it in your spreadsheet program and save it once more."
_BOMB = "The workbook unpacks to far more than a list of contacts needs, so it was not opened. Save the sheet as CSV and import that."


def to_table(data: bytes, options: dict[str, Any]) -> bytes:
    """Sandbox task: a JSON line ``{"sheets": [names], "sheet": name}``, then the sheet as UTF-8 CSV.

    ``options["sheet"]`` names the sheet; without it, it is the one with the most filled cells. A row of the sheet is a row of the table,
    so that line numbers agree.
    """
    if data[:2] == b"PK":
        check_archive(data)
    try:
        workbook = python_calamine.load_workbook(io.BytesIO(data))
        name, rows = _sheet(workbook, str(options.get("sheet") or ""))
    except python_calamine.PasswordError as failure:
        raise SandboxRefused("The workbook is protected with a password. Save a copy without one and import that.") from failure
    except (python_calamine.CalamineError, OSError, ValueError) as failure:
        raise SandboxRefused(_NO_ARCHIVE) from failure
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    for row in rows:
        writer.writerow([_text(cell) for cell in row])
    head = json.dumps({"sheets": workbook.sheet_names, "sheet": name})
    return head.encode() + b"\n" + out.getvalue().encode("utf-8", "replace")


def _sheet(workbook: Any, wanted: str) -> tuple[str, list[list[Any]]]:
    """The sheet of that name, else the fullest; of two that are equally full, the first."""
    chosen, rows, most = "", [], 0
    for name in [wanted] if wanted in workbook.sheet_names else workbook.sheet_names:
        found = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
        filled = sum(cell not in ("", None) for row in found for cell in row)
        if filled > most:
            chosen, rows, most = name, found, filled
    if not most:
        raise SandboxRefused(f"The sheet “{wanted}” holds no filled cell." if wanted else "The workbook holds no filled cell.")
    return chosen, rows


def check_archive(data: bytes) -> None:
    """Refuse, from the list of contents alone, what could fill memory or write elsewhere."""
    try:
        entries = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as failure:
        raise SandboxRefused(_NO_ARCHIVE) from failure
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, min(len(data), sum(entry.compress_size for entry in entries)))
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or (unpacked > _SMALL and unpacked / packed > MAX_RATIO):
        raise SandboxRefused(_BOMB)
    for entry in entries:
        name = entry.filename.replace("\\", "/")
        if name.startswith("/") or ".." in name.split("/") or stat.S_ISLNK(entry.external_attr >> 16) or name.lower().endswith(".zip"):
            raise SandboxRefused(_NO_ARCHIVE)


def _text(cell: Any) -> str:
    """A cell as a person reads it: whole numbers without ``.0``, dates as 1985-03-15."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)
