"""Write down how `make test-long` ended: ``python -m benchmarks.long JUNIT.xml`` replaces the last section of ``RESULTS.md``."""

from __future__ import annotations

import os
import platform
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

from benchmarks.report import LONG, RESULTS, before_long


def main() -> None:
    """Read what pytest wrote, and say when it ran, how long, and what failed."""
    suite = next(ElementTree.parse(Path(sys.argv[1])).getroot().iter("testsuite"))
    cases = [(f"{case.get('classname')}.{case.get('name')}", {child.tag for child in case}) for case in suite.iter("testcase")]
    ended = Counter("failed" if tags & {"failure", "error"} else "skipped" if "skipped" in tags else "passed" for _name, tags in cases)
    failed = [name for name, tags in cases if tags & {"failure", "error"}]
    about = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {len(os.sched_getaffinity(0))} cores"
    lines = [
        LONG, "", f"`make test-long`, the whole suite with the full counts of the security checks. Begun {suite.get('timestamp')}, {about}: "
        f"{ended['passed']:,} passed, {ended['failed']:,} failed, {ended['skipped']:,} skipped in {float(suite.get('time', 0)) / 60:.0f} minutes.", "",
        *(f"- failed: `{name}`" for name in failed),
    ]  # fmt: skip
    RESULTS.write_text(before_long() + "\n".join(lines).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
