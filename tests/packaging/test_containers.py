"""The container files say what they should, by the tools that know."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def test_the_dockerfile_has_no_finding() -> None:
    done = subprocess.run([BIN / "hadolint", ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_compose_file_fits_its_specification() -> None:
    command = [BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", ROOT / "docker-compose.yml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_image_runs_as_an_ordinary_user_and_knows_when_it_is_well() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    last = text.rsplit("FROM ", 1)[1]
    assert re.search(r"^USER [1-9]\d+$", last, re.M)
    assert "HEALTHCHECK" in last
    assert "/readyz" in last


def test_compose_has_no_secret_with_a_default_and_opens_no_port_to_the_world() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    for service in compose["services"].values():
        for name, value in service["environment"].items():
            if re.search(r"SECRET|PASSWORD|_URL", name):
                assert ":?" in str(value), f"{name} must be given by the host"
        assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", []))
    assert compose["networks"]["back"]["internal"] is True
    assert compose["services"]["app"]["env_file"] == ".env", "every setting of the host's reaches the container, not only those named here"


def test_what_the_image_is_built_from_is_let_in() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignored
    for source in re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.M):
        for name in source.split():
            assert f"!{name}" in ignored, name
