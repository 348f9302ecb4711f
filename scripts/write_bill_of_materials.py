"""Write what a build holds: every library of a lock, with its version and the hashes it is pinned to, as CycloneDX 1.6.

``write_bill_of_materials.py [LOCK [OUT]]``; the same lock makes the same bytes. Needs Python alone, so that an image can do it.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import uuid
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
OUT = Path("build") / "mindfulcrm.cdx.json"
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*\])?==([^\s;\\]+)\s*(?:;\s*([^\\]*?))?\s*\\?$")
_HASH = re.compile(r"^\s+--hash=(sha256):([0-9a-f]{64})")
_NAMESPACE = uuid.UUID("6e1d1b0e-5d5b-4b0f-9c9e-6f1f5d0c3a11")


def read_lock(text: str) -> list[dict[str, Any]]:
    """Every pin: its name, version, marker and hashes, and the names of those who need it."""
    pins: list[dict[str, Any]] = []
    for line in text.splitlines():
        if pin := _PIN.match(line):
            pins.append({"name": pin[1].lower(), "version": pin[2], "marker": (pin[3] or "").strip(), "hashes": [], "via": []})
        elif found := _HASH.match(line):
            pins[-1]["hashes"].append(found[2])
        elif pins and (why := re.match(r"^\s+#(?: via)? +([A-Za-z0-9][A-Za-z0-9._-]*)(?: \(.*\))?$", line)):
            pins[-1]["via"].append(why[1].lower())
    return pins


def bill(lock: str, project: str) -> dict[str, Any]:
    """The bill of materials of a lock, for the version that ``project`` (pyproject.toml) names."""
    pins, digest = read_lock(lock), hashlib.sha256(lock.encode()).hexdigest()
    version = re.search(r'^version = "(.+)"$', project, re.M)
    assert version
    root = f"pkg:pypi/mindfulcrm@{version[1]}"
    needs: dict[str, set[str]] = {root: set(), **{_ref(pin): set() for pin in pins}}
    for pin in pins:
        # One name may stand there twice, for two versions of Python.
        for who in [_ref(other) for other in pins if other["name"] in pin["via"]] or [root]:
            needs[who].add(_ref(pin))
        if "mindfulcrm" in pin["via"]:
            needs[root].add(_ref(pin))
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, digest)}",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": root, "name": "mindfulcrm", "version": version[1], "purl": root}},
        "components": [_component(pin) for pin in pins],
        "dependencies": [{"ref": ref, "dependsOn": sorted(others)} for ref, others in needs.items()],
    }


def _ref(pin: dict[str, Any]) -> str:
    return f"pkg:pypi/{pin['name']}@{pin['version']}"


def _component(pin: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": "library", "bom-ref": _ref(pin), "name": pin["name"], "version": pin["version"], "purl": _ref(pin),
        "hashes": [{"alg": "SHA-256", "content": content} for content in pin["hashes"]],
    }  # fmt: skip
    return made | ({"properties": [{"name": "mindfulcrm:only-where", "value": pin["marker"]}]} if pin["marker"] else {})


def main() -> None:
    """Write the bill of one lock to one file."""
    lock, out = (Path(given) for given in (*sys.argv[1:3], *("requirements.lock", str(OUT))[len(sys.argv[1:3]) :]))
    made = bill(lock.read_text(encoding="utf-8"), (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    print(f"{out}: {len(made['components'])} libraries")


if __name__ == "__main__":
    main()
