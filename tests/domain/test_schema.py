"""The migrations: they make what the models say, go back to nothing, and come again."""

from __future__ import annotations

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, text

from alembic import command
from crm_app.domain.tables import metadata
from crm_app.infrastructure.database_bootstrap import admit_app_role, prepare
from crm_app.infrastructure.migrations import script_folder


@pytest.fixture
def schema(postgres_server):
    """``(connection, Alembic's configuration, dsn)`` of a database that has no schema yet."""
    name = "schema_from_nothing"
    postgres_server.drop(name)
    postgres_server.maintain(f"create database {name}")
    try:
        with psycopg.connect(postgres_server.owner_dsn(name), autocommit=True) as connection:
            prepare(connection)
            admit_app_role(connection, postgres_server.app_dsn(name), password_is_ours=True)
        engine = create_engine(postgres_server.owner_url(name))
        with engine.connect() as connection:
            config = Config(attributes={"connection": connection})
            config.set_main_option("script_location", str(script_folder()))
            yield connection, config, postgres_server.owner_dsn(name)
        engine.dispose()
    finally:
        postgres_server.drop(name)


def test_an_index_that_a_killed_upgrade_left_broken_is_made_again(schema):
    """``if not exists`` would be content with it, and every search would go on without it for ever."""
    connection, config, dsn = schema
    command.upgrade(config, "0024")
    entry = "insert into audit_entry (seq, at, via, action, outcome, subject, address, key_id, mac) values (:seq, now(), 'web', 'x', 'done', '', '', '', '')"
    connection.execute(text(entry), [{"seq": 1}, {"seq": 2}])
    connection.commit()
    with psycopg.connect(dsn, autocommit=True) as other, pytest.raises(psycopg.errors.UniqueViolation):
        other.execute("create unique index concurrently audit_entry_exports on audit_entry (action)")
    assert connection.execute(text("select indisvalid from pg_index where indexrelid = 'audit_entry_exports'::regclass")).scalar() is False
    connection.rollback()
    command.upgrade(config, "head")
    assert connection.execute(text("select indisvalid from pg_index where indexrelid = 'audit_entry_exports'::regclass")).scalar() is True


def test_up_down_and_up_again_makes_what_the_models_say(schema):
    connection, config, _dsn = schema
    command.upgrade(config, "head")
    command.downgrade(config, "base")
    left = connection.execute(
        text(
            "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v', 'S') and relname <> 'alembic_version' "
            "union all select proname from pg_proc p where pronamespace = 'public'::regnamespace "
            "and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')"
        )
    ).scalars().all()  # fmt: skip
    assert left == []
    connection.rollback()
    command.upgrade(config, "head")
    assert compare_metadata(MigrationContext.configure(connection), metadata) == []
