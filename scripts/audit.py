"""Look for known holes in what is locked. Green only if everything was looked at: an audit that could not look is red.

``audit.py``. pip-audit asks its index; before anything else it must find the holes of a library that is known to have some,
so that an index that answers nothing, or is not there, is noticed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from write_bill_of_materials import ROOT, read_lock

LOCKS = ("requirements.lock", "requirements-dev.lock")
RISKS = ROOT / "scripts" / "accepted_risks.toml"
CANARY = "pillow==10.2.0"
SECONDS = 900
Report = dict[str, dict[str, Any]]
Ask = Callable[[Sequence[str]], Report]


class CouldNotLook(Exception):
    """Nothing is known of what is locked; the sentence says why."""


def ask_index(pins: Sequence[str]) -> Report:
    """What the index knows of each pin, by ``name==version``. Raises ``CouldNotLook``."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "pins.txt"
        wanted.write_text("\n".join(pins) + "\n", encoding="utf-8")
        command = [sys.executable, "-m", "pip_audit", "--requirement", str(wanted), "--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as failure:
            raise CouldNotLook(f"pip-audit did not end: {type(failure).__name__}") from failure
    return read_report(done.stdout, done.stderr)


def read_report(text: str, complaint: str = "") -> Report:
    """pip-audit's answer. Raises ``CouldNotLook`` when it is none."""
    try:
        found = json.loads(text)["dependencies"]
        return {f"{one['name'].lower()}=={one['version']}" if "version" in one else one["name"].lower(): one for one in found}
    except (ValueError, KeyError, TypeError, AttributeError) as failure:
        last = complaint.strip().splitlines()[-1:] or ["pip-audit said nothing"]
        raise CouldNotLook(last[0][:300]) from failure


def require_sight(ask: Ask) -> None:
    """Raises ``CouldNotLook`` unless the index tells of holes that are there."""
    report = ask([CANARY])
    if not report.get(CANARY, {}).get("vulns"):
        skipped = next((one["skip_reason"] for one in report.values() if one.get("skip_reason")), "the index knows of none")
        raise CouldNotLook(f"{CANARY} has known holes, and none was reported: {skipped}")


def look(pins: Sequence[str], ask: Ask) -> list[tuple[str, set[str]]]:
    """Each hole as ``(pin, its names)``. Raises ``CouldNotLook`` if a single pin was not looked at."""
    report = ask(pins)
    for pin in pins:
        about = report.get(pin) or report.get(pin.partition("==")[0])
        if about is None or about.get("skip_reason") or "vulns" not in about:
            raise CouldNotLook(f"{pin} was not looked at: {(about or {}).get('skip_reason', 'it is not in the report')}")
    return [(pin, {hole["id"], *hole.get("aliases", ())}) for pin in pins for hole in report[pin]["vulns"]]


def judge(holes: Iterable[tuple[str, set[str]]], risks: Sequence[dict[str, Any]], today: date) -> list[str]:
    """What is wrong, in sentences: holes that nobody accepted, and acceptances that are over or accept nothing any more."""
    holes, wrong = list(holes), []
    for risk in risks:
        ours = [(pin, names) for pin, names in holes if risk["id"] in names and pin.startswith(f"{risk['package']}==")]
        if not ours:
            wrong.append(f"{risk['id']} of {risk['package']} is accepted and no longer there: take it out of {RISKS.name}")
        elif risk["until"] < today:
            wrong.append(f"{risk['id']} of {risk['package']} was accepted until {risk['until']}: look at it again")
    accepted = {(risk["id"], risk["package"]) for risk in risks if risk["until"] >= today}
    for pin, names in holes:
        if not any((name, pin.partition("==")[0]) in accepted for name in names):
            wrong.append(f"{pin} has a known hole: {', '.join(sorted(names))}")
    return wrong


def read_risks(text: str) -> list[dict[str, Any]]:
    """The accepted risks. Raises ``ValueError`` for one without a reason or an end."""
    risks: list[dict[str, Any]] = tomllib.loads(text).get("risk", [])
    for risk in risks:
        if not (set(risk) == {"id", "package", "reason", "until"} and isinstance(risk["until"], date) and len(risk["reason"]) > 20):
            raise ValueError(f"every accepted risk needs id, package, a reason and until: {risk}")
    return risks


def audit(ask: Ask, locks: Sequence[str], risks: Sequence[dict[str, Any]], today: date) -> tuple[int, str]:
    """``(0, what was looked at)``, or ``(1, what was found)``, or ``(2, why nothing is known)``."""
    pins = sorted({f"{pin['name']}=={pin['version']}" for lock in locks for pin in read_lock(lock)})
    try:
        if not pins:
            raise CouldNotLook("nothing is locked")
        require_sight(ask)
        wrong = judge(look(pins, ask), risks, today)
    except CouldNotLook as blind:
        return 2, f"could not look: {blind}"
    return (1, "\n".join(wrong)) if wrong else (0, f"{len(pins)} libraries, no known hole{f' but {len(risks)} accepted' if risks else ''}")


def main() -> None:
    """Audit both locks; exit status 0, 1 or 2."""
    locks = [(ROOT / lock).read_text(encoding="utf-8") for lock in LOCKS]
    status, said = audit(ask_index, locks, read_risks(RISKS.read_text(encoding="utf-8")), date.today())
    print(said)
    sys.exit(status)


if __name__ == "__main__":
    main()
