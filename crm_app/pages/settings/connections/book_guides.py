"""How to connect an address book, as data."""

from __future__ import annotations

from crm_app.domain.connections.models import ConnectionKind
from crm_app.domain.i18n import _
from crm_app.pages.settings.connections.dav_guides import fastmail, icloud, nextcloud, other
from crm_app.pages.settings.connections.guide import Guide

_KIND = ConnectionKind.CARDDAV


def book_guides() -> tuple[Guide, ...]:
    """Every way to address books."""
    return (
        nextcloud("nextcloud-people", _KIND, _("Nextcloud, the contacts")),
        icloud("icloud-people", _KIND, _("iCloud, the contacts"), _("The contacts of an iPhone, iPad or Mac"), "https://contacts.icloud.com/"),
        fastmail(
            "fastmail-people", _KIND, _("Fastmail, the contacts"), _("The contacts of a Fastmail account"),
            _("Make a new app password, name it MindfulCRM, and let it have access to contacts (CardDAV) alone."), "https://carddav.fastmail.com/dav/",
        ),
        other(
            ("carddav", _KIND, "users"), _("Another address book"), _("Anything that speaks CardDAV"),
            _("Ask whoever runs it, or its help pages, for the CardDAV address. It often ends in /dav or /carddav."), _("CardDAV address"),
        ),
    )  # fmt: skip
