"""The record's page: three columns that are read together and redrawn apart."""

from __future__ import annotations

from nicegui import ui
from nicegui.element import Element

from crm_app.ai.skills.helping import get_on_contact
from crm_app.components import live
from crm_app.components.composer import KINDS
from crm_app.components.delete_dialog import confirm_delete
from crm_app.components.drawer import drawer, drawer_button
from crm_app.components.elements import button, icon_button, rule, section
from crm_app.components.guard import telling
from crm_app.components.keys import bind_keys
from crm_app.components.menus import menu_item, with_arrow_keys
from crm_app.components.page_parts import empty_line, on_near_end, quick_add
from crm_app.components.photo import PhotoChooser
from crm_app.components.shell import top_bar
from crm_app.components.subscriptions import Changes
from crm_app.components.task_parts import TaskList
from crm_app.components.text import attributes, block
from crm_app.domain.contacts import bulk
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactView
from crm_app.domain.days import today_of
from crm_app.domain.errors import NotFound
from crm_app.domain.i18n import _
from crm_app.domain.interactions import service as interactions
from crm_app.domain.permissions import Permission
from crm_app.domain.tasks.schemas import TaskRow
from crm_app.pages import acts
from crm_app.pages.contact import books, identity
from crm_app.pages.contact.insight import Insight
from crm_app.pages.contact.neighbours import Neighbourhood
from crm_app.pages.contact.plans import Plans
from crm_app.pages.contact.stream import Stream, draft_key
from crm_app.pages.contact.writing import Writing
from crm_app.pages.contact_apart import kept_apart
from crm_app.pages.contact_edit import edit_contact
from crm_app.pages.contact_photo import put_photo, take_photo_off
from crm_app.pages.frame import Frame, key_of
from crm_app.pages.history import show_history
from crm_app.pages.task_dialog import edit_task


class ContactPage:
    """The person, and the parts that show them."""

    record: Element
    bar_drawn: object = None
    photo: PhotoChooser
    writing: Writing

    def __init__(self, view: ContactView, stream: Stream, around: Neighbourhood, frame: Frame) -> None:
        self.view, self.frame, self.stream, self.around = view, frame, stream, around
        self.plans, self.books, stream.changed = Plans(view.id, self.refresh), books.Books(view.id, self.refresh), self.refresh

    async def refresh(self, changes: Changes | None = None) -> None:
        """Ask for the person again; the timeline only when it was touched."""
        with telling():
            try:
                asked = ((contacts.get_contact, self.view.id), books.Books.question_of(self.view.id), *Plans.questions_of(self.view.id), *self.around.questions())
                self.view, self.books.view, sought, sold, said, *around = await live.read_together(*asked)
            except NotFound as error:
                self.frame.show_gone(error)
                return
            self.around.show(around)
            self.plans.take((sought, sold, said))
            if self.bar_drawn != (self.around.found, self.books.view, *identity.in_bar(self.view)):
                self.bar.refresh()
            for part in (self.card, self.details, self.aims, self.next, self.right):
                part.refresh()
            if changes and any(changes.touches(topic) for topic in self.stream.topics):
                await self.stream.refresh()

    async def saved(self, view: ContactView) -> None:
        """The dialog wrote the person."""
        self.view = view
        await self.refresh()

    @ui.refreshable_method
    def bar(self) -> None:
        """Where one is in the list, the star and the menu."""
        view, self.bar_drawn = self.view, (self.around.found, self.books.view, *identity.in_bar(self.view))
        self.around.draw()
        if view.may_edit:
            star = icon_button("star", _("No longer a favourite") if view.favourite else _("Favourite"), on_click=self.star)
            star.classes("mc-star-on" if view.favourite else "")
            attributes(star, aria_pressed="true" if view.favourite else "false")
        with icon_button("ellipsis", _("More")), with_arrow_keys(ui.menu()):
            self.around.menu()
            if view.may_edit:
                menu_item(_("Edit"), self.edit, icon_name="pencil", key="E")
                menu_item(_("Bring back") if view.archived else _("Archive"), self.archive, icon_name="archive-restore" if view.archived else "archive")
                if view.cadence_effective and not view.archived:
                    acts.snooze_items(view.id, view.snoozed_until is not None and view.snoozed_until > today_of(live.viewer()), self.refresh)
            self.books.menu()
            menu_item(_("History"), lambda: show_history("contact", view.id, self.refresh), icon_name="history")
            if view.may_delete:
                menu_item(_("Delete"), self.delete, icon_name="trash-2", danger=True)

    @ui.refreshable_method
    def card(self) -> None:
        """Who this is."""
        identity.identity_card(self.view, self.photo, self.writing.act(self.view.primary_email), self.books.draw)

    @ui.refreshable_method
    def details(self) -> None:
        """What is known of them."""
        rule()
        identity.details(self.view, live.viewer(), self.edit)
        rule()
        identity.relationship(self.view, live.viewer(), self.plans.facts)

    @ui.refreshable_method
    def aims(self) -> None:
        """What this person works toward, and the packages that they have bought."""
        self.plans.draw()

    @ui.refreshable_method
    def next(self) -> None:
        """What is to be done about this person."""
        actor = live.viewer()
        with section(_("Open tasks"), count=str(len(self.view.open_tasks)) if self.view.open_tasks else ""):
            pass
        if self.view.open_tasks:
            TaskList(self.view.open_tasks, today_of(actor), actor, on_toggle=self.toggle, on_open=self.open_task, person=False)
        elif not actor.can(Permission.TASK_WRITE):
            empty_line(_("Nothing is planned."))

    @ui.refreshable_method
    def right(self) -> None:
        """What is kept apart, whom they brought, what they agree to."""
        kept_apart(self.view, self.saved, self.refresh)
        identity.people_around(self.view)
        self.plans.agreed.draw()

    async def edit(self) -> None:
        """Open the dialog."""
        with telling():
            if self.view.may_edit:
                await edit_contact(await live.read(contacts.get_contact, self.view.id), self.saved, self.refresh)

    async def star(self) -> None:
        """Favourite or not."""
        with telling():
            await live.change(bulk.set_favourite, [self.view.id], not self.view.favourite)
            await self.refresh()

    async def archive(self) -> None:
        """Put aside, or bring back."""
        with telling():
            outcome = await live.change(bulk.unarchive_contacts if self.view.archived else bulk.archive_contacts, [self.view.id])
            acts.offer_undo(outcome, _("Brought back") if self.view.archived else _("Archived"), self.refresh)
            await self.refresh()

    async def delete(self) -> None:
        """Show what goes, ask, and leave for the list."""
        with telling():
            preview = await live.read(bulk.preview_delete, [self.view.id])
            if await confirm_delete(preview):
                outcome = await live.change(bulk.delete_contacts, [self.view.id])
                acts.offer_undo(outcome, _("Deleted"), self.back_to_record)
                ui.navigate.to(self.around.list_address)

    async def back_to_record(self) -> None:
        """After an undone delete."""
        ui.navigate.to(f"/contacts/{self.view.id}")

    async def toggle(self, row: TaskRow) -> None:
        """Complete a task or reopen it."""
        await acts.toggle_task(row, self.refresh)

    async def open_task(self, row: TaskRow) -> None:
        """Open a task."""
        with telling():
            await edit_task(row, self.refresh)

    async def quick_task(self, title: str) -> bool:
        """Add a task about this person, for today."""
        return await acts.quick_task(title, self.refresh, due=today_of(live.viewer()), contact_ids=[self.view.id])

    async def begin(self, frame: Frame) -> None:
        """What the address asks for at once: ``log=call`` an entry of that kind (``log=1`` a note), ``write=1`` a mail, ``entry=…``, ``programme=…`` that one."""
        log, entry, sold, letter = asked = [frame.query.get(name) for name in ("log", "entry", "programme", "write")]
        if any(asked):
            frame.change({"log": None, "entry": None, "programme": None, "write": None})
        with telling():
            if log:
                self.log(log if log in KINDS else "note")
            elif entry:
                await self.stream.edit(await live.read(interactions.get_interaction, key_of(entry)))
            elif sold:
                await self.plans.open_programme(key_of(sold))
            elif letter:
                await self.writing.write()

    def log(self, kind: str = "note") -> None:
        """Put the cursor into the composer."""
        if live.viewer().can(Permission.INTERACTION_WRITE):
            self.stream.composer.focus(kind)


async def contact_page(frame: Frame, contact_id: str) -> None:
    """Load, lay out, wire."""
    stream, around, writing = Stream(key := key_of(contact_id), frame), Neighbourhood(frame, key), Writing(key)
    known = (contacts.get_contact, key), (contacts.get_draft, draft_key(key)), (get_on_contact, key), books.Books.question_of(key), *Plans.questions_of(key)
    happen, writes = stream.questions(), writing.questions()
    view, draft, insight, placed, sought, sold, said, *rest = await live.read_together(*known, *happen, *writes, *around.questions())
    writing.take(rest[len(happen) : len(happen) + len(writes)])
    around.show(rest[len(happen) + len(writes) :])
    page = ContactPage(view, stream, around, frame)
    page.writing, writing.refresh, page.books.view = writing, page.refresh, placed
    page.plans.take((sought, sold, said))
    bind_keys({"e": page.edit, "l": page.log, "m": writing.write, "j": around.go_on, "k": around.go_back})
    with block("mc-page"):
        page.photo = PhotoChooser(lambda upload_id: put_photo(page.view, upload_id, page.refresh), lambda: take_photo_off(page.view, page.refresh))
        with top_bar(view.display_name, crumbs=[(_("Contacts"), around.list_address)]):
            page.bar()
            drawer_button(_("Tasks and more"))
        with block("mc-record") as page.record:
            on_near_end(page.record, page.stream.more)
            with block("mc-record-left"):
                page.card()
                with block("mc-phone-only mc-unfold"):  # stands by itself: a press is not lost when something changes
                    button(_("Details and tasks"), kind="ghost", icon="chevrons-up-down", height=28, on_click=lambda: page.record.classes(toggle="mc-unfolded"))
                with block("mc-record-details"):
                    page.details()
            with block("mc-record-middle"):
                page.stream.draw(view, draft)
            await live.show_so_far()
            page.stream.fill(*rest[: len(happen)])
            with drawer(_("Tasks and more"), "mc-record-right"):
                Insight(key, view.given_name or view.display_name, insight).draw()
                page.aims()
                page.next()
                if live.viewer().can(Permission.TASK_WRITE):  # stands by itself, so that nobody's change takes away what is being typed
                    quick_add(_("Add a task"), page.quick_task, max_length=300)
                page.right()
    live.on({
        "contact": (ours := {view.id}), "contact_point": ours, "contact_tag": ours, "contact_sensitive": ours, "interaction_contact": ours, "task_contact": ours,
        "event": None, "mail": None, "interaction": page.stream.shown,
        "task": None, "task_time": None, "goal": ours, "goal_check_in": ours, "programme": ours, "programme_correction": ours, "consent": ours, "document": ours,
    }, page.refresh)  # fmt: skip
    frame.on_query(lambda: page.begin(frame))
    await page.begin(frame)
