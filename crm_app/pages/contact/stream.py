"""The middle of the record: the composer, and what happened, day by day, loading on as one scrolls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from crm_app.components import live, words
from crm_app.components.choices import Choice, tabs
from crm_app.components.composer import Composer, Written
from crm_app.components.drawn_menu import DrawnMenu, Item
from crm_app.components.elements import button, icon_button, pill
from crm_app.components.guard import telling
from crm_app.components.page_parts import empty_line, on_near_end
from crm_app.components.text import block
from crm_app.components.timeline import Timeline
from crm_app.domain.actor import Actor
from crm_app.domain.calendar import service as calendar
from crm_app.domain.calendar.schemas import ContactMeetings
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactView
from crm_app.domain.documents import service as documents
from crm_app.domain.documents.schemas import DocumentPage
from crm_app.domain.drives import service as drives
from crm_app.domain.drives.schemas import ContactDrives
from crm_app.domain.goals import service as goals
from crm_app.domain.goals.schemas import GoalRecord, Milestone
from crm_app.domain.i18n import _
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.models import Kind
from crm_app.domain.interactions.schemas import EntryView, InteractionCreate, InteractionUpdate, TimelinePage
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience
from crm_app.pages.acts import offer_undo
from crm_app.pages.contact.emails import draw_mail
from crm_app.pages.contact.entry_edit import edit_entry
from crm_app.pages.contact.files import Files
from crm_app.pages.contact.goals_tab import draw_goals
from crm_app.pages.contact.kinds import FILES, GOALS, MEETINGS, kind_tabs
from crm_app.pages.contact.meetings import draw_coming
from crm_app.pages.frame import Frame
from crm_app.pages.history import show_history
from crm_app.pages.mentioning import colleagues_for

Beside = Sequence[Milestone] | ContactMeetings | ContactDrives
Answer = TimelinePage | DocumentPage | tuple[GoalRecord, ...]
"""Entries, or the goals or files where their tab is chosen."""


class Stream:
    """``kind`` stands in the address; ``changed`` tells the page that derived facts may have moved."""

    timeline: Timeline
    reached: list[Milestone]
    changed: Callable[[], Awaitable[Any]]

    def __init__(self, contact_id: UUID, frame: Frame) -> None:
        self.contact_id = contact_id
        self.frame = frame
        self.shown: set[UUID] = set()
        self.cursor: str | None = None
        self.loading = False
        self.read_address()

    def read_address(self) -> None:
        """Take the kind from the address."""
        asked = self.frame.query.get("kind", "")
        self.kind = asked if asked in {GOALS, FILES, *(kind.value for kind in Kind)} else ""

    @property
    def topics(self) -> tuple[str, ...]:
        """What touches it when it changes."""
        return ("interaction", "interaction_contact", "goal", "goal_check_in", "mail", *{MEETINGS: ["event"], FILES: ["document"]}.get(self.kind, ()))

    def question(self, after: str | None = None) -> tuple[Any, ...]:
        """Which entries are wanted, as the live bridge takes it."""
        if self.kind in (GOALS, FILES):
            return (goals.list_goal_records, self.contact_id) if self.kind == GOALS else (documents.list_documents, self.contact_id, after)
        return interactions.list_timeline, self.contact_id, (Kind(self.kind),) if self.kind else (), after

    def questions(self) -> list[tuple[Any, ...]]:
        """The first entries, and where all kinds stand together what goals have reached: what ``fill`` takes."""
        beside: dict[str, tuple[Any, ...]] = {"": (goals.list_milestones, self.contact_id), MEETINGS: (calendar.get_contact_meetings, self.contact_id)}
        if live.viewer().can(Permission.CONNECTION_MANAGE):
            beside[FILES] = (drives.get_contact_drives, self.contact_id)
        return [self.question(), *([beside[self.kind]] if self.kind in beside else [])]

    def draw(self, view: ContactView, draft: str) -> None:
        """Tabs, composer, and the place for what ``fill`` shows."""
        actor = live.viewer()
        self.view = view
        with block("mc-stream-tabs"):
            options = [Choice("", _("Timeline")), *(Choice(kind, label) for kind, label in kind_tabs().items())]
            self.tabs = tabs(options, self.kind, self.choose, label=_("What to show"), underline=True)
        with block("mc-scroll") as scroller, block("mc-stream"):
            if actor.can(Permission.INTERACTION_WRITE):
                named = colleagues_for(lambda: [self.contact_id])
                self.composer = Composer(actor, draft, self.save, self.keep, named, private=view.audience == "private")
            self.files = Files(self.contact_id, self._after)
            self.coming = block("mc-coming")
            self.timeline = Timeline(actor)
            self.end = block("mc-stream-end")
        on_near_end(scroller, self.more)

    def fill(self, page: Answer, beside: Beside = ()) -> None:
        """Show a first page of entries, or the goals; with what stands beside them: milestones, meetings to come, or drives."""
        self.timeline.clear()
        self.files.show(self.kind == FILES)
        self.shown.clear()
        coming = beside.coming if isinstance(beside, ContactMeetings) else ()
        reached = () if isinstance(beside, ContactMeetings | ContactDrives) else tuple(beside)
        self.reached = list(reached)
        self.files.link(beside if isinstance(beside, ContactDrives) else None)
        draw_coming(self.coming, coming)
        if isinstance(page, tuple):
            self.cursor = None
            self.end.clear()
            with self.timeline.element:
                draw_goals(page, self._after)
            return
        self.grow(page)
        if isinstance(page, TimelinePage) and not page.entries and not coming and (self.kind or not reached):
            with self.timeline.element:
                empty_line(_("Nothing of this kind yet.") if self.kind else _("Nothing yet. Write down how you met, or what you talked about last."))

    def grow(self, page: TimelinePage | DocumentPage) -> None:
        """Add further entries, or files, at the end."""
        if isinstance(page, DocumentPage):
            with self.timeline.element:
                self.files.draw(page.documents)
        for entry in page.entries if isinstance(page, TimelinePage) else ():
            self.shown.add(entry.id)
            self._milestones(entry.occurred_at)
            self._entry(entry, live.viewer())
        self.cursor = page.next_cursor
        if not self.cursor:
            self._milestones(None)
        self.end.clear()
        if self.cursor:
            with self.end:
                button(_("Show older"), kind="ghost", icon="chevron-down", on_click=self.more)

    def _milestones(self, after: datetime | None) -> None:
        """What was reached since ``after`` (None: ever) and does not stand there yet, one line each."""
        while self.reached and (after is None or self.reached[0].at >= after):
            reached = self.reached.pop(0)
            with self.timeline.add("goal", reached.title, reached.at, detail=_("reached %d%%") % reached.percent):
                pass

    def _entry(self, entry: EntryView, actor: Actor) -> None:
        kind = words.kinds()[entry.kind.value]
        detail = " · ".join(
            part for part in (
                kind if entry.subject else "",
                {"incoming": _("incoming"), "outgoing": _("outgoing")}.get(entry.direction.value if entry.direction else "", ""),
                _("%d min") % entry.duration_minutes if entry.duration_minutes else "",
                entry.author_name if entry.author_id != actor.user_id else "",
                ", ".join(name for person_id, name in entry.contacts if person_id != self.contact_id)[:120],
            ) if part
        )  # fmt: skip
        with self.timeline.add(entry.kind.value, entry.subject or kind, entry.occurred_at, detail=detail, body=entry.body, mentions=entry.mentions):
            if entry.mail:
                with self.timeline.below:
                    draw_mail(entry.mail)
            if entry.audience.value == "private":
                pill(_("Only you"), icon_name="lock")
            if not entry.ai_allowed:
                pill(_("Never to AI"), icon_name="eye-off")
            self._entry_menu(entry)

    def _entry_menu(self, entry: EntryView) -> None:
        edit = [Item(_("Edit"), lambda: self.edit(entry), icon="pencil")] if entry.may_edit else []
        said = _("Never to AI") if entry.ai_allowed else _("The assistant may read this")
        edit += [Item(said, lambda: self.let_read(entry), icon="eye-off" if entry.ai_allowed else "sparkles")] if entry.may_edit else []
        delete = [Item(_("Delete"), lambda: self.delete(entry), icon="trash-2", danger=True)] if entry.may_delete else []
        with icon_button("ellipsis", _("More about this entry"), height=24).classes("mc-reveal"):
            DrawnMenu([*edit, Item(_("History"), lambda: show_history("interaction", entry.id, self._after), icon="history"), *delete])

    async def refresh(self, *_changes: object) -> None:
        """Ask again from the top."""
        with telling():
            self.fill(*await live.read_together(*self.questions()))

    async def choose(self, kind: str) -> None:
        """Show one kind of entry, or all."""
        self.kind = kind
        self.frame.change({"kind": kind})
        await self.refresh()

    async def more(self) -> None:
        """Load older entries."""
        if self.loading or not self.cursor:
            return
        self.loading = True
        try:
            with telling():
                self.grow(*await live.read_together(self.question(self.cursor)))
        finally:
            self.loading = False

    async def save(self, written: Written) -> bool:
        """Write an entry; False keeps what was typed."""
        saved = False
        with telling():
            data = InteractionCreate(
                kind=Kind(written.kind), body=written.body, audience=Audience(written.audience), occurred_at=written.occurred_at,
                duration_minutes=written.duration_minutes, contact_ids=[self.contact_id], ai_allowed=written.ai_allowed,
            )  # fmt: skip
            outcome = await live.change(interactions.log_interaction, data)
            saved = True
            offer_undo(outcome, _("%s saved") % words.kinds()[written.kind], self._after)
            await self._after()
        return saved

    async def keep(self, typed: str) -> None:
        """Keep what is being typed, so that a closed tab loses nothing."""
        with telling():
            await live.change(contacts.save_draft, draft_key(self.contact_id), typed)

    async def edit(self, entry: EntryView) -> None:
        """Open an entry for editing."""
        with telling():
            await edit_entry(entry, self._after)

    async def let_read(self, entry: EntryView) -> None:
        """Keep an entry from the assistant, or let it read it again."""
        with telling():
            outcome = await live.change(interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, ai_allowed=not entry.ai_allowed))
            offer_undo(outcome, _("The assistant never reads this") if entry.ai_allowed else _("The assistant may read this"), self._after)
            await self._after()

    async def delete(self, entry: EntryView) -> None:
        """Put an entry in the trash."""
        with telling():
            outcome = await live.change(interactions.delete_interaction, entry.id)
            offer_undo(outcome, _("Deleted"), self._after)
            await self._after()

    async def _after(self) -> None:
        await self.refresh()
        await self.changed()


def draft_key(contact_id: UUID) -> str:
    """Where the draft of an entry about a contact is kept."""
    return f"entry:{contact_id}"
