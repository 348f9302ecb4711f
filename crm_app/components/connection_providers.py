"""By which of the ways a connection came, and what that is called. Pure functions over views."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from crm_app.domain.connections.models import AT_GOOGLE
from crm_app.domain.connections.schemas import ConnectionView
from crm_app.domain.i18n import _

_HUES: Final = {
    "nextcloud": "indigo", "icloud": "slate", "fastmail": "sky", "caldav": "teal", "ics": "amber",
    "nextcloud-people": "indigo", "icloud-people": "slate", "fastmail-people": "sky", "carddav": "green",
    "gmail": "coral", "icloud-mail": "slate", "fastmail-mail": "sky", "imap": "plum", "google": "green", "google_people": "green", "google_drive": "amber",
}  # fmt: skip
_SENDS: Final = {
    "gmail": ("smtp.gmail.com", 465, "tls"), "icloud-mail": ("smtp.mail.me.com", 587, "starttls"), "fastmail-mail": ("smtp.fastmail.com", 465, "tls"),
}  # fmt: skip
_MAIL_HOSTS: Final = {"imap.gmail.com": "gmail", "imap.mail.me.com": "icloud-mail", "imap.fastmail.com": "fastmail-mail"}


def provider(view: ConnectionView) -> str:
    """Which of the ways to connect it came by, as far as its address tells."""
    parts = urlsplit(view.url)
    host = (parts.hostname or "").lower()
    if view.kind.value in ("ics", "google", "gmail", "google_people", "google_drive"):
        return view.kind.value
    if view.kind.value == "imap":
        return _MAIL_HOSTS.get(host, "imap")
    mark = "-people" if view.kind.value == "carddav" else ""
    known = {"icloud": host == "icloud.com" or host.endswith(".icloud.com"), "fastmail": host.endswith("fastmail.com"), "nextcloud": "/remote.php/dav" in parts.path}
    return next((f"{name}{mark}" for name, is_it in known.items() if is_it), view.kind.value)


def provider_name(view: ConnectionView) -> str:
    """What that is called."""
    known = {
        "nextcloud": "Nextcloud", "icloud": "iCloud", "fastmail": "Fastmail", "caldav": _("Calendar server"), "ics": _("Calendar address"),
        "nextcloud-people": "Nextcloud", "icloud-people": "iCloud", "fastmail-people": "Fastmail", "carddav": _("Address book"),
        "gmail": "Gmail", "icloud-mail": "iCloud Mail", "fastmail-mail": "Fastmail", "imap": _("Mailbox"), "google": _("Google Calendar"),
        "google_people": _("Google Contacts"), "google_drive": _("Google Drive"),
    }  # fmt: skip
    return known[provider(view)]


def provider_hue(view: ConnectionView) -> str:
    """The colour of its tile."""
    return _HUES[provider(view)]


def sends_by(key: str, address: str) -> tuple[str, int, str]:
    """By which server a mailbox most likely sends: host, port, and how that is encrypted."""
    known = _SENDS.get(key)
    if known:
        return known
    name = host(address)
    return ("smtp." + name.removeprefix("imap.") if name.startswith("imap.") else name), 465, "tls"


def host(address: str) -> str:
    """The server of an address. The rest of it may be a secret, as it is with calendar addresses."""
    return urlsplit(address).hostname or ""


def caption(view: ConnectionView) -> str:
    """``Nextcloud · cloud.example.org · ana``: what it is, where, and as whom. Google is in one place."""
    where = "" if view.kind in AT_GOOGLE else host(view.url)
    return " · ".join(part for part in (provider_name(view), where, view.username) if part)
