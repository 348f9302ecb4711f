"""Which places of its own network whoever hosts this has opened, as the composition root says: only there may anything travel in the clear."""

from __future__ import annotations

from collections.abc import Callable


def _nothing(_host: str, _port: int) -> bool:
    return False


class _Binding:
    opened: Callable[[str, int], bool] = staticmethod(_nothing)


def bind_places(opened: Callable[[str, int], bool]) -> None:
    """Have ``opened`` say whether the host has opened this very host and port. The gate asks the same again for each connection."""
    _Binding.opened = staticmethod(opened)


def is_open(host: str, port: int) -> bool:
    """Whether the host has opened this very place."""
    return _Binding.opened(host, port)
