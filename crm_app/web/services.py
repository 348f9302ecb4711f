"""What the routers of the edge share, made once by ``build_app``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

from crm_app.domain.accounts.guessing import SignInLimits
from crm_app.domain.ports import SessionStore, UploadStore
from crm_app.web.config import EdgeConfig
from crm_app.web.csrf import FormTokens
from crm_app.web.sessions import Sessions


async def _nobody_listens(session_id: UUID) -> None:
    """Until the live pages exist, a closed session has none to shut."""


@dataclass
class EdgeServices:
    """Handed to every router; nothing here is a module global."""

    config: EdgeConfig
    store: SessionStore
    uploads: UploadStore | None = None
    readiness: Callable[[], list[str]] = list
    measure: Callable[[], object] = list
    session_closed: Callable[[UUID], Awaitable[None]] = _nobody_listens
    sessions: Sessions = field(init=False)
    forms: FormTokens = field(init=False)
    sign_in_limits: SignInLimits = field(init=False)
    # Two hashes at once (46 MiB and a core each); a few may queue, the rest are told to come back.
    hashing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
    waiting: int = 0

    def __post_init__(self) -> None:
        self.sessions = Sessions(self.store, self.config)
        self.forms = FormTokens(self.config.secret_key)
        self.sign_in_limits = SignInLimits(self.store)
