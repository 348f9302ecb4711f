"""Seeding goes around the services, so what it writes must be what they would have written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
from sqlalchemy import text
from sqlmodel import select

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.derived import refresh_derived
from crm_app.domain.goals.schemas import GoalFilter
from crm_app.domain.goals.service import list_goals
from crm_app.domain.mail.entries import follow
from crm_app.domain.mail.landing_queries import list_emails
from crm_app.domain.mail.models import EmailContact
from crm_app.domain.permissions import Role
from crm_app.domain.unit_of_work import unit_of_work
from crm_app.infrastructure.seeding.seed import Seeded, seed_database
from tests.cluster import Database
from tests.security.world import fingerprint

DAY = "2026-11-23"


def seed(database: Database, **numbers: int) -> Seeded:
    """Seed through a connection of the schema's owner."""
    url = database.owner.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        return seed_database(connection, day=DAY, **numbers)


def all_of(database: Database, statement: str) -> list[Any]:
    """All rows, seen by the owner of the schema."""
    with database.owner.connect() as connection:
        return list(connection.execute(text(statement)).all())


def scalar(database: Database, statement: str) -> Any:
    """One value, seen by the owner of the schema."""
    with database.owner.connect() as connection:
        return connection.execute(text(statement)).scalar()


def test_the_derived_columns_are_what_the_services_would_have_written(database: Database) -> None:
    seed(database, contacts=300, interactions=3_000, users=4)
    before = scalar(database, "select md5(string_agg(c::text, '|' order by id)) from contact c")
    with database.owner.connect() as connection:
        rows = connection.execute(text("select owner_id, array_agg(id) from contact group by 1")).all()
    for owner, ids in rows:
        with unit_of_work(Actor(user_id=owner, role=Role.MEMBER), "tests.refresh") as session:
            refresh_derived(session, ids)
    assert scalar(database, "select md5(string_agg(c::text, '|' order by id)) from contact c") == before


def test_calendars_are_what_a_sync_would_have_left(database: Database) -> None:
    made = seed(database, contacts=120, interactions=600, users=2, events_a_week=5)
    assert made.events == 2 * 100 * 5
    before = scalar(database, "select md5(string_agg(e::text, '|' order by id)) from event e")
    links = scalar(database, "select md5(string_agg(l::text, '|' order by event_id, contact_id)) from event_contact l")
    with database.owner.begin() as connection:
        connection.execute(text("select narrow_events(array(select id from event))"))
    assert scalar(database, "select md5(string_agg(e::text, '|' order by id)) from event e") == before
    assert scalar(database, "select md5(string_agg(l::text, '|' order by event_id, contact_id)) from event_contact l") == links
    assert scalar(database, "select count(*) from event_contact l join event e on e.id = l.event_id where (l.owner_id, l.starts_at) <> (e.owner_id, e.starts_at)") == 0
    assert scalar(database, "select count(*) from event where settled <> (starts_at < '2026-11-23')") == 0
    steps = scalar(database, "select md5(string_agg(next_step || next_step_on, '|' order by id)) from contact")
    with database.owner.connect() as connection:
        rows = connection.execute(text("select owner_id, array_agg(id) from contact group by 1")).all()
    for owner, ids in rows:
        with unit_of_work(Actor(user_id=owner, role=Role.MEMBER), "tests.refresh") as session:
            refresh_derived(session, ids)
    assert scalar(database, "select md5(string_agg(next_step || next_step_on, '|' order by id)) from contact") == steps


def test_mail_is_what_a_sync_would_have_left(database: Database) -> None:
    """What the database derives of threads, what follows on timelines, and that nothing of it is to be matched or fetched again."""
    made = seed(database, contacts=120, interactions=600, users=3, mails=400)
    assert made.mails == 400 == scalar(database, "select count(*) from email") == scalar(database, "select count(*) from email_place")
    shape = "select md5(string_agg({0}::text, '|' order by {0}::text)) from {0}"
    tables = ("mail_thread", "email", "email_subject", "email_body", "email_party", "email_contact", "interaction", "interaction_contact", "contact")
    before = [scalar(database, shape.format(table)) for table in tables]
    with database.owner.begin() as connection:
        connection.execute(text("select settle_mail(array(select id from mail_thread))"))
        owners = connection.execute(text("select owner_id, array_agg(id), count(*) filter (where interaction_id is not null) from email group by 1")).all()
    for owner, ids, entries in owners:
        actor = Actor(user_id=owner, role=Role.MEMBER)
        with unit_of_work(actor, "tests.mail") as session:
            follow(session, actor, list_emails(session, actor, ids))
            refresh_derived(session, session.exec(select(EmailContact.contact_id).distinct()).all())
        assert entries > 30
    assert [scalar(database, shape.format(table)) for table in tables] == before
    assert scalar(database, "select count(*) from email_party where search_text = ''") == 0 == scalar(database, "select count(*) from email where has_body and standing <> 'kept'")
    assert {row[0] for row in all_of(database, "select distinct audience || box from mail_thread")} == {"privatepeople", "teampeople", "privateunmatched", "privateirrelevant"}
    assert scalar(database, "select count(*) from change") == 0


def test_the_triggers_would_have_left_every_audience_as_it_is(database: Database) -> None:
    seed(database, contacts=200, interactions=2_000, users=3)
    for child, parent in (("contact_point", "contact_id"), ("contact_tag", "contact_id")):
        assert scalar(database, f"select count(*) from {child} l join contact c on c.id = l.{parent} where (l.audience, l.owner_id) <> (c.audience, c.owner_id)") == 0
    for entry in ("interaction", "task"):
        wrong = (
            f"select count(*) from {entry}_contact l join {entry} e on e.id = l.{entry}_id join contact c on c.id = l.contact_id where l.audience <> e.audience "
            "or l.owner_id <> e.owner_id or (c.audience = 'private' and (e.audience <> 'private' or e.owner_id <> c.owner_id))"
        )
        assert scalar(database, wrong) == 0
    assert scalar(database, "select count(*) from change") == 0
    assert 0.2 < scalar(database, "select avg((audience = 'team')::int)::float from contact") < 0.4


def test_the_same_seed_gives_the_same_rows_and_a_second_one_adds_others(database: Database) -> None:
    first = seed(database, contacts=50, interactions=200, users=2)
    tables = ("contact", "contact_point", "interaction", "task", "goal", "goal_check_in", "programme", "programme_correction")
    rows = [scalar(database, f"select md5(string_agg(to_jsonb(t)::text, '|' order by id)) from {table} t") for table in tables]
    with database.owner.begin() as connection:
        connection.execute(text("truncate contact, interaction, task, tag, goal restart identity cascade"))
    assert seed(database, contacts=50, interactions=200, users=2) == first
    assert [scalar(database, f"select md5(string_agg(to_jsonb(t)::text, '|' order by id)) from {table} t") for table in tables] == rows
    seed(database, contacts=50, interactions=200, users=2)
    assert scalar(database, "select count(*) from contact") == 100


def test_what_seeding_takes_away_meanwhile_is_back_afterwards(database: Database, run: Callable[..., Any]) -> None:
    shape = (
        "select md5(string_agg(line, '|' order by line)) from (select pg_get_indexdef(indexrelid) as line from pg_index "
        "union all select conrelid::regclass || pg_get_constraintdef(oid) from pg_constraint "
        "union all select tgrelid::regclass || tgname || tgenabled::text from pg_trigger where not tgisinternal "
        "union all select relname || relrowsecurity || relforcerowsecurity from pg_class where relkind = 'r') as parts"
    )
    before = scalar(database, shape)
    seed(database, contacts=5, interactions=20, users=1)
    assert scalar(database, shape) == before
    assert fingerprint(database)


def test_a_seeded_task_has_the_moment_that_the_database_would_have_given_it(database: Database) -> None:
    assert seed(database, contacts=200, interactions=0, users=2).tasks == 100
    with database.owner.begin() as connection:
        timed = connection.execute(text("select count(*) from task where due_at is not null")).scalar_one()
        moments = connection.execute(text("select array_agg(due_at order by id) from task")).scalar_one()
        connection.execute(text("update task set due_at = null"))
        assert 0 < timed < 60 and connection.execute(text("select array_agg(due_at order by id) from task")).scalar_one() == moments


def test_seeded_goals_and_programmes_stand_as_the_database_would_have_left_them(database: Database) -> None:
    made = seed(database, contacts=400, interactions=6_000, users=3)
    assert (made.goals, made.programmes) == (53, 40) and scalar(database, "select count(*) from goal_check_in") > 200
    for child, parent, key in (("goal", "contact", "contact_id"), ("programme", "contact", "contact_id"), ("goal_check_in", "goal", "goal_id"), ("programme_correction", "programme", "programme_id")):
        assert scalar(database, f"select count(*) from {child} l join {parent} c on c.id = l.{key} where (l.audience, l.owner_id) <> (c.audience, c.owner_id)") == 0
    assert scalar(database, "select count(*) from goal where contact_id is null and audience = 'team'") == 3
    latest = "(select (c.value, c.day) from goal_check_in c where c.goal_id = g.id order by c.day desc, c.id desc limit 1)"
    assert scalar(database, f"select count(*) from goal g where (g.current_value is not null or {latest} is not null) and (g.current_value, g.checked_on) is distinct from {latest}") == 0
    before = scalar(database, "select md5(string_agg(p::text, '|' order by id)) from programme p")
    with database.owner.begin() as connection:
        connection.execute(text("select recount_programmes(array(select contact_id from programme))"))
    assert scalar(database, "select md5(string_agg(p::text, '|' order by id)) from programme p") == before
    assert scalar(database, "select count(*) from programme where sessions_counted > 0") > 3
    assert scalar(database, "select count(*) from programme where sessions_left between 1 and 2") > 0
    assert scalar(database, "select count(*) from change") == 0


def test_seeded_goals_stand_in_different_ways(database: Database, olivia: Actor) -> None:
    seed(database, contacts=400, interactions=100, users=2)
    with unit_of_work(olivia, "tests.goals") as session:
        states = {goal.state for goal in list_goals(session, olivia, GoalFilter(limit=200)).goals}
    assert {"on_track", "at_risk", "off_track"} <= states
