"""The edge servers, started once for the session; import what a conftest needs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.edge import Edge, running


@pytest.fixture(scope="session")
def local_edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """As on a single machine: http://localhost."""
    with running(None, tmp_path_factory.mktemp("edge")) as edge:
        yield edge


@pytest.fixture(scope="session")
def https_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """As in production behind a proxy that ends TLS."""
    with running("https://crm.example.org", tmp_path_factory.mktemp("edge")) as edge:
        yield edge


@pytest.fixture
def https_edge(https_server: Edge) -> Edge:
    """The production edge with no counters, and everyone enabled and with their own password."""
    https_server.control("reset")
    return https_server


@pytest.fixture
def edge(local_edge: Edge) -> Edge:
    """The local edge with no counters, and everyone enabled and with their own password."""
    local_edge.control("reset")
    return local_edge


@pytest.fixture
def first_run_edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """An edge that nobody has set up."""
    with running(None, tmp_path_factory.mktemp("edge"), "--first-run") as edge:
        yield edge
