"""The list's page: table, cards or board, its filters above, its bulk bar below. The address holds its state."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui
from nicegui.element import Element

from crm_app.components import live, words
from crm_app.components.choices import Choices
from crm_app.components.guard import telling
from crm_app.components.page_parts import quick_add
from crm_app.components.shell import top_bar
from crm_app.components.subscriptions import Changes
from crm_app.components.table import DataTable, Pager
from crm_app.components.text import Text, block
from crm_app.components.whose import MINE, TEAM
from crm_app.domain.accounts import service as accounts
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactBoard as BoardView
from crm_app.domain.contacts.schemas import ContactCreate, ContactPage, ContactView
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.pages.acts import offer_undo
from crm_app.pages.contact_edit import new_contact
from crm_app.pages.contacts import rows
from crm_app.pages.contacts.actions import actions
from crm_app.pages.contacts.board import ContactBoard, board_question
from crm_app.pages.contacts.bulk import BulkActs
from crm_app.pages.contacts.filters import ListFilters
from crm_app.pages.contacts.parsing import name_and_points
from crm_app.pages.contacts.states import below, below_says, figures, ids, turn
from crm_app.pages.contacts.view_tabs import ListViews
from crm_app.pages.frame import Frame
from crm_app.pages.list_state import ListState, asked_of, record_address

TOPICS = ("contact", "contact_tag", "tag", "interaction_contact", "task_contact")


class ContactsPage:
    """What is asked, what came back, and the parts that show it."""

    view: ContactPage | BoardView
    bar: Element
    filters: ListFilters
    kept: ListViews
    views: Choices
    whose: Choices
    list: Element
    table: DataTable
    bulk: BulkActs
    count: Text

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.state = asked_of(frame)
        self.people: dict[str, str] = {}
        self.board: ContactBoard | None = None
        self.shown: set[UUID] = set()
        self.asked = 0
        self.below_drawn: object = None
        self.pager: Pager | None = None
        self.rows = rows.TableRows()

    async def load(self) -> bool:
        """Ask for the list; False when a newer question was asked meanwhile."""
        self.asked += 1
        mine = self.asked
        try:
            view = await self._answer()
        except Invalid:
            self.state = self.state.changed()  # an old link to a page that is no more: begin at the first one
            view = await self._answer()
        if mine == self.asked:
            self.view = view
        return mine == self.asked

    async def _answer(self) -> Any:
        if self.state.view == "board":
            question = board_question(self.state, self.board.sizes if self.board else {})
        else:
            question = (contacts.list_contacts, self.state.to_filter(live.viewer()))
        names = [(accounts.list_people,)] if self.state.has("owner") and not self.people else []
        view, *known = await live.read_together(question, *names)
        self.people.update({str(person.id): person.name for found in known for person in found})
        return view

    async def ask(self, state: ListState) -> None:
        """Another question: it goes into the address, and its answer onto the page."""
        with telling():
            self.state = state
            if state.search != (self.filters.search.value or ""):
                self.filters.search.set_value(state.search)
            self.frame.replace(state.to_query())
            if await self.load():
                self.show()

    async def refresh(self, changes: Changes | None = None) -> None:
        """Ask the same again."""
        with telling():
            if await self.load():
                self.show()

    async def done(self) -> None:
        """After something was done to the selected."""
        self.table.clear_selection()
        await self.refresh()

    def show(self) -> None:
        """Put the answer onto the page, unless that was left meanwhile."""
        if self.list.is_deleted:
            return
        total, capped, anyone = figures(self.view)
        self.views.value = self.state.view
        self.shown.clear()
        self.shown.update(ids(self.view))
        self.whose.value = self.state.whose or TEAM
        self.bar.set_visibility(anyone or self.state.is_filtered or self.state.whose == MINE)
        self.count.set_text(words.number(total) + ("+" if capped else ""))
        self.filters.show(live.viewer())
        self.kept.show()
        self.bulk.show()
        self.list.classes(add="mc-as-board" if self.state.view == "board" else "", remove="" if self.state.view == "board" else "mc-as-board")
        self.table.element.set_visibility(anyone and self.state.view != "board")
        if isinstance(self.view, ContactPage):
            self._show_rows(self.view)
        else:
            self._show_board(self.view, anyone)
        if self.below_drawn != below_says(self.view, self.state):
            self.below.refresh()
        elif self.pager is not None:
            turn(self.pager, self.view, self.state, self.ask)

    def _show_rows(self, view: ContactPage) -> None:
        if self.board is not None:
            self.board.element.set_visibility(False)
        column, descending = rows.sorted_by(self.state.sort)
        self.table.as_cards(self.state.view == "cards")
        self.table.show(self.rows.of(view.rows, live.viewer(), self.state), sorted_by=column, descending=descending)

    def _show_board(self, view: BoardView, anyone: bool) -> None:
        self.table.clear_selection()
        if self.board is None:
            with self.list:
                self.board = ContactBoard(lambda: self.state, self.refresh, self.add)
        self.board.element.set_visibility(anyone)
        self.board.show(view)

    @ui.refreshable_method
    def below(self) -> None:
        """What stands under the table: nothing found, nobody here yet, or the pager."""
        self.below_drawn = below_says(self.view, self.state)
        self.pager = below(self.view, self.state, self.ask, partial(self.choose, TEAM))

    async def choose(self, whose: str) -> None:
        """Mine or the team's."""
        with telling():
            await self.frame.choose_whose(whose)
            await self.ask(self.state.changed(whose=whose))

    async def searched(self, typed: str) -> None:
        """Somebody typed into the search field."""
        if typed != self.state.search:
            await self.ask(self.state.changed(search=typed))

    async def sort(self, column: str) -> None:
        """A heading was pressed."""
        await self.ask(self.state.changed(sort=rows.next_sort(column, self.state.sort)))

    async def look(self, view: str) -> None:
        """Table, cards or board."""
        await self.ask(self.state.changed(view=view))

    def open(self, key: str) -> None:
        """A row was pressed."""
        ui.navigate.to(record_address(key, self.state))

    async def quick(self, typed: str) -> bool:
        """Add a person from the first row; False keeps what was typed."""
        if not typed.strip():
            return False
        added = False
        with telling():
            name, points = name_and_points(typed)
            outcome = await live.change(contacts.create_contact, ContactCreate(display_name=name, points=points))
            added = True
            offer_undo(outcome, _("%s added") % outcome.value.display_name[:60], self.refresh)
            await self.refresh()
        return added

    async def add(self, stage: str = "") -> None:
        """Open the dialog for a new contact, of this stage when one is given."""
        with telling():
            await new_contact(_open_record, self.refresh, stage=stage)

    async def moved(self) -> None:
        """The address names another question."""
        self.state = asked_of(self.frame)
        self.filters.search.set_value(self.state.search)
        await self.refresh()
        await self.begin()

    async def begin(self) -> None:
        """What the address asks for at once: ``new=1`` a new contact, ``focus=search`` the search field."""
        query = self.frame.query
        self.frame.replace(self.state.to_query())
        if query.get("focus") == "search":
            self.find()
        elif query.get("new") == "1" and live.viewer().can(Permission.CONTACT_WRITE):
            await self.add()

    def find(self) -> None:
        """Put the cursor into the search field, which a phone shows only then."""
        self.bar.classes(add="mc-searching")
        self.filters.search.run_method("focus")


async def contacts_page(frame: Frame) -> None:
    """Load, lay out, wire."""
    page = ContactsPage(frame)
    await page.load()
    actor = live.viewer()
    may_write = actor.can(Permission.CONTACT_WRITE)
    with block("mc-page"):
        with top_bar(_("Contacts"), borderless=True):
            actions(page, actor)
        page.kept = ListViews(frame.views, lambda: page.state)
        with block("mc-filter-bar mc-contacts-bar" + (" mc-searching" if page.state.search else "")) as page.bar:
            page.filters = ListFilters(lambda: page.state, page.ask, page.people, page.searched, None if frame.alone else page.choose)
        with block("mc-scroll mc-contacts-list") as page.list:
            if may_write:
                quick_add(_("Add a person: a name, perhaps an email or a phone, then Enter"), page.quick, icon_name="user-plus", max_length=500)
            page.table = DataTable(
                rows.columns(), label=_("Contacts"), on_open=page.open, on_sort=page.sort,
                on_select=(lambda ids: page.bulk.count(len(ids))) if may_write else None,
            )  # fmt: skip
            page.below()
        page.bulk = BulkActs(lambda: [UUID(row_id) for row_id in page.table.selected], lambda: page.state.has("archived"), page.done, page.table.clear_selection)
    page.show()
    live.on(TOPICS, page.refresh, shown=page.shown)
    frame.on_query(page.moved)
    await page.begin()


async def _open_record(view: ContactView) -> None:
    ui.navigate.to(f"/contacts/{view.id}")
