"""Backups: one moment, whole, sealed, proven before they replace anything."""

from __future__ import annotations

import random
import re
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from crm_app.domain.errors import Unavailable
from crm_app.infrastructure import migrations
from crm_app.infrastructure.backup import making, restore_backup, restoring, verify_backup, write_backup
from crm_app.infrastructure.backup.figures import figures_of
from crm_app.infrastructure.backup.file import Measured, TableFigures
from crm_app.infrastructure.backup.tools import run_tool
from crm_app.infrastructure.database import Database, migrate, open_database
from crm_app.infrastructure.database_bootstrap import LEAKPROOF
from tests.infrastructure.servers import hosts_server, own_folder, settings_for
from tests.practice import copy_schema

ROWS = """
insert into user_account (id, email, name, role, time_zone, locale, theme, week_start, sidebar_collapsed)
  values ('01890000-0000-7000-8000-000000000002', 'alice@example.org', 'Alice Ärger', 'member', 'UTC', 'en', 'system', 0, false);
insert into tag (id, name, folded) select gen_random_uuid(), 'Tag ' || n || ' é', 'tag ' || n from generate_series(1, 40) n;
insert into credential (user_id, password_hash, changed_at) values ('01890000-0000-7000-8000-000000000002', 'x', now())
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with own_folder() as folder:
        yield copy_schema(folder, tmp_path_factory)


@pytest.fixture(scope="module")
def embedded(folder: Path) -> Iterator[Database]:
    """The embedded database with a person, tags and a credential in it."""
    with open_database(settings_for(folder), durable=False) as database:
        _fill(database)
        yield database


@pytest.fixture
def saved(embedded: Database, tmp_path: Path) -> Path:
    """A backup of it, with a file beside the database."""
    (tmp_path / "secret.key").write_text("the key")
    write_backup(embedded, tmp_path / "crm.backup", {"secret.key": tmp_path / "secret.key"})
    return tmp_path / "crm.backup"


def _fill(database: Database) -> None:
    with database.owner_connection() as connection:
        columns = {name for (name,) in connection.execute("select column_name from information_schema.columns where table_name = 'credential'").fetchall()}
        for statement in ROWS.split(";"):
            if "insert into credential" not in statement or {"user_id", "password_hash", "changed_at"} <= columns:
                connection.execute(statement.encode())


def _count(database: Database, table: str = "tag") -> int:
    with database.owner_connection() as connection:
        return int((connection.execute(f"select count(*) from {table}".encode()).fetchone() or (0,))[0])


def _databases(database: Database) -> list[str]:
    with database.owner_connection() as connection:
        return [name for (name,) in connection.execute("select datname from pg_database where not datistemplate order by 1").fetchall()]


def test_a_backup_says_what_it_holds_and_is_for_its_owner_alone(embedded: Database, saved: Path) -> None:
    manifest = verify_backup(embedded, saved)
    assert manifest.tables["tag"].rows == 40
    assert manifest.tables["user_account"].rows == 1
    assert manifest.schema_revision == migrations.known_revisions()[-1]
    assert set(manifest.members) == {"database.dump", "files/secret.key"}
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert [path.name for path in saved.parent.iterdir() if path.name.startswith(".")] == []


def test_verifying_leaves_nothing_behind(embedded: Database, saved: Path) -> None:
    before = _databases(embedded)
    verify_backup(embedded, saved)
    assert _databases(embedded) == before


def test_what_a_killed_restore_left_is_cleared_and_two_at_once_are_not_allowed(embedded: Database, saved: Path) -> None:
    with embedded.owner_connection("postgres") as connection:
        before = _databases(embedded)
        connection.execute("create database mindfulcrm_restore_0123abcd")
        connection.execute("create database mindfulcrm_before_0123abcd")
        connection.execute("select pg_advisory_lock(%s)", (restoring.RESTORE_LOCK,))
        with pytest.raises(Unavailable, match="Another backup is being restored or verified on this server"):
            verify_backup(embedded, saved)
        connection.execute("select pg_advisory_unlock(%s)", (restoring.RESTORE_LOCK,))
    verify_backup(embedded, saved)
    assert _databases(embedded) == before


def test_restore_brings_back_rows_files_rights_and_fast_search(embedded: Database, saved: Path, tmp_path: Path) -> None:
    before = _databases(embedded)
    schema = _schema(embedded)
    with embedded.owner_connection() as connection:
        connection.execute("delete from tag")
        connection.execute("create table later (i int)")
    connected = psycopg.connect(embedded.app_dsn)  # somebody is at work meanwhile
    restore_backup(embedded, saved, {"secret.key": tmp_path / "back" / "secret.key", "absent": tmp_path / "absent"})
    with pytest.raises(psycopg.OperationalError):
        connected.execute("select 1")
    assert _count(embedded) == 40
    assert _schema(embedded) == schema
    assert _databases(embedded) == before
    assert (tmp_path / "back" / "secret.key").read_text() == "the key"
    assert stat.S_IMODE((tmp_path / "back" / "secret.key").stat().st_mode) == 0o600
    assert not (tmp_path / "absent").exists()
    assert migrate(embedded) == []
    with embedded.app_engine.connect() as connection:  # the pool noticed that its connections were cut off
        assert connection.execute(text("select count(*) from tag")).scalar() == 0
    with embedded.owner_connection() as connection:
        marked = connection.execute("select count(*) from pg_proc where proleakproof and oid::regprocedure::text = any(%s)", (list(LEAKPROOF),)).fetchone()
        assert marked == (len(LEAKPROOF),)
        unforced = connection.execute("select relname from pg_class where relrowsecurity and not relforcerowsecurity").fetchall()
        assert unforced == []
        assert connection.execute("select to_regclass('later')").fetchone() == (None,)


def test_what_changes_during_the_backup_is_not_half_in_it(embedded: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = making.stream_tool

    def slow_tool(database: Database, program: str, *options: str, into: Measured) -> None:
        with embedded.owner_connection() as connection:
            connection.execute("insert into tag (id, name, folded) values (gen_random_uuid(), 'meanwhile', 'meanwhile')")
        real(database, program, *options, into=into)

    monkeypatch.setattr(making, "stream_tool", slow_tool)
    manifest = write_backup(embedded, tmp_path / "crm.backup")
    monkeypatch.undo()
    with embedded.owner_connection() as connection:
        connection.execute("delete from tag where name = 'meanwhile'")
    assert manifest.tables["tag"].rows == 40
    verify_backup(embedded, tmp_path / "crm.backup")


def test_one_flipped_byte_anywhere_is_refused(embedded: Database, saved: Path, tmp_path: Path) -> None:
    whole = saved.read_bytes()
    before = _databases(embedded)
    drawn = random.Random(7)
    for place in [0, 5, 40, len(whole) - 1, len(whole) - 80, *drawn.sample(range(len(whole)), 40)]:
        changed = bytearray(whole)
        changed[place] ^= 1 << drawn.randrange(8)
        bad = tmp_path / "bad.backup"
        bad.write_bytes(changed)
        with pytest.raises(Unavailable, match=r"is damaged or is not a backup of MindfulCRM \(its checksum does not fit\), so nothing was restored\.$"):
            restore_backup(embedded, bad)
    assert _count(embedded) == 40
    assert _databases(embedded) == before


@pytest.mark.parametrize("contents", [b"", b"x", b"not a backup " * 100])
def test_anything_else_is_refused(embedded: Database, tmp_path: Path, contents: bytes) -> None:
    (tmp_path / "photo.jpg").write_bytes(contents)
    with pytest.raises(Unavailable, match="is damaged or is not a backup"):
        verify_backup(embedded, tmp_path / "photo.jpg")
    with pytest.raises(Unavailable, match=r"^The backup .*/none cannot be read: No such file or directory\.$"):
        verify_backup(embedded, tmp_path / "none")


def test_a_backup_that_restores_to_something_else_changes_nothing(embedded: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = {**_figures(embedded), "tag": TableFigures(41, "0")}
    monkeypatch.setattr(making, "figures_of", lambda _: figures)
    write_backup(embedded, tmp_path / "crm.backup")
    with pytest.raises(Unavailable, match=r"table tag: 40 rows where the backup has 41\), so nothing was changed"):
        restore_backup(embedded, tmp_path / "crm.backup")
    assert _count(embedded) == 40


def _schema(database: Database) -> list[str]:
    """Every statement that makes the schema: tables, policies, grants, triggers, functions.

    Without brackets: PostgreSQL writes a condition of several parts with other ones once it has read it again.
    """
    lines = run_tool(database, "pg_dump", "--schema-only", "--no-comments").splitlines()
    return [re.sub("[()]", "", line) for line in lines if line and not line.startswith(("--", "\\restrict", "\\unrestrict"))]


def _rights(database: Database) -> set[str]:
    """Every statement of the schema that gives the application a right."""
    return {line for line in _schema(database) if "TO mindfulcrm_app" in line}


def _figures(database: Database) -> dict[str, TableFigures]:
    with database.owner_connection() as connection:
        return figures_of(connection)


def test_one_changed_letter_changes_a_checksum(embedded: Database) -> None:
    before = _figures(embedded)
    with embedded.owner_connection() as connection:
        connection.execute("begin")
        connection.execute("update tag set name = name || '.' where name = 'Tag 7 é'")
        after = figures_of(connection)
        connection.execute("rollback")
    assert {name for name in before if before[name] != after[name]} == {"tag"}


def test_a_backup_of_a_newer_version_is_refused(embedded: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "current_revision", lambda _: "9999")
    write_backup(embedded, tmp_path / "crm.backup")
    with pytest.raises(Unavailable, match=r"newer MindfulCRM \(schema 9999;"):
        restore_backup(embedded, tmp_path / "crm.backup")


def test_a_place_that_cannot_take_the_backup(embedded: Database, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("something")
    with pytest.raises(Unavailable, match="there exists already, and a backup replaces nothing"):
        write_backup(embedded, tmp_path / "there")
    assert (tmp_path / "there").read_text() == "something"
    with pytest.raises(Unavailable, match=r"cannot be written or read: the folder .*/none does not exist\.$"):
        write_backup(embedded, tmp_path / "none" / "crm.backup")


def test_from_a_server_of_the_host_to_the_embedded_one_and_back(embedded: Database, folder: Path, tmp_path: Path) -> None:
    """An owner that is no superuser and is bound by the policies backs up every row all the same."""
    with own_folder() as elsewhere, hosts_server(elsewhere) as host:
        with open_database(settings_for(folder, database_url=host.url())) as hosted:
            migrate(hosted)
            _fill(hosted)
            manifest = write_backup(hosted, tmp_path / "hosted.backup")
            assert manifest.tables["tag"].rows == 40
            verify_backup(hosted, tmp_path / "hosted.backup")
            with psycopg.connect(hosted.owner_dsn, autocommit=True) as connection:
                connection.execute("delete from tag")
            restore_backup(hosted, tmp_path / "hosted.backup")
            assert _count(hosted) == 40
            with hosted.app_engine.connect() as connection:
                assert connection.execute(text("select count(*) from tag")).scalar() == 0
            with psycopg.connect(hosted.owner_dsn, autocommit=True) as connection:
                connection.execute("drop policy tag_schema_owner on tag")
            with pytest.raises(Unavailable, match="cannot see every row of the table tag, so the backup would be incomplete"):
                write_backup(hosted, tmp_path / "short.backup")
            # From PostgreSQL 18 to the host's older one: its own programs cannot read such a dump.
            write_backup(embedded, tmp_path / "embedded.backup")
            verify_backup(hosted, tmp_path / "embedded.backup")
    restore_backup(embedded, tmp_path / "hosted.backup")
    assert _count(embedded) == 40
    with open_database(settings_for(folder), durable=False) as again:
        assert again.search_is_leakproof and migrate(again) == []


def test_between_deployments_whose_roles_have_other_names(embedded: Database, folder: Path, tmp_path: Path) -> None:
    with own_folder() as elsewhere, hosts_server(elsewhere) as host:
        with open_database(settings_for(folder, database_url=host.url(), database_app_role="crm_app_two")) as hosted:
            migrate(hosted)
            write_backup(embedded, tmp_path / "embedded.backup")
            restore_backup(hosted, tmp_path / "embedded.backup")
            assert _count(hosted) == 40
            with hosted.owner_connection() as connection:
                roles = connection.execute("select distinct unnest(roles) from pg_policies where policyname like '%select'").fetchall()
            assert roles == [("crm_app_two",)]
            with hosted.app_engine.connect() as connection:
                assert connection.execute(text("select count(*) from tag")).scalar() == 0
            write_backup(hosted, tmp_path / "hosted.backup")
    before = _rights(embedded)
    restore_backup(embedded, tmp_path / "hosted.backup")
    assert len(before) > 60
    assert (_count(embedded), _rights(embedded)) == (40, before)


def test_the_file_is_an_ordinary_zip(saved: Path) -> None:
    with zipfile.ZipFile(saved) as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) == {"manifest.json", "database.dump", "files/secret.key"}
