"""Where the composition root puts the gateway to language models."""

from __future__ import annotations

from crm_app.ai.types import Gateway


class _Binding:
    gateway: Gateway | None = None


def bind_gateway(gateway: Gateway | None) -> None:
    """Have every model of this process asked through ``gateway``."""
    _Binding.gateway = gateway


def bound_gateway() -> Gateway:
    """The gateway that ``bind_gateway`` was given."""
    if _Binding.gateway is None:
        raise RuntimeError("ai.bound.bind_gateway(gateway) has not been called")
    return _Binding.gateway
