"""The composition root binds a gateway that nobody has to wait for until somebody asks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_app.ai.bound import bind_gateway, bound_gateway
from crm_app.ai.patience import PatientGateway
from crm_app.ai.types import Message
from crm_app.domain.ai import places
from crm_app.jobs.sources import bind_accounts
from crm_app.settings import load_settings


@pytest.fixture(autouse=True)
def _let_go() -> Iterator[None]:
    yield
    bind_gateway(None)
    places.bind_places(lambda host, port: False)


def test_the_product_binds_one_gateway_and_what_the_host_has_opened(tmp_path: Path) -> None:
    before = "litellm" in sys.modules
    bind_accounts(load_settings(data_dir=tmp_path, inner_hosts="models.lan:11434"))
    assert places.is_open("models.lan", 11434) and not places.is_open("models.lan", 11435) and not places.is_open("other.lan", 11434)
    gateway = bound_gateway()
    assert isinstance(gateway, PatientGateway) and bound_gateway() is gateway
    assert gateway.count_tokens("any", (Message("user", "How was it?"),)) > 0
    assert ("litellm" in sys.modules) is before
