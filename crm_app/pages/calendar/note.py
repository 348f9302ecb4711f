"""Writing of a session where it stands in the calendar: its contacts and its time are known, only the words are missing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from crm_app.components import event_words, live
from crm_app.components.composer import Composer, Written
from crm_app.components.guard import telling
from crm_app.domain.calendar.schemas import EventView
from crm_app.domain.contacts import service as contacts
from crm_app.domain.errors import NotFound
from crm_app.domain.i18n import _
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.models import Kind
from crm_app.domain.interactions.schemas import EntryView, InteractionCreate, InteractionUpdate
from crm_app.domain.rows import Audience, now
from crm_app.pages.acts import offer_undo
from crm_app.pages.mentioning import colleagues_for


class SessionNote:
    """A box for a note about ``event()``. What is typed is kept until it is saved, also when the panel is closed."""

    def __init__(self, event: Callable[[], EventView], saved: Callable[[], Awaitable[Any]]) -> None:
        self._event, self._saved = event, saved
        self.key = draft_key(event().id)

    async def draw(self) -> Composer:
        """The box, with what was typed before."""
        draft = await live.read(contacts.get_draft, self.key)
        named = colleagues_for(lambda: [row.id for row in self._event().contacts])
        self.composer = Composer(live.viewer(), draft, self.save, self.keep, named, plain=True)
        return self.composer

    async def save(self, written: Written) -> bool:
        """On the meeting's own entry while nothing is written there, else as a note of its own; False keeps what was typed."""
        saved = False
        with telling():
            event = self._event()
            meeting = await _unwritten(event)
            if meeting is not None:
                given: dict[str, Any] = {"audience": Audience.PRIVATE} if written.audience == Audience.PRIVATE else {}
                said = InteractionUpdate(version=meeting.version, body=written.body, **given)
                outcome = await live.change(interactions.update_interaction, meeting.id, said)
            else:
                outcome = await live.change(interactions.log_interaction, _note_of(event, written))
            saved = True
            offer_undo(outcome, _("Note saved"), self._saved)
            await self._saved()
        return saved

    async def keep(self, typed: str) -> None:
        """Keep what is typed until somebody writes of this event again."""
        with telling():
            await live.change(contacts.save_draft, self.key, typed)


def draft_key(event_id: UUID) -> str:
    """Where the draft of a note about an event is kept."""
    return f"event:{event_id}"


async def _unwritten(event: EventView) -> EntryView | None:
    """The entry that the event became on the timeline, while nobody has written anything on it and it is the reader's to write on."""
    if event.interaction_id is None:
        return None
    try:
        entry = await live.read(interactions.get_interaction, event.interaction_id)
    except NotFound:  # it went with its event, while somebody was writing
        return None
    return entry if entry.may_edit and not entry.body.strip() else None


def _note_of(event: EventView, written: Written) -> InteractionCreate:
    """A note on the timelines of its contacts: at its beginning, or now while that is still to come."""
    begun = min(event.starts_at, now())
    return InteractionCreate(
        kind=Kind.NOTE, subject=event_words.title_of(event)[:500], body=written.body, occurred_at=begun, contact_ids=[row.id for row in event.contacts],
        audience=Audience(written.audience),
    )  # fmt: skip
