"""How to connect what one has, as data: what to do over there first, which fields there are, and what a typed address means."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from crm_app.domain.connections.models import ConnectionKind
from crm_app.domain.i18n import _
from crm_app.pages.settings.connections.book_guides import book_guides
from crm_app.pages.settings.connections.guide import Guide
from crm_app.pages.settings.connections.mailbox_guides import mail_address, mailbox_guides

__all__ = ["Guide", "calendar_guides", "full_address", "guide_of", "guides"]


def guides() -> dict[str, Guide]:
    """Every way that there is."""
    return {guide.key: guide for guide in (*calendar_guides(), *mailbox_guides(), *book_guides())}


def calendar_guides() -> tuple[Guide, ...]:
    """Every way to calendars."""
    return _nextcloud(), _icloud(), _fastmail(), _other(), _address()


def _nextcloud() -> Guide:
    return Guide(
        "nextcloud", ConnectionKind.CALDAV, "cloud", "Nextcloud", _("Your own, your team's, or a provider's"),
        (
            _("Open your Nextcloud in the browser, press your picture at the top right, then Personal settings, then Security."),
            _("Under “Devices & sessions”, type a name such as MindfulCRM and press “Create new app password”."),
            _("Copy the user name and the password that it shows into the fields below. It shows the password once."),
        ),
        address=_("Address of your Nextcloud"), address_example="https://cloud.example.org", user=_("User name"), user_example="ana", password=_("App password"),
    )  # fmt: skip


def _icloud() -> Guide:
    return Guide(
        "icloud", ConnectionKind.CALDAV, "cloud", "iCloud", _("The calendars of an iPhone, iPad or Mac"),
        (
            _("Sign in at account.apple.com and open “Sign-In and Security”, then “App-Specific Passwords”."),
            _("Make one and name it MindfulCRM. Apple offers this once two-factor authentication is on for your account."),
            _("Copy the password that it shows into the field below. The password of your Apple account itself does not work here."),
        ),
        fixed="https://caldav.icloud.com/", user=_("Email of your Apple account"), user_example="ana@icloud.com", password=_("App-specific password"),
    )  # fmt: skip


def _fastmail() -> Guide:
    return Guide(
        "fastmail", ConnectionKind.CALDAV, "mail", "Fastmail", _("The calendars of a Fastmail account"),
        (
            _("In Fastmail, open Settings, then Privacy & Security, and there the app passwords."),
            _("Make a new app password, name it MindfulCRM, and let it have access to calendars (CalDAV) alone."),
            _("Copy the password that it shows into the field below. Fastmail's Basic plan has no app passwords."),
        ),
        fixed="https://caldav.fastmail.com/dav/", user=_("Your Fastmail address"), user_example="ana@fastmail.com", password=_("App password"),
    )  # fmt: skip


def _other() -> Guide:
    return Guide(
        "caldav", ConnectionKind.CALDAV, "calendar", _("Another calendar server"), _("Anything that speaks CalDAV"),
        (
            _("Ask whoever runs it, or its help pages, for the CalDAV address. It often ends in /dav or /caldav."),
            _("If it offers app passwords, make one for MindfulCRM: it can be taken back without changing your own."),
        ),
        address=_("CalDAV address"), address_example="https://dav.example.org/", user=_("User name"), user_example="ana", password=_("Password or app password"),
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
