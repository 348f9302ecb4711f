"""Templates of letters: one's own and the team's, each changed by whoever made it."""

from __future__ import annotations

from functools import partial

from nicegui import ui

from crm_app.components import feedback, live
from crm_app.components.dialog import dialog
from crm_app.components.draft import Draft
from crm_app.components.elements import busy, button, icon_button, pill
from crm_app.components.fields import field
from crm_app.components.guard import telling
from crm_app.components.letter_words import merge_fields
from crm_app.components.page_parts import empty_line
from crm_app.components.text import attributes, block, text
from crm_app.domain.errors import Conflict
from crm_app.domain.i18n import _
from crm_app.domain.letters import service as letters
from crm_app.domain.letters.schemas import TemplateInput, TemplateUpdate, TemplateView


class TemplatesPart:
    """The list, and what redraws it."""

    def __init__(self, known: tuple[TemplateView, ...]) -> None:
        self.known = known

    async def refresh(self) -> None:
        """Ask again and draw again."""
        with telling():
            self.known = await live.read(letters.list_templates)
            self.body.refresh()

    @ui.refreshable_method
    def body(self) -> None:
        """One row for each template."""
        if not self.known:
            empty_line(_("No template yet. What you write again and again can stand here."))
            return
        with block("mc-group"):
            for view in self.known:
                self._row(view)

    def _row(self, view: TemplateView) -> None:
        with block("mc-group-row"):
            with block("mc-grow"):
                attributes(text(view.name, "mc-strong mc-truncate", tag="p"), title=view.name)
                text(view.subject or view.body[:120], "mc-cap mc-truncate", tag="p")
            if view.audience.value == "team":
                pill(_("Everybody's") if view.own else _("A colleague's"))
            if view.own:
                icon_button("pencil", _("Change %s") % view.name, on_click=partial(self.edit, view), height=28)
                icon_button("trash-2", _("Delete %s") % view.name, on_click=partial(self.delete, view), height=28)

    def edit(self, view: TemplateView | None = None) -> None:
        """Write a new one, or change one."""
        draft: Draft[TemplateUpdate] | Draft[TemplateInput] = Draft(TemplateUpdate, view) if view else Draft(TemplateInput)
        with ui.context.client, dialog(_("Template") if view else _("New template")) as parts, block("mc-col mc-gap-12"):
            field(draft, "name", label=_("Name"))
            field(draft, "subject", label=_("Subject"), long=False)
            field(draft, "body", label=_("Text"), long=True).props("input-class=mc-letter-words")
            field(draft, "audience", label=_("Who can use it"), options={"private": _("Only me"), "team": _("Everybody in the team")}).props(remove="clearable")
            text(_("Filled in when you write:"), "mc-cap", tag="p")
            with block("mc-col mc-gap-4"):
                for name, said in merge_fields().items():
                    with block("mc-row mc-gap-8 mc-cap"):
                        text(name, "mc-mono")
                        text(said)
        parts.window.on("hide", parts.window.delete)

        async def save() -> None:
            data = draft.validated()
            if data is None:
                return
            with telling(draft), busy(go):
                try:
                    await (live.change(letters.update_template, view.id, data) if view else live.change(letters.create_template, data))  # type: ignore[arg-type]
                except Conflict:
                    feedback.toast(_("This was changed in another window meanwhile. Open it again to see what stands now."), kind="bad")
                    return
                parts.window.close()
                feedback.toast(_("Saved"))
                await self.refresh()

        with parts.foot:
            button(_("Cancel"), kind="ghost", on_click=parts.window.close)
            go = button(_("Save"), kind="primary", on_click=save)
        parts.window.open()

    async def delete(self, view: TemplateView) -> None:
        """Let go of one; undo writes it again."""
        with telling():
            await live.change(letters.delete_template, view.id)
            again = TemplateInput(**view.model_dump(include=set(TemplateInput.model_fields)))
            feedback.toast(_("Deleted"), undo=partial(self._bring_back, again))
            await self.refresh()

    async def _bring_back(self, again: TemplateInput) -> None:
        with telling():
            await live.change(letters.create_template, again)
            await self.refresh()


async def templates_part() -> None:
    """Load, lay out, wire."""
    part = TemplatesPart(await live.read(letters.list_templates))
    with block("mc-row mc-settings-facts"):
        button(_("New template"), icon="plus", on_click=lambda: part.edit())
    with attributes(block("mc-settings-list"), aria_live="polite"):
        part.body()
