"""What the full counts came to is written down of those files that ran, and of no other."""

from __future__ import annotations

from xml.etree import ElementTree

from benchmarks import long

JUNIT = """<testsuite>
<testcase classname="tests.jobs.test_mail" name="test_a[long 50 places]" time="30"/>
<testcase classname="tests.jobs.test_mail.TestB" name="test_b[long 400 steps]" time="90"><failure message="lost"/></testcase>
</testsuite>"""
EXPECTED = {"tests/jobs/test_gmail.py": 1, "tests/jobs/test_mail.py": 3, "tests/jobs/test_new.py": 2}
KNOWN = """
| tests | full counts | last run | at | minutes | passed | failed |
|---|---|---|---|---|---|---|
| `tests/jobs/test_gmail.py` | 1 | 2026-11-01 10:00 | abc1234 | 2.0 | 0 | 1 |
| `tests/jobs/test_gone.py` | 1 | 2026-11-01 10:00 | abc1234 | 2.0 | 1 | |
| `tests/jobs/test_mail.py` | 3 | 2026-11-01 10:00 | abc1234 | 2.0 | 2 | 1 |

- failed: `tests/jobs/test_gmail.py::test_c[long 9 tries]`
- failed: `tests/jobs/test_mail.py::test_a[long 50 places]`
"""


def test_rows_of_what_ran_are_renewed_and_the_others_stay():
    ran: dict[str, list[ElementTree.Element]] = {}
    for case in ElementTree.fromstring(JUNIT).iter("testcase"):
        ran.setdefault(long._file(case, EXPECTED), []).append(case)
    lines = long.section(KNOWN, EXPECTED, ran, "2026-11-28 12:00 | def5678").splitlines()
    assert lines[-7:] == [
        "|---|---|---|---|---|---|---|",
        "| `tests/jobs/test_gmail.py` | 1 | 2026-11-01 10:00 | abc1234 | 2.0 | 0 | 1 |",
        "| `tests/jobs/test_mail.py` | **2 of 3** | 2026-11-28 12:00 | def5678 | 2.0 | 1 | 1 |",
        "| `tests/jobs/test_new.py` | 2 | not yet | | | | |",
        "",
        "- failed: `tests/jobs/test_gmail.py::test_c[long 9 tries]`",
        "- failed: `tests/jobs/test_mail.py::test_b[long 400 steps]`",
    ]
