"""What kind of file this is, by what is in it; and for one that holds no contacts, the sentence that says so and what to do."""

from __future__ import annotations

import re
from typing import Literal

from crm_app.domain.errors import Invalid
from crm_app.domain.imports.tables import find_encoding

Kind = Literal["vcard", "csv", "excel", "json"]
OWN_JSON = b'"mindfulcrm.contacts"'

_VCARD = re.compile(rb"^[ \t\xef\xbb\xbf]*BEGIN[ \t]*:[ \t]*VCARD[ \t\r]*$", re.IGNORECASE | re.MULTILINE)
_CALENDAR = re.compile(rb"^BEGIN:V(CALENDAR|EVENT|TODO|JOURNAL|TIMEZONE|FREEBUSY|ALARM)\b", re.IGNORECASE)
_MAIL = re.compile(
    rb"(from|to|cc|bcc|subject|date|received|return-path|reply-to|sender|message-id|mime-version|delivered-to|x-[\w-]+|content-[\w-]+|"
    rb"in-reply-to|references|authentication-results|dkim-signature|envelope-to|orig(inal)?-[\w-]+|status|resent-[\w-]+)[ \t]*:",
    re.IGNORECASE,
)
_MBOX = re.compile(rb"From \S+@?\S* +\w{3} \w{3} ")
_LDIF = re.compile(rb"(?:(?:version:[ ]*\d+|#.*|[ \t]*)\r?\n)*dn::?[ ]*\S", re.IGNORECASE)
_EXPORT = "Export your contacts as vCard (.vcf) or CSV and import that file."
_CONTACTS = f"This is {{what}}, not a list of contacts. {_EXPORT}"
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF document"), (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"), (b"GIF8", "a picture"), (b"RIFF", "a picture or sound"),
    (b"II*\0", "a picture"), (b"MM\0*", "a picture"), (b"{\\rtf", "a text document"), (b"\x1f\x8b", "a packed archive"), (b"7z\xbc\xaf", "a packed archive"),
    (b"Rar!", "a packed archive"), (b"BZh", "a packed archive"), (b"\x7fELF", "a program"), (b"MZ", "a program"), (b"SQLite format 3", "a database"),
    (b"ID3", "a sound file"), (b"\0\0\0\x18ftyp", "a film"), (b"\0\0\0\x20ftyp", "a film"), (b"!BDN", "an Outlook data file"),
)  # fmt: skip


class NotContacts(Invalid):
    """The file is not taken. ``message`` says what it is and what to do instead."""


def recognise(data: bytes) -> Kind:
    """The kind of a file that may hold contacts. Raises ``NotContacts`` for any other; the file's name plays no part."""
    body = data.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")
    if not body:
        raise NotContacts("The file is empty. Export your contacts again and import the new file.")
    if body.startswith(b"PK\x03\x04") or data.startswith(b"\xd0\xcf\x11\xe0"):
        return _container(data)
    for start, what in _MAGIC:
        if body.startswith(start) and (len(start) > 2 or b"\0" in body[:200]):
            raise NotContacts(_CONTACTS.format(what=what))
    text = plain_bytes(data).lstrip(b"\xef\xbb\xbf \t\r\n")
    if _CALENDAR.match(text):
        raise NotContacts("This is a calendar file: it holds events, not contacts. " + _EXPORT)
    if _VCARD.search(text):
        return "vcard"
    if text.startswith(b"{") and OWN_JSON in text[:200]:
        return "json"
    _refuse_other_text(text)
    return "csv"


def plain_bytes(data: bytes) -> bytes:
    """The same text in UTF-8 when it stands in UTF-16 or UTF-32."""
    encoding = find_encoding(data) if b"\0" in data[:1000] else ""
    return data.decode(encoding, "replace").encode("utf-8", "replace") if encoding.startswith(("utf-16", "utf-32")) else data


def _container(data: bytes) -> Kind:
    """Office files are archives; the names inside tell which."""
    if data.startswith(b"PK"):
        if b"xl/workbook" in data or b"opendocument.spreadsheet" in data[:200]:
            return "excel"
        if b"word/document" in data or b"opendocument.text" in data[:200]:
            raise NotContacts("This is a text document. Copy its table into a spreadsheet, save that as CSV and import it.")
        raise NotContacts("This is a packed archive. Unpack it and import the vCard or CSV file inside.")
    if "Workbook".encode("utf-16-le") in data or "Book".encode("utf-16-le") in data:
        return "excel"
    raise NotContacts(_CONTACTS.format(what="an Office document or message"))


def _refuse_other_text(text: bytes) -> None:
    head = text[:4000]
    if _LDIF.match(head):
        raise NotContacts("This is an LDIF address book, as Thunderbird writes it. Export it once more, as vCard or comma separated, and import that.")
    lower = head[:200].lower()
    headers = sum(1 for line in head[:1500].splitlines() if _MAIL.match(line))
    if _MBOX.match(head) or _MAIL.match(head) or headers >= 2:
        raise NotContacts("This is an e-mail message: it holds no list of contacts. " + _EXPORT)
    if lower.startswith((b"<!doctype html", b"<html")):
        raise NotContacts(_CONTACTS.format(what="a web page"))
    if lower.startswith((b"<?xml", b"<")):
        raise NotContacts(_CONTACTS.format(what="an XML file"))
    if lower.startswith((b"{", b"[")):
        raise NotContacts("This is a JSON file of another program. " + _EXPORT)
    odd = sum(byte < 9 or 13 < byte < 32 for byte in head)
    if b"\0" in head or odd * 50 > len(head):
        raise NotContacts(f"This file holds no text that could be read as a list of contacts. {_EXPORT}")
