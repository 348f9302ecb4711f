"""What stands in the list's top bar: how it looks, import, a new contact; on a phone search and filters instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_app.components.choices import Choice, segments
from crm_app.components.elements import button, icon_button
from crm_app.components.text import attributes, text
from crm_app.components.whose import TEAM, whose_switch
from crm_app.domain.actor import Actor
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.pages.contacts.filters import views

ICONS = {"table": "list", "cards": "layout-grid", "board": "square-kanban"}

if TYPE_CHECKING:
    from crm_app.pages.contacts.page import ContactsPage


def actions(page: ContactsPage, actor: Actor) -> None:
    """The bar's right side."""
    page.count = text("", "mc-count")
    attributes(page.count, aria_live="polite")
    page.count.move(target_index=1)
    page.whose = whose_switch(page.state.whose or TEAM, page.choose)
    page.whose.element.classes("mc-desk-only").set_visibility(not page.frame.alone)
    looks = [Choice(view, label, ICONS[view]) for view, label in views().items()]
    page.views = segments(looks, page.state.view, page.look, label=_("Show as"), icons_only=True)
    page.views.element.classes("mc-desk-only")
    if actor.can(Permission.CONTACT_IMPORT):
        button(_("Import"), kind="ghost", icon="upload", href="/contacts/import").classes("mc-desk-only")
    if actor.can(Permission.CONTACT_WRITE):
        button(_("Add contact"), kind="primary", icon="plus", key="C", on_click=page.add).classes("mc-desk-only")
    icon_button("search", _("Search contacts"), on_click=page.find).classes("mc-phone-only")
    filters = icon_button("list-filter", _("Filter and sort")).classes("mc-phone-only")
    filters.on("click", lambda: page.filters.open_at(filters))
    attributes(filters, aria_haspopup="menu")
