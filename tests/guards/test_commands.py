"""What the commands of the Makefile promise."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("part", "floor"), [([], "90"), (["COVERED=tests"], "90"), (["COVERED=tests/jobs"], "0"), (["COVERED=tests/jobs tests/web"], "0")])
def test_the_whole_of_the_coverage_has_a_floor_and_a_part_has_none(part: list[str], floor: str) -> None:
    said = subprocess.run(["make", "--dry-run", "coverage", *part], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    (command,) = [line for line in said.splitlines() if "pytest" in line]
    assert f"--cov-fail-under={floor} " in command and "--cov-config=.coveragerc-all" in command
