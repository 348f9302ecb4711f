"""Pictures from strangers: what is taken is drawn anew, what is too large is never unpacked."""

from __future__ import annotations

import io
import struct
import time
import zlib

import pytest
from PIL import Image

from crm_app.domain.imports.photos import shrink
from crm_app.domain.imports.reader import read_file
from crm_app.domain.isolation import SandboxRefused

TASK = "crm_app.domain.imports.photos:shrink"


def _png_of(width: int, height: int, *, extra: bytes = b"") -> bytes:
    """A PNG whose header promises that many points, small as a file because it is all one colour."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    packer = zlib.compressobj(9)
    row = b"\0" * (width * 3 + 1)
    body = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_four_formats_become_small_webp(sandbox, picture, kind):
    out = sandbox.run(TASK, picture(1600, 900, kind))
    with Image.open(io.BytesIO(out)) as drawn:
        assert (drawn.format, drawn.size) == ("WEBP", (512, 288))


def test_a_small_picture_keeps_its_size(picture):
    with Image.open(io.BytesIO(shrink(picture(40, 30), {}))) as drawn:
        assert drawn.size == (40, 30)


def test_the_same_picture_gives_the_same_bytes(picture):
    assert shrink(picture(100, 80), {}) == shrink(picture(100, 80), {})


def test_a_pixel_flood_is_refused_from_its_header(sandbox):
    flood = _png_of(13_000, 13_000)
    assert len(flood) < 1_000_000
    begun = time.monotonic()
    with pytest.raises(SandboxRefused, match="25 million"):
        sandbox.run(TASK, flood)
    assert time.monotonic() - begun < 2


def test_a_large_file_is_refused(sandbox, picture):
    with pytest.raises(SandboxRefused, match="10 MB"):
        sandbox.run(TASK, picture() + b"\0" * (10 * 1024 * 1024))


def test_25_million_points_fit_into_time_and_memory(sandbox):
    assert sandbox.run(TASK, _png_of(5_000, 5_000), seconds=10)[:4] == b"RIFF"


def test_a_text_bomb_inside_a_picture_does_no_harm(sandbox):
    text = b"Comment\0\0" + zlib.compress(b"\0" * 200_000_000, 9)
    chunk = struct.pack(">I", len(text)) + b"zTXt" + text + struct.pack(">I", zlib.crc32(b"zTXt" + text))
    try:
        assert sandbox.run(TASK, _png_of(10, 10, extra=chunk))[:4] == b"RIFF"
    except SandboxRefused as refused:
        assert "damaged" in refused.reason


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "ICO", "PPM", "PCX", "TGA", "PDF", "EPS", "DDS", "SGI"])
def test_other_formats_are_refused_by_what_they_are(sandbox, picture, kind):
    with pytest.raises(SandboxRefused, match="PNG, JPEG"):
        sandbox.run(TASK, picture(32, 32, kind))


def test_svg_is_refused(sandbox):
    with pytest.raises(SandboxRefused):
        sandbox.run(TASK, b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')


def test_metadata_and_appended_files_are_gone(sandbox):
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    exif[0x0112] = 6  # turned by 90 degrees
    out = io.BytesIO()
    Image.new("RGB", (60, 30), (1, 2, 3)).save(out, "JPEG", exif=exif, comment=b"secret place")
    drawn = sandbox.run(TASK, out.getvalue() + b"<html><script>alert(1)</script>PK\x03\x04")
    assert b"secret" not in drawn and b"html" not in drawn
    with Image.open(io.BytesIO(drawn)) as picture:
        assert picture.size == (30, 60) and not picture.getexif() and not picture.info.get("exif")
    assert struct.unpack("<I", drawn[4:8])[0] + 8 == len(drawn)


def test_an_animation_gives_its_first_frame(sandbox):
    frames = [Image.new("P", (20, 20), number) for number in range(120)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    with Image.open(io.BytesIO(sandbox.run(TASK, out.getvalue()))) as drawn:
        assert getattr(drawn, "n_frames", 1) == 1


def test_a_contact_stays_when_its_picture_is_refused(sandbox):
    import base64

    photo = base64.b64encode(_png_of(13_000, 13_000)).decode()
    card = f"BEGIN:VCARD\nVERSION:3.0\nFN:Amira\nPHOTO;ENCODING=b;TYPE=PNG:{photo}\nEND:VCARD\n".encode()
    parsed = read_file(sandbox, "x.vcf", card)
    (found,) = parsed.cards
    assert found.display_name == "Amira" and found.photo is None
    assert parsed.problems[0].line == 1 and "25 million" in parsed.problems[0].reason and not parsed.problems[0].lost
