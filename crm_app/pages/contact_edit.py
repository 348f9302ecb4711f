"""The dialogs in which a contact is written: a new one and an existing one. The part that stands apart is ``contact_apart``'s."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.components import live, words
from crm_app.components.conflicts import settle
from crm_app.components.dialog import dialog
from crm_app.components.draft import Draft
from crm_app.components.elements import banner, busy, button
from crm_app.components.fields import checkbox, field, select_field
from crm_app.components.guard import telling
from crm_app.components.keys import CTRL_ENTER
from crm_app.components.people_picker import PeoplePicker, people_of
from crm_app.components.points_editor import PointsEditor
from crm_app.components.text import block, link, text
from crm_app.domain.addressbooks import service as books
from crm_app.domain.addressbooks.schemas import OpenBook
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.models import Stage
from crm_app.domain.contacts.schemas import ContactCreate, ContactUpdate, ContactView, DuplicateHint
from crm_app.domain.errors import Conflict
from crm_app.domain.i18n import _
from crm_app.domain.tags import service as tags
from crm_app.pages.acts import find_people, offer_undo
from crm_app.pages.contact_photo import PhotoField
from crm_app.pages.kept_form import KeptForm, put_fields

FIELDS = tuple(name for name in ContactUpdate.model_fields if name not in ("version", "points", "tags", "referred_by_id"))
Saved = Callable[[ContactView], Awaitable[Any]]
Refresh = Callable[[], Awaitable[Any]]


async def new_contact(saved: Saved, refresh: Refresh, name: str = "", stage: str = "") -> None:
    """Write a new contact; ``saved`` is called with it."""
    known, found = await live.read_together((tags.list_tags,), (books.list_open_books,))
    draft = Draft(ContactCreate, display_name=name, stage=stage or Stage.DISCOVERY)
    await ContactEditor(draft, None, [tag.name for tag in known], saved, refresh, found).open(_("New contact"), _("Add contact"))


async def edit_contact(view: ContactView, saved: Saved, refresh: Refresh) -> None:
    """Change a contact."""
    known = await live.read(tags.list_tags)
    await ContactEditor(_draft_of(view), view, [tag.name for tag in known], saved, refresh).open(_("Edit contact"), _("Save"))


def _draft_of(view: ContactView) -> Draft[ContactUpdate]:
    return Draft(ContactUpdate, {**view.model_dump(), "referred_by_id": view.referred_by[0] if view.referred_by else None})


class ContactEditor:
    """One open dialog over one draft."""

    def __init__(
        self, draft: Draft[Any], view: ContactView | None, known_tags: list[str], saved: Saved, refresh: Refresh, found: Sequence[OpenBook] = ()
    ) -> None:
        self.draft = draft
        self.view = view
        self.known_tags = known_tags
        self.saved = saved
        self.refresh = refresh
        self.found = tuple(found)
        self.books: dict[UUID, ui.checkbox] = {}
        self.hints_seen = view is not None
        self.kept = KeptForm(f"contact-form:{view.id if view else 'new'}", self._typed, self._go_on)

    async def open(self, title: str, act: str) -> None:
        """Lay the dialog out and show it."""
        await self.kept.look()
        with dialog(title, width="wide") as self.parts:
            self.kept.offer()
            self.hints = block()
            self._who()
            self._reach()
            self._relationship()
            self._more()
            self.kept.watch()
        self.parts.window.on("hide", self._hidden)
        self.parts.window.on("keydown", self.save, js_handler=CTRL_ENTER)
        with self.parts.foot:
            button(_("Close"), kind="ghost", on_click=self.parts.window.close)
            self.save_button = button(act, kind="primary", on_click=self.save, key="Ctrl ⏎")
        self.parts.window.open()

    def _who(self) -> None:
        if self.view is not None:
            PhotoField(self.view, self.refresh, self._photo_changed)
        with block("mc-form-grid"):
            with block("mc-span"):
                field(self.draft, "display_name", hint=_("Just a name is enough")).props("autofocus")
            for name in ("given_name", "family_name", "company", "job_title", "pronouns", "nickname"):
                field(self.draft, name)

    def _reach(self) -> None:
        _title(_("Phones, emails and links"))
        self.points = PointsEditor([_point(point) for point in (self.view.points if self.view else ())])
        for book in self.found:
            self.books[book.book_id] = checkbox(_("Also keep in %(book)s of %(connection)s") % {"book": book.name, "connection": book.connection})

    def _relationship(self) -> None:
        _title(_("Relationship"))
        with block("mc-form-grid"):
            field(self.draft, "stage", options=words.stages())
            field(self.draft, "cadence_days", hint=_("Empty: as the stage and tags have it. 0: never"))
            names = list(dict.fromkeys([*(self.view.tags if self.view else ()), *self.known_tags]))
            self.tags = select_field(_("Tags"), names, list(self.view.tags) if self.view else [], many=True, may_add=True)
            with block("mc-field-box"):
                text(_("Referred by"), "mc-field-label", tag="div")
                chosen = [self.view.referred_by] if self.view and self.view.referred_by else []
                self.referrer = PeoplePicker(_("Referred by"), chosen, find_people, single=True)
            mine = self.view is None or self.view.owner_id == live.viewer().user_id
            if mine:  # what is hidden is hidden from everyone else, so nobody else may hide it
                field(self.draft, "audience", options=words.audiences())
            if mine or (self.view and self.view.may_delete):
                with block("mc-field-box"):
                    field(self.draft, "locked")
            with block("mc-span"):
                field(self.draft, "notes")

    def _more(self) -> None:
        with ui.expansion(_("Address, birthday and more")).classes("mc-more mc-full"), block("mc-form-grid"):
            with block("mc-span"):
                field(self.draft, "street", long=False)
            for name in ("postal_code", "city", "region", "country", "birth_day", "birth_month", "birth_year", "language"):
                field(self.draft, name)
            field(self.draft, "preferred_method", options=words.points())
            for name in ("middle_name", "name_prefix", "name_suffix"):
                field(self.draft, name)

    async def save(self) -> None:
        """Write what was typed; look-alikes and a newer state are shown first."""
        data = self.draft.validated(**self._parts())
        if data is None:
            return
        with telling(self.draft), busy(self.save_button):
            if not self.hints_seen and await self._looks_alike(data):
                return
            try:
                outcome = await (live.change(contacts.update_contact, self.view.id, data) if self.view else live.change(contacts.create_contact, data))
            except Conflict:
                await self._conflict()
                return
            await self.kept.forget()
            self.parts.window.close()
            with telling():  # whatever becomes of that, the contact is here
                for book_id in [key for key, box in self.books.items() if box.value]:
                    await live.change(books.put_into_book, book_id, outcome.value.id)
            offer_undo(outcome, _("Saved") if self.view else _("%s added") % _short(outcome.value.display_name), self.refresh)
            await self.saved(outcome.value)

    def _parts(self) -> dict[str, Any]:
        """What the draft itself does not hold, as far as it was changed."""
        view = self.view
        now = {"points": self.points.values, "tags": list(self.tags.value or []), "referred_by_id": next(iter(self.referrer.ids), None)}
        if view is None:
            return now
        was = {"points": [_point(point) for point in view.points], "tags": list(view.tags), "referred_by_id": view.referred_by[0] if view.referred_by else None}
        return {"version": view.version, **{name: value for name, value in now.items() if value != was[name]}}

    def _typed(self) -> dict[str, Any]:
        return {
            **{name: getattr(self.draft, name) for name in FIELDS if hasattr(self.draft, name)}, "points": self.points.values, "tags": list(self.tags.value or []),
            "referred_by": list(self.referrer.chosen.items()),
        }  # fmt: skip

    def _go_on(self, found: dict[str, Any]) -> None:
        """Fill in what was typed before."""
        put_fields(self.draft, [name for name in FIELDS if hasattr(self.draft, name)], found)
        self.points.put(found.get("points"))
        if isinstance(tagged := found.get("tags"), list):
            names = [str(name) for name in tagged]
            self.tags.set_options(list(dict.fromkeys([*self.tags.options, *names])), value=names)
        if "referred_by" in found:
            self.referrer.show(people_of(found["referred_by"]))

    async def _hidden(self) -> None:
        """Closed: what was typed and not saved is offered the next time."""
        await self.kept.keep()
        self.parts.window.delete()

    def _photo_changed(self, now: ContactView) -> None:
        """The photo moved the version; what a colleague saved meanwhile still has to be noticed."""
        if self.view is not None and now.version == self.view.version + 1:
            self.view = self.view.model_copy(update={"version": now.version})

    async def _looks_alike(self, data: ContactCreate) -> bool:
        self.hints_seen = True
        found = await live.read(contacts.find_duplicates, data)
        if found:
            self.save_button.set_text(_("Add anyway"))
            with self.hints:
                _hint_banner(found)
        return bool(found)

    async def _conflict(self) -> None:
        assert self.view is not None
        theirs = await live.read(contacts.get_contact, self.view.id)
        keep_mine = await settle(self.parts.window, self.draft, _draft_of(theirs))
        if keep_mine is not None:
            if not keep_mine:
                await self.kept.forget()
            self.view = theirs
            await (self.save() if keep_mine else self.refresh())


def _hint_banner(found: tuple[DuplicateHint, ...]) -> None:
    with banner(_("Is it one of these?"), _("Someone like this is here already."), kind="accent"), block("mc-col"):
        for hint in found:
            link(" · ".join(part for part in (_short(hint.display_name), hint.company, hint.value) if part), f"/contacts/{hint.contact_id}")


def _title(words_: str) -> None:
    text(words_, "mc-section mc-form-title", tag="h3")


def _point(point: Any) -> dict[str, Any]:
    return {"kind": point.kind, "label": point.label, "value": point.value, "is_primary": point.is_primary}


def _short(name: str) -> str:
    return name if len(name) <= 60 else name[:59] + "…"
