"""What a server's refusal means, in sentences for people. Its own words are never shown: anybody may have written them."""

from __future__ import annotations

import re

from crm_app.domain.i18n import _
from crm_app.domain.outbox.sending import MailProblem, MailPutOff, MailRefused

_ENHANCED = re.compile(rb"\b([245])\.(\d{1,3})\.(\d{1,3})\b")


def judged(code: int, words: bytes) -> MailProblem:
    """A refusal: for now (4xx, and whatever is no SMTP at all) or for good (5xx)."""
    found = _ENHANCED.search(words)
    detail = f"{found[2].decode()}.{found[3].decode()}" if found else ""
    if 500 <= code < 600:
        return MailRefused(f"{_sentence(code, detail)} ({code}{f' 5.{detail}' if detail else ''})")
    return MailPutOff(_("The mail server asks to try again later.") if 400 <= code < 500 else _("What answers there is no mail server."))


def _sentence(code: int, detail: str) -> str:
    known = {
        "1.0": _("This address does not exist there."), "1.1": _("This address does not exist there."), "1.2": _("There is no such mail domain."),
        "1.3": _("The mail server cannot read this address."), "1.10": _("This domain takes no mail."), "2.1": _("This mailbox has been closed."),
        "2.2": _("This mailbox is full."), "3.4": _("The mail is too large for that mailbox."), "7.0": _("The mail server refused it by its rules."),
        "7.1": _("The mail server refused it by its rules."), "7.26": _("The mail server could not tell that it came from us (SPF, DKIM or DMARC)."),
        "7.8": _("The mail server refused the sign-in."),
    }  # fmt: skip
    by_code = {550: _("This address does not exist there."), 552: _("This mailbox is full."), 553: _("The mail server cannot read this address.")}
    return known.get(detail) or by_code.get(code) or _("The mail server refused it.")
