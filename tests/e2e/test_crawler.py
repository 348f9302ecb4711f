"""Every control on every page, as each role: pressed, and seen to do something; no error in the console, no breach of policy, no failed request.

A few for each role on every change, always the same ones; all of them in the long run, in an order of chance (``MINDFULCRM_CRAWL_SEED`` repeats one).
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from crm_app.domain.permissions import Role
from tests import cluster
from tests.e2e.crawler import Crawl
from tests.e2e.studio import Studio, open_studio, write_people
from tests.security.counts import SHARE
from tests.security.world import fingerprint
from tests.tabs import RunningHouse, served_house

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1_500)]
SHORT, LONG = 10, 1_200.0  # presses for a role; seconds for one


@pytest.fixture
def house(postgres_server: cluster.Server, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHouse]:
    """A house for each walk, since a walk leaves nothing as it was."""
    with (
        cluster.cloned_database(postgres_server, template_database) as database,
        served_house(database, tmp_path_factory.mktemp("house")) as house,
    ):
        yield house


@pytest.fixture
def studio(house: RunningHouse) -> Iterator[Studio]:
    """The same, furnished."""
    with open_studio(house) as studio:
        yield studio


def test_every_control_does_something(studio: Studio, browser: Browser) -> None:
    for role in (Role.VIEWER, Role.MEMBER, Role.ADMIN, Role.OWNER):  # who may change least comes first, in one house
        walk(studio, browser, role, lambda crawl: crawl.pressed < SHORT, 4)


def test_what_does_nothing_and_what_breaks_is_noticed(house: RunningHouse, browser: Browser) -> None:
    write_people(house.database)
    context = Studio(house).context(browser, Role.VIEWER)
    context.add_init_script("addEventListener('click', (e) => { e.preventDefault(); e.stopImmediatePropagation(); console.error('no way') }, true)")
    crawl = Crawl(context, lambda: fingerprint(house.database, "user_session"), 1, patience=1.0)
    crawl.walk(["/settings/appearance"], lambda crawl: crawl.pressed < 4, house.forget_pages_of_nobody)
    context.close()
    assert any("nothing happened" in line for line in crawl.idle) and any("no way" in line for line in crawl.faults)


@pytest.mark.long
@pytest.mark.parametrize("role", [*Role], ids=[role.value for role in Role])
def test_every_control_of_all_pages_does_something(studio: Studio, browser: Browser, role: Role) -> None:
    ends = time.monotonic() + LONG * SHARE
    walk(studio, browser, role, lambda crawl: time.monotonic() < ends or crawl.pressed < SHORT, random.randrange(10**6))


def walk(studio: Studio, browser: Browser, role: Role, goes_on: Callable[[Crawl], bool], seed: int) -> None:
    seed = int(os.environ.get("MINDFULCRM_CRAWL_SEED") or seed)
    context = studio.context(browser, role, viewport={"width": 1440, "height": 900}, accept_downloads=True)
    crawl = Crawl(context, lambda: fingerprint(studio.house.database, "user_session"), seed)
    crawl.walk(studio.places(role), goes_on, studio.house.forget_pages_of_nobody)
    context.close()
    assert crawl.idle == [] and crawl.faults == [], f"MINDFULCRM_CRAWL_SEED={seed}, {crawl.pressed} presses as {role.value}:\n" + "\n".join(crawl.idle + crawl.faults)
    assert studio.house.defects == [], f"MINDFULCRM_CRAWL_SEED={seed}\n" + "\n".join(studio.house.defects)
