"""Cells of our own CSV: several values in one cell, named values, and the guard against formulas. Each has its exact inverse."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

SEPARATOR = " ::: "
_STARTS_FORMULA = frozenset("=+-@\t\r\n＝＋－＠﹢﹣﹦﹫")
_IGNORED_BEFORE = "\ufeff\u200b\u200c\u200d\u2060\"' \xa0\u3000"
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9][0-9 .]*")
_IN_NAME = re.compile(r"[\\:]")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet might compute this cell, looking past blanks, marks and quotes. A plain number or phone is none."""
    if not cell or cell[0].isalnum():  # nearly every cell of a large file
        return False
    if _PLAIN_NUMBER.fullmatch(cell):
        return False
    rest = cell.lstrip(_IGNORED_BEFORE)
    return cell[:1] in _STARTS_FORMULA or rest[:1] in _STARTS_FORMULA


def guard(cell: str) -> str:
    """Put ``'`` before a cell that a spreadsheet might compute, which makes it text there."""
    return "'" + cell if is_formula(cell) else cell


def unguard(cell: str) -> str:
    """Take the ``'`` of ``guard`` away again; an apostrophe of the text itself stays."""
    return cell[1:] if cell[:1] == "'" and is_formula(cell[1:]) else cell


def join_many(values: Iterable[str]) -> str:
    """Several values in one cell. A value's own ``:::`` and backslashes are escaped."""
    return SEPARATOR.join(_escape(value) for value in values)


def split_many(cell: str) -> list[str]:
    """The inverse of ``join_many``; an empty cell holds no value."""
    return [_ESCAPED.sub(r"\1", part) for part in cell.split(SEPARATOR)] if cell else []


def join_named(values: Mapping[str, str]) -> str:
    """``Dosha: pitta ::: Tea: oolong``."""
    return SEPARATOR.join(_IN_NAME.sub(r"\\\g<0>", name) + ": " + _escape(value) for name, value in values.items())


def split_named(cell: str) -> dict[str, str]:
    """The inverse of ``join_named``. A part without a name (typed by hand) is kept under "Other"."""
    found: dict[str, str] = {}
    for part in filter(None, cell.split(SEPARATOR)):
        match = re.match(r"((?:\\.|[^\\:])+): ?(.*)", part, re.DOTALL)
        name, value = match.groups() if match else ("Other", part)
        found[_ESCAPED.sub(r"\1", name)] = _ESCAPED.sub(r"\1", value)
    return found


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace(":::", "\\:\\:\\:")
