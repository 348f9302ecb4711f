"""Who wants to hear of which change, and when to tell them. The live bridge is its only user."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import structlog
from nicegui import background_tasks, helpers
from nicegui.element import Element

log = structlog.get_logger(__name__)

FIRST_SECONDS, GATHER_SECONDS, QUIET_SECONDS = 0.03, 0.1, 1.0
"""How long notices are gathered: the first one after a quiet second briefly, since somebody waits to see it; those that follow longer, since they
come in numbers. Up to as much again, by who is told, keeps a hundred people's tabs from asking in the same instant."""

Topics = Collection[str] | Mapping[str, Collection[UUID] | None]


class ChangeSource(Protocol):
    """What hands out notices; ``infrastructure.listener.Listener`` is one."""

    def on_change(self, callback: Callable[[dict[str, Any] | None], None]) -> None:
        """Call ``callback`` on the event loop with each notice, or with None after some may have been missed."""
        ...


@dataclass
class Changes:
    """What changed since the last call: ids by topic. A topic in ``many`` changed in more rows than were named."""

    ids: dict[str, set[UUID]] = field(default_factory=dict)
    many: set[str] = field(default_factory=set)
    everything: bool = False

    def touches(self, topic: str) -> bool:
        """Whether anything under this topic changed, or may have."""
        return self.everything or topic in self.ids or topic in self.many

    def add(self, notice: dict[str, Any] | None) -> None:
        """Take in one notice; None stands for "anything may have changed"."""
        if notice is None:
            self.everything = True
        elif notice.get("ids") is None:
            self.many.add(notice["topic"])
        else:
            self.ids.setdefault(notice["topic"], set()).update(UUID(text) for text in notice["ids"])


@dataclass(eq=False)
class _Subscription:
    owner: Element
    topics: Topics
    callback: Callable[[Changes], Any]
    concerns: Callable[[dict[str, Any]], bool]
    spread: float
    pending: list[dict[str, Any] | None] = field(default_factory=list)
    busy: bool = False
    told: float = 0.0

    @property
    def over(self) -> bool:
        return self.owner.is_deleted or self.owner.client.is_deleted

    def wants(self, notice: dict[str, Any] | None) -> bool:
        if notice is None:
            return True
        topic = str(notice.get("topic"))
        if topic not in self.topics:
            return False
        wanted = self.topics[topic] if isinstance(self.topics, Mapping) else None
        return wanted is None or notice.get("ids") is None or any(UUID(text) in wanted for text in notice["ids"])


class Hub:
    """All subscriptions of one process. Everything here runs on the event loop."""

    def __init__(self) -> None:
        self._subscriptions: set[_Subscription] = set()

    def subscribe(
        self, owner: Element, topics: Topics, callback: Callable[[Changes], Any], concerns: Callable[[dict[str, Any]], bool], spread: float = 0.5
    ) -> None:
        """Until ``owner`` or its page is deleted, call ``callback`` inside it with what changed. ``spread`` (0 to 1) is its place in the crowd."""
        subscription = _Subscription(owner, topics, callback, concerns, spread)
        self._subscriptions.add(subscription)
        owner.client.on_delete(lambda: self._subscriptions.discard(subscription))

    def __len__(self) -> int:
        return len(self._subscriptions)

    def receive(self, notice: dict[str, Any] | None) -> None:
        """Take one notice from the listener."""
        for subscription in [item for item in self._subscriptions if item.over]:
            self._subscriptions.discard(subscription)
        for subscription in self._subscriptions:
            if subscription.wants(notice):
                subscription.pending.append(notice)
                if not subscription.busy:
                    subscription.busy = True
                    background_tasks.create(self._deliver(subscription), name="live update")

    async def _deliver(self, subscription: _Subscription) -> None:
        try:
            while subscription.pending and not subscription.over:
                gather = FIRST_SECONDS if time.monotonic() - subscription.told > QUIET_SECONDS else GATHER_SECONDS
                await asyncio.sleep(gather * (1 + subscription.spread))
                await self._tell(subscription)
                subscription.told = time.monotonic()
        finally:
            subscription.busy = False

    async def _tell(self, subscription: _Subscription) -> None:
        # Whether a page made the change itself is known only once its own call has come back, so it is asked here.
        notices, subscription.pending = subscription.pending, []
        changes = Changes()
        for notice in notices:
            if notice is None or subscription.concerns(notice):
                changes.add(notice)
        if subscription.over or not (changes.everything or changes.ids or changes.many):
            return
        with subscription.owner:
            result = subscription.callback(changes)
            if helpers.should_await(result):
                await result
