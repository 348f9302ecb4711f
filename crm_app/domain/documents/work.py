"""What runs inside the sandbox for documents: the bytes of a file in, its words out.

The answer is JSON, ``{"text", "reason"}``: no text and no reason where there is nothing to read. A file that is no such file is refused.
"""

from __future__ import annotations

import json
import re
import time
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any
from xml.parsers import expat

from crm_app.domain.documents.kinds import MOST_TEXT, DocumentKind, Reason
from crm_app.domain.imports.tables import find_encoding
from crm_app.domain.isolation import SandboxRefused

PATIENCE = 1.2
"""Seconds of work after which a long file is cut, well within what the sandbox gives: what was read until then is kept."""
MOST_XML = 64_000_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DAMAGED = "This file is damaged."
_PARTS = re.compile(r"word/(?:document\d*|footnotes|endnotes)\.xml")
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_WORD_STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
_FALLBACK = "http://schemas.openxmlformats.org/markup-compatibility/2006 Fallback"
_BETWEEN = {"tab": "\t", "br": "\n", "cr": "\n"}
_SPACES, _EMPTY_LINES = re.compile(r"[^\S\n]+"), re.compile(r"\n\s*\n\s*")


def read(data: bytes, options: dict[str, Any]) -> bytes:
    """The words of a file; ``options["kind"]`` says what it is (see ``DocumentKind``)."""
    text, reason = _READERS[DocumentKind(options["kind"])](data)
    tidied = tidy(text[: 4 * MOST_TEXT])  # one page alone may hold far more than is kept, and tidying it would take the time of all
    if len(tidied) > MOST_TEXT or len(text) > 4 * MOST_TEXT:
        tidied, reason = tidied[:MOST_TEXT], Reason.CUT
    return json.dumps({"text": tidied, "reason": reason.value}).encode()


def tidy(text: str) -> str:
    """Text as a table can hold it: composed letters, no control characters, no runs of blanks or of empty lines."""
    plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n"))
    kept = "".join(char for char in plain if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs", "Co", "Cn"))
    return _EMPTY_LINES.sub("\n\n", _SPACES.sub(" ", kept)).strip()


def _gather(pieces: Iterator[str]) -> tuple[str, Reason]:
    """As many pieces as are kept and as there is time for."""
    begun, found, letters = time.process_time(), list[str](), 0
    for piece in pieces:
        found.append(piece)
        letters += len(piece)
        if letters > 2 * MOST_TEXT or time.process_time() - begun > PATIENCE:
            return "".join(found), Reason.CUT if next(pieces, None) is not None else Reason.NONE
    return "".join(found), Reason.NONE


def _plain(data: bytes) -> tuple[str, Reason]:
    if data.startswith((b"%PDF-", b"PK\x03\x04", _OLE)):
        raise SandboxRefused(_DAMAGED)
    text = data[: 8 * MOST_TEXT].decode(find_encoding(data), "replace").lstrip("\ufeff")
    if "\0" in text[:10_000]:
        raise SandboxRefused(_DAMAGED)
    return text[: 2 * MOST_TEXT], Reason.CUT if len(data) > 8 * MOST_TEXT else Reason.NONE


def _pdf(data: bytes) -> tuple[str, Reason]:
    from pypdf import PdfReader  # a quarter of a second, which only those wait for who bring the first PDF
    from pypdf.errors import PyPdfError

    broken = (PyPdfError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, AssertionError, NotImplementedError, zlib.error)
    try:
        reader = PdfReader(BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            return "", Reason.PASSWORD
        count = len(reader.pages)
    except broken as failure:
        raise SandboxRefused(_DAMAGED) from failure
    failed = 0

    def pages() -> Iterator[str]:
        nonlocal failed
        for number in range(count):
            try:
                yield reader.pages[number].extract_text() + "\n\n"
            except broken:
                failed += 1

    text, reason = _gather(pages())
    if failed and not text.strip():
        raise SandboxRefused(_DAMAGED)
    return text, reason or (Reason.DAMAGED if failed else Reason.NONE)


def _docx(data: bytes) -> tuple[str, Reason]:
    if data.startswith(_OLE):  # what is locked with a password is wrapped so
        return "", Reason.PASSWORD if "EncryptedPackage".encode("utf-16-le") in data else Reason.DAMAGED
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            parts = sorted(name for name in package.namelist() if _PARTS.fullmatch(name))
            if not parts:
                raise SandboxRefused(_DAMAGED)
            return _gather(piece for name in parts for piece in _words(package, name))
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, NotImplementedError, RuntimeError, ValueError, LookupError) as failure:
        raise SandboxRefused(_DAMAGED) from failure


def _words(package: zipfile.ZipFile, name: str) -> Iterator[str]:
    """The text of one part, a piece at a time, so that what unpacks to very much is left off early."""
    collector = _Collector()
    with package.open(name) as part:
        unpacked = 0
        while piece := part.read(1 << 16):
            unpacked += len(piece)
            if unpacked > MOST_XML:
                raise SandboxRefused(_DAMAGED)
            collector.parser.Parse(piece, False)
            yield collector.take()
        collector.parser.Parse(b"", True)
        yield collector.take() + "\n\n"


class _Collector:
    """Hears an XML parser and keeps what stands in ``w:t``. A document that declares anything of its own (entities) is refused."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler, self.parser.EndElementHandler = self._begin, self._end
        self.parser.CharacterDataHandler, self.parser.StartDoctypeDeclHandler = self._say, self._refuse
        self._found: list[str] = []
        self._in_text = False
        self._doubled = 0

    def take(self) -> str:
        found, self._found = "".join(self._found), []
        return found

    def _begin(self, name: str, _attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        if name == _FALLBACK or self._doubled:  # what stands there has been said already, for newer programs
            self._doubled += 1
        elif space in (_WORD, _WORD_STRICT):
            self._in_text = local == "t"
            self._found.append(_BETWEEN.get(local, ""))

    def _end(self, name: str) -> None:
        self._in_text = False
        if self._doubled:
            self._doubled -= 1
        elif name.endswith(" p"):
            self._found.append("\n")
        elif name.endswith(" tc"):
            self._found.append("\t")

    def _say(self, data: str) -> None:
        if self._in_text and not self._doubled:
            self._found.append(data)

    def _refuse(self, *_: object) -> None:
        raise SandboxRefused(_DAMAGED)


_READERS: dict[DocumentKind, Callable[[bytes], tuple[str, Reason]]] = {
    DocumentKind.PDF: _pdf, DocumentKind.DOCX: _docx, DocumentKind.TEXT: _plain, DocumentKind.MARKDOWN: _plain,
}  # fmt: skip
