"""Whatever happens on the server, after a look both sides are equal: the machine that writes into calendars, at address books."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.providers.caldav.test_stateful import machine_of
from tests.providers.carddav.conftest import fresh_account
from tests.providers.carddav.test_carddav import card


def card_of(uid: str, title: str, day: int) -> bytes:
    return card(uid, title.replace(",", "\\,"), f"NOTE:{day}")


@pytest.mark.parametrize(("name", "examples"), [("fake", 25), ("radicale", 2), ("xandikos", 2)])
def test_rel_01_both_sides_are_equal_after_a_look(request: pytest.FixtureRequest, sandbox: object, name: str, examples: int):
    server = None if name == "fake" else request.getfixturevalue(name)
    plan = settings(max_examples=examples, stateful_step_count=20 if server is None else 12, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
    run_state_machine_as_test(machine_of(lambda: fresh_account(server), card_of), settings=plan)
