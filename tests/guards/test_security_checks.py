"""Every security check has a test or a reason why not yet, and the page that lists them is not stale."""

from __future__ import annotations

import ast
import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
WRITER: dict[str, Any] = runpy.run_path(str(ROOT / "scripts" / "write_security_checks.py"))
CATALOGUE = WRITER["catalogue"]()
PROOFS = WRITER["proofs"]()


def test_no_check_is_left_out() -> None:
    assert len(CATALOGUE) == 135


@pytest.mark.parametrize("check", CATALOGUE)
def test_a_check_has_a_test_or_a_reason(check: str) -> None:
    assert PROOFS.get(check) or CATALOGUE[check].get("lacks"), f"no test is named test_{check.lower().replace('-', '_')}_..., and nothing says why"


def test_no_test_names_a_check_that_nobody_knows() -> None:
    areas = {check.partition("-")[0] for check in CATALOGUE}
    assert {check for check in PROOFS if check.partition("-")[0] in areas} <= set(CATALOGUE)


def test_what_is_tried_only_in_part_says_so() -> None:
    """A row of a table that is marked long is missing in every run, and nothing but the catalogue tells that."""
    told = {place.partition("::")[0] for place in WRITER["partly"]()}
    assert {str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py") if _marks_rows(path)} == told


def _marks_rows(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    marks = sum(isinstance(node, ast.Attribute) and node.attr == "long" and ast.unparse(node) == "pytest.mark.long" for node in ast.walk(tree))
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return marks > sum(ast.unparse(decorator) == "pytest.mark.long" for node in functions for decorator in node.decorator_list)


def test_the_page_is_not_stale() -> None:
    assert WRITER["PAGE"].read_text(encoding="utf-8") == WRITER["render"](), "run scripts/write_security_checks.py"
