"""``make bench``: measure, write ``benchmarks/out/<time>.json`` and ``benchmarks/RESULTS.md``. Never a timed test.

``--only`` takes one or more parts, so that each can be run alone: ``services`` (the queries behind the pages), ``product`` (start, memory, REST,
import, export), ``sync`` (calendars coming in), ``mail`` (a mailbox coming in, what that does to pages, and the questions of its own page),
``browser`` (first paint, navigation and traffic in Chromium), ``busy`` (300 tabs of 20 people), ``together`` (a change seen by 50 open pages),
``models`` (what a question to a language model takes beside the model itself), ``spending`` (the meter in front of every such question),
``meaning`` (search by meaning), ``migrating`` (what people notice of an upgrade).
``--contacts`` and ``--interactions`` make a smaller bench; ``--data`` keeps the seeded folders for the next run.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import report
from benchmarks.browser import measure_browser
from benchmarks.busy import measure_busy
from benchmarks.mail import measure_beside, measure_first_mail, measure_mail_pages
from benchmarks.meaning import measure_meaning
from benchmarks.measure import Result, once
from benchmarks.migrating import measure_migrating
from benchmarks.models import measure_models
from benchmarks.product import measure_product
from benchmarks.services import measure_services
from benchmarks.spending import measure_spending
from benchmarks.sync import measure_sync
from benchmarks.together import measure_together
from crm_app.domain import unit_of_work
from crm_app.domain.audit.writing import bind_key
from crm_app.domain.sealing import bind_box
from crm_app.infrastructure.database import Database, migrate, open_database
from crm_app.infrastructure.sealed_records import open_box
from crm_app.infrastructure.seeding.seed import seed_database
from crm_app.settings import Settings, load_settings


def main() -> None:
    """Run what was asked for and write it down, also when something fails on the way."""
    options = _options()
    begun = datetime.now(UTC)
    results: dict[str, list[Result]] = {}
    with tempfile.TemporaryDirectory(prefix="mindfulcrm-bench-") as scratch:
        try:
            for part in options.only or report.PARTS:
                for result in _measure(part, options, Path(options.data or scratch), Path(scratch)):
                    results.setdefault(part, []).append(result)
                    print(report.line(result), flush=True)
        finally:
            about = {name: getattr(options, name) for name in ("contacts", "interactions", "times", "tabs", "seconds")}
            report.write(begun, about, results)


def _measure(part: str, options: argparse.Namespace, kept: Path, scratch: Path) -> Iterator[Result]:
    """``kept`` may hold seeded folders from an earlier run; what a part changes for good happens in ``scratch``."""
    if part == "services":
        yield from _services(options, kept / "large")
    elif part == "product":
        yield from measure_product(scratch / "product", options.times)
    elif part == "browser":
        yield from measure_browser(kept / "team", options.times, contacts=10_000, interactions=100_000)
        yield from measure_browser(kept / "large", options.times, contacts=options.contacts, interactions=options.interactions)
    elif part == "sync":
        yield from _sync(scratch / "sync" / "data")
    elif part == "mail":
        yield from _mail(options, kept / "mail", scratch / "mail")
    elif part == "models":
        with _fresh(scratch / "models", contacts=100_000, interactions=10_000, users=1) as (database, _settings):
            yield from measure_models(database, options.times)
    elif part == "spending":
        yield from _spending(scratch / "spending" / "data", options.times)
    elif part == "meaning":
        for folder, users in (("meaning", 10), ("meaning-alone", 1)):
            with _fresh(kept / folder, contacts=2_000, interactions=100_000, users=users) as (database, _):
                yield from measure_meaning(database, kept, options.times)
    elif part == "migrating":
        with _fresh(scratch / "migrating", contacts=options.contacts, interactions=options.interactions, users=10) as (database, _):
            yield from measure_migrating(database, options.down_to)
    elif part == "busy":
        yield from measure_busy(kept / "team", tabs=options.tabs, seconds=options.seconds)
    else:
        yield from measure_together(kept / "team", times=options.times)


def _sync(folder: Path, times: int = 10) -> Iterator[Result]:
    with _fresh(folder, contacts=2_000, interactions=10_000, users=1) as (database, settings):
        yield from measure_sync(database, settings, times)


def _spending(folder: Path, times: int) -> Iterator[Result]:
    with _fresh(folder, contacts=100, interactions=100, users=2) as (database, _settings):
        yield from measure_spending(database, max(times, 100))


def _mail(options: argparse.Namespace, folder: Path, scratch: Path) -> Iterator[Result]:
    with _fresh(scratch, contacts=2_000, interactions=10_000, users=1) as (database, settings):
        yield from measure_first_mail(database, settings, options.times)
    yield from measure_beside(scratch.with_name("beside"))
    with _fresh(folder, contacts=5_000, interactions=10_000, users=3, mails=264_000) as (database, _settings):
        yield from measure_mail_pages(database, options.times)


@contextmanager
def _fresh(folder: Path, **size: int) -> Iterator[tuple[Database, Settings]]:
    """A database of this size, made unless it is there, with everything that a run of a connection needs."""
    settings = load_settings(data_dir=folder)
    with open_database(settings) as database:
        migrate(database)
        unit_of_work.bind(database.app_engine)
        bind_key(settings.key)
        box = open_box(database, settings)
        bind_box(lambda: box)
        with database.owner_connection() as connection:
            row = connection.execute("select count(*) from contact").fetchone()
            if not row or not row[0]:
                seed_database(connection, **size)  # type: ignore[arg-type]
        yield database, settings


def _services(options: argparse.Namespace, folder: Path) -> Iterator[Result]:
    settings = load_settings(data_dir=folder)
    with open_database(settings) as database:
        migrate(database)
        unit_of_work.bind(database.app_engine)
        bind_key(settings.key)
        with database.owner_connection() as connection:
            row = connection.execute("select count(*) from contact").fetchone()
            if not row or not row[0]:
                size = {"contacts": options.contacts, "interactions": options.interactions, "users": 10, "events_a_week": 20, "mails": options.contacts}
                yield once(f"seed {options.contacts:,} contacts and {options.interactions:,} entries", lambda: seed_database(connection, **size))
        yield from measure_services(database, options.times)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--interactions", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=30, help="calls per figure")
    parser.add_argument("--tabs", type=int, default=300, help="busy tabs")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long they are busy")
    parser.add_argument("--down-to", default="0032", help="the revision from which the schema is brought up again under load")
    parser.add_argument("--data", help="a folder to keep the seeded data in between runs")
    parser.add_argument("--only", choices=tuple(report.PARTS), nargs="+", metavar="PART", help=", ".join(report.PARTS))
    return parser.parse_args()


if __name__ == "__main__":
    main()
