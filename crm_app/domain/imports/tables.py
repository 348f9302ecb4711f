"""Tables in text: which encoding, which delimiter, where the header stands, and rows one after another in little memory."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

import charset_normalizer

from crm_app.domain.imports.cards import Problem
from crm_app.domain.imports.mapping import Mapping, guess_headerless, guess_mapping, recognised
from crm_app.domain.imports.rows import Numbered

DELIMITERS = (",", ";", "\t", "|")
MAX_COLUMNS = 1_000
_LONGEST_CELL = 2_000_000
_LONGEST_RECORD = 25_000  # lines that one quoted cell may span before the quotation mark counts as never closed
_MOST_RUNAWAYS = 20
_PEEK = 30
_SAMPLE = 1 << 16
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_FOREIGN = ["cp1251", "cp932", "gb18030", "big5", "euc_kr", "cp1253", "cp1255", "cp1256", "koi8_r", "euc_jp", "cp1252"]

csv.field_size_limit(_LONGEST_CELL)


def find_encoding(data: bytes) -> str:
    """By byte-order mark, else UTF-8 if it is, else UTF-16 by its zeros, else a foreign alphabet, else Western Windows."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    head = data[:_SAMPLE]
    if zeros := head.count(0):
        even, odd = head[::2].count(0), head[1::2].count(0)
        if zeros * 4 >= len(head) and max(even, odd) > 10 * min(even, odd):
            return "utf-16-be" if even > odd else "utf-16-le"
    if _is_utf8(data):
        return "utf-8"
    letters = b"\n".join(line for line in data[: _SAMPLE * 4].splitlines() if any(byte >= 0x80 for byte in line))[:_SAMPLE]
    best = charset_normalizer.from_bytes(letters, cp_isolation=_FOREIGN).best() if len(letters) >= 40 else None
    share = sum(byte >= 0x80 for byte in letters) / max(1, len(letters))
    return best.encoding if best is not None and share > 0.25 else "cp1252"


def _is_utf8(data: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), 1 << 20):
            decoder.decode(data[start : start + (1 << 20)])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Table:
    """A text table and how to read it. ``rows`` may be called again and again."""

    data: bytes
    encoding: str
    delimiter: str
    by_record: bool = False

    def rows(self, problems: list[Problem] | None = None) -> Iterator[Numbered]:
        """Every record with the line it begins on, or with its number when ``by_record`` (a workbook's rows have no lines).

        A quotation mark without its partner costs its own line only, and is reported to ``problems``.
        """
        stream = io.TextIOWrapper(io.BytesIO(self.data), self.encoding, errors="replace", newline="")
        records = _Records(stream, self.delimiter, problems if problems is not None else []).run()
        return ((number, row) for number, (_, row) in enumerate(records, 1)) if self.by_record else records


class _Records:
    """csv.reader over lines that can be given back when a quoted cell runs away."""

    def __init__(self, stream: io.TextIOWrapper, delimiter: str, problems: list[Problem]) -> None:
        self._stream, self._delimiter, self._problems = stream, delimiter, problems
        self._returned: list[str] = []
        self._record: list[str] = []
        self._line = self._runaways = self._width = 0
        self._cut = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._returned.pop() if self._returned else self._stream.readline(_LONGEST_CELL * 2)
        if not line or len(self._record) >= _LONGEST_RECORD:
            self._cut = bool(self._record)
            if line:
                self._returned.append(line)
            raise StopIteration
        self._record.append(line)
        return line

    def run(self) -> Iterator[Numbered]:
        reader = csv.reader(self, delimiter=self._delimiter)
        while True:
            self._record, self._cut = [], False
            try:
                row = next(reader)
            except StopIteration:
                if not self._record:
                    return
                row = []
            except csv.Error:
                row, self._cut = [], True
            begun, taken = self._line + 1, len(self._record)
            if self._ran_away(row):
                taken, row = 1, self._first_line_alone(begun)
                reader = csv.reader(self, delimiter=self._delimiter, quoting=csv.QUOTE_NONE if self._hopeless else csv.QUOTE_MINIMAL)
            self._line += taken
            if self._hopeless:
                row = [cell.strip('"') for cell in row]
            if row:
                self._width = self._width or len(row)
                yield begun, row[:MAX_COLUMNS]
                if len(row) > MAX_COLUMNS:
                    self._problems.append(Problem(line=begun, reason=f"Only the first {MAX_COLUMNS:,} columns of this row were read."))

    @property
    def _hopeless(self) -> bool:
        return self._runaways > _MOST_RUNAWAYS

    def _ran_away(self, row: list[str]) -> bool:
        """The file or the patience ended inside quotes; or a record of several lines has the wrong width and its first line the right one."""
        if self._cut:
            return True
        if len(self._record) < 2 or len(row) == self._width or not self._width:
            return False
        return len(self._plain(self._record[0])) == self._width

    def _plain(self, line: str) -> list[str]:
        cells = line.rstrip("\r\n").split(self._delimiter, MAX_COLUMNS)
        return [cell.strip('"')[:_LONGEST_CELL] for cell in cells]

    def _first_line_alone(self, begun: int) -> list[str]:
        """Read the first line without regard to quotation marks and give the others back."""
        self._runaways += 1
        first, *others = self._record or [""]
        self._returned.extend(reversed(others))
        reason = "A quotation mark in this line has no partner: the line was read as if there were none. Please check it."
        self._problems.append(Problem(line=begun, reason=reason))
        return self._plain(first)


def find_delimiter(data: bytes, encoding: str) -> str:
    """The sign that cuts the first rows into the most columns of one width; a first line ``sep=;`` (Excel) settles it."""
    head = io.TextIOWrapper(io.BytesIO(data), encoding, errors="replace", newline="").read(_SAMPLE)
    first = head.lstrip("\ufeff").splitlines()[0].strip().strip('"').lower() if head.strip() else ""
    if first.startswith("sep=") and first[4:5] in DELIMITERS:
        return first[4]
    best, best_score = ",", 0.0
    for sign in DELIMITERS:
        widths = [len(row) for _, row in _peek(Table(head.encode("utf-8", "replace"), "utf-8", sign)) if any(map(str.strip, row))]
        if not widths or max(widths) < 2:
            continue
        usual = max(set(widths), key=lambda width: (width > 1, widths.count(width), width))
        score = usual * widths.count(usual) / len(widths) if usual > 1 else 0.0
        if score > best_score * 1.05:
            best, best_score = sign, score
    return best


def _peek(table: Table) -> list[Numbered]:
    found = []
    for row in table.rows():
        found.append(row)
        if len(found) >= _PEEK:
            break
    return found


def guess_table(data: bytes, *, region: str = "", encoding: str = "", delimiter: str = "", by_record: bool = False) -> Mapping:
    """Find out how to read a text table. The header is the row that holds the most known words, past any lines before it."""
    encoding = encoding or find_encoding(data)
    delimiter = delimiter or find_delimiter(data, encoding)
    rows = [(line, row) for line, row in _peek(Table(data, encoding, delimiter, by_record)) if any(map(str.strip, row)) and not _is_sep(row)]
    if not rows:
        return Mapping.model_validate({"source": "table", "columns": (), "encoding": encoding, "delimiter": delimiter})
    scores = [recognised(row) for _, row in rows]
    at = scores.index(max(scores))
    if at and scores[at] < 2:
        at = 0
    if not max(scores) and _is_prose([row for _, row in rows]):
        return guess_mapping(["text"], [], encoding=encoding, delimiter=delimiter)
    shape = {"encoding": encoding, "delimiter": delimiter, "first_line": rows[at][0]}
    samples = [row for _, row in rows[at + 1 :]]
    if not scores[at] and _is_data([row for _, row in rows]):
        return guess_headerless([row for _, row in rows], region=region, **{**shape, "first_line": rows[0][0]})
    return guess_mapping(rows[at][1], samples, region=region, **shape)


def _is_sep(row: list[str]) -> bool:
    return row[0].strip().lower().startswith("sep=") or (len(row) == 2 and row[0].strip().lower() == "sep=")


def _is_prose(rows: list[list[str]]) -> bool:
    """Running text has commas too, but its lines have no common width."""
    widths = [len(row) for row in rows]
    return max(widths.count(width) for width in widths if width == max(widths, key=widths.count)) < 0.7 * len(widths)


def _is_data(rows: list[list[str]]) -> bool:
    """Whether the first row is no header: it holds an address, a number or a link, or a value that other rows repeat."""
    guessed = guess_headerless(rows[:1])
    return any(column.field in {"email", "phone", "website", "social"} for column in guessed.columns)
