"""An iCalendar file as its lines, folded as they came, so that whatever is not touched stays to the byte: alarms, attachments, other programs' own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from crm_app.domain.calendar.cutting import property_name

_FOLD = re.compile(rb"\r\n[ \t]")
_MARK = re.compile(rb"(BEGIN|END)\s*:\s*([A-Za-z0-9-]{1,60})\s*", re.IGNORECASE)
_DEEPEST = 20


class Broken(ValueError):
    """What has begun in it has not ended, or the other way round."""


@dataclass(slots=True, eq=False)
class Component:
    """``BEGIN`` to ``END`` of a name: lines, each with its folds and without its end, and components inside, in their order."""

    name: str
    parts: list[bytes | Component] = field(default_factory=list)

    def lines(self, name: bytes) -> list[bytes]:
        """Its own lines of a property, as they are folded."""
        return [part for part in self.parts if isinstance(part, bytes) and property_name(unfolded(part)) == name]

    def drop(self, *names: bytes) -> None:
        """Take all of its own lines of these properties out."""
        self.parts = [part for part in self.parts if not (isinstance(part, bytes) and property_name(unfolded(part)) in names)]

    def put(self, name: bytes, *lines: bytes) -> None:
        """Have these stand for a property: where it stood before, else after its other lines."""
        at = next((at for at, part in enumerate(self.parts) if isinstance(part, bytes) and property_name(unfolded(part)) == name), None)
        self.drop(name)
        if at is None:
            at = next((at for at, part in enumerate(self.parts) if isinstance(part, Component)), len(self.parts))
        self.parts[at:at] = lines

    def inside(self, name: str) -> list[Component]:
        """The components of a name directly inside."""
        return [part for part in self.parts if isinstance(part, Component) and part.name == name]

    def copy(self) -> Component:
        """The same once more."""
        return Component(self.name, [part.copy() if isinstance(part, Component) else part for part in self.parts])

    def to_bytes(self) -> bytes:
        """As it is written."""
        return b"\r\n".join((*self._written(), b""))

    def _written(self) -> Iterator[bytes]:
        yield b"BEGIN:" + self.name.encode()
        for part in self.parts:
            if isinstance(part, Component):
                yield from part._written()
            else:
                yield part
        yield b"END:" + self.name.encode()


def unfolded(line: bytes) -> bytes:
    """A line without its folds."""
    return _FOLD.sub(b"", line)


def parse_calendar(content: bytes) -> Component:
    """The one VCALENDAR of a file. Raises ``Broken``."""
    root = Component("")
    opened = [root]
    for line in _logical(content):
        mark = _MARK.fullmatch(line)
        if mark is None:
            opened[-1].parts.append(line)
        elif mark[1].upper() == b"BEGIN":
            begun = Component(mark[2].decode().upper())
            opened[-1].parts.append(begun)
            opened.append(begun)
        elif opened.pop().name != mark[2].decode().upper():
            raise Broken
        if not 0 < len(opened) <= _DEEPEST:
            raise Broken
    if len(opened) != 1 or len(root.parts) != 1 or not root.inside("VCALENDAR"):
        raise Broken
    return root.inside("VCALENDAR")[0]


def _logical(content: bytes) -> Iterator[bytes]:
    pieces: list[bytes] = []
    for line in content.removeprefix(b"\xef\xbb\xbf").splitlines():
        if line[:1] in (b" ", b"\t") and pieces:
            pieces.append(line)
        elif line.strip():
            if pieces:
                yield b"\r\n".join(pieces)
            pieces = [line]
    if pieces:
        yield b"\r\n".join(pieces)
