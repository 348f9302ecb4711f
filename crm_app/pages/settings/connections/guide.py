"""One way to connect something, as data."""

from __future__ import annotations

from dataclasses import dataclass

from crm_app.domain.connections.models import ConnectionKind


@dataclass(frozen=True, slots=True)
class Guide:
    """One way to connect. ``fixed`` is the address where everybody's is the same, so that nobody types it; ``user`` names the field for the
    user name, and without one there is no sign-in."""

    key: str
    kind: ConnectionKind
    icon: str
    title: str
    hint: str
    steps: tuple[str, ...]
    fixed: str = ""
    address: str = ""
    address_example: str = ""
    user: str = ""
    user_example: str = ""
    password: str = ""
