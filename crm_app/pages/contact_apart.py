"""What is kept apart from everything else of a contact: on the record, and the dialog in which it is written."""

from __future__ import annotations

from functools import partial

from crm_app.components import live, words
from crm_app.components.dialog import dialog
from crm_app.components.draft import Draft
from crm_app.components.elements import busy, button, icon_button, section
from crm_app.components.fields import field
from crm_app.components.guard import telling
from crm_app.components.keys import CTRL_ENTER
from crm_app.components.text import block, text
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactView, SensitiveUpdate
from crm_app.domain.i18n import _
from crm_app.pages.acts import offer_undo
from crm_app.pages.contact_edit import Refresh, Saved


def kept_apart(view: ContactView, saved: Saved, refresh: Refresh) -> None:
    """Health goals, emergency contact and private notes: for the contact's owner, and for those with whom they share it."""
    if view.sensitive is None and view.owner_id != live.viewer().user_id:
        return
    with section(_("Kept apart")):
        if view.may_edit:
            icon_button("pencil", _("Edit what is kept apart"), on_click=partial(_edit, view, saved, refresh), height=24)
    rows = [] if view.sensitive is None else [
        (_("Health goals"), view.sensitive.health_goals),
        (_("Emergency contact"), view.sensitive.emergency_contact),
        (_("Private notes"), view.sensitive.private_notes),
    ]  # fmt: skip
    for label, value in rows:
        if value:
            text(label, "mc-label", tag="p")
            text(value, "mc-read mc-apart", tag="p")
    if not any(value for _label, value in rows):
        text(_("Health goals, emergency contact and private notes: seen by you alone."), "mc-empty-small", tag="p")


async def _edit(view: ContactView, saved: Saved, refresh: Refresh) -> None:
    with telling():
        await edit_sensitive(view, saved, refresh)


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
