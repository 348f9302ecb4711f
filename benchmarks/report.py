"""How a run is written down: every run as JSON in ``out``, and in ``RESULTS.md`` the sections of the parts that it measured; others stay as they are."""

from __future__ import annotations

import json
import os
import platform
import timeit
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.measure import Result

HERE = Path(__file__).parent
OUT = HERE / "out"
RESULTS = HERE / "RESULTS.md"
LONG = "## Long tests"
"""The last section of ``RESULTS.md``, which ``benchmarks.long`` writes."""
MATCHING = "## Matching"
"""The section before, which ``benchmarks.matching`` writes: no time is measured there, so that no bench writes it anew."""
MAIL = "### Mail"
"""The part of it that ``benchmarks.mail_sets`` writes."""

# Each part of the bench, and what its figures are about.
PARTS = {
    "services": "Services: {contacts:,} contacts, {interactions:,} entries, 10 people, 30 % of the contacts shared with the team, and "
    "{contacts:,} mails on top; row security on, embedded server; median of {times} calls. "
    "A statement count leaves out the two that open and close every unit of work.",
    "product": "The running product through its front door, on 10,000 contacts with 100,000 entries.",
    "sync": "Calendars as they come in by themselves: 5,000 events, a third of which asks a contact, half of them over; 2,000 contacts. Both sides share two "
    "cores. A statement count leaves out the two that open and close every unit of work.",
    "mail": "A mailbox of 10,000 letters as it comes in from a dovecot on the same two cores, 4,000 of them with contacts; then the questions of the Mail page "
    "as one of three people, each of whom has 40,000 threads of 88,000 mails; of the others' some are shared with the team, of "
    "the asker's own none; median of {times} calls.",
    "spending": "The meter in front of every call of a model: what can be spent is set aside in the database before, and settled after it. Row security on, "
    "embedded server, 20,000 calls in the ledger; median of 100 calls or more.",
    "meaning": "Search by meaning: 100,000 passages of 2,000 contacts' entries, once for one of a team of ten, who sees a third of "
    "them, and once for somebody who sees them all; row security on, embedded server; "
    "median of {times} calls, each with the reading of its question by the small model. Of the vectors 4,000 are what that model makes of different "
    "notes in three languages, the others are mixtures of two of these with noise.",
    "browser": "The pages in a real Chromium (1440 × 900, no window), timed inside the page, on two cores that server, database and browser share.",
    "busy": "Many tabs on one process, each acting about every five seconds (six selections, three reloads of the table, one filter, one whole page), over "
    "real sockets through the guard; the tabs run on the same two cores. The target is the 95th percentile.",
    "models": "A question of 1,200 tokens to a language model: the whole way from the reservation over the gate to the first piece, without the tenth of a second "
    "for which the model, a server on the same two cores, pretends to think; beside 100,000 contacts, whose names would go out under stand-ins.",
    "migrating": "What people notice of an upgrade: {contacts:,} contacts with {interactions:,} entries, and fifty requests a second by the application's role "
    "(three reads to two writes) on the same two cores while each revision is applied. A stall is the time from when a request was due to its answer.",
    "together": "One page changes a contact, the lists that are open elsewhere show it. Over real sockets; the target is the 95th percentile.",
}


def line(result: Result) -> str:
    """What is printed while it runs."""
    mark = {None: " ", True: "+", False: "!"}[result.met]
    return f"{mark} {result.name}: {result.value} {result.unit}" + (f" ({result.statements} statements)" if result.statements else "")


def write(begun: datetime, options: Mapping[str, Any], results: Mapping[str, list[Result]]) -> None:
    """Keep this run, and write anew what ``RESULTS.md`` says of the parts that were measured."""
    OUT.mkdir(exist_ok=True)
    about = {
        "begun": begun.isoformat(timespec="seconds"), "python": platform.python_version(), "machine": f"{platform.system()} {platform.machine()}",
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(), "load": round(os.getloadavg()[0], 2),
        "yardstick": yardstick(), **options,
    }  # fmt: skip
    rows = [{"part": part, **result.as_dict()} for part, found in results.items() for result in found]
    (OUT / f"{begun:%Y%m%d-%H%M%S}.json").write_text(json.dumps({"about": about, "results": rows}, indent=1), encoding="utf-8")
    before, heading, ended = _parted()
    figures = before.partition(MATCHING)[0]
    RESULTS.write_text(_measured(figures, about, rows) + matching() + heading + ended, encoding="utf-8")


def yardstick() -> float:
    """Seconds for ten million additions in plain Python, the best of three: a shared machine is not equally fast at every hour."""
    return round(min(timeit.repeat("for number in numbers: total += number", "total, numbers = 0, range(10_000_000)", number=1, repeat=3)), 2)


def matching() -> str:
    """The section on matching as it stands, if there is one."""
    _figures, heading, text = _parted()[0].partition(MATCHING)
    return heading + text


def put_matching(text: str) -> None:
    """Replace the section on matching."""
    before, heading, ended = _parted()
    mail = "".join(before.partition(MAIL)[1:])
    RESULTS.write_text(f"{before.partition(MATCHING)[0].rstrip()}\n\n{MATCHING}\n\n{text}\n{mail}{heading}{ended}", encoding="utf-8")


def put_mail(text: str) -> None:
    """Replace what the section on matching says of mail, which stands at its end."""
    before, heading, ended = _parted()
    RESULTS.write_text(f"{before.partition(MAIL)[0].rstrip()}\n\n{MAIL}\n\n{text}\n{heading}{ended}", encoding="utf-8")


def before_long() -> str:
    """The measured figures as they stand, without how the long tests ended."""
    return _parted()[0]


def after_long() -> str:
    """How the long tests ended, as it stands."""
    return _parted()[2]


def _parted() -> tuple[str, str, str]:
    return RESULTS.read_text(encoding="utf-8").partition(LONG)


def _measured(figures: str, about: Mapping[str, Any], rows: list[dict[str, Any]]) -> str:
    """The sections of all parts in their order: of this run, or as they stand in ``figures``."""
    kept = {section.partition("\n")[0]: section for section in figures.split("\n## ")[1:]}
    text = "# Measured\n"
    for part in PARTS:
        mine = [row for row in rows if row["part"] == part]
        section = _section(part, about, mine) if mine else kept.get(part.capitalize(), "").rstrip()
        text += f"\n## {section}\n" if section else ""
    return text + "\n"


def _section(part: str, about: Mapping[str, Any], rows: list[dict[str, Any]]) -> str:
    lines = [part.capitalize(), "", f"{PARTS[part].format(**about)} {_when(about)}", ""]
    return "\n".join([*lines, "| what | median or value | p95 | statements | target | met |", "|---|---|---|---|---|---|", *(_row(row) for row in rows)])


def _when(about: Mapping[str, Any]) -> str:
    """A load above the number of cores means that others took their share of every figure."""
    busy = " (the machine was busy with other work, so these are upper bounds; run it again on a quiet one)" if about["load"] > about["cores"] else ""
    pace = f", ten million additions in {about['yardstick']} s" if "yardstick" in about else ""
    return f"Begun {about['begun']}, Python {about['python']}, {about['machine']}, {about['cores']} cores{pace}, load {about['load']} when it ended{busy}."


def _row(row: dict[str, Any]) -> str:
    met = {None: "", True: "yes", False: "**no**"}[row["met"]]
    target = f"≤ {row['target']:g} {row['unit']}".rstrip() if row["target"] is not None else ""
    p95 = f"{row['p95']} {row['unit']}" if row["p95"] is not None else ""
    return f"| {row['name']} | {row['value']} {row['unit']}".rstrip() + f" | {p95} | {row['statements'] or ''} | {target} | {met} |"
