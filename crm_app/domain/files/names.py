"""What a file is called, as far as that is a name, and under which name one that strangers named is saved."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

MOST = 150
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
_UNSAFE = re.compile(r'[^A-Za-z0-9 ._()+@-]|^\.+')
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|\Z)", re.I)
_ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp", "application/pdf": ".pdf"}


def plain_name(raw: str) -> str:
    """No path, no control character, and nothing that turns it around or hides in it; cut before its ending where it is too long. It may be empty."""
    name = "".join(char for char in raw.replace("\\", "/").rpartition("/")[2] if unicodedata.category(char) not in _HIDDEN).strip(" .")
    if len(name) <= MOST:
        return name
    stem, dot, ending = name.rpartition(".")
    return f"{stem[: MOST - len(ending) - 1]}.{ending}" if dot and len(ending) <= 10 else name[:MOST]


def file_name(raw: str) -> str:
    """The same for a file that is to travel by mail: one that is no encoded word either, which a reader would take apart; ``file`` where nothing is left."""
    return plain_name(raw.replace("=?", "=_")) or "file"


def disposition(name: str, kind: str) -> str:
    """To be saved, under what it was called as far as that is a name (RFC 6266)."""
    name = plain_name(name) or "attachment" + _ENDINGS.get(kind, "")
    if _DEVICES.match(name):
        name = f"_{name}"
    plain = _UNSAFE.sub("_", unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()).strip(" .") or "attachment"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
