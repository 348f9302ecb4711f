"""What is installed: version floors, nothing compromised, nothing that runs by itself."""

from __future__ import annotations

import re
import sysconfig
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLOORS = {
    "nicegui": "3.18", "starlette": "1.3.1", "python-multipart": "0.0.31", "python-socketio": "5.16.2", "authlib": "1.9.0",
    "joserfc": "1.8", "pillow": "12.3.0", "litellm": "1.83.14", "cryptography": "45",
}  # fmt: skip


def _parts(value: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", value)[:4])


@pytest.mark.parametrize(("package", "floor"), FLOORS.items())
def test_sup_02_version_floors_hold(package: str, floor: str) -> None:
    assert _parts(version(package)) >= _parts(floor)


def test_sup_01_litellm_is_never_a_compromised_release() -> None:
    assert version("litellm") not in ("1.82.7", "1.82.8")


def test_sup_01_nothing_runs_at_interpreter_start_that_we_do_not_know() -> None:
    expected = re.compile(r"^(distutils-precedence|__editable__\.mindfulcrm.*|a1_coverage|_virtualenv)\.pth$")
    found = [path.name for path in Path(sysconfig.get_paths()["purelib"]).glob("*.pth")]
    assert [name for name in found if not expected.match(name)] == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_sup_01_locks_pin_hashes_and_name_no_index(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    pins = re.findall(r"^[a-z0-9].*==", text, re.M)
    assert len(pins) > 50
    assert text.count("--hash=sha256:") >= len(pins)
    assert "index-url" not in text
    assert "find-links" not in text
