"""What the mail page shows, as its address says it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from starlette.datastructures import QueryParams

from crm_app.domain.mail.models import Box
from crm_app.pages.frame import address

MOST_SEARCH = 200


@dataclass(frozen=True)
class Looking:
    """Which box is looked at, what is looked for in it, and the thread that is open."""

    box: Box = Box.PEOPLE
    search: str = ""
    thread: UUID | None = None

    @classmethod
    def read(cls, query: QueryParams) -> Looking:
        """What an address says; what makes no sense is left out."""
        asked = query.get("box", "")
        box = next((known for known in Box if known.value == asked), Box.PEOPLE)
        return cls(box=box, search=query.get("q", "").strip()[:MOST_SEARCH], thread=_uuid_of(query.get("thread")))

    @property
    def address(self) -> str:
        """Where it can be found again."""
        box = self.box.value if self.box is not Box.PEOPLE else None
        return address("/mail", {"box": box, "q": self.search, "thread": str(self.thread) if self.thread else None})


def _uuid_of(value: str | None) -> UUID | None:
    try:
        return UUID(value) if value else None
    except ValueError:
        return None
