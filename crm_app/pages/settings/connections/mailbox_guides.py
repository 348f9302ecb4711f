"""How to connect a mailbox, as data: where an app password comes from, and what is typed where."""

from __future__ import annotations

from crm_app.domain.connections.models import ConnectionKind
from crm_app.domain.i18n import _
from crm_app.pages.settings.connections.guide import Guide

SCHEME = "imaps://"


def mailbox_guides() -> tuple[Guide, ...]:
    """Every way to a mailbox."""
    return _gmail(), _icloud(), _fastmail(), _own_host()


def mail_address(typed: str) -> str:
    """What was typed as a whole address: ``imap.example.org`` is asked for over TLS; what says another way keeps it."""
    given = typed.strip()
    return given if not given or "://" in given else SCHEME + given


def _gmail() -> Guide:
    return Guide(
        "gmail", ConnectionKind.IMAP, "mail", "Gmail", _("By an app password, to read and to send"),
        (
            _("Sign in at myaccount.google.com, open “Security”, and turn on “2-Step Verification” if it is off: without it there are no app passwords."),
            _("Open myaccount.google.com/apppasswords, type a name such as MindfulCRM and press “Create”."),
            _("Copy the sixteen letters that it shows into the field below; spaces do not matter. Google shows them once."),
            _("In a Google Workspace the page may say that this is not available: whoever manages it can allow it."),
        ),
        fixed=f"{SCHEME}imap.gmail.com", user=_("Your Gmail address"), user_example="ana@gmail.com", password=_("App password"),
    )  # fmt: skip


def _icloud() -> Guide:
    return Guide(
        "icloud-mail", ConnectionKind.IMAP, "cloud", "iCloud Mail", _("Addresses at icloud.com, me.com or mac.com"),
        (
            _("Sign in at account.apple.com and open “Sign-In and Security”, then “App-Specific Passwords”."),
            _("Make one and name it MindfulCRM. Apple offers this once two-factor authentication is on for your account."),
            _("Copy the password that it shows into the field below. The password of your Apple account itself does not work here."),
        ),
        fixed=f"{SCHEME}imap.mail.me.com", user=_("Your iCloud Mail address"), user_example="ana@icloud.com", password=_("App-specific password"),
    )  # fmt: skip


def _fastmail() -> Guide:
    return Guide(
        "fastmail-mail", ConnectionKind.IMAP, "mail", _("Fastmail, the mailbox"), _("The mail of a Fastmail account"),
        (
            _("In Fastmail, open Settings, then Privacy & Security, and there the app passwords."),
            _("Make a new app password, name it MindfulCRM, and let it have access to mail (IMAP and SMTP) alone."),
            _("Copy the password that it shows into the field below. Fastmail's Basic plan has no app passwords."),
        ),
        fixed=f"{SCHEME}imap.fastmail.com", user=_("Your Fastmail address"), user_example="ana@fastmail.com", password=_("App password"),
    )  # fmt: skip


def _own_host() -> Guide:
    return Guide(
        "imap", ConnectionKind.IMAP, "server", _("Another mailbox"), _("Your own host, or a web hoster (IMAP)"),
        (
            _("Look for “IMAP” in the help pages of your provider, or ask whoever runs it. The server is often called imap or mail, then the domain."),
            _("The user name is mostly your whole address. If they offer app passwords, make one: it can be taken back without changing your own."),
            _("Outlook.com, Hotmail and Microsoft 365 no longer let other programs read mail with a password: they cannot be connected this way."),
        ),
        address=_("IMAP server"), address_example="imap.example.org", user=_("User name"), user_example="ana@example.org", password=_("Password or app password"),
    )  # fmt: skip
