"""The demo's larger half: a year of an invented practice, as one file brings it in."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import text

from crm_app.cli.demo_year import fill_year
from crm_app.domain.imports.sandbox import bind_sandbox
from crm_app.infrastructure.sandbox import ProcessSandbox


@pytest.mark.usefixtures("run")
def test_a_hundred_and_more_people_have_had_a_year_with_both_of_the_team(database, alice, bob):
    with ProcessSandbox(1) as sandbox, psycopg.connect(database.server.owner_dsn(database.name), autocommit=True) as connection:
        bind_sandbox(sandbox)
        fill_year(connection, (alice, bob), 114)
    with database.owner.connect() as session:
        of = dict(session.execute(text("select owner_id, count(*) from contact group by owner_id")).tuples().all())
        names, early, late = session.execute(text("select count(distinct display_name), min(occurred_at), max(occurred_at) from contact, interaction")).one()
        months = session.execute(text("select count(distinct date_trunc('month', occurred_at)) from interaction where occurred_at > now() - interval '1 year'")).scalar()
        due, before = session.execute(text("select count(*) filter (where due_at < now()), count(*) filter (where created_at > now() - interval '1 day') from contact")).one()
    assert of == {alice.user_id: 38, bob.user_id: 76} and names == 114
    assert months >= 12 and (late - early).days > 360
    assert due <= 10 and before == 0, "nobody was met today, and few are waited for"
