"""One backup at a time, and the next one at once."""

from __future__ import annotations

import psycopg
import pytest

from crm_app.infrastructure.backup.alone import alone

LOCK = 7_203_114_999


def test_a_second_is_told_and_may_as_soon_as_the_first_is_done_although_its_connection_lives_on(postgres_server):
    dsn = postgres_server.owner_dsn("postgres")
    with psycopg.connect(dsn, autocommit=True) as one, psycopg.connect(dsn, autocommit=True) as other:
        with alone(one, LOCK) as first, alone(other, LOCK) as second:
            assert (first, second) == (True, False)
        with alone(other, LOCK) as second:
            assert second
        with pytest.raises(RuntimeError), alone(one, LOCK):
            raise RuntimeError
        with alone(other, LOCK) as second:
            assert second


def test_a_connection_that_was_lost_inside_hides_no_other_error(postgres_server):
    with psycopg.connect(postgres_server.owner_dsn("postgres"), autocommit=True) as one, pytest.raises(RuntimeError), alone(one, LOCK):
        one.close()
        raise RuntimeError
