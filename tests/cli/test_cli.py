"""The command line: shapes that scripts rely on, one clear sentence when something is wrong, with and without a second process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import run
from tests.practice import PASSWORD, copy_host, held

TABLE = "First Name,Last Name,E-mail Address\nKim,Seedling,kim@mail.example\nNo,Body,not-an-address\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A host's folder with one person in the team. Another process holds the server, as a running application would."""
    with held(copy_host(tmp_path_factory.mktemp("host"), tmp_path_factory, ("Mara", "owner"))) as folder:
        yield folder


def test_help_answers_at_once(tmp_path: Path) -> None:
    run(tmp_path, "--help", cold=True)
    begin = time.perf_counter()
    printed = run(tmp_path, "--help", cold=True)
    assert time.perf_counter() - begin < 5
    for name in ("run", "migrate", "demo", "user", "token", "import", "export", "connect", "sync", "ai", "seed", "backup", "restore", "rotate-keys", "doctor"):
        assert f"\n  {name} " in printed
    assert not (tmp_path / "data").exists()


def test_an_export_imports_no_more_than_it_needs() -> None:
    """Starting Python is most of what a small export takes."""
    heavy = {"alembic", "apscheduler", "argon2", "email_validator", "fastapi", "litellm", "nicegui", "phonenumbers", "PIL", "starlette", "zxcvbn"}
    program = f"import sys, crm_app.cli.acting, crm_app.cli.exporting, crm_app.infrastructure.database; print(sorted({heavy} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def test_what_reads_files_knows_of_no_database() -> None:
    """A strange file is read in a process that could reach none, and that starts the sooner without."""
    program = "import sys, crm_app.domain.imports.cards; print(sorted({'sqlalchemy', 'sqlmodel', 'psycopg'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stderr


def test_a_token_is_printed_alone(folder: Path) -> None:
    printed = run(folder, "token", "create", "--as", "mara@team.example", "--name", "script")
    assert printed.startswith("mcrm_")
    assert len(printed.split()) == 1


def test_import_says_what_it_did_and_a_dry_run_does_nothing(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text(TABLE)
    words = ("import", str(file), "--as", "mara@team.example", "--json")
    rehearsed = json.loads(run(folder, *words, "--dry-run"))
    assert rehearsed.keys() == {"created", "updated", "skipped", "failed", "problems"}
    assert rehearsed["created"] == 2
    done = json.loads(run(folder, *words))
    assert (done["created"], done["skipped"]) == (2, 0)
    assert all(problem.keys() == {"line", "reason"} for problem in done["problems"])
    again = json.loads(run(folder, *words))
    assert (again["created"], again["skipped"]) == (0, 2)


def test_export_writes_what_import_reads_back(folder: Path, tmp_path: Path) -> None:
    people = Path(__file__).parents[1] / "corpus" / "csv" / "google-contacts.csv"
    run(folder, "import", str(people), "--as", "mara@team.example", "--json")
    for kind in ("csv", "vcard", "json"):
        out = tmp_path / f"out.{kind}"
        run(folder, "export", "--as", "mara@team.example", "--format", kind, "--out", str(out))
        assert json.loads(run(folder, "import", str(out), "--as", "mara@team.example", "--json"))["created"] == 0
    printed = json.loads(run(folder, "export", "--as", "mara@team.example", "--format", "json"))
    assert printed == json.loads((tmp_path / "out.json").read_text())
    assert "No such" in run(folder, "export", "--as", "mara@team.example", "--format", "csv", "--out", str(tmp_path / "no" / "x"), fails=True)


def test_backup_restores_and_a_flipped_byte_is_refused(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "all.backup"
    run(folder, "backup", "--out", str(out))
    run(folder, "restore", str(out), "--verify")
    run(folder, "restore", str(out))
    assert run(folder, "token", "create", "--as", "mara@team.example", "--name", "after").startswith("mcrm_")
    data = bytearray(out.read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "bad.backup").write_bytes(data)
    run(folder, "restore", str(tmp_path / "bad.backup"), fails=True)
    run(folder, "backup", "--out", str(out), fails=True)


def test_doctor_finds_nothing_on_a_healthy_host(folder: Path) -> None:
    report = json.loads(run(folder, "doctor", "--json"))
    assert report["ok"] is True
    assert {check["name"] for check in report["checks"]} >= {"settings", "disk", "database", "schema", "row security", "application role", "search"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("user", "create", "--email", "mara@team.example", "--name", "M", "--password-stdin"), "in the team already"),
        (("user", "create", "--email", "nonsense", "--name", "M", "--password-stdin"), "not an e-mail address"),
        (("token", "create", "--as", "nobody@team.example", "--name", "x"), "Nobody in the team"),
        (("import", "/etc/hostname", "--as", "nobody@team.example"), "Nobody in the team"),
        (("demo",), "people in this database already"),
        (("restore", "/etc/hostname"), ""),
        (("restore", "/etc/hostname", "--at", "latest"), "goes with --at, and without --verify"),
        (("restore", "/etc"), "goes with --at, and without --verify"),
        (("restore", "/etc", "--at", "latest", "--verify"), "goes with --at, and without --verify"),
        (("restore", "/etc", "--at", "latest"), "There is no archive in /etc"),
        (("seed", "--contacts", "-1"), ""),
        (("export", "--as", "mara@team.example", "--format", "pdf", "--out", "x"), ""),
    ],
)
def test_a_mistake_is_one_sentence(folder: Path, words: tuple[str, ...], sentence: str) -> None:
    assert sentence in run(folder, *words, given=PASSWORD, fails=True)


def test_a_weak_password_and_a_wrong_server_are_one_sentence(folder: Path) -> None:
    words = ("user", "create", "--email", "new@team.example", "--name", "New", "--password-stdin")
    assert "password cannot be used" in run(folder, *words, given="password\n", fails=True)
    assert "nothing answers" in run(folder, "migrate", fails=True, DATABASE_URL="postgresql://a:b@127.0.0.1:1/c")
    assert "PUBLIC_URL" in run(folder, "run", "--host", "0.0.0.0", fails=True)
