"""Pictures for the invented people of the demo: small drawn portraits, and the hills that some people choose instead. No photo of anybody."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable
from math import ceil

SIZE = 160
Colour = tuple[int, int, int]
Span = Callable[[float], tuple[float, float] | None]

SKIN: tuple[Colour, ...] = ((246, 214, 190), (234, 190, 160), (214, 164, 128), (176, 122, 88), (132, 88, 62), (96, 64, 48))
HAIR: tuple[Colour, ...] = ((38, 30, 28), (72, 48, 36), (118, 78, 48), (176, 128, 72), (206, 184, 140), (150, 148, 146), (126, 58, 38))
CLOTHES: tuple[Colour, ...] = ((15, 118, 110), (91, 75, 196), (192, 92, 60), (58, 104, 150), (74, 120, 82), (150, 80, 130), (60, 66, 72), (196, 152, 64))
WALLS: tuple[Colour, ...] = ((222, 238, 234), (238, 230, 244), (250, 236, 222), (226, 236, 248), (240, 240, 226), (248, 228, 232))

# What stands behind the face, as ellipses: across, down, half as wide, half as high.
STYLES: dict[str, tuple[tuple[float, float, float, float], ...]] = {
    "short": (), "beard": (), "bald": (), "long": ((0.5, 0.52, 0.25, 0.36),), "bun": ((0.5, 0.15, 0.09, 0.085),), "bob": ((0.5, 0.45, 0.245, 0.25),),
    "curly": ((0.33, 0.3, 0.1, 0.1), (0.42, 0.22, 0.1, 0.1), (0.52, 0.2, 0.1, 0.1), (0.62, 0.24, 0.1, 0.1), (0.68, 0.33, 0.1, 0.1), (0.31, 0.42, 0.1, 0.1),
              (0.69, 0.43, 0.1, 0.1)),
    "scarf": ((0.5, 0.44, 0.235, 0.29),),
}  # fmt: skip


class Canvas:
    """A square of pixels onto which filled shapes are painted, one over the other, with soft edges."""

    def __init__(self, top: Colour, bottom: Colour) -> None:
        self.rows = [[_mixed(top, bottom, y / SIZE)] * SIZE for y in range(SIZE)]

    def paint(self, span: Span, colour: Colour) -> None:
        """Fill what ``span(y)`` says of each line: from where to where, in parts of the square."""
        for y, row in enumerate(self.rows):
            parts = [found for part in (0.125, 0.375, 0.625, 0.875) if (found := span((y + part) / SIZE))]
            edges = [(max(0.0, left * SIZE), min(float(SIZE), right * SIZE)) for left, right in parts]
            if not edges:
                continue
            inner = (ceil(max(left for left, _ in edges)), int(min(right for _, right in edges))) if len(edges) == 4 else (0, 0)
            row[inner[0] : max(inner)] = [colour] * max(0, inner[1] - inner[0])
            for x in range(int(min(left for left, _ in edges)), min(SIZE, ceil(max(right for _, right in edges)))):
                if not inner[0] <= x < inner[1]:
                    share = sum(max(0.0, min(right, x + 1) - max(left, x)) for left, right in edges) / 4
                    row[x] = _mixed(row[x], colour, share)

    def png(self) -> bytes:
        """The picture as a file."""
        raw = b"".join(b"\x00" + bytes(channel for pixel in row for channel in pixel) for row in self.rows)
        header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 2, 0, 0, 0)
        return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(raw, 9)) + _chunk(b"IEND", b"")


def ellipse(x: float, y: float, width: float, height: float, *, above: float = 2.0, below: float = -1.0) -> Span:
    """An ellipse around a point; only what lies above one line and below another."""

    def span(line: float) -> tuple[float, float] | None:
        inside = 1 - ((line - y) / height) ** 2
        if inside <= 0 or line > above or line < below:
            return None
        half = width * inside**0.5
        return x - half, x + half

    return span


def portrait(name: str, style: str) -> bytes:
    """The drawn portrait that belongs to a name: the same each time. ``style`` is how the hair is worn, one of ``STYLES``."""
    chance = random.Random(f"portrait of {name}")  # noqa: S311  a picture, not a secret
    wall, skin, cloth = (chance.choice(colours) for colours in (WALLS, SKIN, CLOTHES))
    hair = chance.choice(HAIR if SKIN.index(skin) < 3 else HAIR[:2])
    canvas = Canvas(_mixed(wall, (255, 255, 255), 0.4), wall)
    for shape in STYLES[style]:
        canvas.paint(ellipse(*shape), cloth if style == "scarf" else hair)
    canvas.paint(ellipse(0.5, 1.08, 0.4, 0.36), cloth)
    canvas.paint(ellipse(0.5, 0.72, 0.095, 0.14), _mixed(skin, (60, 30, 20), 0.16))
    canvas.paint(ellipse(0.5, 0.765, 0.13, 0.06), skin)
    if style == "scarf":
        canvas.paint(ellipse(0.5, 0.76, 0.2, 0.1), cloth)
    canvas.paint(ellipse(0.5, 0.45, 0.17 if style == "scarf" else 0.19, 0.235), skin)
    if style not in ("scarf", "bald", "curly"):
        canvas.paint(ellipse(0.5, 0.41, 0.205, 0.215, above=0.3), hair)
        canvas.paint(ellipse(0.42, 0.3, 0.125, 0.085, below=0.24), hair)
        canvas.paint(ellipse(0.6, 0.295, 0.105, 0.07, below=0.24), hair)
    if style == "beard":
        canvas.paint(ellipse(0.5, 0.5, 0.19, 0.19, below=0.54), hair)
        canvas.paint(ellipse(0.5, 0.55, 0.1, 0.045), skin)
    for x in (0.425, 0.575):
        canvas.paint(ellipse(x, 0.455, 0.017, 0.02), (34, 24, 22))
    canvas.paint(ellipse(0.5, 0.565, 0.055, 0.03, below=0.568), _mixed(skin, (150, 50, 50), 0.55))
    return canvas.png()


def landscape(name: str) -> bytes:
    """Hills under a low sun, for whoever would not show a face."""
    chance = random.Random(f"landscape of {name}")  # noqa: S311  a picture, not a secret
    sky, far = chance.choice(WALLS), chance.choice(CLOTHES)
    canvas = Canvas(_mixed(sky, far, 0.25), _mixed(sky, (255, 240, 220), 0.6))
    canvas.paint(ellipse(chance.uniform(0.3, 0.7), 0.42, 0.11, 0.11), (255, 232, 178))
    for x, top, share in ((0.75, 0.46, 0.45), (0.2, 0.56, 0.2), (0.66, 0.7, 0.0)):
        canvas.paint(ellipse(x, top + 0.8, 1.0, 0.8), _mixed(far, sky, share))
    return canvas.png()


def _mixed(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(first + (second - first) * share) for first, second in zip(one, other, strict=True))
    return red, green, blue


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
