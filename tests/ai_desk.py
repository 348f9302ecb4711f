"""A house in which models are used: switched on, with one model that says what a test tells it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import text

from crm_app.ai import pending
from crm_app.ai.bound import bind_gateway
from crm_app.ai.fake import FakeGateway
from crm_app.domain.actor import Actor
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.features import ModelTier
from crm_app.domain.ai.schemas import ModelCreate, ProviderCreate, SettingsUpdate
from crm_app.domain.consents import service as consents
from crm_app.domain.consents.schemas import ConsentCreate
from crm_app.domain.unit_of_work import run_service
from tests.cluster import Database

PRICED: dict[str, Any] = {"input_price": 1_000_000, "output_price": 5_000_000, "context_tokens": 100_000, "max_output": 8_000, "tools": True, "structured": True}


@contextmanager
def model_at_hand(olivia: Actor) -> Iterator[FakeGateway]:
    """Models are on, and the team has one, called Small."""
    run_service(olivia, ai.change_settings, SettingsUpdate(version=1, enabled=True))
    made = run_service(olivia, ai.create_provider, ProviderCreate(provider="anthropic", key=SecretStr("not-to-be-seen"), trains=False))
    run_service(olivia, ai.create_models, made.id, [ModelCreate(name="small-1", label="Small", tier=ModelTier.BALANCED, **PRICED)])
    fake = FakeGateway()
    bind_gateway(fake)
    pending.forget_failures()
    try:
        yield fake
    finally:
        bind_gateway(None)
        pending.forget_failures()


def agree(actor: Actor, *contact_ids: UUID, action: str = "given") -> None:
    """These contacts agree to AI, or take it back."""
    run_service(actor, consents.record_consents, ConsentCreate(contact_ids=list(contact_ids), purposes=["ai"], action=action))


def count_asked(database: Database) -> int:
    """Questions that are being answered, and calls that are not paid for yet."""
    counted = "select (select count(*) from conversation_turn where state = 'running') + (select count(*) from ai_call where state = 'reserved')"
    with database.owner.connect() as connection:
        return int(connection.execute(text(counted)).scalar_one())


def until_answered(database: Database, *, before: int = 0) -> None:
    """Wait until no more is asked than ``before``: what was asked goes on when its page is done with."""
    until = time.monotonic() + 20
    while count_asked(database) > before and time.monotonic() < until:
        time.sleep(0.05)
