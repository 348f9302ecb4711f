"""The sidebar's word on one's connections, kept true for as long as the tab is open."""

from __future__ import annotations

from crm_app.components import live
from crm_app.components.guard import telling
from crm_app.components.shell import Shell
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.schemas import SyncHealth


class SyncWatch:
    """Says how they stand, and again whenever that changes. Somebody without a connection is told nothing."""

    def __init__(self, frame: Shell, state: SyncHealth) -> None:
        self._frame = frame
        frame.sync.show(state)
        live.on(("connection", "job"), self.look, own=True)

    async def look(self, *_changes: object) -> None:
        """Ask anew."""
        with telling():
            self._frame.sync.show(await live.read(connections.get_sync_health))
