"""An upgrade that is killed, with everybody's work in the database: the next start makes the same schema, and nobody's work is gone."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator

import psycopg
import pytest
from alembic.config import Config
from sqlalchemy import create_engine

from alembic import command
from crm_app.infrastructure.database_bootstrap import prepare
from crm_app.infrastructure.migrations import known_revisions, script_folder
from crm_app.infrastructure.seeding.seed import seed_database
from tests.cluster import Server
from tests.commands import begin_python
from tests.security.counts import counted

pytestmark = pytest.mark.timeout(400)
FIRST = known_revisions()[0]
LAST_STATEMENT = 10_000
HALVES = [path.name[:4] for path in sorted((script_folder() / "versions").glob("[0-9]*_*.py")) if "autocommit_block" in path.read_text().partition("def downgrade")[0]]
"""Revisions whose first part stands already while the rest is made: nothing is rolled back when they are interrupted."""

# Everything that a schema is, in words that do not depend on the order in which columns came.
SCHEMA = """
select 'column', c.relname || '.' || a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated, pg_get_expr(d.adbin, d.adrelid), a.attacl)
  from pg_attribute a join pg_class c on c.oid = a.attrelid left join pg_attrdef d on (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'p') and a.attnum > 0 and not a.attisdropped
union all select 'index', i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) || i.indisvalid::text from pg_index i join pg_class c on c.oid = i.indrelid
  where c.relnamespace = 'public'::regnamespace
union all select 'constraint', conrelid::regclass::text || '.' || conname, pg_get_constraintdef(oid) || convalidated::text from pg_constraint
  where connamespace = 'public'::regnamespace and contype <> 'n'
union all select 'trigger', tgrelid::regclass::text || '.' || tgname, pg_get_triggerdef(oid) || tgenabled::text from pg_trigger where not tgisinternal
union all select 'function', p.oid::regprocedure::text, pg_get_functiondef(p.oid) || coalesce(p.proacl::text, '') from pg_proc p
  where p.pronamespace = 'public'::regnamespace and p.prokind = 'f' and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
union all select 'policy', tablename || '.' || policyname, concat_ws(' ', cmd, roles, qual, with_check) from pg_policies
union all select 'table', oid::regclass::text, concat_ws(' ', relkind, relrowsecurity, relforcerowsecurity) from pg_class
  where relnamespace = 'public'::regnamespace and relkind in ('r', 'v', 'S')
"""


FIRST_0075 = """
create function name_words(names text) returns tsvector language sql immutable strict parallel safe as $$ select array_to_tsvector(string_to_array(names, ' ')) $$;
alter table contact add column name_words tsvector generated always as (name_words(display_name || ' ' || sort_name)) stored;
create index contact_name_words on contact using gin (name_words);
"""


@pytest.fixture(scope="module")
def filled(postgres_server: Server, template_database: str) -> Iterator[str]:
    """A database with everybody's work in it, as the first version would have left it."""
    name = "filled_and_old"
    postgres_server.drop(name)
    postgres_server.maintain(f'create database {name} template "{template_database}"')
    try:
        with psycopg.connect(postgres_server.owner_dsn(name), autocommit=True) as connection:
            prepare(connection)
            seed_database(connection, contacts=40, interactions=160, users=3, day="2026-11-02", events_a_week=2, mails=40)
        engine = create_engine(postgres_server.owner_url(name))
        with engine.connect() as connection:
            config = Config(attributes={"connection": connection})
            config.set_main_option("script_location", str(script_folder()))
            command.downgrade(config, FIRST)
        engine.dispose()
        yield name
    finally:
        postgres_server.drop(name)


def ask(server: Server, database: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(server.owner_dsn(database)) as connection:
        return sorted(connection.execute(query.encode()).fetchall())


def work_in(server: Server, database: str) -> list[tuple[object, ...]]:
    """What people have written, in words that every version knows."""
    return ask(server, database, "select 'contact', display_name, given_name from contact union all select 'entry', kind, body from interaction union all select 'task', title, status from task")


def moments(count: int) -> list[tuple[str, int]]:
    """Where it is killed: as late as can be in the revisions that nothing rolls back, then once in each, then anywhere."""
    drawn = random.Random(20261127)
    revisions, places = known_revisions()[1:], (1, 2, 3, 5, 8, 13, LAST_STATEMENT)
    once = drawn.sample([(revision, drawn.choice(places)) for revision in revisions], len(revisions))
    anywhere = drawn.sample([(revision, place) for revision in revisions for place in places], len(revisions) * len(places))
    return sorted([*dict.fromkeys([*((revision, LAST_STATEMENT) for revision in HALVES), *once, *anywhere])][: max(count, len(HALVES))])


@counted(14, 380, "kills", name="kills")
def test_mig_03_an_upgrade_that_is_killed_ends_in_the_same_schema_and_loses_nobodys_work(kills: int, filled: str, postgres_server: Server, template_database: str) -> None:
    before, name = work_in(postgres_server, filled), "killed_on_its_way"
    assert len(before) > 200
    postgres_server.drop(name)
    postgres_server.maintain(f"create database {name} template {filled}")
    try:
        killed = 0
        for revision, place in moments(kills):
            killed += upgrade(postgres_server, name, revision, place)
            assert ask(postgres_server, name, "select version_num from alembic_version") == [(f"{int(revision) - 1:04d}",)]
        assert killed == len(moments(kills)) >= kills
        upgrade(postgres_server, name, "9999", 1)
        assert ask(postgres_server, name, SCHEMA) == ask(postgres_server, template_database, SCHEMA)
        assert work_in(postgres_server, name) == before
    finally:
        postgres_server.drop(name)


def test_a_database_that_had_the_words_of_names_in_a_column_ends_in_the_same_schema(postgres_server: Server, template_database: str) -> None:
    """As revision 0075 made them when it was first published; the upgrade is killed when the column is gone already, and again when it is not yet."""
    name = "words_in_a_column"
    postgres_server.drop(name)
    postgres_server.maintain(f'create database {name} template "{template_database}"')
    try:
        engine = create_engine(postgres_server.owner_url(name))
        with engine.connect() as connection:
            config = Config(attributes={"connection": connection})
            config.set_main_option("script_location", str(script_folder()))
            command.downgrade(config, "0094")
        engine.dispose()
        with psycopg.connect(postgres_server.owner_dsn(name)) as owner:
            owner.execute(FIRST_0075.encode())
            for (trigger,) in owner.execute("select pg_get_triggerdef(oid) from pg_trigger where tgrelid = 'contact'::regclass and tgname ~ '(touch|guard|record|record_made)$'").fetchall():
                owner.execute(trigger.replace("CREATE TRIGGER", "create or replace trigger").replace("search_grams", "search_grams,name_words").encode())
        assert all(upgrade(postgres_server, name, "0095", place) for place in (LAST_STATEMENT, 6))
        upgrade(postgres_server, name, "9999", 1)
        assert ask(postgres_server, name, SCHEMA) == ask(postgres_server, template_database, SCHEMA)
    finally:
        postgres_server.drop(name)


def upgrade(server: Server, database: str, revision: str, place: int) -> bool:
    """A process that upgrades; whether it was killed on the way. It never fails."""
    words = (server.owner_dsn(database), server.app_dsn(database), revision, str(place))
    status = begin_python("-m", "tests.infrastructure.migrating_process", *words, files=(0, 1, 2)).wait(120)
    assert status in (0, -signal.SIGKILL), f"killed in {revision} at {place}: the process that went on ended with {status}"
    return status == -signal.SIGKILL
