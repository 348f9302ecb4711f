"""The little that an answer of a model may look like: paragraphs, bold, lists, tables, and the numbers of its sources. Pure functions.

There is no link, no picture and no markup in it, whatever was written: an address becomes words beside which its host stands, so that nobody is led
anywhere and nothing is fetched. ``limited_text`` draws it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

LONGEST, MOST_COLUMNS, MOST_ROWS = 40_000, 8, 60


@dataclass(frozen=True, slots=True)
class Run:
    """Some words. ``cites`` is the number of a source instead."""

    text: str
    strong: bool = False
    cites: int = 0


Line = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A paragraph, a list or a table (whose first row is its head; cells of a row one after the other)."""

    kind: Literal["text", "bullets", "numbers", "table"]
    lines: tuple[Line, ...] = ()
    rows: tuple[tuple[Line, ...], ...] = ()


_DEFINED = re.compile(r"^ {0,3}\[([^\]\n]{1,200})\]:[ \t]*<?(\S+?)>?(?:[ \t]+[\"'(].*)?$", re.M)
_SHOWN = re.compile(r"!?\[([^\[\]\n]{0,500})\]\(\s*<?([^\s()<>]*(?:\([^\s()]*\)[^\s()<>]*)*)>?(?:\s+[\"'(][^\n]{0,200})?\s*\)")
_REFERRED = re.compile(r"!?\[([^\[\]\n]{1,500})\][ ]?\[([^\[\]\n]{0,200})\]")
_POINTED = re.compile(r"<((?:[a-z][a-z0-9+.-]{1,30}:|www\.)[^\s<>]{1,2000})>", re.I)
_BULLET, _NUMBER = re.compile(r"^\s{0,12}[-*•]\s+(.*)$"), re.compile(r"^\s{0,12}\d{1,3}[.)]\s+(.*)$")
_RULE, _HEAD = re.compile(r"^\s*\|?[\s:|-]+\|?\s*$"), re.compile(r"^\s{0,3}#{1,6}\s+(.*?)\s*#*$")
_INSIDE = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*|__(?=\S)(.+?)(?<=\S)__|\[(\d{1,3})\]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")


def read(answer: str) -> tuple[Piece, ...]:
    """The answer as pieces. Whatever it is not made of stays as the letters that it is."""
    words = _CONTROL.sub("", answer.replace("\r\n", "\n").replace("\r", "\n"))[:LONGEST]
    return tuple(_pieces(_unlinked(words).split("\n")))


def spoken(answer: str) -> str:
    """The answer as it is read aloud: its words without numbers of sources."""
    lines = [line for piece in read(answer) for line in (*piece.lines, *(cell for row in piece.rows for cell in row))]
    said = [run.text for line in lines for run in (*line, Run("\n")) if not run.cites]
    return re.sub(r"\s*\n\s*", "\n", "".join(said)).strip()


def _unlinked(words: str) -> str:
    """Every form of link as its words and its host."""
    defined = {found[1].strip().lower(): found[2] for found in _DEFINED.finditer(words)}
    words = _DEFINED.sub("", words)
    for _depth in range(3):  # a picture may stand in a link
        words = _SHOWN.sub(lambda found: _named(found[1], found[2]), words)
    words = _REFERRED.sub(lambda found: _of_reference(found, defined), words)
    return _POINTED.sub(lambda found: found[1], words)


def _of_reference(found: re.Match[str], defined: dict[str, str]) -> str:
    """``[words][ref]``; two numbers of sources beside each other are none."""
    address = defined.get((found[2] or found[1]).strip().lower())
    return found[0] if address is None else _named(found[1], address)


def _named(label: str, address: str) -> str:
    host = _host(address)
    label = label.strip()
    return f"{label} ({host})" if label and host and label != host else label or host


def _host(address: str) -> str:
    try:
        parts = urlsplit(address.strip())
        return (parts.hostname or "") if parts.netloc else parts.scheme
    except ValueError:
        return ""


def _pieces(lines: list[str]) -> Iterator[Piece]:
    gathered: list[str] = []
    kind: Literal["text", "bullets", "numbers", "table"] = "text"
    for line in [*lines, ""]:
        now, words = _kind_of(line)
        if gathered and (now != kind or not line.strip()):
            yield _piece(kind, gathered)
            gathered = []
        if line.strip():
            kind = now
            gathered.append(words)


def _kind_of(line: str) -> tuple[Literal["text", "bullets", "numbers", "table"], str]:
    if found := _BULLET.match(line):
        return "bullets", found[1]
    if found := _NUMBER.match(line):
        return "numbers", found[1]
    if line.strip().startswith("|") and line.count("|") > 1:
        return "table", line.strip()
    if found := _HEAD.match(line):
        return "text", f"**{found[1].replace('*', '')}**" if found[1] else ""
    return "text", line.strip()


def _piece(kind: Literal["text", "bullets", "numbers", "table"], lines: list[str]) -> Piece:
    if kind != "table":
        return Piece(kind, lines=tuple(_runs(line) for line in lines))
    cells = [tuple(_runs(cell.strip()) for cell in line.strip("|").split("|")[:MOST_COLUMNS]) for line in lines if not _RULE.match(line)]
    return Piece("table", rows=tuple(cells[:MOST_ROWS]))


def _runs(line: str) -> Line:
    runs: list[Run] = []
    at = 0
    for found in _INSIDE.finditer(line):
        if found.start() > at:
            runs.append(Run(line[at : found.start()]))
        if found[3]:
            runs.append(Run(f"[{found[3]}]", cites=int(found[3])))
        else:
            runs += [Run(run.text, strong=not run.cites, cites=run.cites) for run in _runs(found[1] or found[2])]
        at = found.end()
    if at < len(line):
        runs.append(Run(line[at:]))
    return tuple(runs)
