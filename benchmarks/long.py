"""Write down which full counts ran and how they ended: ``python -m benchmarks.long JUNIT.xml`` renews the rows of the files that ran, in
the last section of ``RESULTS.md``. A file that has not run at its full count says so."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from benchmarks.report import LONG, RESULTS, after_long, before_long

HEAD = (
    "The full counts of the security checks (`make test-long`; a part of them by `ONLY=tests/jobs`): when each file last ran at its full count, at which commit, "
    "and how it ended. Minutes are those of the tests, which share two cores with each other and with whatever else the machine does."
)  # fmt: skip
TABLE = ["| tests | full counts | last run | at | minutes | passed | failed |", "|---|---|---|---|---|---|---|"]


def main() -> None:
    """Read what pytest wrote of the files that ran; of the others what stands there stays."""
    suite = next(ElementTree.parse(Path(sys.argv[1])).getroot().iter("testsuite"))
    expected = _expected()
    ran: dict[str, list[ElementTree.Element]] = {}
    for case in suite.iter("testcase"):
        ran.setdefault(_file(case, expected), []).append(case)
    begun, commit = str(suite.get("timestamp"))[:16].replace("T", " "), _commit()
    RESULTS.write_text(before_long() + section(after_long(), expected, ran, f"{begun} | {commit}") + "\n", encoding="utf-8")


def section(known: str, expected: dict[str, int], ran: dict[str, list[ElementTree.Element]], when: str) -> str:
    """The section anew: ``known`` is how it stands, ``expected`` how many full counts a file has, ``when`` the time and the commit of what ran."""
    rows = {line.split("`")[1]: line for line in known.splitlines() if line.startswith("| `")}
    failures = [line for line in known.splitlines() if line.startswith("- failed: `") and line.split("`")[1].partition("::")[0] not in ran]
    for file, cases in ran.items():
        ended = Counter(_end(case) for case in cases)
        minutes = sum(float(case.get("time", 0)) for case in cases) / 60
        part = f"{len(cases):,}" if len(cases) == expected[file] else f"**{len(cases):,} of {expected[file]:,}**"
        skipped = f", {ended['skipped']:,} skipped" if ended["skipped"] else ""
        rows[file] = f"| `{file}` | {part} | {when} | {minutes:.1f} | {ended['passed']:,}{skipped} | {ended['failed'] or ''} |"
        failures += [f"- failed: `{file}::{case.get('name')}`" for case in cases if _end(case) == "failed"]
    table = [rows.get(file, f"| `{file}` | {count:,} | not yet | | | | |") for file, count in sorted(expected.items())]
    about = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {len(os.sched_getaffinity(0))} cores."
    return "\n".join([LONG, "", f"{HEAD} {about}", "", *TABLE, *table, *([""] if failures else []), *failures])


def _end(case: ElementTree.Element) -> str:
    tags = {child.tag for child in case}
    return "failed" if tags & {"failure", "error"} else "skipped" if "skipped" in tags else "passed"


def _file(case: ElementTree.Element, known: Iterable[str]) -> str:
    """The file of a test, whose class may stand behind its module."""
    path = str(case.get("classname")).replace(".", "/")
    return max((file for file in known if f"{path}/".startswith(file.removesuffix(".py") + "/")), key=len)


def _expected() -> dict[str, int]:
    """How many tests of which file are marked ``long``, by pytest's own count."""
    collected = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--collect-only", "-m", "long", "-p", "no:randomly"], capture_output=True, text=True, check=True
    )  # fmt: skip
    return {file: int(many) for file, found, many in (line.rpartition(": ") for line in collected.stdout.splitlines()) if found and file.endswith(".py")}


def _commit() -> str:
    """What is checked out, and whether something else was changed in it than the figures."""
    changed = _git("status", "--porcelain", "--", ".", f":!{RESULTS.relative_to(Path.cwd())}")
    return _git("rev-parse", "--short", "HEAD") + (" and changes" if changed else "")


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
