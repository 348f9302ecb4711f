"""The fields of a connection, the same when it is made and when it is changed."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from crm_app.components.connection_words import interval_words, months_words
from crm_app.components.draft import Draft
from crm_app.components.fields import field
from crm_app.components.text import block, text
from crm_app.domain.connections.models import ADDRESS_BOOKS, DRIVES, MAILBOXES, ConnectionKind
from crm_app.domain.i18n import _
from crm_app.pages.settings.connections.guide import Guide

# Enter in a field does what the form's one button does; in a list of choices it opens the list.
ON_ENTER = "(e) => { if (e.target.matches('input:not([role=combobox])')) emit(); }"
INTERVALS = (5, 10, 15, 30, 60, 180, 1440)
MONTHS = (1, 3, 6, 12, 24)


def sign_in_fields(draft: Draft[Any], guide: Guide, *, kept: bool = False, server: str = "") -> None:
    """Where it is and as whom. A password manager may fill them in. With ``kept`` an empty password means the one that is there,
    with ``server`` an empty address the one there."""
    if not guide.fixed:
        same = _("Leave it empty to keep the one at %s: it is sealed like a password, and not shown again.") % server if server else ""
        address = field(draft, "url", label=guide.address, placeholder=guide.address_example, hint=same, long=False)
        address.props("autocomplete=url inputmode=url spellcheck=false" + ("" if kept else " autofocus"))
    if not guide.user:
        return
    with block("mc-form-grid"):
        user = field(draft, "username", label=guide.user, placeholder=guide.user_example).props("autocomplete=username spellcheck=false autocapitalize=none")
        if guide.fixed and not kept:
            user.props("autofocus")
        hint = _("Leave it empty to keep the one that is there.") if kept else ""
        field(draft, "password", label=guide.password, hint=hint).props("type=password autocomplete=current-password")


def security_words() -> dict[str, str]:
    """How the way to a mail server is encrypted. Without encryption only the host of this can connect one."""
    return {"tls": _("TLS (mostly port 465)"), "starttls": _("STARTTLS (mostly port 587)")}


def sending_fields(draft: Draft[Any], prefix: str = "smtp_") -> None:
    """By which server a mailbox sends."""
    hint = _("Leave it empty to only read mail here.")
    field(draft, f"{prefix}host", label=_("Server that sends (SMTP)"), placeholder="smtp.example.org", hint=hint, long=False).props("spellcheck=false")
    with block("mc-form-grid"):
        field(draft, f"{prefix}port", label=_("Its port"))
        open_line = {"none": _("None")} if getattr(draft, f"{prefix}security") == "none" else {}
        field(draft, f"{prefix}security", label=_("Its encryption"), options=security_words() | open_line)


def taste_fields(draft: Draft[Any], kind: ConnectionKind, *, interval: bool = False) -> None:
    """Who sees what comes (of a mailbox that is decided later), how far back it goes, and with ``interval`` how often it is looked at."""
    with block("mc-form-grid"):
        if kind not in MAILBOXES:
            seen = {"team": _("Everyone who sees the contact"), "private": _("Only me")}
            asked = _("Who sees new documents") if kind in DRIVES else _("Who sees meetings with contacts")
            if kind in ADDRESS_BOOKS:
                seen["team"], asked = _("The whole team"), _("Who sees new contacts")
            _choice(draft, "meetings_audience", asked, seen)
        if kind not in ADDRESS_BOOKS | DRIVES:
            _choice(draft, "history_months", _("How far back"), _with(draft.history_months, MONTHS, months_words))
        if interval:
            _choice(draft, "interval_minutes", _("How often"), _with(draft.interval_minutes, INTERVALS, interval_words))


def guide_steps(guide: Guide, *, folded: bool = False) -> None:
    """What to do over there first; ``folded`` where it was read before."""
    if folded:
        with ui.expansion(_("Where to find the address") if not guide.user else _("How to get a password for it")).classes("mc-more"):
            guide_steps(guide)
        return
    with block("mc-guide", tag="ol"):
        for step in guide.steps:
            text(step, tag="li")


def _choice(draft: Draft[Any], name: str, label: str, options: dict[str, str]) -> None:
    # An update may leave it out, which is no answer that somebody could choose.
    field(draft, name, label=label, options=options).props(remove="clearable")


def _with(chosen: Any, known: tuple[int, ...], words: Any) -> dict[str, str]:
    numbers = {*known, int(chosen)} if chosen else set(known)
    return {str(number): words(number) for number in sorted(numbers)}
