"""Fixtures of the web edge, and of the whole product."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crm_app.domain.google.authority import bind_google
from crm_app.domain.links import bind_public_url
from crm_app.providers.google import FakeGoogle, GoogleAuthority
from tests.cluster import Server
from tests.security.ground import Grounds
from tests.security.house import House, open_house
from tests.web.fixtures import edge, first_run_edge, https_edge, https_server, local_edge

__all__ = ["edge", "first_run_edge", "https_edge", "https_server", "local_edge"]


@pytest.fixture(autouse=True)
def _bound_for_calls() -> None:
    """What services that are called in this very process say of addresses."""
    bind_public_url("https://crm.example.org")
    bind_google(GoogleAuthority(FakeGoogle))


@pytest.fixture(scope="session")
def grounds(postgres_server: Server, template_database: str) -> Iterator[Grounds]:
    """Where a file gets a database with the small team in it."""
    grounds = Grounds(postgres_server, template_database)
    yield grounds
    grounds.close()


@pytest.fixture(scope="session")
def production_house(grounds: Grounds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The product as behind a proxy that ends TLS, with a small team in it."""
    with open_house(grounds, tmp_path_factory.mktemp("house"), "https://crm.example.org") as house:
        yield house


@pytest.fixture
def house(production_house: House) -> House:
    """The same, with services bound to its database and no counters."""
    production_house.bind()
    production_house.forgive()
    return production_house
