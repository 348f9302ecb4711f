"""Bytes in a charset that somebody named, right or wrong, as the characters that were meant."""

from __future__ import annotations

import codecs
import re

# What programs mean by a name is often its larger sister, as browsers and mail programs read it.
_MEANT = {
    "ascii": "utf-8", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874", "gb2312": "gb18030", "gbk": "gb18030",
    "big5": "big5hkscs", "cp950": "big5hkscs", "shift_jis": "cp932", "euc_kr": "cp949",
}  # fmt: skip
_SEVERAL = frozenset("utf-8 gb18030 big5hkscs cp932 cp949 euc_jp iso2022_jp".split())
"""Where a character takes several bytes, text in another charset is soon no text at all: what nearly makes sense in one of these was meant in it."""
_TRICKS = frozenset("idna punycode undefined unicode-escape raw-unicode-escape".split())
_UNREAD = "\ufffd"
_BROKEN = re.compile("[\ud800-\udfff]")
_LONGEST_NAME = 40


def decode_text(data: bytes, charset: str | None, otherwise: str | None = None) -> str:
    """Text in the charset that was named, else in the likeliest: nothing is lost over a wrong name, nor over a byte that is wrong.

    ``otherwise`` is one that was named for something else nearby.
    """
    names = [_codec(name) for name in (charset, "utf-8", otherwise) if name]
    for name in names:
        text = _read(data, name, "strict")
        if text is not None:
            return text
    for name in names:
        text = _read(data, name, "replace") if name in _SEVERAL else None
        if text is not None and _mostly_read(text):
            return text
    return data.decode("cp1252", "replace")


def _codec(name: str) -> str:
    """The codec of a charset as Python calls it, or ``""``."""
    plain = name.strip(" \"'").lower()[:_LONGEST_NAME]
    for candidate in (plain, plain.removeprefix("x-"), re.sub(r"-[ie]$", "", plain)):
        try:
            found = codecs.lookup(candidate).name
        except (LookupError, ValueError):
            continue
        return "" if found in _TRICKS else _MEANT.get(found, found)
    return ""


def _read(data: bytes, name: str, errors: str) -> str | None:
    if name == "iso2022_jp":  # the signs that Windows added are in its larger sister alone, behind another announcement
        data, name = data.replace(b"\x1b$B", b"\x1b$(Q"), "iso2022_jp_2004"
    try:
        return _BROKEN.sub(_UNREAD, data.decode(name, errors)) if name else None
    except (LookupError, ValueError):
        return None


def _mostly_read(text: str) -> bool:
    good = sum(sign > "\x7f" for sign in text) - text.count(_UNREAD)
    return good > 0 and 2 * text.count(_UNREAD) <= good
