"""The bill of materials: valid, whole, and the same for the same lock."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "write_bill_of_materials.py"
MADE: dict[str, Any] = runpy.run_path(str(SCRIPT))


@pytest.fixture(scope="module", params=["requirements.lock", "requirements-dev.lock"])
def pair(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    lock = (ROOT / request.param).read_text(encoding="utf-8")
    return lock, MADE["bill"](lock, (ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_sup_01_a_build_lists_every_locked_library_with_its_version_and_hashes(pair: tuple[str, dict[str, Any]]) -> None:
    lock, bill = pair
    listed = {(one["name"], one["version"]): {each["content"] for each in one["hashes"]} for one in bill["components"]}
    parts = re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.M)[1:]
    pinned = {tuple(re.match(r"([^=\[;\s]+)(?:\[[^]]*\])?==(\S+)", part).groups()): set(re.findall(r"sha256:([0-9a-f]{64})", part)) for part in parts}  # type: ignore[union-attr]
    assert len(parts) == len(pinned) > 100
    assert listed == pinned


def test_sup_01_the_bill_is_valid_cyclonedx(pair: tuple[str, dict[str, Any]]) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(pair[1])) is None
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(pair[1] | {"components": [{"name": 5}]})) is not None, "the validator sees"


def test_sup_01_the_bill_says_what_needs_what(pair: tuple[str, dict[str, Any]]) -> None:
    needs = {one["ref"].partition("@")[0].removeprefix("pkg:pypi/"): {other.partition("@")[0].removeprefix("pkg:pypi/") for other in one["dependsOn"]} for one in pair[1]["dependencies"]}
    assert {"nicegui", "sqlmodel", "litellm"} <= needs["mindfulcrm"] and "starlette" in needs["fastapi"] and "httpcore2" in needs["httpx2"]
    reached, ahead = set(), ["mindfulcrm"]
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += needs[name]
    assert reached == set(needs), "everything that is locked is needed by something"


def test_sup_01_the_same_lock_makes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        subprocess.run([sys.executable, "-I", str(SCRIPT), str(ROOT / "requirements.lock"), str(tmp_path / name / "bill.json")], check=True, capture_output=True)
    assert (tmp_path / "one" / "bill.json").read_bytes() == (tmp_path / "two" / "bill.json").read_bytes()


def test_sup_01_the_image_carries_its_bill() -> None:
    assert re.search(r"write_bill_of_materials\.py requirements\.lock /opt/mindfulcrm/share/\S+\.cdx\.json$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.M)
