"""What is typed of a letter, and what of it is kept already."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from crm_app.components import live
from crm_app.domain.letters import service as letters
from crm_app.domain.letters.schemas import MOST_ADDRESSES, MOST_WORDS, LetterInput, LetterUpdate, LetterView, SenderView

FIELDS = ("connection_id", "recipients", "copies", "subject", "body", "quoted")
MOST = {"recipients": MOST_ADDRESSES, "copies": MOST_ADDRESSES, "subject": 500, "body": MOST_WORDS}


class LetterKeeping:
    """``values`` is what stands in the fields; ``fresh`` with what it begins while nothing of it is kept, ``kept`` what is."""

    def __init__(self, fresh: LetterInput, kept: LetterView | None, senders: Sequence[SenderView]) -> None:
        self.fresh, self.kept = fresh, kept
        self.values: dict[str, Any] = {name: getattr(kept or fresh, name) for name in FIELDS}
        stored = dict(self.values)
        if self.values["connection_id"] not in {one.connection_id for one in senders}:
            self.values["connection_id"] = senders[0].connection_id if senders else None
        self._stored = stored if kept else dict(self.values)
        self._keeping = asyncio.Lock()

    @property
    def changed(self) -> dict[str, Any]:
        """What differs from what is kept."""
        return {name: value for name, value in self.values.items() if value != self._stored[name] and value is not None}

    def type(self, **typed: str) -> None:
        """This stands in the fields now."""
        self.values |= {name: value[: MOST[name]] for name, value in typed.items()}

    async def keep(self, *, whole: bool = False) -> bool:
        """Keep what differs, with ``whole`` also a letter of which nothing does; whether there was something to keep."""
        async with self._keeping:
            given = self.changed
            if self.kept is None and (given or whole):
                data = {**self.fresh.model_dump(), **self.values}
                self.kept = (await live.change(letters.create_letter, LetterInput.model_validate(data))).value
            elif self.kept is not None and given:
                self.kept = (await live.change(letters.update_letter, self.kept.id, LetterUpdate(version=self.kept.version, **given))).value
            self._stored |= given
            return bool(given)

    async def send(self, at: datetime | None) -> LetterView:
        """Keep it and have it leave."""
        await self.keep(whole=True)
        if self.kept is None:
            raise RuntimeError("it has just been kept")
        return (await live.change(letters.send_letter, self.kept.id, version=self.kept.version, at=at)).value

    async def discard(self) -> LetterInput | None:
        """Throw it away; with what it can be begun again, None when nothing stood in it."""
        changed = self.changed
        if self.kept is not None:
            await live.change(letters.discard_letter, self.kept.id, version=self.kept.version)
        if self.kept is None and not changed:
            return None
        return LetterInput(**{**(self.kept or self.fresh).model_dump(include={"answers_id", "contact_id"}), **self.values})
