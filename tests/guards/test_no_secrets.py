"""CFG-01: no secret lies in what is committed, and so none in the image, which is built from that alone."""

from __future__ import annotations

import math
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What gives itself away by its form, whoever issued it.
FORMS = {
    "a private key": r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----",
    "a key of Amazon's": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a key of GitHub's": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})",
    "a key of GitLab's": r"\bglpat-[A-Za-z0-9_-]{20,}",
    "a key of Slack's": r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",
    "a key of Google's": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "a key of a model's": r"\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,}",
    "a key of Stripe's": r"\b[rs]k_live_[A-Za-z0-9]{20,}",
    "a token of a package index": r"\bpypi-AgE[A-Za-z0-9_-]{40,}",
    "a key of ours": r"\bmcrm_[A-Za-z0-9_-]{43}\b",
    "a signed token": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}",
    "a password in an address": r"\b[a-z][a-z0-9+.-]*://[^\s/:@\"'{}<>$]+:(?!(?:password|another|secret|b|crm|pw|x|given|wrong|hidden)@)[^\s/:@\"'{}<>$*…]{3,}@(?!.*\.(?:example|test|invalid)\b)[A-Za-z0-9.-]+",
}
# What could be one: long, without pattern, and given to a name that says so.
NAMED = re.compile(r"(?i)(?:secret|passw(?:or)?d|token|api_?key|private_?key|credential)[\w.\"'\]]*\s*(?:=|:|=>)\s*[rbf]?[\"']([A-Za-z0-9+/_=.-]{16,})[\"']")
RANDOM = 3.6
NAMES = re.compile(r"(?:^|/)(?:\.env(?:\..*)?|secret\.key|key\.ring|owner\.password|id_(?:rsa|ed25519|ecdsa)|.*\.(?:pem|p12|pfx|keystore|jks|kdbx|backup|dump))$")
# Keys of the tests, which open nothing but what a test makes.
OF_TESTS = {"k3Jd8sLq0ZxW7vBn5mPt2yRf6uHc9aEg", "kT4nq8Zs1vWx6Ej0Rm3bUy7Cf5Hd2Lg9"}
# Made up for tests that have changed since; the history keeps them.
ONCE_OF_TESTS = {"Zq7-canary-Password-of-a-calendar", "1234-abcd.apps.googleusercontent.com"}
THIS = "tests/guards/test_no_secrets.py"


def bits(text: str) -> float:
    """How much of a surprise each character is, in bits."""
    return -sum(many / len(text) * math.log2(many / len(text)) for many in Counter(text).values())


def secrets_in(text: str) -> Iterator[tuple[int, str]]:
    """``(line, what it looks like)``."""
    for number, line in enumerate(text.splitlines(), 1):
        for what, form in FORMS.items():
            if re.search(form, line):
                yield number, what
        for value in NAMED.findall(line):
            if value not in OF_TESTS | ONCE_OF_TESTS and bits(value) >= RANDOM and re.search(r"\d", value) and not re.fullmatch(r"[a-z]+(?:[-_. ][a-z0-9]+)*", value):
                yield number, "a random value under a secret's name"


def committed() -> list[str]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = [name for name in done.stdout.split("\0") if name]
    return names or [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file() and not {".venv", ".git", "build", "data"} & set(path.relative_to(ROOT).parts)]


def test_cfg_01_nothing_that_is_committed_looks_like_a_secret() -> None:
    found, read = [], 0
    for name in committed():
        path = ROOT / name
        if not path.is_file() or name == THIS:
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            text = path.read_bytes().decode("latin-1")
        read += 1
        found += [f"{name}:{line} {what}" for line, what in secrets_in(text)]
    assert read > 500 and found == []


def test_cfg_01_no_exception_outlives_its_reason() -> None:
    tests = "".join((ROOT / name).read_text(encoding="utf-8") for name in committed() if name.startswith("tests/") and name.endswith(".py") and name != THIS)
    assert [value for value in OF_TESTS if value not in tests] == []


@pytest.mark.long
@pytest.mark.timeout(1_800)
def test_cfg_01_nothing_that_was_ever_committed_looks_like_a_secret() -> None:
    """Each line that any commit added; what was taken out again can still be read by whoever has the repository."""
    log = subprocess.run(["git", "log", "--all", "-p", "-U0", "--no-color", "--text", "--", ".", f":!{THIS}"], cwd=ROOT, capture_output=True, check=True).stdout.decode("latin-1")
    added = "\n".join({line[1:] for line in log.split("\n") if line.startswith("+") and not line.startswith("+    --hash=")})
    assert added and sorted({what for _line, what in secrets_in(added)}) == []


def test_cfg_01_no_file_is_committed_that_holds_secrets_by_its_name() -> None:
    assert [name for name in committed() if NAMES.search(name)] == []
    assert all(NAMES.search(name) for name in (".env", "x/.env.local", "data/secret.key", "data/key.ring", "a/b/key.pem", "crm.backup", "owner.password")) and not NAMES.search("crm_app/env.py")


def test_cfg_01_the_image_is_built_from_what_is_committed_alone() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert [line for line in ignored if line and not line.startswith("#")][0] == "*", "everything is left out but for what is named"
    let_in = [line[1:] for line in ignored if line.startswith("!")]
    names = committed()
    assert let_in and all(any(name == wanted or name.startswith(f"{wanted}/") for name in names) for wanted in let_in)
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert not re.search(r"^(?:ARG|ENV)\b.*(?:SECRET|PASSWORD|TOKEN|KEY)", image, re.M), "what is given to a build stays in its layers"


@pytest.mark.parametrize(
    "line",
    [
        "-----BEGIN EC PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----", "AKIAIOSFODNN7EXAMPLE", "ghp_" + "a1B2" * 9, "glpat-" + "a1B2" * 5, "xoxb-1234567890-abc",
        "AIza" + "a1B2c" * 7, "sk-ant-" + "a1B2" * 10, "sk_live_" + "a1B2" * 6, "mcrm_" + "a1B2c3d" * 6 + "x", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
        "postgresql://crm:hunter2x@db.acme.com/crm", 'SECRET_KEY = "q8Zr2Lk9Wm4Xv7Tn1Pb6Jd3Hf5Gs0Ay"', "smtp_password: 'q8Zr2Lk9Wm4Xv7Tn'", '"api_key": "9f86d081884c7d659a2feaa0c55ad015"',
    ],
)  # fmt: skip
def test_cfg_01_each_rule_sees_what_it_is_for(line: str) -> None:
    assert list(secrets_in(f"# before\n{line}\n"))[0][0] == 2


@pytest.mark.parametrize("line", ['token = "token:manage"', 'password="correct horse staple"', "https://example.org/a@b", 'secret = "only for tests, only for tests"', "DATABASE_URL=postgresql://crm_owner:password@db.example.org:5432/crm"])
def test_cfg_01_an_ordinary_line_is_none(line: str) -> None:
    assert list(secrets_in(line)) == []
