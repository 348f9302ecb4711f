"""Opening the database: embedded or the host's own, roles that bypass nothing, migrations, and clear refusals."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.script import ScriptDirectory
from psycopg.conninfo import make_conninfo
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from crm_app.domain.errors import Unavailable
from crm_app.infrastructure import migrations
from crm_app.infrastructure.database import APP_ROLE, Database, migrate, open_database, pending_migrations, sqlalchemy_url
from crm_app.infrastructure.database_bootstrap import LEAKPROOF, drop_database, prepare
from tests.infrastructure.servers import KEY, HostsServer, hosts_server, own_folder, settings_for


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with own_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def embedded(folder: Path) -> Iterator[Database]:
    """The embedded database, migrated."""
    with open_database(settings_for(folder), durable=False) as database:
        migrate(database)
        yield database


@pytest.fixture(scope="module")
def host(folder: Path) -> Iterator[HostsServer]:
    with hosts_server(folder) as server:
        yield server


def _one(database: Database, query: str) -> object:
    with database.owner_connection() as connection:
        row = connection.execute(query.encode()).fetchone()
        return row[0] if row else None


def test_a_second_opening_finds_everything_as_it_is(folder: Path, embedded: Database) -> None:
    with open_database(settings_for(folder), durable=False) as again:
        assert pending_migrations(again) == []
        assert migrate(again) == []
        assert again.name == "mindfulcrm"
        assert _one(again, "select current_user") == "mindfulcrm_owner"
    assert _one(embedded, "select 1") == 1  # the other's leaving did not stop the server


def test_the_application_role_owns_nothing_and_sees_nothing_unasked(embedded: Database) -> None:
    with embedded.owner_connection() as connection:
        connection.execute("insert into tag (id, name, folded) values (gen_random_uuid(), 'seen by nobody', 'x') on conflict do nothing")
    with embedded.app_engine.connect() as connection:
        role = connection.execute(
            text("select rolname, rolsuper, rolbypassrls, rolinherit, rolcreaterole, rolcreatedb from pg_roles where rolname = current_user")
        ).one()
        assert tuple(role) == (APP_ROLE, False, False, False, False, False)
        assert connection.execute(text("select count(*) from tag")).scalar() == 0
        assert connection.execute(text("show statement_timeout")).scalar() == "5s"
        assert connection.execute(text("select count(*) from pg_class where relowner = current_user::regrole")).scalar() == 0
    for forbidden in (
        "alter table contact disable row level security", "set role mindfulcrm_owner", "create table public.mine (i int)",
        "set row_security = off; select count(*) from contact", "alter table alembic_version add column x int",
    ):  # fmt: skip
        with embedded.app_engine.connect() as connection, pytest.raises(DBAPIError):
            connection.execute(text(forbidden))


def test_neither_password_shows_when_the_database_is_printed(embedded: Database) -> None:
    shown = f"{embedded!r} {embedded.owner_url} {embedded.app_engine!r}"
    for dsn in (embedded.owner_dsn, embedded.app_dsn):
        assert psycopg.conninfo.conninfo_to_dict(dsn)["password"] not in shown


def test_search_operators_are_marked_again_at_every_opening(folder: Path, embedded: Database) -> None:
    marked = f"select count(*) from pg_proc where proleakproof and oid::regprocedure::text = any(array{list(LEAKPROOF)})"
    with embedded.owner_connection() as connection:
        for function in LEAKPROOF[:2]:
            connection.execute(f"alter function {function} not leakproof".encode())
    assert _one(embedded, marked) == len(LEAKPROOF) - 2
    with open_database(settings_for(folder), durable=False) as again:
        assert again.search_is_leakproof
    assert _one(embedded, marked) == len(LEAKPROOF)


def test_a_changed_secret_key_changes_the_role_password_along(folder: Path, embedded: Database) -> None:
    with open_database(settings_for(folder, secret_key="another-key-of-more-than-32-characters"), durable=False) as other:
        assert other.app_dsn != embedded.app_dsn
        with other.app_engine.connect() as connection:
            assert connection.execute(text("select 1")).scalar() == 1
    open_database(settings_for(folder), durable=False).close()


def test_a_role_that_gained_powers_loses_them(folder: Path, embedded: Database) -> None:
    with embedded.owner_connection() as connection:
        connection.execute(f"alter role {APP_ROLE} bypassrls createrole inherit".encode())
    open_database(settings_for(folder), durable=False).close()
    assert _one(embedded, f"select rolbypassrls or rolcreaterole or rolinherit from pg_roles where rolname = '{APP_ROLE}'") is False
    with embedded.owner_connection() as connection:
        connection.execute(f"grant mindfulcrm_owner to {APP_ROLE}".encode())
    with pytest.raises(Unavailable, match="may become mindfulcrm_owner, who sees past the row policies"):
        open_database(settings_for(folder), durable=False)
    with embedded.owner_connection() as connection:
        connection.execute(f"revoke mindfulcrm_owner from {APP_ROLE}".encode())


def test_a_schema_newer_than_the_code_is_refused(embedded: Database) -> None:
    head = _one(embedded, "select version_num from alembic_version")
    with embedded.owner_connection() as connection:
        connection.execute("update alembic_version set version_num = '9999'")
        with pytest.raises(Unavailable, match=rf"newer MindfulCRM \(schema 9999; this version knows up to {head}\)"):
            migrate(embedded)
        connection.execute("update alembic_version set version_num = %s", (head,))
    assert pending_migrations(embedded) == []


def test_revisions_are_numbered_in_a_row() -> None:
    assert migrations.known_revisions() == [f"{number:04d}" for number in range(1, len(migrations.known_revisions()) + 1)]
    scripts = ScriptDirectory(str(migrations.script_folder()))
    assert migrations.known_revisions() == [script.revision for script in reversed(list(scripts.walk_revisions()))]


def test_only_one_of_three_at_once_migrates(embedded: Database) -> None:
    with embedded.owner_connection("postgres") as connection:
        connection.execute("create database race")
    racing = embedded.sibling("race")
    with racing.owner_connection() as connection:
        prepare(connection)
    applied: list[list[str]] = []
    threads = [threading.Thread(target=lambda: applied.append(migrate(racing))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(applied) == [[], [], migrations.known_revisions()]
    assert pending_migrations(racing) == []
    racing.close()
    with embedded.owner_connection("postgres") as connection:
        drop_database(connection, "race")


def test_a_locked_table_is_asked_for_again(embedded: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # A revision that needs a table which a person's transaction holds for a moment.
    source = migrations.script_folder()
    scripts = tmp_path / "alembic"
    (scripts / "versions").mkdir(parents=True)
    for path in [source / "env.py", *(source / "versions").glob("*.py")]:
        target = scripts / path.relative_to(source)
        target.write_text(path.read_text())
    head = migrations.known_revisions()[-1]
    (scripts / "versions" / "9000_wait.py").write_text(
        f"from alembic import op\nrevision = '9000'\ndown_revision = '{head}'\n"
        "def upgrade():\n    op.execute('alter table tag add column waited int')\n    op.execute('alter table tag drop column waited')\n"
    )
    monkeypatch.setattr(migrations, "script_folder", lambda: scripts)
    with embedded.owner_connection() as busy:
        busy.execute("begin")
        busy.execute("lock table tag in access share mode")
        letting_go = threading.Timer(1.2, lambda: busy.execute("commit"))
        letting_go.start()
        assert migrate(embedded) == ["9000"]
        letting_go.join()
        busy.execute("update alembic_version set version_num = %s", (head,))


def test_a_server_of_the_host(folder: Path, host: HostsServer) -> None:
    for scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        with open_database(settings_for(folder, database_url=host.url(scheme=scheme))) as database:
            migrate(database)
            assert (database.name, database.server, database.search_is_leakproof) == ("crm", None, False)
            assert (database.bin_dir / "pg_dump").exists()
            with database.app_engine.connect() as connection:
                assert connection.execute(text("select count(*) from contact")).scalar() == 0
                assert connection.execute(text("select current_user")).scalar() == APP_ROLE


def test_a_server_whose_owner_may_create_no_role(folder: Path) -> None:
    with own_folder() as elsewhere, hosts_server(elsewhere) as host:
        host.run("create role modest login password 'pw'", "create database modest owner modest", "create role \"Stranger\" login password 'pw'")
        modest = host.url("modest", dbname="modest")
        app = host.url(APP_ROLE, "given", "modest")
        with pytest.raises(Unavailable, match="may not create the role mindfulcrm_app: let it .* or have mindfulcrm_app created and set DATABASE_APP_URL"):
            open_database(settings_for(folder, database_url=modest))
        with pytest.raises(Unavailable, match="that DATABASE_APP_URL names does not exist on the server"):
            open_database(settings_for(folder, database_url=modest, database_app_url=app))
        host.run(f"create role {APP_ROLE} login noinherit password 'given'")
        with pytest.raises(Unavailable, match="may not set the password of mindfulcrm_app: set DATABASE_APP_URL"):
            open_database(settings_for(folder, database_url=modest))
        with pytest.raises(Unavailable, match="DATABASE_APP_URL must name a user of small letters"):
            open_database(settings_for(folder, database_url=modest, database_app_url=host.url("Stranger", dbname="modest")))
        with pytest.raises(Unavailable, match="cannot connect to the database, so check DATABASE_APP_URL: password authentication failed"):
            open_database(settings_for(folder, database_url=modest, database_app_url=host.url(APP_ROLE, "wrong", "modest")))
        with open_database(settings_for(folder, database_url=modest, database_app_url=app)) as database:
            migrate(database)
            with database.app_engine.connect() as connection:
                assert connection.execute(text("select count(*) from contact")).scalar() == 0
        host.run(f"alter role {APP_ROLE} bypassrls")
        with pytest.raises(Unavailable, match="mindfulcrm_app may see past the row policies: take that right from it"):
            open_database(settings_for(folder, database_url=modest, database_app_url=app))


def test_one_server_holds_several_deployments_that_see_nothing_of_one_another(folder: Path) -> None:
    with own_folder() as elsewhere, hosts_server(elsewhere) as host:
        host.run("create role second login createrole createdb password 'pw'", "create database other owner second")
        first = settings_for(folder, database_url=host.url())
        second = settings_for(folder, database_url=host.url("second", dbname="other"), secret_key=KEY[::-1])
        with open_database(first) as database:
            migrate(database)
            with pytest.raises(Unavailable, match=r"^The role mindfulcrm_app serves the database crm of this server already: .* DATABASE_APP_ROLE\.$"):
                open_database(second)
            with database.app_engine.connect() as connection:  # the other's try has changed nobody's password
                assert connection.execute(text("select current_user")).scalar() == "mindfulcrm_app"
        named = second.model_copy(update={"database_app_role": "crm_app_two"})
        with open_database(named) as database:
            migrate(database)
            assert _one(database, "select count(*) from pg_policies where 'crm_app_two' = any(roles)") > 20
            assert _one(database, "select count(*) from pg_policies where 'mindfulcrm_app' = any(roles)") == 0
            with database.app_engine.connect() as connection:
                assert connection.execute(text("select current_user || count(*) from contact")).scalar() == "crm_app_two0"
            with pytest.raises(psycopg.errors.InsufficientPrivilege), psycopg.connect(database.app_dsn, dbname="crm") as stranger:
                stranger.execute("select count(*) from contact")
            assert pending_migrations(database) == []
        with pytest.raises(Unavailable, match="This database serves the role crm_app_two, not crm_app_three: set DATABASE_APP_ROLE=crm_app_two"):
            open_database(second.model_copy(update={"database_app_role": "crm_app_three"}))
        with open_database(first) as database, open_database(named) as other:
            for each in (database, other):
                with each.app_engine.connect() as connection:
                    assert connection.execute(text("select count(*) from contact")).scalar() == 0


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://me@localhost/crm", r"^DATABASE_URL is not the address of a PostgreSQL database; it looks like postgresql://"),
        ("postgresql://me:hidden@localhost/crm?nonsense=1", r"^DATABASE_URL is not the address of a PostgreSQL database"),
        ("postgresql://me:hidden@127.0.0.1:1/crm", r"\(127\.0\.0\.1, database crm, user me\) cannot be used: nothing answers at that address and port\.$"),
        ("postgresql://me:hidden@nowhere.invalid/crm", "cannot be used: no such host is known"),
        ("postgresql://me:hidden@/crm?host=/nowhere", "no server has its socket there"),
    ],
)
def test_a_wrong_address_is_told_in_one_sentence(folder: Path, url: str, sentence: str) -> None:
    with pytest.raises(Unavailable, match=sentence) as refusal:
        open_database(settings_for(folder, database_url=url))
    assert "hidden" not in refusal.value.message and "\n" not in refusal.value.message


def test_wrong_names_on_a_right_server(folder: Path, host: HostsServer) -> None:
    for url, sentence in (
        (host.url(password="wrong"), "it refuses this user or password"),
        (host.url(dbname="nothing"), 'database "nothing" does not exist'),
        (host.url(user=APP_ROLE, password="given"), f"must name the owner of the schema, not {APP_ROLE}|it refuses this user"),
    ):
        with pytest.raises(Unavailable, match=sentence):
            open_database(settings_for(folder, database_url=url))


def test_an_old_server_is_refused(folder: Path, host: HostsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm_app.infrastructure.database.MINIMUM_VERSION", 99)
    with pytest.raises(Unavailable, match=r"^The database server is PostgreSQL \d+, and 99 or newer is needed\.$"):
        open_database(settings_for(folder, database_url=host.url()))


def test_a_database_in_another_encoding_is_refused(folder: Path, host: HostsServer) -> None:
    host.run("create database latin owner house template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'")
    with pytest.raises(Unavailable, match="must use the encoding UTF8"):
        open_database(settings_for(folder, database_url=host.url(dbname="latin")))


def test_the_server_stops_when_opening_fails(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with own_folder() as other:
        monkeypatch.setattr("crm_app.infrastructure.database.prepare", _fails)
        with pytest.raises(Unavailable, match="as it happens"):
            open_database(settings_for(other), durable=False)
        assert not (other / "postgres" / "pgdata" / "postmaster.pid").exists()


def _fails(_: object) -> bool:
    raise Unavailable("It fails, as it happens.")


def test_addresses_keep_their_parts_for_sqlalchemy() -> None:
    tcp = sqlalchemy_url(make_conninfo(host="::1", port=5433, user="a", password="p@ss/word", dbname="d", sslmode="require"))
    assert (tcp.host, tcp.port, tcp.username, tcp.password, tcp.database, tcp.query["sslmode"]) == ("::1", 5433, "a", "p@ss/word", "d", "require")
    socket = sqlalchemy_url(make_conninfo(host="/var/run", port=5432, user="a", dbname="d"))
    assert (socket.host, socket.query["host"]) == (None, "/var/run")
