"""The addresses of invented people."""

from __future__ import annotations

import re
import unicodedata


def mail_address(name: str) -> str:
    """``Zofia Żeleńska`` as ``zofia.zelenska@mail.example``; other scripts get an address that says nothing."""
    plain = unicodedata.normalize("NFKD", name.translate(str.maketrans("łøßðŁØ", "losdLO"))).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z]+", plain.replace("'", "").removeprefix("dr. "))
    return f"{'.'.join(words[:2]) or f'person{len(name)}'}@mail.example"
