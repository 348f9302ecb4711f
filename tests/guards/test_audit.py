"""The audit of what is locked: green only after everything was looked at."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
AUDIT: dict[str, Any] = runpy.run_path(str(ROOT / "scripts" / "audit.py"))
CANARY, CouldNotLook = AUDIT["CANARY"], AUDIT["CouldNotLook"]
TODAY = date(2026, 11, 26)
LOCK = "pillow==12.3.0 \\\n    --hash=sha256:" + "0" * 64 + "\n    # via mindfulcrm (pyproject.toml)\nnicegui==3.18.0 \\\n    --hash=sha256:" + "1" * 64 + "\n"
RISK = {"id": "CVE-2026-1", "package": "nicegui", "reason": "the part that has it is never imported", "until": date(2027, 1, 1)}


def known(name: str, version: str, *holes: str) -> dict[str, Any]:
    return {"name": name, "version": version, "vulns": [{"id": hole, "aliases": [f"GHSA-{hole}"]} for hole in holes]}


def index(*answers: dict[str, Any], canary: dict[str, Any] | None = None):
    """An index that answers so for the canary, and so for everything else."""

    def ask(pins: list[str]) -> dict[str, Any]:
        given = [canary or known("pillow", "10.2.0", "CVE-2024-28219")] if list(pins) == [CANARY] else answers
        return {f"{one['name']}=={one['version']}" if "version" in one else one["name"]: one for one in given}

    return ask


CLEAN = (known("pillow", "12.3.0"), known("nicegui", "3.18.0"))


def run(ask: Any, *risks: dict[str, Any], lock: str = LOCK) -> tuple[int, str]:
    return AUDIT["audit"](ask, [lock], risks, TODAY)


def test_sup_03_everything_was_looked_at_and_nothing_found() -> None:
    assert run(index(*CLEAN)) == (0, "2 libraries, no known hole")


@pytest.mark.parametrize(
    "ask",
    [
        index(*CLEAN, canary=known("pillow", "10.2.0")),
        index(*CLEAN, canary={"name": "pillow", "skip_reason": "not found"}),
        index(*CLEAN, canary=known("another", "1")),
        index(CLEAN[0]),
        index(),
        index(CLEAN[0], {"name": "nicegui", "skip_reason": "Dependency not found on PyPI and could not be audited"}),
        index(CLEAN[0], {"name": "nicegui", "version": "3.18.0", "skip_reason": "odd"}),
        index(CLEAN[0], {"name": "nicegui", "version": "3.18.0"}),
        index(CLEAN[0], known("nicegui", "3.17.0")),
    ],
    ids=["canary without holes", "canary skipped", "canary missing", "one missing", "all missing", "one skipped", "one skipped with its version", "no answer to the question", "another version"],
)
def test_sup_03_what_was_not_looked_at_is_red(ask: Any) -> None:
    status, said = run(ask)
    assert status == 2 and said.startswith("could not look: ")


def test_sup_03_an_empty_lock_is_red() -> None:
    assert run(index(), lock="# nothing\n")[0] == 2


@pytest.mark.parametrize("text", ["", "{}", "null", "[]", "not json", '{"dependencies": 5}', '{"dependencies": [5]}', '{"dependencies": [{}]}'])
def test_sup_03_an_answer_that_is_none_is_red(text: str) -> None:
    with pytest.raises(CouldNotLook, match="no route to the index"):
        AUDIT["read_report"](text, "warning\nno route to the index")


def test_sup_03_a_hole_is_red_until_somebody_accepts_it_with_a_reason_and_an_end() -> None:
    ask = index(CLEAN[0], known("nicegui", "3.18.0", "CVE-2026-1"))
    assert run(ask) == (1, "nicegui==3.18.0 has a known hole: CVE-2026-1, GHSA-CVE-2026-1")
    assert run(ask, RISK) == (0, "2 libraries, no known hole but 1 accepted")
    assert run(ask, {**RISK, "id": "GHSA-CVE-2026-1"})[0] == 0
    assert run(ask, {**RISK, "package": "pillow"})[0] == 1, "of another library"
    over = run(ask, {**RISK, "until": date(2026, 11, 25)})
    assert over[0] == 1 and "was accepted until 2026-11-25" in over[1] and "has a known hole" in over[1]
    assert run(index(*CLEAN), RISK) == (1, "CVE-2026-1 of nicegui is accepted and no longer there: take it out of accepted_risks.toml")


def test_sup_03_every_accepted_risk_says_why_and_until_when() -> None:
    AUDIT["read_risks"](AUDIT["RISKS"].read_text(encoding="utf-8"))
    for lacking in ('id = "CVE-1"', 'id = "CVE-1"\npackage = "x"\nreason = "because"\nuntil = 2027-01-01', 'id = "CVE-1"\npackage = "x"\nreason = "it is never imported here"\nuntil = "some day"'):
        with pytest.raises(ValueError, match="every accepted risk needs"):
            AUDIT["read_risks"](f"[[risk]]\n{lacking}\n")


def test_sup_03_without_a_way_to_the_index_the_command_itself_is_red(tmp_path: Path) -> None:
    """The real one, with no way out of this machine: a proxy at a port where nobody listens."""
    nowhere = {name: "http://127.0.0.1:9" for way in ("http_proxy", "https_proxy", "all_proxy") for name in (way, way.upper())}
    environment = {name: value for name, value in os.environ.items() if name.lower() != "no_proxy"} | nowhere | {"XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, str(ROOT / "scripts" / "audit.py")], capture_output=True, text=True, env=environment, timeout=150, check=False)
    assert done.returncode == 2 and done.stdout.startswith("could not look: "), (done.stdout, done.stderr)


def test_sup_03_both_locks_are_read_whole() -> None:
    for lock in AUDIT["LOCKS"]:
        text = (ROOT / lock).read_text(encoding="utf-8")
        pins = AUDIT["read_lock"](text)
        assert len(pins) == sum("==" in line and line[0].isalnum() for line in text.splitlines()) > 100
        assert all(pin["hashes"] for pin in pins)
