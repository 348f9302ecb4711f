"""The daily backup: once a day whatever happens, proven, and the oldest go only when a newer one has been proven."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from crm_app.cli.doctor import _backups
from crm_app.domain.errors import Unavailable
from crm_app.infrastructure.backup import restoring, schedule, verify_backup
from crm_app.infrastructure.backup.history import note_failure, read_history
from crm_app.infrastructure.backup.schedule import Plan, backups_in, kept_files, make_due_backup, plan_of
from crm_app.infrastructure.database import Database, open_database
from crm_app.jobs import backups as chore
from crm_app.jobs.backups import DailyBackup
from tests.infrastructure.servers import own_folder, settings_for
from tests.practice import copy_schema

KEY = b"correct horse battery staple"
NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """An embedded database of its own."""
    with own_folder() as folder, open_database(settings_for(copy_schema(folder, tmp_path_factory)), durable=False) as opened:
        yield opened


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    (tmp_path / "backups").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "secret.key").write_text("the key of this machine")
    (tmp_path / "data" / "key.ring").write_text("its keys")
    files = partial(kept_files, settings_for(tmp_path / "data"), encrypted=True)
    return Plan(tmp_path / "backups", hour=2, keep=2, key=KEY, data_dir=tmp_path / "data", files=files)


def names(plan: Plan) -> list[str]:
    return sorted(path.name for path in plan.folder.iterdir())


def test_one_a_day_proven_encrypted_and_the_oldest_go(embedded: Database, plan: Plan) -> None:
    made = make_due_backup(embedded, plan, NOON)
    assert made and made.name == "mindfulcrm-2026-11-25-120000.backup"
    assert set(verify_backup(embedded, made, key=KEY).members) == {"database.dump", "files/secret.key", "files/key.ring"}
    assert (read_history(plan.data_dir).made_file, read_history(plan.data_dir).proven_file) == (str(made), str(made))
    assert make_due_backup(embedded, plan, NOON + timedelta(minutes=10)) is None
    assert make_due_backup(embedded, plan, NOON + timedelta(hours=13, minutes=59)) is None
    (plan.folder / "mindfulcrm-notes.backup").write_text("somebody's own file")
    for days in (1, 2, 3):
        assert make_due_backup(embedded, plan, NOON + timedelta(days=days, hours=-10)) is not None
    assert names(plan) == ["mindfulcrm-2026-11-27-020000.backup", "mindfulcrm-2026-11-28-020000.backup", "mindfulcrm-notes.backup"]


def test_a_machine_that_slept_makes_it_when_it_wakes_and_a_clock_that_steps_back_doubles_nothing(embedded: Database, plan: Plan) -> None:
    assert make_due_backup(embedded, plan, NOON) is not None
    assert make_due_backup(embedded, plan, NOON - timedelta(hours=1)) is None
    assert make_due_backup(embedded, plan, NOON + timedelta(days=9)) is not None


def test_several_processes_make_one(embedded: Database, plan: Plan) -> None:
    together, made = threading.Barrier(3), []

    def one() -> None:
        together.wait()
        made.append(make_due_backup(embedded, plan, NOON))

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names(plan)) == 1
    assert len([path for path in made if path]) == 1


def test_what_cannot_be_proven_removes_nothing_and_is_told(embedded: Database, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    for days in (2, 1):
        make_due_backup(embedded, plan, NOON - timedelta(days=days))

    def refuse(*_: object, **__: object) -> None:
        raise Unavailable("The backup does not restore to what it says.")

    monkeypatch.setattr(schedule, "verify_backup", refuse)
    monkeypatch.setattr(chore, "datetime", FrozenAtNoon)
    work = DailyBackup(embedded, plan)
    work()
    assert len(backups_in(plan.folder)) == 3
    assert read_history(plan.data_dir).failure == "The backup does not restore to what it says."
    assert chore.FAILING._value.get() == 1
    settings = settings_for(plan.data_dir, backup_dir=plan.folder, secret_key="k3Jd8sLq0ZxW7vBn5mPt2yRf6uHc9aEg")
    found = _backups(settings)
    assert not found.ok and found.detail.endswith("UTC: The backup does not restore to what it says.")


class FrozenAtNoon(datetime):
    @classmethod
    def now(cls, tz=None):
        return NOON


def test_an_owner_without_the_right_to_try_it_still_gets_room(embedded: Database, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    def lack(*_: object) -> None:
        raise restoring.NotProvable("The user of DATABASE_URL may not create databases.")

    monkeypatch.setattr(restoring, "_create", lack)
    for days in range(4):
        with pytest.raises(restoring.NotProvable):
            make_due_backup(embedded, plan, NOON + timedelta(days=days))
    assert len(backups_in(plan.folder)) == 2


def test_after_a_failure_an_hour_passes(embedded: Database, plan: Plan) -> None:
    note_failure(plan.data_dir, "The disk is full.")
    now = datetime.now(UTC)
    assert make_due_backup(embedded, plan, now + timedelta(minutes=30)) is None
    assert make_due_backup(embedded, plan, now + timedelta(minutes=61)) is not None
    assert read_history(plan.data_dir).failure == ""


def test_a_folder_that_is_not_there_is_one_sentence(embedded: Database, plan: Plan) -> None:
    away = replace(plan, folder=plan.folder / "unmounted")
    with pytest.raises(Unavailable, match=r"the folder .*unmounted does not exist\.$"):
        make_due_backup(embedded, away, NOON)


def test_a_process_that_goes_down_is_no_failure(embedded: Database, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    work = DailyBackup(embedded, plan)

    def cut_off(*_: object, **__: object) -> None:
        work.stop()
        raise Unavailable("pg_dump could not do its part: it gave no reason.")

    monkeypatch.setattr(chore, "make_due_backup", cut_off)
    work()
    assert read_history(plan.data_dir).failure == ""


def test_the_plan_comes_from_the_settings(tmp_path: Path) -> None:
    assert plan_of(settings_for(tmp_path)) is None
    chosen = plan_of(settings_for(tmp_path, backup_dir=tmp_path, backup_hour=5, backup_keep=3, backup_key=KEY.decode()))
    assert chosen == Plan(tmp_path, 5, 3, KEY, tmp_path)
    open_one = plan_of(settings_for(tmp_path, backup_dir=tmp_path))
    assert chosen.files() == open_one.files() == {}, "what is not there is not taken along"
    for name in ("secret.key", "key.ring"):
        (tmp_path / name).write_text("x")
    assert chosen.files() == {"secret.key": tmp_path / "secret.key", "key.ring": tmp_path / "key.ring"}
    assert open_one.files() == {"secret.key": tmp_path / "secret.key"}, "keys lie in no backup that anybody can read"
    with pytest.raises(Unavailable, match="The key in MINDFULCRM_BACKUP_KEY is too weak"):
        plan_of(settings_for(tmp_path, backup_dir=tmp_path, backup_key="guess me"))


def test_doctor_tells_what_there_is(embedded: Database, plan: Plan) -> None:
    bare = settings_for(plan.data_dir)
    assert _backups(bare).ok and "none was made from here yet" in _backups(bare).detail
    make_due_backup(embedded, plan, datetime.now(UTC))
    chosen = settings_for(plan.data_dir, backup_dir=plan.folder, backup_hour=2)
    assert _backups(chosen).ok and "(encrypted), last proven to restore 20" in _backups(chosen).detail
    assert not _backups(settings_for(plan.data_dir, backup_dir=plan.folder / "none")).ok
