"""The sources of the product, as the guards read them: each file parsed once, each rule one test that names all who break it."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
APP = ROOT / "crm_app"
FILES = sorted(APP.rglob("*.py"))


@functools.cache
def tree(path: Path) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def relative(path: Path) -> str:
    """As the house knows it: ``domain/tasks/service.py``."""
    return path.relative_to(APP).as_posix()


def of_files(files: Iterable[Path]) -> Callable[[Callable[[Path], None]], Callable[[], None]]:
    """Make a test of a check: it looks at each of these files and fails with everything that the check complained about."""
    some = list(files)

    def made(check: Callable[[Path], None]) -> Callable[[], None]:
        def test() -> None:
            assert some
            faults = []
            for path in some:
                try:
                    check(path)
                except AssertionError as fault:
                    faults.append(f"{relative(path)}: {fault}")
            assert not faults, "\n".join(faults)

        test.__name__, test.__doc__, test.__module__ = check.__name__, check.__doc__, check.__module__
        return test

    return made
