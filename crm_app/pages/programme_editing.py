"""Programmes in dialogs: sell one, change one, say how many sessions are used in truth."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from crm_app.components import goal_words, live, times
from crm_app.components.conflicts import settle
from crm_app.components.dialog import dialog
from crm_app.components.draft import Draft
from crm_app.components.elements import busy, button
from crm_app.components.fields import field
from crm_app.components.guard import telling
from crm_app.components.keys import CTRL_ENTER
from crm_app.components.text import block, text
from crm_app.domain.errors import Conflict, Invalid
from crm_app.domain.i18n import _
from crm_app.domain.programmes import service as programmes
from crm_app.domain.programmes.schemas import CorrectionCreate, CorrectionRow, ProgrammeCreate, ProgrammeRow, ProgrammeUpdate
from crm_app.pages.acts import offer_undo

Refresh = Callable[[], Awaitable[Any]]
MICROS = 1_000_000
CURRENCIES = ("AUD", "BRL", "CAD", "CHF", "CZK", "DKK", "EUR", "GBP", "HUF", "INR", "JPY", "MXN", "NOK", "NZD", "PLN", "SEK", "USD", "ZAR")


class ProgrammeForm(BaseModel):
    """What the dialog holds: the price as people write it."""

    name: str = Field(min_length=1, max_length=200, title="Programme")
    sessions_total: int = Field(ge=1, le=10_000, title="Sessions")
    starts_on: date | None = Field(default=None, title="Starts")
    ends_on: date | None = Field(default=None, title="Ends")
    price: Decimal | None = Field(default=None, ge=0, le=1_000_000_000, title="Price")
    currency: str | None = Field(default=None, title="Currency")
    note: str = Field(default="", max_length=5_000, title="Note")


def new_programme(contact_id: UUID, refresh: Refresh) -> None:
    """Write down a package that a contact has bought."""
    ProgrammeEditor(Draft(ProgrammeForm), refresh, contact_id=contact_id).open()


async def edit_programme(row: ProgrammeRow, refresh: Refresh) -> None:
    """Look at a package with its corrections, and change it as far as its reader may."""
    with telling():
        corrections = (await live.read(programmes.list_corrections, row.id)).corrections
        ProgrammeEditor(Draft(ProgrammeForm, _form(row)), refresh, contact_id=row.contact_id, row=row, corrections=corrections).open()


def _form(row: ProgrammeRow) -> ProgrammeForm:
    price = None if row.price_micros is None else (Decimal(row.price_micros) / MICROS).normalize()
    plain = None if price is None else Decimal(f"{price:f}")
    return ProgrammeForm(**row.model_dump(include={"name", "sessions_total", "starts_on", "ends_on", "note"}), price=plain, currency=row.currency or None)


class ProgrammeEditor:
    """One open dialog over one draft."""

    def __init__(
        self, draft: Draft[ProgrammeForm], refresh: Refresh, *, contact_id: UUID, row: ProgrammeRow | None = None, corrections: tuple[CorrectionRow, ...] = ()
    ) -> None:
        self.draft, self.refresh, self.contact_id, self.row, self.corrections = draft, refresh, contact_id, row, corrections

    def open(self) -> None:
        """Lay the dialog out and show it."""
        may_edit = self.row is None or self.row.may_edit
        with dialog(_("Programme") if self.row else _("New programme")) as self.parts:
            if self.row is not None:
                self._used(self.row)
            self._fields()
        window = self.parts.window
        with self.parts.foot:
            if self.row is not None and self.row.may_delete:
                button(_("Delete"), kind="danger", icon="trash-2", on_click=self.delete)
            block("mc-grow")
            button(_("Close"), kind="ghost", on_click=window.close)
            refusal = None if may_edit else _("You can look at this programme but not change it.")
            self.act = button(_("Save") if self.row else _("Add programme"), kind="primary", on_click=self.save, key="Ctrl ⏎", disabled_because=refusal)
        window.on("hide", window.delete)
        window.on("keydown", self.save, js_handler=CTRL_ENTER)
        window.open()

    def _used(self, row: ProgrammeRow) -> None:
        actor = live.viewer()
        with block("mc-goal-facts"):
            text(goal_words.sessions(row), "mc-strong mc-num")
            text(_("%d from the timeline") % row.sessions_counted, "mc-ink-3")
            if row.sessions_corrected:
                text(_("%+d corrected") % row.sessions_corrected, "mc-ink-3")
            if row.may_edit:
                button(_("Correct"), kind="ghost", icon="pencil", height=28, on_click=partial(correct, row, self._corrected))
        for made in self.corrections:
            said = {"day": times.short_date(times.day_of(made.created_at, actor), actor), "delta": made.delta, "why": made.reason, "who": made.author_name}
            text(_("%(day)s: %(delta)+d, %(why)s (%(who)s)") % said, "mc-cap", tag="p")

    def _fields(self) -> None:
        with block("mc-form-grid"):
            with block("mc-span"):
                field(self.draft, "name", placeholder=_("Twelve sessions of breathwork")).props("autofocus").on("keydown.enter", self.save)
            field(self.draft, "sessions_total")
            field(self.draft, "starts_on", hint="" if self.row else _("Today, unless you choose a day"))
            field(self.draft, "ends_on")
            field(self.draft, "price").props("step=any")
            field(self.draft, "currency", options={code: code for code in sorted({*CURRENCIES, *({self.draft.currency} - {None, ""})})})
            with block("mc-span"):
                field(self.draft, "note")

    async def _corrected(self) -> None:
        self.parts.window.close()
        await self.refresh()

    async def save(self) -> None:
        """Write what was typed; a newer state of the programme is shown first."""
        if self.draft.validated() is None:
            return
        with telling(self.draft), busy(self.act):
            try:
                outcome = await self._write()
            except Conflict:
                await self._conflict()
                return
            except Invalid as fault:
                raise Invalid(fault.message, {name.removesuffix("_micros"): why for name, why in fault.fields.items()}) from fault
            self.parts.window.close()
            offer_undo(outcome, _("Programme saved") if self.row else _("Programme added"), self.refresh)
            await self.refresh()

    async def _write(self) -> Any:
        form = ProgrammeForm.model_validate({name: getattr(self.draft, name) or None for name in ProgrammeForm.model_fields} | {"note": self.draft.note or ""})
        values: dict[str, Any] = form.model_dump(exclude={"price", "currency", "starts_on"})
        values |= {"price_micros": None if form.price is None else int(form.price * MICROS), "currency": form.currency or ""}
        values |= {"starts_on": form.starts_on} if form.starts_on else {}
        if self.row is None:
            return await live.change(programmes.create_programme, ProgrammeCreate(contact_id=self.contact_id, **values))
        return await live.change(programmes.update_programme, self.row.id, ProgrammeUpdate(version=self.row.version, **values))

    async def _conflict(self) -> None:
        assert self.row is not None
        theirs = await live.read(programmes.get_programme, self.row.id)
        keep_mine = await settle(self.parts.window, self.draft, _form(theirs))
        if keep_mine is not None:
            self.row = theirs
            await (self.save() if keep_mine else self.refresh())

    async def delete(self) -> None:
        """Put it in the trash."""
        assert self.row is not None
        with telling():
            outcome = await live.change(programmes.delete_programmes, [self.row.id])
            self.parts.window.close()
            offer_undo(outcome, _("Programme deleted"), self.refresh)
            await self.refresh()


def correct(row: ProgrammeRow, done: Refresh) -> None:
    """Say how many sessions are used in truth, and why."""
    draft = Draft(CorrectionCreate, used=row.used)
    with dialog(_("Sessions used"), width="narrow") as parts:
        text(_("Sessions on the timeline are counted by themselves. What you change here stays when further ones come."), "mc-ink-2", tag="p")
        field(draft, "used").props("autofocus")
        field(draft, "reason", long=False, placeholder=_("Three before we kept this here"))
    parts.window.on("hide", parts.window.delete)

    async def save() -> None:
        data = draft.validated()
        if data is None:
            return
        with telling(draft):
            outcome = await live.change(programmes.correct_used, row.id, data)
            parts.window.close()
            offer_undo(outcome, _("Corrected"), done)
            await done()

    with parts.foot:
        button(_("Cancel"), kind="ghost", on_click=parts.window.close)
        button(_("Save"), kind="primary", on_click=save)
    parts.window.open()
