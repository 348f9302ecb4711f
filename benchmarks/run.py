"""``make bench``: measure, write ``benchmarks/out/<time>.json`` and ``benchmarks/RESULTS.md``. Never a timed test.

``--contacts`` and ``--interactions`` make a smaller bench; ``--data`` keeps the seeded folder for the next run; ``--only`` takes
``services`` or ``product``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.measure import Result, once
from benchmarks.product import measure_product
from benchmarks.services import measure_services
from crm_app.domain import unit_of_work
from crm_app.domain.audit.writing import bind_key
from crm_app.infrastructure.database import migrate, open_database
from crm_app.infrastructure.seeding.seed import seed_database
from crm_app.settings import load_settings

HERE = Path(__file__).parent


def main() -> None:
    """Run what was asked for and write it down, also when something fails on the way."""
    options = _options()
    begun = datetime.now(UTC)
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="mindfulcrm-bench-") as scratch:
        try:
            for result in _all(options, Path(scratch)):
                results.append(result)
                print(_line(result), flush=True)
        finally:
            _write(options, begun, results)


def _all(options: argparse.Namespace, scratch: Path) -> Iterator[Result]:
    if options.only in (None, "services"):
        yield from _services(options, Path(options.data) if options.data else scratch / "large")
    if options.only in (None, "product"):
        yield from measure_product(scratch / "small", options.times)


def _services(options: argparse.Namespace, folder: Path) -> Iterator[Result]:
    settings = load_settings(data_dir=folder)
    with open_database(settings) as database:
        migrate(database)
        unit_of_work.bind(database.app_engine)
        bind_key(settings.key)
        with database.owner_connection() as connection:
            row = connection.execute("select count(*) from contact").fetchone()
            if not row or not row[0]:
                size = {"contacts": options.contacts, "interactions": options.interactions, "users": 10}
                yield once(f"seed {options.contacts:,} contacts and {options.interactions:,} entries", lambda: seed_database(connection, **size))
        yield from measure_services(database, options.times)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--interactions", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=30, help="calls per figure")
    parser.add_argument("--data", help="a data folder to keep between runs")
    parser.add_argument("--only", choices=("services", "product"))
    return parser.parse_args()


def _line(result: Result) -> str:
    mark = {None: " ", True: "+", False: "!"}[result.met]
    return f"{mark} {result.name}: {result.value} {result.unit}" + (f" ({result.statements} statements)" if result.statements else "")


def _write(options: argparse.Namespace, begun: datetime, results: list[Result]) -> None:
    out = HERE / "out"
    out.mkdir(exist_ok=True)
    about = {
        "begun": begun.isoformat(timespec="seconds"), "python": platform.python_version(), "machine": f"{platform.system()} {platform.machine()}",
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(), "load": round(os.getloadavg()[0], 2),
        "contacts": options.contacts, "interactions": options.interactions, "times": options.times, "only": options.only,
    }  # fmt: skip
    document = {"about": about, "results": [result.as_dict() for result in results]}
    (out / f"{begun:%Y%m%d-%H%M%S}.json").write_text(json.dumps(document, indent=1), encoding="utf-8")
    (HERE / "RESULTS.md").write_text(_table(about, results), encoding="utf-8")


def _busy(about: dict[str, Any]) -> str:
    """A load above the number of cores means that others took their share of every figure."""
    return " (the machine was busy with other work, so these are upper bounds; run it again on a quiet one)" if about["load"] > about["cores"] else ""


def _table(about: dict[str, Any], results: list[Result]) -> str:
    lines = [
        "# Measured",
        "",
        f"Begun {about['begun']}, Python {about['python']}, {about['machine']}, {about['cores']} cores, load {about['load']} when it ended{_busy(about)}. "
        f"Services: {about['contacts']:,} contacts, {about['interactions']:,} entries, 10 people, 30 % of the contacts shared with the team, row security on, "
        f"embedded server; median of {about['times']} calls. A statement count leaves out the two that open and close every unit of work.",
        "",
        "| what | median or value | p95 | statements | target | met |",
        "|---|---|---|---|---|---|",
    ]
    for result in results:
        met = {None: "", True: "yes", False: "**no**"}[result.met]
        target = f"≤ {result.target:g} {result.unit}" if result.target is not None else ""
        p95 = f"{result.p95} ms" if result.p95 is not None else ""
        lines.append(f"| {result.name} | {result.value} {result.unit} | {p95} | {result.statements or ''} | {target} | {met} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
