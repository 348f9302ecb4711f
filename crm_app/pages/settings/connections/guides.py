"""How to connect what one has, as data: what to do over there first, which fields there are, and what a typed address means."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from crm_app.domain.connections.models import ConnectionKind
from crm_app.domain.i18n import _
from crm_app.pages.settings.connections.book_guides import book_guides
from crm_app.pages.settings.connections.dav_guides import fastmail, icloud, nextcloud, other
from crm_app.pages.settings.connections.guide import Guide
from crm_app.pages.settings.connections.mailbox_guides import mail_address, mailbox_guides

__all__ = ["Guide", "calendar_guides", "full_address", "guide_of", "guides"]

_KIND = ConnectionKind.CALDAV


def guides() -> dict[str, Guide]:
    """Every way that there is."""
    return {guide.key: guide for guide in (*calendar_guides(), *mailbox_guides(), *book_guides())}


def calendar_guides() -> tuple[Guide, ...]:
    """Every way to calendars."""
    return (
        nextcloud("nextcloud", _KIND, "Nextcloud"),
        icloud("icloud", _KIND, "iCloud", _("The calendars of an iPhone, iPad or Mac"), "https://caldav.icloud.com/"),
        fastmail(
            "fastmail", _KIND, "Fastmail", _("The calendars of a Fastmail account"),
            _("Make a new app password, name it MindfulCRM, and let it have access to calendars (CalDAV) alone."), "https://caldav.fastmail.com/dav/",
        ),
        other(
            ("caldav", _KIND, "calendar"), _("Another calendar server"), _("Anything that speaks CalDAV"),
            _("Ask whoever runs it, or its help pages, for the CalDAV address. It often ends in /dav or /caldav."), _("CalDAV address"),
        ),
        _address(),
    )  # fmt: skip


def _address() -> Guide:
    return Guide(
        "ics", ConnectionKind.ICS, "link", _("A calendar address"), _("Any ICS or webcal link"),
        (
            _("Google Calendar, in a browser: Settings, choose the calendar on the left, “Integrate calendar”, copy the “Secret address in iCal format”."),
            _("Outlook on the web: Settings, Calendar, Shared calendars, publish the calendar, copy the ICS link."),
            _("Booking systems and others: look for “subscribe”, “ICS” or “webcal”."),
            _("Whoever knows such an address can read the calendar: give it to nobody else."),
        ),
        address=_("Calendar address"), address_example="https://calendar.example.org/private.ics",
    )  # fmt: skip


def full_address(guide: Guide, typed: str) -> str:
    """What was typed as a whole address: with ``https://`` where nothing stands before it, ``webcal`` being another word for that.

    Of a Nextcloud people copy whatever page they look at; its calendars are always at ``/remote.php/dav`` of the same place.
    """
    if guide.fixed:
        return guide.fixed
    if guide.kind is ConnectionKind.IMAP:
        return mail_address(typed)
    given = typed.strip()
    scheme, mark, rest = given.partition("://")
    if not mark:
        given = f"https://{given}" if given else ""
    elif scheme.lower() in ("webcal", "webcals"):
        given = f"https://{rest}"
    if guide.key not in ("nextcloud", "nextcloud-people") or not given:
        return given
    parts = urlsplit(given)
    base = parts.path
    for page in ("/remote.php", "/index.php", "/apps/", "/login", "/settings/"):
        base = base.partition(page)[0]
    return urlunsplit((parts.scheme, parts.netloc, base.rstrip("/") + "/remote.php/dav/", "", ""))


def guide_of(kind: ConnectionKind, provider: str) -> Guide:
    """By which way a connection came, for doing it again."""
    known = guides()
    return known[provider] if provider in known else known[kind.value]
