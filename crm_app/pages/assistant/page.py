"""The assistant's page: conversations at the left, the one that is open with its composer in the middle; on a phone the list lies over it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from crm_app.ai import assistant
from crm_app.ai.types import Wish
from crm_app.components import live
from crm_app.components.assistant_composer import AssistantComposer, ComposerActs
from crm_app.components.charts import ring
from crm_app.components.elements import button, icon_button
from crm_app.components.feedback import empty_state
from crm_app.components.following import run_apart
from crm_app.components.guard import telling
from crm_app.components.keys import bind_keys
from crm_app.components.money import Money
from crm_app.components.shell import top_bar
from crm_app.components.text import attributes, block, text
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.schemas import SettingsView
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactFilter
from crm_app.domain.conversations import service as talks
from crm_app.domain.conversations.schemas import ConversationRow, ConversationView, TurnBegun
from crm_app.domain.errors import CrmError, NotFound
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.spending import service as spending
from crm_app.domain.spending.views import SpendingView
from crm_app.pages.assistant.asking import Asking
from crm_app.pages.assistant.history import History
from crm_app.pages.frame import Frame, key_of

FOUND = 6


class AssistantPage:
    """What stands on the page and what redraws it."""

    rows: Sequence[ConversationRow]
    settings: SettingsView
    spent: SpendingView
    open: ConversationView | None

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.history = History(self._list_changed)
        self.composer = AssistantComposer(ComposerActs(self.send, self.stop, self.find, self.foresee), live.viewer().locale)
        self.asking = Asking(self.composer, self._begun, self._ended)

    async def load(self) -> None:
        """Ask for the conversations, for how the assistant stands, and for the conversation that the address names."""
        self.rows, self.settings, self.spent = await live.read_together((talks.list_conversations,), (ai.get_settings,), (spending.get_spending,))
        self.asking.money = self.money = Money(self.settings.currency, self.settings.rate)
        asked, about = self.frame.query.get("c"), self.frame.query.get("about")
        self.open = await live.read(talks.get_conversation, key_of(asked)) if asked else None
        if self.open is None and about:
            person = await live.read(contacts.get_contact, key_of(about))
            self.composer.about = (person.id, person.display_name)
        else:
            self.composer.about = self.open.about if self.open else None

    def lay_out(self) -> None:
        """The bar, the list, the turns and the composer."""
        with block("mc-page mc-assistant-page"):
            self.bar = block("mc-assistant-bar")
            with block("mc-assistant") as self.columns:
                self.history.build()
                with block("mc-assistant-main"):
                    with block("mc-assistant-scroll"), block("mc-assistant-column"):
                        self.empty = block("mc-assistant-empty")
                        self.asking.build()
                    with block("mc-assistant-foot"), block("mc-assistant-column"):
                        self.composer.build()
                        text(_("Reads only people who allow AI on their record. Nothing is sent or changed without you."), "mc-cap mc-assistant-promise", tag="p")

    async def draw(self) -> None:
        """Put what was loaded onto the page."""
        self.asking.conversation_id = self.open.id if self.open else None
        self.composer.set_about(self.composer.about)
        self._draw_frame()
        await self.asking.draw(self.open.turns if self.open else ())
        self._draw_empty()

    async def moved(self) -> None:
        """The address names another conversation, or none."""
        if self.open is not None and self.frame.query.get("c") == str(self.open.id):
            return
        with telling():
            await self.load()
            await self.draw()
            self.columns.classes(remove="mc-listing")

    async def heard(self, _changes: object = None) -> None:
        """Another tab of the same person has asked, was answered, renamed or deleted; or AI was switched on or off."""
        with telling():
            self.rows, self.settings = await live.read_together((talks.list_conversations,), (ai.get_settings,))
            if self.open is not None:
                await self._catch_up(self.open.id)
            if not self.bar.is_deleted:
                self._draw_frame()
                self._draw_empty()

    async def _catch_up(self, key: UUID) -> None:
        moves = None
        try:
            while moves != self.asking.moves:  # what was read while this tab itself asked, or was answered, is old
                moves = self.asking.moves
                view = await live.read(talks.get_conversation, key)
        except NotFound:
            await self._leave()
            return
        if self.open is not None and self.open.id == key and not self.bar.is_deleted:
            self.open = view
            await self.asking.catch_up(view.turns)

    async def send(self) -> None:
        """Ask what is written."""
        await self.asking.ask()

    async def stop(self) -> None:
        """Let the answer end."""
        await self.asking.stop()

    async def find(self, typed: str) -> Sequence[tuple[UUID, str]]:
        """Contacts whose name may be meant, those met last first."""
        page = await live.read(contacts.list_contacts, ContactFilter(search=typed, sort="-last_contact", limit=FOUND))
        return [(row.id, row.display_name) for row in page.rows]

    async def foresee(self) -> None:
        """Say what the question may cost, or why it cannot be asked now."""
        question = self.composer.question
        if not question or not self.settings.enabled:
            self.composer.say_cost("")
            return
        with telling():
            try:
                wish = Wish(tier=self.composer.tier)
                found = await run_apart(partial(assistant.estimate, live.resolver(), question, wish))
                self.composer.say_cost(self.money.foreseen(found.usual_micros, found.most_micros), f"{found.model_label}: {found.why}")
            except CrmError as error:
                self.composer.say_cost(_("can't be asked now"), error.message)

    def keys(self) -> dict[str, Callable[[], Any]]:
        """What the keys do."""
        return {"escape": self.stop}

    async def _begun(self, begun: TurnBegun) -> None:
        """A question stands: it has an address and a line in the list."""
        self.empty.clear()
        self.composer.say_cost("")
        if self.open is None or self.open.id != begun.conversation_id:
            self.frame.replace({"c": str(begun.conversation_id)})
        self.open = await live.read(talks.get_conversation, begun.conversation_id)
        self.rows = await live.read(talks.list_conversations)
        self._draw_frame()

    async def _ended(self) -> None:
        """An answer is there: it has cost something."""
        with telling():
            self.spent = await live.read(spending.get_spending)
            self._draw_frame()

    async def _list_changed(self, key: UUID, gone: bool) -> None:
        self.rows = await live.read(talks.list_conversations)
        if self.open is not None and key == self.open.id:
            if gone:
                await self._leave()
                return
            self.open = await live.read(talks.get_conversation, key)
        self._draw_frame()

    async def _leave(self) -> None:
        """The conversation that was open is gone."""
        self.frame.replace({})
        self.open, self.composer.about = None, None
        await self.draw()

    def _draw_frame(self) -> None:
        """The bar and the list; the turns stay as they are."""
        self.bar.clear()
        with self.bar, top_bar((self.open.title if self.open else "") or _("Assistant")):
            self._budget()
            icon_button("history", _("Conversations"), on_click=lambda: self.columns.classes(toggle="mc-listing")).classes("mc-phone-only")
            icon_button("plus", _("New conversation"), href="/assistant").classes("mc-phone-only")
        self.history.draw(self.rows, self.open.id if self.open else None)

    def _budget(self) -> None:
        """What is left of the month, or of the day where less is left then."""
        month, day = self.spent.you.month, self.spent.you.day
        limited = [meter for meter in (day, month) if meter.limit_micros is not None]
        if not limited:
            return
        meter = min(limited, key=lambda each: each.left_micros or 0)
        used, limit = meter.spent_micros + meter.reserved_micros, meter.limit_micros or 0
        when = _("today") if meter is day else _("this month")
        with attributes(block("mc-budget mc-desk-only", tag="a"), href="/settings/ai", title=_("Spent on AI %s") % when):
            ring(used / limit if limit else 1.0, size=18, stroke=3)
            text(self.money.words(used), "mc-strong mc-num")
            text(_("of %s") % self.money.words(limit), "mc-ink-2 mc-num")

    def _draw_empty(self) -> None:
        self.empty.clear()
        on = self.settings.enabled
        self.composer.element.set_visibility(on)
        if self.open is not None and self.open.turns:
            return
        with self.empty:
            if not on:
                self._off()
            else:
                self._begin()

    def _off(self) -> None:
        manages = live.viewer().can(Permission.AI_MANAGE)
        mine = _("You can do that in the settings, where you also say which models and how much money.")
        whose = mine if manages else _("An owner or admin of this team can do that in the settings.")
        said = f"{_('Nothing is asked of any model until it is switched on.')} {whose}"
        with empty_state(_("The assistant is off"), said):
            if manages:
                button(_("Open the settings"), kind="primary", icon="settings", href="/settings/ai")

    def _begin(self) -> None:
        name = self.composer.about[1] if self.composer.about else ""
        questions = (
            [_("Summarise progress"), _("What should I know before the next session?"), _("What did we agree on last time?")] if name
            else [_("Who have I not spoken to since summer?"), _("Whom should I reach out to?"), _("What is open this week?")]
        )  # fmt: skip
        title = _("Ask about %s") % name if name else _("What would you like to know?")
        with empty_state(title, _("It looks things up as you, and shows what each answer rests on.")):
            for question in questions:
                button(question, on_click=partial(self.composer.write, question))


async def assistant_page(frame: Frame) -> None:
    """Load, lay out, wire."""
    await live.resolve_viewer()
    page = AssistantPage(frame)
    await page.load()
    page.lay_out()
    await page.draw()
    bind_keys(page.keys())
    frame.on_query(page.moved)
    live.on(("conversation", "ai"), page.heard)
