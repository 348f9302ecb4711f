"""Write docs/security-checks.md: each security check, the tests that prove it, and how many cases they try in every run and in the long one."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
CATALOGUE = ROOT / "tests" / "security" / "catalogue.yaml"
PAGE = ROOT / "docs" / "security-checks.md"
_CHECK = re.compile(r"test_([a-z]+)_(\d\d)_(\w+)")

_HEAD = """\
# Security checks

What must hold, the tests that prove it, and what is not proven yet. `make test` runs every test with the first number of
cases, drawn from a fixed seed; `make test-long` with the second. A test without a number tries each row of its table, or its
one case, in both. Where only some rows are tried in every run, those are named.

This page is made by `scripts/write_security_checks.py` from `tests/security/catalogue.yaml` and the names of the tests.
"""


@dataclass(frozen=True)
class Proof:
    """One test of a check."""

    file: str
    words: str
    every: str
    long: str


def partly() -> dict[str, str]:
    """Of the tests that try only some rows of their table in every run, which those are."""
    found: dict[str, str] = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))["partly"]
    return found


def catalogue() -> dict[str, dict[str, Any]]:
    """Every check with what must hold, further tests of it, and what it lacks if anything."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))["checks"]
    return found


def proofs() -> dict[str, list[Proof]]:
    """The tests of each check: those that bear its name, then those that the catalogue names. KeyError for one that is not there."""
    tests, found = dict(_tests()), defaultdict(list)
    for place, every in partly().items():
        file, _, name = place.partition("::")
        tests[file, name] = replace(tests[file, name], every=every)
    for (_file, name), proof in tests.items():
        named = _CHECK.match(name)
        if named:
            found[f"{named[1].upper()}-{named[2]}"].append(replace(proof, words=named[3].replace("_", " ")))
    for check, about in catalogue().items():
        for place in about.get("also", ()):
            file, _, name = place.partition("::")
            found[check].append(tests[file, name])
    return found


def _tests() -> Iterator[tuple[tuple[str, str], Proof]]:
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        file = str(path.relative_to(ROOT))
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                yield (file, node.name), Proof(file, node.name.removeprefix("test_").replace("_", " "), *_counts(node))


def _counts(test: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, str]:
    for decorator in _calls(test):
        if ast.unparse(decorator.func) == "counted":
            values: list[Any] = [ast.literal_eval(argument) for argument in decorator.args]
            return f"{values[0]:,} {values[2]}", f"{values[1]:,}"
    if any(ast.unparse(decorator).endswith("mark.long") for decorator in test.decorator_list):
        return "—", "all"
    return "all", "all"


def _calls(test: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.Call]:
    return (decorator for decorator in test.decorator_list if isinstance(decorator, ast.Call))


def render() -> str:
    """The whole page."""
    proven = proofs()
    lines = [_HEAD, f"{len(catalogue())} checks, {sum(bool(proven.get(check)) for check in catalogue())} of them with tests.", ""]
    lines += ["| check | what must hold | tests | not yet |", "| --- | --- | --- | --- |"]
    for check, about in catalogue().items():
        name = f"[{check}](#{check.lower()})" if proven.get(check) else check
        lines.append(f"| {name} | {about['holds']} | {len(proven.get(check, ())) or '—'} | {about.get('lacks', '')} |")
    for check in catalogue():
        if proven.get(check):
            lines += ["", f"## {check}", "", "| test | in every run | in the long run |", "| --- | --- | --- |"]
            lines += [f"| {proof.words} ([{Path(proof.file).name}](../{proof.file})) | {proof.every} | {proof.long} |" for proof in proven[check]]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
