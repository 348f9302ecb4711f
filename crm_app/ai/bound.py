"""Where the composition root puts the gateway to language models."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crm_app.ai.types import Gateway


class _Binding:
    gateway: Gateway | None = None
    make: Callable[[], Gateway] | None = None
    lock = Lock()


def bind_gateway(gateway: Gateway | None) -> None:
    """Have every model of this process asked through ``gateway``."""
    _Binding.gateway, _Binding.make = gateway, None


def bind_gateway_lazily(make: Callable[[], Gateway]) -> None:
    """Have every model of this process asked through what ``make`` returns. It is called once, when somebody first asks one."""
    _Binding.gateway, _Binding.make = None, make


def bound_gateway() -> Gateway:
    """The gateway that was bound."""
    with _Binding.lock:
        if _Binding.gateway is None:
            if _Binding.make is None:
                raise RuntimeError("ai.bound.bind_gateway(gateway) has not been called")
            _Binding.gateway = _Binding.make()
        return _Binding.gateway
