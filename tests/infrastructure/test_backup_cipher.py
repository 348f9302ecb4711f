"""BAK-04: an encrypted backup opens with its key alone, and not at all once anybody has touched it."""

from __future__ import annotations

import hashlib
import hmac
import io
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crm_app.domain.errors import Unavailable
from crm_app.infrastructure.backup import cipher, usable_key
from crm_app.infrastructure.backup.cipher import HEAD, TAG, OpeningReader, SealingWriter
from crm_app.infrastructure.backup.file import Manifest, new_backup, opened_backup

KEY = b"correct horse battery staple"
CANARY = b"Zofie Dvorakova has back pain. " * 40
MANIFEST = Manifest("2026-11-25T02:00:00+00:00", "1", "0001", 18, {}, {})


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cipher, "CHUNK", 256)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """An encrypted backup of several chunks."""
    path = tmp_path / "crm.backup"
    with new_backup(path, KEY) as backup:
        with backup.member("database.dump") as dump:
            dump.write(CANARY)
        backup.finish(MANIFEST)
    return path


def opened(path: Path, key: bytes | None = KEY) -> bytes:
    """What the backup's dump holds, after every check."""
    with opened_backup(path, key) as backup:
        backup.extract("database.dump", path.parent / "out")
        return (path.parent / "out").read_bytes()


def test_it_opens_with_its_key_and_shows_nothing_without(saved: Path) -> None:
    whole = saved.read_bytes()
    assert opened(saved) == CANARY
    for words in (CANARY[:12], b"database.dump", b"manifest", b"schema_revision"):
        assert words not in whole
    assert (saved.stat().st_mode & 0o777) == 0o600


@pytest.mark.parametrize("numbered", [False, True], ids=["as it was first", "with a number of its own"])
def test_a_file_of_the_first_form_still_opens_with_its_key_alone(tmp_path: Path, numbered: bool) -> None:
    salt, own = b"s" * 16, b"n" * 16 if numbered else b""
    made = hashlib.scrypt(KEY, salt=salt, n=2**17, r=8, p=1, maxmem=2**28, dklen=64)
    head = b"mindfulcrm encrypted backup, 1\r\n" + salt + own + made[32:]
    key = AESGCM(hmac.digest(made[:32], own, "sha256") if numbered else made[:32])
    parts = [CANARY[begin : begin + 256] for begin in range(0, len(CANARY), 256)]
    sealed = [key.encrypt(number.to_bytes(11, "big") + bytes([number == len(parts) - 1]), part, head) for number, part in enumerate(parts)]
    file = io.BytesIO(head + b"".join(sealed))
    assert cipher.is_encrypted(file)
    assert io.BufferedReader(OpeningReader(file, KEY, tmp_path / "x")).read() == CANARY
    with pytest.raises(Unavailable, match="^The key does not open"):
        OpeningReader(file, b"another horse battery staple", tmp_path / "x")
    renamed = io.BytesIO(file.getvalue().replace(b"backup, 1", b"backup, 2", 1))
    with pytest.raises(Unavailable, match="^The key does not open" if not numbered else "was changed or cut short"):
        OpeningReader(renamed, KEY, tmp_path / "x").check()


def test_two_backups_of_the_same_bytes_have_nothing_in_common(saved: Path, tmp_path: Path) -> None:
    one = saved.read_bytes()
    (tmp_path / "second").mkdir()
    two = tmp_path / "second" / "crm.backup"
    with new_backup(two, KEY) as backup:
        with backup.member("database.dump") as dump:
            dump.write(CANARY)
        backup.finish(MANIFEST)
    assert sum(a == b for a, b in zip(one[HEAD:], two.read_bytes()[HEAD:], strict=False)) < len(one) / 20


def test_bak_04_one_flipped_bit_anywhere_is_refused(saved: Path) -> None:
    whole = saved.read_bytes()
    drawn = random.Random(4)
    for place in [0, 31, 32, 47, 48, 63, 64, HEAD - 1, HEAD, len(whole) - 1, *drawn.sample(range(len(whole)), 12)]:
        changed = bytearray(whole)
        changed[place] ^= 1 << drawn.randrange(8)
        saved.write_bytes(changed)
        with pytest.raises(Unavailable, match=r"nothing was restored\.$|^The key does not open"):
            opened(saved)


def _cut(whole: bytes) -> bytes:
    return whole[: HEAD + 3 * (256 + TAG)]


def _swapped(whole: bytes) -> bytes:
    step = 256 + TAG
    first, second = whole[HEAD : HEAD + step], whole[HEAD + step : HEAD + 2 * step]
    return whole[:HEAD] + second + first + whole[HEAD + 2 * step :]


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(_cut, id="cut at a chunk's end"), pytest.param(_swapped, id="chunks swapped"),
        pytest.param(lambda whole: whole[:-1], id="cut by a byte"), pytest.param(lambda whole: whole + b"\0", id="a byte more"),
        pytest.param(lambda whole: whole + whole[HEAD : HEAD + 256 + TAG], id="a chunk more"),
        pytest.param(lambda whole: whole[:HEAD], id="no chunk at all"), pytest.param(lambda whole: whole[:40], id="half a head"),
    ],
)  # fmt: skip
def test_what_was_cut_moved_or_added_is_refused(saved: Path, harm: Callable[[bytes], bytes]) -> None:
    saved.write_bytes(harm(saved.read_bytes()))
    with pytest.raises(Unavailable, match=r"nothing was restored\.$|^The key does not open"):
        opened(saved)


def test_a_chunk_of_another_backup_with_the_same_key_is_refused(saved: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.backup"
    with new_backup(other, KEY) as backup:
        with backup.member("database.dump") as dump:
            dump.write(CANARY)
        backup.finish(MANIFEST)
    step = 256 + TAG
    saved.write_bytes(saved.read_bytes()[: HEAD + step] + other.read_bytes()[HEAD + step :])
    with pytest.raises(Unavailable, match="was changed or cut short"):
        opened(saved)


def test_the_wrong_key_no_key_and_a_key_for_a_plain_file(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="^The key does not open"):
        opened(saved, b"another horse battery staple")
    with pytest.raises(Unavailable, match="is encrypted: name the file with its key by --key-file"):
        opened(saved, None)
    plain = tmp_path / "plain.backup"
    with new_backup(plain, None) as backup:
        with backup.member("database.dump") as dump:
            dump.write(CANARY)
        backup.finish(MANIFEST)
    assert opened(plain, None) == CANARY
    with pytest.raises(Unavailable, match="is not an encrypted backup although a key was given, so nobody can say who made it"):
        opened(plain)


def test_a_backup_that_fails_half_way_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), new_backup(tmp_path / "crm.backup", KEY) as backup, backup.member("database.dump") as dump:
        dump.write(CANARY)
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [b"short", b"", b"a" * 40, b"   \n" + b"ab" * 30])
def test_a_key_that_could_be_guessed_is_refused(words: bytes) -> None:
    with pytest.raises(Unavailable, match="too weak"):
        usable_key(words, "the file")


def test_any_place_can_be_read(tmp_path: Path) -> None:
    data = random.Random(1).randbytes(5000)
    sealed = io.BytesIO()
    with SealingWriter(sealed, KEY) as writer:
        for begin in range(0, 5000, 333):
            writer.write(data[begin : begin + 333])
    reader = io.BufferedReader(OpeningReader(sealed, KEY, tmp_path / "x"), 100)
    drawn = random.Random(2)
    for _ in range(200):
        place, length = drawn.randrange(5200), drawn.randrange(700)
        reader.seek(place)
        assert reader.read(length) == data[place : place + length]
    assert reader.seek(-10, io.SEEK_END) == 4990
    assert reader.read() == data[-10:]
