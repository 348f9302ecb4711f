"""A card with some of it changed, everything else byte for byte as it was: pure, on lines.

Only what an edit is about is written anew: of an address its parts, of a name its parts, of a number its value alone, so that labels, groups, pictures and whatever
other programs keep there stay. Cards of vCard 2.1 are left alone: nothing that is alive writes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from crm_app.domain.addressbooks.facts import POINT
from crm_app.domain.exports.vcard_writer import TYPES, escape, fold_line
from crm_app.domain.i18n import _
from crm_app.domain.imports.cards import sort_points
from crm_app.domain.imports.content_lines import Property, RawCard, continues, parse_property, unfold
from crm_app.domain.imports.merging import compared
from crm_app.domain.imports.vcard import read_cards
from crm_app.domain.isolation import SandboxRefused

_LINE = re.compile(rb"[^\r\n]*(?:\r{0,3}\n|\r|\Z)")
_SPLIT = re.compile(r"(?<!\\)((?:\\\\)*);")
_VALUE_KIND = re.compile(r";VALUE=[^;:]*", re.IGNORECASE)
_PLAIN = {"display_name": "FN", "job_title": "TITLE", "nickname": "NICKNAME"}
_PARTS = {
    "N": ("family_name", "given_name", "middle_name", "name_prefix", "name_suffix"),
    "ORG": ("company",),
    "ADR": ("", "", "street", "city", "region", "postal_code", "country"),
}
_POINTS = {"email": ("EMAIL",), "phone": ("TEL", "X-MS-TEL"), "website": ("URL",)}
_BEFORE = frozenset({"END", "PHOTO", "LOGO", "REV"})


@dataclass(slots=True, eq=False)
class Line:
    """One logical line as it stands, with its breaks; ``told`` is what it says, if that can be read."""

    raw: bytes
    told: Property | None

    @property
    def name(self) -> str:
        return self.told.name if self.told else ""


def rewrite(data: bytes, edits: Mapping[str, Any], region: str) -> bytes:
    """The card with these facts changed (None: taken away). Raises ``SandboxRefused`` for a card that cannot be written."""
    lines = list(_lines(data))
    if [line.name for line in lines].count("BEGIN") != 1 or not any(line.name == "END" for line in lines):
        raise SandboxRefused(_("This card is not whole, so nothing is written into it."))
    card = _Card(lines, region)
    if card.version not in ("3.0", "4.0"):
        raise SandboxRefused(_("This card is of an old kind, so nothing is written into it."))
    for field, name in _PLAIN.items():
        if field in edits:
            card.put(name, escape(edits[field] or ""))
    for name, fields in _PARTS.items():
        if any(field in edits for field in fields):
            card.put_parts(name, fields, edits)
    if "birthday" in edits:
        card.put_birthday(edits["birthday"])
    for kind, names in _POINTS.items():
        card.put_points(kind, names, edits)
    return b"".join(line.raw for line in card.lines)


class _Card:
    def __init__(self, lines: list[Line], region: str) -> None:
        self.lines, self.region = lines, region
        self.version = next((line.told.text().strip() for line in lines if line.told and line.name == "VERSION"), "")
        self.ending = b"\r\n" if lines[0].raw.endswith(b"\r\n") else b"\n"

    def put(self, name: str, value: str, *, line: Line | None = None) -> None:
        """Have the first of these say something else, or be there at all; without a value it goes."""
        found = line or next((one for one in self.lines if one.name == name), None)
        if found is None:
            if value:
                self._add(f"{name}:{value}")
        elif value:
            self._say(found, _head(found), value)
        else:
            self._remove(found)

    def put_parts(self, name: str, fields: tuple[str, ...], edits: Mapping[str, Any]) -> None:
        """Some parts of a value in several: the others stay. Of several addresses it is the one that is read."""
        there = [one for one in self.lines if one.name == name]
        found = next((one for one in there if name == "ADR" and one.told and "pref" in one.told.types), there[0] if there else None)
        parts = _SPLIT.sub("\\1\0", found.told.text().replace("\0", "")).split("\0") if found and found.told else []
        parts += [""] * (len(fields) - len(parts))
        for place, field in enumerate(fields):
            if field in edits:
                parts[place] = escape(edits[field] or "")
                if field == "street":  # read together with what stands before it
                    parts[0] = parts[1] = ""
        self.put(name, ";".join(parts) if any(parts) else "", line=found)

    def put_birthday(self, born: list[int | None] | None) -> None:
        found = next((one for one in self.lines if one.name == "BDAY"), None)
        if born is None:
            self.put("BDAY", "")
            return
        year, month, day = born
        head, value = "BDAY", f"{year or 1604:04d}-{month:02d}-{day:02d}"
        if not year and self.version == "4.0":
            value = f"--{month:02d}{day:02d}"
        elif not year:
            head += ";X-APPLE-OMIT-YEAR=1604"
        elif self.version == "4.0":
            value = value.replace("-", "")
        if found is None:
            self._add(f"{head}:{value}")
        else:
            self._say(found, (_head(found).partition(".")[0] + "." if found.told and found.told.group else "") + head, value)

    def put_points(self, kind: str, names: tuple[str, ...], edits: Mapping[str, Any]) -> None:
        """Numbers and addresses: a new one takes the place of one that goes, with its label; what is left over goes, or comes below."""
        wanted = {name: value for name, value in edits.items() if name.startswith(f"{POINT}{kind}:")}
        if not wanted:
            return
        there = {id(one): self._key(one) for one in self.lines if one.name in names}
        goes = [one for one in self.lines if there.get(id(one)) in {name for name, value in wanted.items() if value is None}]
        for label, value in [value for value in wanted.values() if value is not None]:
            if goes:
                line = goes.pop(0)
                self._say(line, _VALUE_KIND.sub("", _head(line)), value if kind == "website" else escape(value))
            else:
                self._add_point(names, label, value if kind == "website" else escape(value))
        for line in goes:
            self._remove(line)

    def _key(self, line: Line) -> str:
        """By which name what a line says is known."""
        batch = read_cards([RawCard(1, (b"VERSION:" + self.version.encode(), b"FN:-", *unfold(line.raw.splitlines())))], self.region)
        points = sort_points(list(batch.cards[0].points)) if batch.cards else ()
        return f"{POINT}{points[0].kind}:{compared(points[0])}" if points else ""

    def _add_point(self, names: tuple[str, ...], label: str, value: str) -> None:
        kind = TYPES.get(label, "")
        used = {one.told.group for one in self.lines if one.told}
        group = next(f"item{number}." for number in range(1, len(used) + 2) if f"item{number}" not in used) if label and not kind else ""
        shown = f";TYPE={kind}" if "," not in kind or self.version == "3.0" else f';TYPE="{kind}"'
        last = [place for place, one in enumerate(self.lines) if one.name in names]
        at = last[-1] + 1 if last else None
        self._add(f"{group}{names[0]}{shown if kind else ''}:{value}", at)
        if group:
            self._add(f"{group}X-ABLabel:{escape(label)}", None if at is None else at + 1)

    def _add(self, text: str, at: int | None = None) -> None:
        """A new line, before the pictures and the end."""
        place = at if at is not None else next(place for place, one in enumerate(self.lines) if one.name in _BEFORE)
        self.lines.insert(place, _line(self._folded(text)))

    def _say(self, line: Line, head: str, value: str) -> None:
        self.lines[self.lines.index(line)] = _line(self._folded(f"{head}:{value}"))

    def _remove(self, line: Line) -> None:
        """With the label of its group, if that has nothing else to label."""
        self.lines.remove(line)
        group = line.told.group if line.told else ""
        if group and all(one.name.startswith("X-AB") for one in self.lines if one.told and one.told.group == group):
            self.lines = [one for one in self.lines if not (one.told and one.told.group == group)]

    def _folded(self, text: str) -> bytes:
        return fold_line(text).replace(b"\r\n", self.ending)


def _head(line: Line) -> str:
    """Everything before the value, but for how the value was written."""
    assert line.told is not None
    head = _joined(line.raw)[: -len(line.told.raw) - 1].decode("utf-8", "replace")
    return re.sub(r";(ENCODING|CHARSET)=[^;:]*|;QUOTED-PRINTABLE", "", head, flags=re.IGNORECASE)


def _line(raw: bytes) -> Line:
    return Line(raw, parse_property(_joined(raw), "utf-8"))


def _joined(raw: bytes) -> bytes:
    bare = raw.strip(b"\r\n")
    return next(unfold(raw.splitlines()), b"") if b"\n" in bare or b"\r" in bare else bare


def _lines(data: bytes) -> Iterator[Line]:
    """The logical lines with all their bytes."""
    whole, first = b"", None
    parts: list[bytes] = []
    for raw in _LINE.findall(data):
        bare = raw.rstrip(b"\r\n")
        if first is not None and (not bare.strip() or continues(first, parts, bare)):
            parts.append(bare)
            whole += raw
            continue
        if first is not None:
            yield _line(whole)
        whole, first, parts = raw, bare, []
    if whole:
        yield _line(whole)
