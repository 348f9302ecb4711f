"""The suite ends soonest when what takes longest begins first: the list of it is true, and the order is kept."""

from __future__ import annotations

from types import SimpleNamespace

from tests.guards.sources import ROOT
from tests.order import LONGEST, longest_first


def test_every_file_that_is_called_long_is_there_once() -> None:
    assert len(set(LONGEST)) == len(LONGEST)
    assert [name for name in LONGEST if not (ROOT / name).is_file()] == []


def test_long_files_come_first_then_those_of_many_tests_and_each_keeps_its_own_order() -> None:
    few, many = ["tests/few.py::b", "tests/few.py::a"], ["tests/many.py::c", "tests/many.py::a", "tests/many.py::b"]
    long, longest = [f"{LONGEST[1]}::one"], [f"{LONGEST[0]}::z", f"{LONGEST[0]}::y"]
    items = [SimpleNamespace(nodeid=nodeid) for nodeid in (*few, *long, *many, *longest)]
    longest_first(items)  # type: ignore[arg-type]
    assert [item.nodeid for item in items] == [*longest, *long, *many, *few]
