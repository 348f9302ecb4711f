"""From an older PostgreSQL to the one that comes along: everything moves, or nothing does, whenever the process dies."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from crm_app.cli.doctor import examine, renew_database
from crm_app.domain.errors import Unavailable
from crm_app.infrastructure import major_upgrade
from crm_app.infrastructure.backup.figures import figures_of
from crm_app.infrastructure.backup.file import TableFigures
from crm_app.infrastructure.database import migrate, open_database
from crm_app.infrastructure.embedded_postgres import EmbeddedPostgres, upgrading
from crm_app.infrastructure.embedded_postgres.upgrading import NEXT, READY, kept_folder, settle
from crm_app.infrastructure.major_upgrade import upgrade_postgres
from crm_app.settings import Settings
from tests.commands import begin_python
from tests.infrastructure.servers import DEBIAN, KEY, own_folder, settings_for
from tests.security.counts import counted

pytestmark = [pytest.mark.skipif(not DEBIAN.exists(), reason="needs an older PostgreSQL"), pytest.mark.timeout(400)]
FILL = "insert into tag (id, name, folded) select gen_random_uuid(), 'Tag ' || n || ' é', 'tag ' || n from generate_series(1, 300) n"


@pytest.fixture(scope="module")
def template() -> Iterator[Path]:
    """A data folder of PostgreSQL 15 with rows in it, as an older version of the product would have left it."""
    with own_folder() as folder:
        EmbeddedPostgres(folder / "postgres", folders=[DEBIAN]).start().release()
        with open_database(settings_for(folder)) as database:
            assert database.major == 15
            migrate(database)
            with database.owner_connection() as connection:
                connection.execute(FILL.encode())
        yield folder


@pytest.fixture
def settings(template: Path) -> Iterator[Settings]:
    with own_folder() as folder:
        shutil.copytree(template, folder, dirs_exist_ok=True, copy_function=_with_owner)
        for path in (template, *template.rglob("*")):
            if os.geteuid() == 0 and path.is_dir():
                os.chown(folder / path.relative_to(template), path.stat().st_uid, path.stat().st_gid)
        yield settings_for(folder)


def _with_owner(source: str, target: str) -> None:
    shutil.copy2(source, target)
    if os.geteuid() == 0:
        os.chown(target, os.stat(source).st_uid, os.stat(source).st_gid)


def contents(settings: Settings) -> tuple[int, dict[str, TableFigures]]:
    with open_database(settings) as database, database.owner_connection() as connection:
        return database.major, figures_of(connection)


def version(settings: Settings) -> str:
    return (settings.data_dir / "postgres" / "pgdata" / "PG_VERSION").read_text().strip()


def folders(settings: Settings) -> set[str]:
    return {path.name for path in (settings.data_dir / "postgres").iterdir() if path.name.startswith(("pgdata", "run-"))} | {
        path.name for path in settings.data_dir.iterdir() if path.name.startswith(".")
    }


def test_everything_moves_and_the_old_folder_is_kept(settings: Settings) -> None:
    before = contents(settings)
    said = upgrade_postgres(settings)
    assert said.startswith("The data has moved from PostgreSQL 15 to 18, every table compared. The old folder is kept as ")
    assert folders(settings) == {"pgdata", "pgdata.before-15"}
    assert contents(settings) == (18, before[1]) and before[1]["tag"].rows == 300
    assert upgrade_postgres(settings) == "The data is of PostgreSQL 18 already, and no newer one is on this machine."
    with open_database(settings) as database:
        assert migrate(database) == []
        assert database.search_is_leakproof


def test_doctor_offers_it_and_does_it(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("MINDFULCRM_", "DATABASE_", "PUBLIC_URL", "SECRET_KEY"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MINDFULCRM_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("SECRET_KEY", KEY)
    (found,) = [check for check in examine()["checks"] if check["name"] == "database"]
    assert found["detail"] == "PostgreSQL 15, embedded; 18 is here: `mindfulcrm doctor --upgrade-postgres` moves the data to it"
    renew_database()
    (found,) = [check for check in examine()["checks"] if check["name"] == "database"]
    assert found["detail"] == "PostgreSQL 18, embedded"
    monkeypatch.setenv("DATABASE_URL", "postgresql://a:b@db.example.org/c")
    with pytest.raises(Unavailable, match="which its administrator upgrades"):
        renew_database()


def test_nobody_may_be_at_work(settings: Settings) -> None:
    with open_database(settings), pytest.raises(Unavailable, match="MindfulCRM is running, and nobody may change anything while the data moves"):
        upgrade_postgres(settings)
    assert (version(settings), folders(settings)) == ("15", {"pgdata"})


def test_a_move_that_does_not_compare_changes_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(settings)

    def refuse(*_: object, **__: object) -> None:
        raise Unavailable("The backup does not restore to what it says.")

    monkeypatch.setattr(major_upgrade, "restore_backup", refuse)
    with pytest.raises(Unavailable, match="does not restore"):
        upgrade_postgres(settings)
    assert folders(settings) == {"pgdata"}
    assert contents(settings) == before


def test_without_the_old_programs_or_without_room_it_is_one_sentence(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    real = upgrading.find_binaries

    def lacking(**wanted: int) -> object:
        return real(**{**wanted, "folders": []}) if wanted.get("wanted_major") else real()

    with monkeypatch.context() as patched:
        patched.setattr(upgrading, "find_binaries", lacking)
        with pytest.raises(Unavailable, match=r"^To read the data of PostgreSQL 15, its programs are needed once more: install PostgreSQL 15 on this machine\.$"):
            upgrade_postgres(settings)
    with monkeypatch.context() as patched:
        patched.setattr(upgrading, "ROOM", 1e9)
        with pytest.raises(Unavailable, match="^Moving the data needs .* MB are free"):
            upgrade_postgres(settings)
    with pytest.raises(Unavailable, match="There is no database in"):
        upgrade_postgres(settings.model_copy(update={"data_dir": settings.data_dir / "elsewhere"}))
    assert (version(settings), folders(settings)) == ("15", {"pgdata"})


def test_whatever_was_cut_short_is_settled_at_the_next_start(tmp_path: Path) -> None:
    def make(*names: str) -> Path:
        root = tmp_path / str(random.random())
        for name in names:
            (root / name).mkdir(parents=True)
            (root / name / "mark").write_text(name)
        return root

    def left(root: Path) -> dict[str, str]:
        return {path.name: (path / "mark").read_text() for path in root.iterdir()}

    for names, expected in (
        (("pgdata", NEXT), {"pgdata": "pgdata"}),
        (("pgdata", READY), {"pgdata": "pgdata"}),
        ((READY, "pgdata.before-15"), {"pgdata": READY, "pgdata.before-15": "pgdata.before-15"}),
        (("pgdata", "pgdata.before-15"), {"pgdata": "pgdata", "pgdata.before-15": "pgdata.before-15"}),
    ):
        root = make(*names)
        settle(root)
        assert left(root) == expected
    assert kept_folder(root, 15).name == "pgdata.before-15.2"


SCRIPT = """
import sys
from pathlib import Path
from crm_app.infrastructure.major_upgrade import upgrade_postgres
from tests.infrastructure.servers import settings_for
upgrade_postgres(settings_for(Path(sys.argv[1])))
"""


@counted(3, 40, "kills", name="times")
def test_a_kill_at_any_moment_loses_nothing(settings: Settings, times: int) -> None:
    before = contents(settings)[1]
    drawn = random.Random(times)
    began = time.monotonic()
    whole = 15.0  # about what it takes on a busy machine; some kills come too late, which is a moment too
    for _ in range(times):
        process = begin_python("-c", SCRIPT, str(settings.data_dir), files=(0, 1, 2))
        with suppress(subprocess.TimeoutExpired):
            process.wait(drawn.uniform(0.8, whole))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert contents(settings)[1] == before, f"after {time.monotonic() - began:.0f} s"
    upgrade_postgres(settings)
    assert contents(settings) == (18, before)
    assert folders(settings) - {name for name in folders(settings) if name.startswith(".upgrade-")} == {"pgdata", "pgdata.before-15"}
