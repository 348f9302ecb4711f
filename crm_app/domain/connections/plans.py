"""What is handed from one step of a run to the next: what it is to do, what is known here, what a page brought, and what it came to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from pydantic import SecretStr

from crm_app.domain.calendar.landing import TakenItem
from crm_app.domain.connections.source import RemoteCalendar


@dataclass(frozen=True, slots=True)
class Bad:
    """A thing that is not taken in. ``etag`` is empty where the provider could not even hand it over."""

    item: str
    reason: str
    etag: str = ""
    failed: bool = True
    title: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """One run. ``whole``: everything over there is looked at; ``anew``: as if nothing were kept here. ``fault`` is why it cannot even begin.
    ``writes``: its calendars may be changed from here.

    ``first`` moves on day by day; ``earliest`` is where it stood when the connection was made, and from then on what came in may be here.
    """

    job_id: UUID
    attempt: int
    run_id: UUID
    connection_id: UUID
    kind: str
    url: str = field(repr=False)  # a feed's address may be its only secret
    username: str
    password: SecretStr
    inner_allowed: bool
    whole: bool
    dry: bool
    anew: bool
    earliest: date
    first: date
    last: date
    moment: datetime
    fault: str = ""
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A calendar that is to be synced; without ``id`` it is not kept here yet, which only happens in a dry run."""

    id: UUID | None
    remote: RemoteCalendar


@dataclass(frozen=True, slots=True)
class Known:
    """With what to ask for changes, and the things that come again and are to be read anew."""

    token: str
    refs: dict[str, str]
    rereads: tuple[tuple[str, str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """A page, read. ``noted`` is everything of this calendar that the provider could not hand over, on this page or an earlier one.

    ``seen`` is how much of it was handed over; ``coming``, on a calendar's first page, how much all its pages hold.
    """

    items: Sequence[TakenItem] = ()
    bad: Sequence[Bad] = ()
    gone: Collection[str] = ()
    present: frozenset[str] | None = None
    noted: frozenset[str] = frozenset()
    token: str = ""
    seen: int = 0
    coming: int = 0

    def without(self, written: Collection[str]) -> Taken:
        """But for what was written over there since the run began: it may tell of it as it was before, so the next run asks for it again."""
        if not written:
            return self
        present = None if self.present is None else self.present | frozenset(written)
        items, bad = [item for item in self.items if item.ref not in written], [one for one in self.bad if one.item not in written]
        return replace(self, items=items, bad=bad, gone=[ref for ref in self.gone if ref not in written], present=present, token="")


@dataclass(slots=True)
class Counts:
    """What a page, or a whole run, came to. ``total`` is how much there is over there, ``coming`` how much of it is known to be handed over."""

    seen: int = 0
    created: int = 0
    updated: int = 0
    deleted: int = 0
    skipped: int = 0
    failed: int = 0
    total: int = 0
    coming: int = 0

    def add(self, other: Counts) -> None:
        """Count these too."""
        for name in COUNTED:
            setattr(self, name, getattr(self, name) + getattr(other, name))


COUNTED = ("seen", "created", "updated", "deleted", "skipped", "failed")


class Rehearsed(Exception):
    """Ends the transaction of a dry run's page, so that nothing of it stays but what it ``counts``."""

    def __init__(self, counts: Counts) -> None:
        super().__init__()
        self.counts = counts
