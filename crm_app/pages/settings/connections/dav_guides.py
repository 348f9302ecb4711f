"""How to connect calendars or contacts of an account that has both, as data: what to do over there first is the same for either."""

from __future__ import annotations

from crm_app.domain.connections.models import ConnectionKind
from crm_app.domain.i18n import _
from crm_app.pages.settings.connections.guide import Guide


def nextcloud(key: str, kind: ConnectionKind, name: str) -> Guide:
    """A Nextcloud of whoever's."""
    return Guide(
        key, kind, "cloud", name, _("Your own, your team's, or a provider's"),
        (
            _("Open your Nextcloud in the browser, press your picture at the top right, then Personal settings, then Security."),
            _("Under “Devices & sessions”, type a name such as MindfulCRM and press “Create new app password”."),
            _("Copy the user name and the password that it shows into the fields below. It shows the password once."),
        ),
        address=_("Address of your Nextcloud"), address_example="https://cloud.example.org", user=_("User name"), user_example="ana", password=_("App password"),
    )  # fmt: skip


def icloud(key: str, kind: ConnectionKind, name: str, hint: str, fixed: str) -> Guide:
    """An Apple account; ``fixed`` is where Apple keeps what is asked for."""
    return Guide(
        key, kind, "cloud", name, hint,
        (
            _("Sign in at account.apple.com and open “Sign-In and Security”, then “App-Specific Passwords”."),
            _("Make one and name it MindfulCRM. Apple offers this once two-factor authentication is on for your account."),
            _("Copy the password that it shows into the field below. The password of your Apple account itself does not work here."),
        ),
        fixed=fixed, user=_("Email of your Apple account"), user_example="ana@icloud.com", password=_("App-specific password"),
    )  # fmt: skip


def fastmail(key: str, kind: ConnectionKind, name: str, hint: str, access: str, fixed: str) -> Guide:
    """A Fastmail account; ``access`` says what the app password is for."""
    return Guide(
        key, kind, "mail", name, hint,
        (
            _("In Fastmail, open Settings, then Privacy & Security, and there the app passwords."), access,
            _("Copy the password that it shows into the field below. Fastmail's Basic plan has no app passwords."),
        ),
        fixed=fixed, user=_("Your Fastmail address"), user_example="ana@fastmail.com", password=_("App password"),
    )  # fmt: skip


def other(guide: tuple[str, ConnectionKind, str], name: str, hint: str, ask: str, address: str) -> Guide:
    """Any server; ``guide`` is its key, kind and icon, ``ask`` says whom to ask for what is typed as ``address``."""
    return Guide(
        *guide, name, hint, (ask, _("If it offers app passwords, make one for MindfulCRM: it can be taken back without changing your own.")),
        address=address, address_example="https://dav.example.org/", user=_("User name"), user_example="ana", password=_("Password or app password"),
    )  # fmt: skip
