"""``mindfulcrm connect``."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr, ValidationError

from crm_app.domain.actor import Actor
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.schemas import ConnectionCreate, ConnectionView
from crm_app.domain.errors import Invalid
from crm_app.domain.unit_of_work import run_service


def connect_account(actor: Actor, kind: str, values: dict[str, Any], password: str, *, inner_allowed: bool) -> ConnectionView:
    """Connect an account as ``actor``; the server brings it in when it next looks, or ``sync`` does at once."""
    try:
        data = ConnectionCreate(kind=kind, password=SecretStr(password), **values)  # type: ignore[arg-type]
    except ValidationError as error:
        fields = {str(fault["loc"][0]): f"{fault['loc'][0]}: {fault['msg']}." for fault in error.errors()}
        raise Invalid("This account cannot be connected.", fields) from None
    return run_service(actor, connections.create_connection, data, inner_allowed=inner_allowed)
