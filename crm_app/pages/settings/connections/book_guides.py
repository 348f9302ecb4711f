"""How to connect an address book, as data: what to do over there first, and which fields there are."""

from __future__ import annotations

from crm_app.domain.connections.models import ConnectionKind
from crm_app.domain.i18n import _
from crm_app.pages.settings.connections.guide import Guide


def book_guides() -> tuple[Guide, ...]:
    """Every way to address books."""
    return _nextcloud(), _icloud(), _fastmail(), _other()


def _nextcloud() -> Guide:
    return Guide(
        "nextcloud-people", ConnectionKind.CARDDAV, "cloud", _("Nextcloud, the contacts"), _("Your own, your team's, or a provider's"),
        (
            _("Open your Nextcloud in the browser, press your picture at the top right, then Personal settings, then Security."),
            _("Under “Devices & sessions”, type a name such as MindfulCRM and press “Create new app password”."),
            _("Copy the user name and the password that it shows into the fields below. It shows the password once."),
        ),
        address=_("Address of your Nextcloud"), address_example="https://cloud.example.org", user=_("User name"), user_example="ana", password=_("App password"),
    )  # fmt: skip


def _icloud() -> Guide:
    return Guide(
        "icloud-people", ConnectionKind.CARDDAV, "cloud", _("iCloud, the contacts"), _("The contacts of an iPhone, iPad or Mac"),
        (
            _("Sign in at account.apple.com and open “Sign-In and Security”, then “App-Specific Passwords”."),
            _("Make one and name it MindfulCRM. Apple offers this once two-factor authentication is on for your account."),
            _("Copy the password that it shows into the field below. The password of your Apple account itself does not work here."),
        ),
        fixed="https://contacts.icloud.com/", user=_("Email of your Apple account"), user_example="ana@icloud.com", password=_("App-specific password"),
    )  # fmt: skip


def _fastmail() -> Guide:
    return Guide(
        "fastmail-people", ConnectionKind.CARDDAV, "mail", _("Fastmail, the contacts"), _("The contacts of a Fastmail account"),
        (
            _("In Fastmail, open Settings, then Privacy & Security, and there the app passwords."),
            _("Make a new app password, name it MindfulCRM, and let it have access to contacts (CardDAV) alone."),
            _("Copy the password that it shows into the field below. Fastmail's Basic plan has no app passwords."),
        ),
        fixed="https://carddav.fastmail.com/dav/", user=_("Your Fastmail address"), user_example="ana@fastmail.com", password=_("App password"),
    )  # fmt: skip


def _other() -> Guide:
    return Guide(
        "carddav", ConnectionKind.CARDDAV, "users", _("Another address book"), _("Anything that speaks CardDAV"),
        (
            _("Ask whoever runs it, or its help pages, for the CardDAV address. It often ends in /dav or /carddav."),
            _("If it offers app passwords, make one for MindfulCRM: it can be taken back without changing your own."),
        ),
        address=_("CardDAV address"), address_example="https://dav.example.org/", user=_("User name"), user_example="ana", password=_("Password or app password"),
    )  # fmt: skip
