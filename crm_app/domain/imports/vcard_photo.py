"""The picture of a vCard."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from crm_app.domain.imports.builder import CardBuilder
from crm_app.domain.imports.content_lines import Property


def take_photo(builder: CardBuilder, found: Property, text_of: str) -> None:
    """Base64 in its three spellings and ``data:`` addresses are taken; a web address is kept as text and never fetched."""
    text = found.raw.strip()
    kind = next((kind for kind in found.types if kind not in {"uri", "pref"}), "")
    if text[:5].lower() == b"data:":
        head, _, body = text[5:].partition(b",") if b"," in text else text[5:].replace(b"\\,", b",").partition(b",")
        kind = head.partition(b";")[0].rstrip(b"\\").decode("ascii", "replace")
        if b"base64" not in head.lower():
            builder.set_photo(kind, unquote_to_bytes(body))
            return
        found = Property(found.name, found.group, raw=body)
    elif re.match(rb"[a-z][a-z0-9+.-]*:", text, re.IGNORECASE) or "uri" in [value.lower() for value in found.params.get("VALUE", ())]:
        builder.add_extra("Photo", text_of)
        return
    try:
        picture = found.binary()
    except ValueError:
        builder.report("The picture inside the card is damaged: the contact was taken without it.")
        return
    if picture:
        builder.set_photo(kind if "/" in kind else f"image/{kind or 'jpeg'}", picture)
