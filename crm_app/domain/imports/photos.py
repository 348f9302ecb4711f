"""Photos from strangers: looked at before they are unpacked, then drawn anew, so that nothing but the picture is left."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

from crm_app.domain.isolation import SandboxRefused

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MAX_BYTES, MAX_PIXELS, SIDE = 10 * 1024 * 1024, 25_000_000, 512
CONTENT_TYPE = "image/webp"
_DAMAGED = "The picture is damaged or of a kind that is not taken (PNG, JPEG, WebP and GIF are)."


def shrink(data: bytes, options: dict[str, Any]) -> bytes:
    """Sandbox task: the first frame as WebP, upright, at most 512 pixels a side (or ``side``), without metadata.

    Refuses, from the header alone, what is larger than 10 MB or 25 million pixels, and what has a side of no more than ``tiny`` pixels, if
    that is given. Output is the same for the same input.
    """
    from PIL import Image, ImageOps  # only the child ever loads it

    if len(data) > MAX_BYTES:
        raise SandboxRefused("The picture is larger than 10 MB.")
    side = int(options.get("side", SIDE))
    Image.MAX_IMAGE_PIXELS = None  # our own, lower cap is checked before anything is unpacked
    warnings.simplefilter("ignore")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS:
                raise SandboxRefused("The picture has more than 25 million points.")
            if min(width, height) <= options.get("tiny", 0):
                raise SandboxRefused("There is nothing to see in this picture.")
            picture.draft("RGB", (side * 2, side * 2))  # a JPEG can be unpacked small
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((side, side), reducing_gap=2.0)
            clean = upright.convert("RGBA" if _see_through(upright) else "RGB")
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, ZeroDivisionError) as failure:
        raise SandboxRefused(_DAMAGED) from failure
    fresh = Image.new(clean.mode, clean.size)
    fresh.paste(clean)
    out = io.BytesIO()
    fresh.save(out, "WEBP", quality=82, method=4)
    return out.getvalue()


def _see_through(picture: Image.Image) -> bool:
    return "A" in picture.getbands() or "transparency" in picture.info
