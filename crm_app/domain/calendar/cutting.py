"""iCalendar files as lines: cut into their parts without understanding them, so that whatever is broken in one part costs that part alone.

Everything here goes once over the bytes. Alarms, attachments and what programs keep for themselves are left out on the way,
so a picture of many megabytes inside an event never reaches a parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

LARGEST_LINE = 128 * 1024
"""More than any text of an event that is kept; what is longer is cut."""
SLIM = 32 * 1024
MOST_LINES, MOST_PARTS = 1_000_000, 50_000
_NAME = re.compile(rb"\s*([A-Za-z0-9-]{1,60})\s*[;:]")
_MARK = re.compile(rb"\s*(BEGIN|END)\s*:\s*([A-Za-z0-9-]{1,60})\s*", re.IGNORECASE)
_PARAMETER = re.compile(rb";\s*TZID\s*=\s*(?:\"([^\"\r\n]{1,200})\"|([^;:,\"\r\n]{1,200}))", re.IGNORECASE)
_KEPT = frozenset(
    b"UID DTSTAMP DTSTART DTEND DURATION RRULE RDATE EXDATE EXRULE RECURRENCE-ID SEQUENCE SUMMARY DESCRIPTION LOCATION URL STATUS CLASS ORGANIZER "
    b"ATTENDEE CONFERENCE X-GOOGLE-CONFERENCE X-MICROSOFT-SKYPETEAMSMEETINGURL X-MICROSOFT-ONLINEMEETINGCONFLINK".split()
)
_ESCAPED = re.compile(r"\\([,;\\])")
_WHOLE = frozenset((b"VEVENT", b"VTODO", b"VJOURNAL", b"VFREEBUSY", b"VTIMEZONE"))
"""What never stands within another of these: where one begins, the one before has ended, whether it says so or not."""
_CONTAINERS = frozenset((b"VCALENDAR", b"VTIMEZONE", b"STANDARD", b"DAYLIGHT"))


class TooMuch(ValueError):
    """The file is larger in some way than any calendar is."""


@dataclass(slots=True)
class Part:
    """An event, task or the like: its own unfolded lines without BEGIN and END, and the zone that its file names as its own.

    ``whole`` is False when the file ends before it does.
    """

    name: str
    lines: list[bytes] = field(default_factory=list)
    home: str = ""
    whole: bool = True

    def value(self, name: bytes) -> str:
        """The first value of a property as it stands there, or ``""``."""
        line = next((line for line in self.lines if property_name(line) == name), b"")
        return decoded(line.partition(b":")[2]).strip()

    def zone_names(self) -> set[str]:
        """Every time zone that its lines name."""
        return {decoded(found[1] or found[2]).strip() for line in self.lines for found in _PARAMETER.finditer(line[:2000])}


@dataclass(slots=True)
class Cut:
    """A file in parts. ``zones`` are the lines of its VTIMEZONEs by name; ``closed``: everything that began has ended."""

    parts: list[Part] = field(default_factory=list)
    zones: dict[str, list[bytes]] = field(default_factory=dict)
    name: str = ""
    home: str = ""
    colour: str = ""
    found: bool = False
    closed: bool = True


def unfold(content: bytes) -> Iterator[bytes]:
    """Logical lines without empty ones. Some programs leave empty lines between the pieces of a folded one."""
    pieces: list[bytes] = []
    size = 0
    for line in content.removeprefix(b"\xef\xbb\xbf").splitlines():
        if line[:1] in (b" ", b"\t"):
            if pieces and size < LARGEST_LINE:
                pieces.append(line[1:])
                size += len(line)
        elif line.strip():
            if pieces:
                yield b"".join(pieces)[:LARGEST_LINE]
            pieces, size = [line], len(line)
    if pieces:
        yield b"".join(pieces)[:LARGEST_LINE]


def slim(content: bytes) -> bytes:
    """The same calendar without files that are written into it, so that a picture in an invitation is not kept with it."""
    if len(content) < SLIM or b"ATTACH" not in content.upper():
        return content
    return b"\r\n".join([*(line for line in unfold(content) if property_name(line) != b"ATTACH" or len(line) < 2000), b""])


def property_name(line: bytes) -> bytes:
    """The name of the property that a line gives, in upper case; empty when it gives none."""
    found = _NAME.match(line[:200])
    return found[1].upper() if found else b""


def decoded(data: bytes) -> str:
    """Text in UTF-8, else as Western Windows wrote it."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def cut(content: bytes) -> Cut:
    """Cut a file, or a bare component. Raises ``TooMuch``. ``found`` stays False when nothing of a calendar is in it."""
    return _Cutter().run(content)


class _Cutter:
    """Where in the file we are: what has begun and not ended, and the part that is being gathered."""

    def __init__(self) -> None:
        self.cut = Cut()
        self._open: list[bytes] = []
        self._part: Part | None = None
        self._zone: list[bytes] = []
        self._home = ""

    def run(self, content: bytes) -> Cut:
        for number, line in enumerate(unfold(content)):
            if number >= MOST_LINES or len(self.cut.parts) >= MOST_PARTS:
                raise TooMuch
            mark = _MARK.fullmatch(line) if len(line) < 200 else None
            if mark is None:
                self._take(line)
            elif mark[1].upper() == b"BEGIN":
                self._begin(mark[2].upper())
            else:
                self._end(mark[2].upper())
        self.cut.closed = self.cut.closed and not self._open
        if self._part is not None:
            self._part.whole = False
            self.cut.parts.append(self._part)
        return self.cut

    def _begin(self, name: bytes) -> None:
        if self._part is not None and name in _WHOLE:
            self._end(self._part.name.encode())
        self._open.append(name)
        if name == b"VCALENDAR":
            self.cut.found, self._home = True, ""
        elif name == b"VTIMEZONE" and self._part is None:
            self._zone = []
        elif name.startswith(b"V") and name not in _CONTAINERS and self._part is None:
            self.cut.found = True
            self._part = Part(name.decode(), home=self._home)
        if b"VTIMEZONE" in self._open:
            self._zone.append(b"BEGIN:" + name)

    def _end(self, name: bytes) -> None:
        if name not in self._open:
            return
        in_zone = b"VTIMEZONE" in self._open
        while self._open.pop() != name:
            self.cut.closed = False
        if in_zone:
            self._zone.append(b"END:" + name)
        if name == b"VTIMEZONE":
            self._keep_zone()
        elif self._part is not None and self._part.name.encode() not in self._open:
            self._part.whole = name.decode() == self._part.name
            self.cut.parts.append(self._part)
            self._part = None

    def _keep_zone(self) -> None:
        stated = next((decoded(line.partition(b":")[2]).strip() for line in self._zone if property_name(line) == b"TZID"), "")
        name = _ESCAPED.sub(r"\1", stated)  # as a text it is escaped, as a parameter of an event it is not
        if name and len(self.cut.zones) < 1000:
            self.cut.zones.setdefault(name, self._zone)

    def _take(self, line: bytes) -> None:
        name = property_name(line)
        if self._part is not None:
            if self._open[-1].decode() == self._part.name and name in _KEPT:
                self._part.lines.append(line)
        elif b"VTIMEZONE" in self._open:
            self._zone.append(line)
        elif name == b"X-WR-TIMEZONE":
            self._home = decoded(line.partition(b":")[2]).strip()
            self.cut.home = self.cut.home or self._home
        elif name == b"X-WR-CALNAME" and not self.cut.name:
            self.cut.name = decoded(line.partition(b":")[2]).strip()
        elif name in (b"X-APPLE-CALENDAR-COLOR", b"X-WR-CALCOLOR") and not self.cut.colour:
            self.cut.colour = decoded(line.partition(b":")[2]).strip()
