"""Under which name a file that strangers named is saved."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

_UNSAFE = re.compile(r'[^A-Za-z0-9 ._()+@-]|^\.+')
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|\Z)", re.I)
_ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp", "application/pdf": ".pdf"}


def disposition(name: str, kind: str) -> str:
    """To be saved, under what it was called as far as that is a name (RFC 6266): no path, no control character, nothing that turns it around."""
    name = "".join(char for char in name.replace("\\", "/").rpartition("/")[2] if unicodedata.category(char) not in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp"))
    name = name.strip(" .")[:150] or "attachment" + _ENDINGS.get(kind, "")
    if _DEVICES.match(name):
        name = f"_{name}"
    plain = _UNSAFE.sub("_", unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()).strip(" .") or "attachment"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
