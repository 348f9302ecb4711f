"""WebDAV's XML: the questions that are asked, and the answers, read within limits and without any DTD."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape

DAV, CAL, APPLE, SERVER = "DAV:", "urn:ietf:params:xml:ns:caldav", "http://apple.com/ns/ical/", "http://calendarserver.org/ns/"
CARD = "urn:ietf:params:xml:ns:carddav"
_PREFIXES = {DAV: "d", CAL: "c", CARD: "k", APPLE: "a", SERVER: "s"}
_HOLDS, _DATA = {CAL: "calendar", CARD: "addressbook"}, {CAL: "calendar-data", CARD: "address-data"}
_NAMES = " ".join(f'xmlns:{prefix}="{name}"' for name, prefix in _PREFIXES.items())
MOST_ELEMENTS, DEEPEST = 200_000, 40


class Malformed(ValueError):
    """What came is no answer of a WebDAV server."""


def name(space: str, local: str) -> str:
    """An element's name as ElementTree writes it."""
    return f"{{{space}}}{local}"


def propfind(*wanted: tuple[str, str]) -> bytes:
    """Ask for properties."""
    return _document("d:propfind", f"<d:prop>{_props(wanted)}</d:prop>")


def sync_collection(token: str) -> bytes:
    """Ask what has changed since ``token`` (RFC 6578)."""
    return _document("d:sync-collection", f"<d:sync-token>{escape(token)}</d:sync-token><d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop>")


def multiget(hrefs: Iterable[str], space: str = CAL) -> bytes:
    """Ask for the contents of these, each as the server itself wrote its href: of calendars, or of address books (``CARD``)."""
    listed = "".join(f"<d:href>{escape(href)}</d:href>" for href in hrefs)
    prefix, what = _PREFIXES[space], _HOLDS[space]
    return _document(f"{prefix}:{what}-multiget", f"<d:prop><d:getetag/><{prefix}:{_DATA[space]}/></d:prop>{listed}")


def _props(wanted: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<{_PREFIXES[space]}:{local}/>" for space, local in wanted)


def _document(root: str, inner: str) -> bytes:
    return f'<?xml version="1.0" encoding="utf-8"?>\n<{root} {_NAMES}>{inner}</{root}>'.encode()


@dataclass(slots=True)
class Entry:
    """What is said of one thing: ``href`` as the server wrote it, ``path`` as it is compared, the properties that it has."""

    href: str
    path: str
    status: int = 200
    props: dict[str, Any] = field(default_factory=dict)

    def text(self, space: str, local: str) -> str:
        """The text of a property, or ``""``."""
        found = self.props.get(name(space, local))
        return (found.text or "").strip() if found is not None else ""

    def content(self) -> bytes | None:
        """What lies in it, if that came."""
        found = next((self.props[key] for key in (name(space, local) for space, local in _DATA.items()) if key in self.props), None)
        return found.text.encode() if found is not None and found.text else None

    def href_in(self, space: str, local: str) -> str:
        """The first href inside a property, or ``""``."""
        return next(iter(self.hrefs_in(space, local)), "")

    def hrefs_in(self, space: str, local: str) -> list[str]:
        """All hrefs inside a property."""
        found = self.props.get(name(space, local))
        return [] if found is None else [(one.text or "").strip() for one in found.iter(name(DAV, "href")) if (one.text or "").strip()]

    def has(self, space: str, local: str, inside: str) -> bool:
        """Whether a property holds an element of this name."""
        found = self.props.get(name(space, local))
        return found is not None and any(one.tag == inside for one in found.iter())


@dataclass(frozen=True, slots=True)
class Answers:
    """A multistatus: its entries, the token to ask with next time, and whether there is more."""

    entries: tuple[Entry, ...]
    token: str = ""
    truncated: bool = False


def read_multistatus(body: bytes, base: str) -> Answers:
    """A 207 answer of ``base``. Raises ``Malformed``. Properties that the server has not are left out."""
    root = parse(body)
    if root.tag != name(DAV, "multistatus"):
        raise Malformed("not a multistatus")
    own, entries, truncated = path_of(base), [], False
    for response in root.iter(name(DAV, "response")):
        href = (response.findtext(name(DAV, "href")) or "").strip()
        if not href:
            continue
        entry = Entry(href, path_of(href), _status(response.findtext(name(DAV, "status"))))
        if entry.status == 507 and entry.path.rstrip("/") == own.rstrip("/"):
            truncated = True
            continue
        for propstat in response.findall(name(DAV, "propstat")):
            if _status(propstat.findtext(name(DAV, "status"))) == 200:
                entry.props.update((prop.tag, prop) for held in propstat.findall(name(DAV, "prop")) for prop in held)
        entries.append(entry)
    return Answers(tuple(entries), (root.findtext(name(DAV, "sync-token")) or "").strip(), truncated)


def names_the_token(body: bytes) -> bool:
    """Whether a refusal is one of the token that was sent (RFC 6578, 3.2)."""
    return b"valid-sync-token" in body[:10_000]


def path_of(href: str) -> str:
    """The path of an href as it is compared: some servers write ``@`` as ``%40`` and others do not."""
    try:
        return unquote(urlsplit(href).path)
    except ValueError as failure:
        raise Malformed("not an href") from failure


def _status(line: str | None) -> int:
    parts = (line or "").split()
    return int(parts[1]) if len(parts) > 1 and parts[1].isascii() and parts[1].isdigit() else 200


def parse(body: bytes) -> Any:
    """An XML document as a tree. Raises ``Malformed`` for one with a DTD, one that is too large, and for what is none."""
    try:
        reader = ET.XMLParser(target=_Builder())  # noqa: S314 - see _Builder
        for piece in _pieces(body):
            reader.feed(piece)
        return reader.close()
    except (ET.ParseError, ValueError, LookupError) as failure:
        raise Malformed("not proper XML") from failure


def _pieces(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 65_536):
        yield body[start : start + 65_536]


class _Builder(ET.TreeBuilder):
    """Builds a tree, and gives up at a document type (the door of every XML bomb), or when it grows too large or too deep."""

    def __init__(self) -> None:
        super().__init__()
        self._count = self._depth = 0

    def doctype(self, *_: Any) -> None:
        """No answer that we ask for has one."""
        raise Malformed("a document type")

    def start(self, tag: Any, attrs: Any) -> Any:
        """Begin an element."""
        self._count, self._depth = self._count + 1, self._depth + 1
        if self._count > MOST_ELEMENTS or self._depth > DEEPEST:
            raise Malformed("too large")
        return super().start(tag, attrs)

    def end(self, tag: Any) -> Any:
        """End an element."""
        self._depth -= 1
        return super().end(tag)
