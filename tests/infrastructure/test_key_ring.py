"""The key ring: made once, never in place of another, taken up by whoever runs when it changes."""

from __future__ import annotations

import base64
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from crm_app.domain.errors import Unavailable
from crm_app.infrastructure.key_ring import (
    KEY_BYTES,
    KeyRing,
    LiveRing,
    derived_ring,
    made_ring,
    open_ring,
    read_ring,
    ring_key,
    take_over,
    write_ring,
)
from crm_app.infrastructure.private_file import make_private
from crm_app.settings import RING_FILE, Settings, load_settings
from tests.infrastructure.servers import settings_for

ONE, TWO = ring_key(bytes([1]) * KEY_BYTES), ring_key(bytes([2]) * KEY_BYTES)


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A machine that keeps its own secret key."""
    monkeypatch.delenv("SECRET_KEY", raising=False)
    return load_settings(_env_file=None, data_dir=tmp_path, database_url=None)


def test_a_ring_is_made_once_for_this_account_alone(ours: Settings) -> None:
    ring = open_ring(ours, ())
    assert open_ring(ours, ()) == open_ring(ours, {ring.newest.id}) == ring
    assert ours.ring_path == ours.data_dir / RING_FILE and stat.S_IMODE(ours.ring_path.stat().st_mode) == 0o600
    assert [path.name for path in ours.data_dir.iterdir() if path.name.startswith(f".{RING_FILE}")] == []


def test_processes_that_start_at_once_have_the_same_ring(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: made_ring(tmp_path / "deep" / "key.ring"), range(16)))
    assert len({ring.newest.id for ring in rings}) == 1


def test_a_disk_without_links_and_folders_to_write_has_a_ring_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError("no links here")))
    monkeypatch.delattr(os, "O_DIRECTORY")
    make_private(tmp_path / "file", "whole")
    assert (tmp_path / "file").read_text() == "whole" and len(list(tmp_path.iterdir())) == 1


def test_tok_06_a_missing_ring_is_never_made_anew_beside_what_it_sealed(ours: Settings) -> None:
    ring = open_ring(ours, ())
    ours.ring_path.unlink()
    with pytest.raises(Unavailable, match=f"key.ring is missing, and with it the key that seals stored passwords \\({ring.newest.id}\\): put the file back") as refused:
        open_ring(ours, {ring.newest.id})
    assert not ours.ring_path.exists() and "SECRET_KEY" not in refused.value.message and "rotate-keys --forget-lost" in refused.value.message


def test_tok_06_a_ring_without_the_right_key_is_refused(ours: Settings) -> None:
    write_ring(ours.ring_path, KeyRing((ONE,)))
    with pytest.raises(Unavailable, match=f"does not hold the key that seals stored passwords \\({TWO.id}\\)"):
        open_ring(ours, {ONE.id, TWO.id})
    assert read_ring(ours.ring_path).keys == (ONE,)


def test_where_the_secret_key_is_given_the_first_key_follows_from_it(tmp_path: Path) -> None:
    given = settings_for(tmp_path)
    ring = open_ring(given, ())
    assert ring == open_ring(settings_for(tmp_path / "another server"), {ring.newest.id}) == derived_ring(given.key)
    assert not given.ring_path.exists() and given.key not in ring.newest.secret
    with pytest.raises(Unavailable, match="is missing.*or set SECRET_KEY to what it was"):
        open_ring(settings_for(tmp_path, secret_key="another-key-of-more-than-32-characters"), {ring.newest.id})
    write_ring(given.ring_path, KeyRing((ONE,)))
    assert open_ring(given, ()).keys == (ONE,), "once there is a file, it is the whole ring"


def test_the_ring_may_lie_elsewhere(tmp_path: Path, ours: Settings) -> None:
    settings = load_settings(_env_file=None, data_dir=ours.data_dir, database_url=None, key_ring=tmp_path / "shared" / "keys")
    open_ring(settings, ())
    assert (tmp_path / "shared" / "keys").exists() and not (ours.data_dir / RING_FILE).exists()


GOOD = base64.b64encode(ONE.secret).decode()


@pytest.mark.parametrize("text", ["", "# nothing but words\n", "half\n", f"{GOOD[:20]}\n", f"{GOOD}\n{GOOD}\n", f"{GOOD}\nnot base64!\n", GOOD[:-5], "\udcff"])
def test_tok_06_a_ring_that_is_not_whole_is_refused_and_left_as_it_is(ours: Settings, text: str) -> None:
    ours.ring_path.write_bytes(text.encode("utf-8", "surrogateescape"))
    before = ours.ring_path.read_bytes()
    with pytest.raises(Unavailable, match="is not whole: put it back from your copy"):
        open_ring(ours, ())
    assert ours.ring_path.read_bytes() == before


def test_a_ring_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be read: Is a directory"):
        read_ring(tmp_path)


def test_words_and_space_round_the_keys_are_nothing(tmp_path: Path) -> None:
    (tmp_path / "ring").write_text(f"# ours\n\n  {base64.b64encode(TWO.secret).decode()}  \r\n{GOOD}")
    assert read_ring(tmp_path / "ring").keys == (TWO, ONE)


def test_rings_are_joined_without_losing_or_doubling_a_key() -> None:
    assert KeyRing((TWO,)).joined(KeyRing((ONE, TWO))).keys == (TWO, ONE)
    fresh = KeyRing((ONE,)).with_new_key()
    assert fresh.keys[1:] == (ONE,) and fresh.newest not in (ONE, TWO) and len(fresh.newest.secret) == KEY_BYTES


def test_tok_03_whoever_runs_takes_up_a_new_ring_at_once_and_keeps_the_old_one_if_it_goes(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "key.ring"
    live = LiveRing(path, KeyRing((ONE,)))
    assert live().keys == (ONE,) == live().keys, "one that follows from the secret key has no file"
    assert capfd.readouterr() == ("", "")
    write_ring(path, KeyRing((TWO, ONE)))
    assert live().keys == (TWO, ONE)
    path.unlink()
    assert live().keys == (TWO, ONE) == live().keys
    path.write_text("cut sho")
    assert live().keys == (TWO, ONE)
    said = "".join(capfd.readouterr())
    assert said.count("the keys of before stay in use") == 2 and GOOD not in said
    write_ring(path, KeyRing((TWO,)))
    assert live().keys == (TWO,)


def test_a_restore_adds_keys_and_takes_none_away(ours: Settings, tmp_path: Path) -> None:
    write_ring(tmp_path / "brought", KeyRing((TWO, ONE)))
    take_over(ours, tmp_path / "brought")
    assert read_ring(ours.ring_path).keys == (TWO, ONE)
    stood = ours.ring_path.stat()
    take_over(ours, tmp_path / "brought")
    assert ours.ring_path.stat().st_mtime_ns == stood.st_mtime_ns
    mine = ring_key(bytes([3]) * KEY_BYTES)
    write_ring(ours.ring_path, KeyRing((mine, ONE)))
    take_over(ours, tmp_path / "brought")
    assert read_ring(ours.ring_path).keys == (mine, ONE, TWO)
    given = settings_for(tmp_path / "given")
    take_over(given, tmp_path / "brought")
    assert read_ring(given.ring_path).keys == (*derived_ring(given.key).keys, TWO, ONE)
