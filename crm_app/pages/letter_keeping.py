"""What is typed of a letter, and what of it is kept already."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from crm_app.components import live
from crm_app.domain.errors import Conflict, Invalid, NotFound
from crm_app.domain.i18n import _
from crm_app.domain.letters import service as letters
from crm_app.domain.letters.schemas import MOST_ADDRESSES, MOST_WORDS, LetterFile, LetterInput, LetterUpdate, LetterView, SenderView

FIELDS = ("connection_id", "recipients", "copies", "blind", "subject", "body", "quoted")
ABOUT = ("answers_id", "contact_id")
LOSSES: tuple[dict[str, Any], ...] = (
    {}, dict.fromkeys(ABOUT), {**dict.fromkeys(ABOUT), "files": ()}, {**dict.fromkeys((*ABOUT, "connection_id")), "files": ()},
)  # fmt: skip
MOST = {"recipients": MOST_ADDRESSES, "copies": MOST_ADDRESSES, "blind": MOST_ADDRESSES, "subject": 500, "body": MOST_WORDS}


class Kept(Enum):
    """What came of keeping it: there was nothing to keep; it is kept; or it is a draft of its own now, since what it was has gone or changed elsewhere."""

    NOTHING = "nothing"
    HERE = "here"
    APART = "apart"


class LetterKeeping:
    """``values`` is what stands in the fields; ``fresh`` with what it begins while nothing of it is kept, ``kept`` what is."""

    def __init__(self, fresh: LetterInput, kept: LetterView | None, senders: Sequence[SenderView]) -> None:
        self.fresh, self.kept = fresh, kept
        self.values: dict[str, Any] = {name: getattr(kept or fresh, name) for name in FIELDS}
        stored = dict(self.values)
        if self.values["connection_id"] not in {one.connection_id for one in senders}:
            self.values["connection_id"] = senders[0].connection_id if senders else None
        self._stored = stored if kept else dict(self.values)
        self._keeping, self._over = asyncio.Lock(), False

    @property
    def changed(self) -> dict[str, Any]:
        """What differs from what is kept."""
        return {name: value for name, value in self.values.items() if value is not None and _trimmed(value) != _trimmed(self._stored[name])}

    @property
    def files(self) -> tuple[LetterFile, ...]:
        """What is attached."""
        return self.kept.files if self.kept else ()

    @property
    def signature(self) -> str:
        """What stood under what is kept, whatever its mailbox's is by now."""
        return self.kept.signature if self.kept else ""

    def type(self, **typed: str) -> None:
        """This stands in the fields now."""
        self.values |= {name: value[: MOST[name]] for name, value in typed.items()}

    async def keep(self) -> Kept:
        """Keep what differs. What stands in the fields is never lost to what became of the letter elsewhere."""
        async with self._keeping:
            return Kept.NOTHING if self._over else await self._keep(self.changed)

    async def send(self, at: datetime | None) -> LetterView:
        """Keep it and have it leave. Conflict when it is another letter by now: the one that it was may have left already."""
        async with self._keeping:
            how = await self._keep(self.changed, whole=True)
            if self.kept is None:
                raise RuntimeError("it has just been kept")
            if how is Kept.APART:
                raise Conflict(apart())
            sent = (await live.change(letters.send_letter, self.kept.id, version=self.kept.version, at=at)).value
            self._over = True
            return sent

    async def attach(self, upload_id: UUID) -> Kept:
        """Attach a file that has come up, to all that stands in the fields."""
        return await self._with_files(letters.attach_file, upload_id)

    async def attach_document(self, document_id: UUID) -> Kept:
        """Attach a copy of a contact's file."""
        return await self._with_files(letters.attach_document, document_id)

    async def detach(self, file_id: UUID) -> Kept:
        """Take a file off."""
        return await self._with_files(letters.detach_file, file_id)

    async def _with_files(self, act: Callable[..., LetterView], file_id: UUID) -> Kept:
        async with self._keeping:
            if self._over:
                return Kept.NOTHING
            how = await self._keep(self.changed, whole=True)
            if self.kept is None:
                raise RuntimeError("it has just been kept")
            self.kept = (await live.change(act, self.kept.id, file_id, version=self.kept.version)).value
            return Kept.APART if how is Kept.APART else Kept.HERE

    async def discard(self) -> LetterInput | None:
        """Throw it away; with what it can be begun again, None when nothing stood in it. Whatever is being kept just now is kept before."""
        async with self._keeping:
            changed = self.changed
            if self.kept is not None:
                await live.change(letters.discard_letter, self.kept.id, version=self.kept.version)
            self._over = True
            return self._whole() if self.kept is not None or changed else None

    async def _keep(self, given: dict[str, Any], *, whole: bool = False) -> Kept:
        how = Kept.HERE if given else Kept.NOTHING
        if self.kept is None and (given or whole):
            await self._begin()
        elif self.kept is not None and given:
            try:
                self.kept = (await live.change(letters.update_letter, self.kept.id, LetterUpdate(version=self.kept.version, **given))).value
            except (NotFound, Conflict):
                await self._begin()
                how = Kept.APART
        self._stored |= given
        return how

    async def _begin(self) -> None:
        """Keep all of it as a new draft, without what is there no more: what it answers and its contact, what is attached, and then its mailbox."""
        *some, everything = LOSSES
        for lost in some:
            try:
                await self._create(lost)
                return
            except (NotFound, Invalid):
                continue
        await self._create(everything)

    async def _create(self, lost: Mapping[str, Any]) -> None:
        self.kept = (await live.change(letters.create_letter, self._whole().model_copy(update=lost))).value

    def _whole(self) -> LetterInput:
        """All that stands in the fields, with what it is about."""
        files = tuple(one.id for one in self.files) or self.fresh.files
        return LetterInput.model_validate({**(self.kept or self.fresh).model_dump(include=set(ABOUT)), **self.values, "files": files})


def _trimmed(value: object) -> object:
    """As it is kept: room that was made over a signature is nothing that somebody wrote."""
    return value.strip() if isinstance(value, str) else value


def apart() -> str:
    """Said of a letter that became one of its own."""
    return _("This mail was changed, sent or discarded elsewhere. What stands here is a draft of its own now.")
