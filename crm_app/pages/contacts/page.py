"""The list's page: one table, its filters above, its bulk bar below. The address holds its state."""

from __future__ import annotations

from uuid import UUID

from nicegui import ui
from nicegui.element import Element

from crm_app.components import feedback, live, words
from crm_app.components.elements import button, icon_button
from crm_app.components.guard import telling
from crm_app.components.page_parts import quick_add, step_card
from crm_app.components.shell import top_bar
from crm_app.components.subscriptions import Changes
from crm_app.components.table import DataTable, bulk_bar, pager
from crm_app.components.text import Text, attributes, block, text
from crm_app.domain.actor import Actor
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, ContactPage, ContactView
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.tags import service as tags
from crm_app.domain.tags.schemas import TagView
from crm_app.pages.acts import offer_undo
from crm_app.pages.contact_edit import new_contact
from crm_app.pages.contacts import filters, rows
from crm_app.pages.contacts.bulk import BulkActs
from crm_app.pages.contacts.parsing import name_and_points
from crm_app.pages.contacts.state import ListState
from crm_app.pages.frame import Frame

TOPICS = ("contact", "contact_tag", "tag", "interaction_contact", "task_contact")


class ContactsPage:
    """What is asked, what came back, and the parts that show it."""

    view: ContactPage
    table: DataTable
    search: ui.input
    count: Text
    bar: Element

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.state = ListState.from_query(frame.query)
        self.tags: tuple[TagView, ...] = ()
        self.asked = 0

    async def load(self) -> bool:
        """Ask for the list; False when a newer question was asked meanwhile."""
        self.asked += 1
        mine = self.asked
        try:
            view, known = await self._answers()
        except Invalid:
            self.state = self.state.changed()  # an old link to a page that is no more: begin at the first one
            view, known = await self._answers()
        if mine == self.asked:
            self.view, self.tags = view, known
        return mine == self.asked

    async def _answers(self) -> tuple[ContactPage, tuple[TagView, ...]]:
        page, known = await live.read_together((contacts.list_contacts, self.state.to_filter()), (tags.list_tags,))
        return page, known

    async def ask(self, state: ListState) -> None:
        """Another question: it goes into the address, and its answer onto the page."""
        with telling():
            self.state = state
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
        """Put the answer onto the page."""
        actor = live.viewer()
        column, descending = rows.sorted_by(self.state.sort)
        self.table.show([rows.table_row(row, actor) for row in self.view.rows], sorted_by=column, descending=descending)
        self.table.element.set_visibility(bool(self.view.rows))
        self.bar.set_visibility(bool(self.view.rows) or self.state.is_filtered)
        self.count.set_text(f"{self.view.total:,}" + ("+" if self.view.total_is_capped else ""))
        self.filters.refresh()
        self.below.refresh()
        self.bulk_acts.refresh()

    @ui.refreshable_method
    def filters(self) -> None:
        """Chips and menus."""
        filters.filter_row(self.state, self.tags, live.viewer(), self._asked)

    async def _asked(self, state: ListState) -> None:
        if state.search != self.search.value:
            self.search.set_value(state.search)
        await self.ask(state)

    @ui.refreshable_method
    def below(self) -> None:
        """What stands under the table: nothing found, nobody here yet, or the pager."""
        if not self.view.rows:
            _nothing(self) if self.state.is_filtered or self.state.after else _nobody(self, live.viewer())
            return
        back, on = self.view.previous_cursor, self.view.next_cursor
        if back or on:
            shown = words.people(self.view.total) + ("+" if self.view.total_is_capped else "")
            pager(
                shown, on_previous=(lambda: self.ask(self.state.at(back))) if back else None, on_next=(lambda: self.ask(self.state.at(on))) if on else None
            )

    @ui.refreshable_method
    def bulk_acts(self) -> None:
        """The buttons of the bulk bar."""
        selected = lambda: [UUID(row_id) for row_id in self.table.selected]  # noqa: E731
        BulkActs(selected, lambda: self.tags, lambda: self.state.archived, self.done).draw(live.viewer())

    async def searched(self, typed: str) -> None:
        """Somebody typed into the search field."""
        if typed != self.state.search:
            await self.ask(self.state.changed(search=typed))

    async def sort(self, column: str) -> None:
        """A heading was pressed."""
        await self.ask(self.state.changed(sort=rows.next_sort(column, self.state.sort)))

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

    async def add(self) -> None:
        """Open the dialog for a new contact."""
        with telling():
            await new_contact(_open_record, self.refresh)

    async def moved(self) -> None:
        """The address names another question."""
        self.state = ListState.from_query(self.frame.query)
        self.search.set_value(self.state.search)
        await self.refresh()
        await self.begin()

    async def begin(self) -> None:
        """What the address asks for at once: ``new=1`` a new contact, ``focus=search`` the search field."""
        query = self.frame.query
        self.frame.replace(self.state.to_query())
        if query.get("focus") == "search":
            self.search.run_method("focus")
        elif query.get("new") == "1" and live.viewer().can(Permission.CONTACT_WRITE):
            await self.add()


async def contacts_page(frame: Frame) -> None:
    """Load, lay out, wire."""
    page = ContactsPage(frame)
    await page.load()
    actor = live.viewer()
    with block("mc-page"):
        with top_bar(_("Contacts"), borderless=True):
            _actions(page, actor)
        with block("mc-filter-bar mc-contacts-bar") as page.bar:
            page.search = filters.search_field(page.state, page.searched)
            page.filters()
        with block("mc-scroll mc-contacts-list"):
            if actor.can(Permission.CONTACT_WRITE):
                quick_add(_("Add a person: a name, perhaps an email or a phone, then Enter"), page.quick, icon_name="user-plus", max_length=500)
            page.table = DataTable(
                rows.columns(), label=_("Contacts"), on_open=lambda key: ui.navigate.to(f"/contacts/{key}"), on_sort=page.sort,
                on_select=(lambda ids: bar.show(len(ids))) if actor.can(Permission.CONTACT_WRITE) else None,
            )  # fmt: skip
            page.below()
        with bulk_bar(lambda: page.table.clear_selection()) as bar:
            page.bulk_acts()
    page.show()
    live.on(TOPICS, page.refresh)
    frame.on_query(page.moved)
    await page.begin()


def _actions(page: ContactsPage, actor: Actor) -> None:
    page.count = text("", "mc-count")
    attributes(page.count, aria_live="polite")
    page.count.move(target_index=1)
    if actor.can(Permission.CONTACT_IMPORT):
        button(_("Import"), kind="ghost", icon="upload", href="/contacts/import").classes("mc-desk-only")
        icon_button("upload", _("Import"), href="/contacts/import").classes("mc-phone-only")
    if actor.can(Permission.CONTACT_WRITE):
        button(_("Add contact"), kind="primary", icon="plus", key="C", on_click=page.add).classes("mc-desk-only")


def _nothing(page: ContactsPage) -> None:
    with feedback.empty_state(_("Nobody matches"), _("No one fits all of these filters. Fewer of them, or another spelling, may find who you look for.")):
        button(_("Clear filters"), icon="x", on_click=lambda: page._asked(ListState(sort=page.state.sort)))


def _nobody(page: ContactsPage, actor: Actor) -> None:
    ways = feedback.empty_state(_("Your people will live here"), _("Bring in the contacts you already have, or start with one person you are seeing this week."))
    with ways:
        if actor.can(Permission.CONTACT_IMPORT):
            step_card(_("Import a file"), _("CSV, vCard or Excel"), "file-up", "/contacts/import")
        if actor.can(Permission.CONTACT_WRITE):
            step_card(_("Add by hand"), _("Just a name is enough"), "user-plus", "/contacts?new=1")


async def _open_record(view: ContactView) -> None:
    ui.navigate.to(f"/contacts/{view.id}")
