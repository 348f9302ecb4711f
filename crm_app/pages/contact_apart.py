"""The dialog of what is kept apart from everything else of a contact."""

from __future__ import annotations

from crm_app.components import live, words
from crm_app.components.dialog import dialog
from crm_app.components.draft import Draft
from crm_app.components.elements import busy, button
from crm_app.components.fields import field
from crm_app.components.guard import telling
from crm_app.components.keys import CTRL_ENTER
from crm_app.components.text import block, text
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactView, SensitiveUpdate
from crm_app.domain.i18n import _
from crm_app.pages.acts import offer_undo
from crm_app.pages.contact_edit import Refresh, Saved


async def edit_sensitive(view: ContactView, saved: Saved, refresh: Refresh) -> None:
    """Health goals, emergency contact and private notes: apart from everything else, for the owner unless shared."""
    draft = Draft(SensitiveUpdate, view.sensitive)
    with dialog(_("Kept apart")) as parts:
        text(_("Only you can see this unless you share it here."), "mc-ink-2", tag="p")
        with block("mc-col mc-gap-16"):
            for name in ("health_goals", "emergency_contact", "private_notes"):
                field(draft, name, long=True)
            if view.owner_id == live.viewer().user_id:
                field(draft, "audience", options=words.audiences())
    parts.window.on("hide", parts.window.delete)

    async def save() -> None:
        # The part is replaced as a whole: what was not touched goes along as it stands.
        data = draft.validated(**{name: getattr(draft, name) for name in SensitiveUpdate.model_fields})
        if data is None:
            return
        with telling(draft), busy(save_button):
            outcome = await live.change(contacts.update_sensitive, view.id, data)
            parts.window.close()
            offer_undo(outcome, _("Saved"), refresh)
            await saved(outcome.value)

    parts.window.on("keydown", save, js_handler=CTRL_ENTER)
    with parts.foot:
        button(_("Close"), kind="ghost", on_click=parts.window.close)
        save_button = button(_("Save"), kind="primary", on_click=save, key="Ctrl ⏎")
    parts.window.open()
