"""A mail as it stands on the wire."""

from __future__ import annotations

import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.outbox.rules import checked_address, checked_line
from crm_app.domain.outbox.sending import LetterHead, MailRefused, OutgoingMail, Recipient

_PLAIN = SMTP.clone(cte_type="7bit")  # every server takes it
_ID = re.compile(r"[!-;=?-~]{1,400}")
"""A message id without its brackets, as it can stand in a header whoever made it up."""


def compose(mail: OutgoingMail, sender: Address, moment: datetime) -> bytes:
    """Text and HTML with their headers. Raises ``MailRefused`` when a name or a subject would become a header of its own.

    The outbox has checked this already; here nothing passes that came another way.
    """
    try:
        return _threading(mail.head) + _written(mail, sender, moment).as_bytes()
    except Invalid as fault:
        raise MailRefused(" ".join(fault.fields.values())) from fault
    except ValueError as fault:  # half a character, for example
        raise MailRefused(_("Something in this mail cannot be written.")) from fault


def _written(mail: OutgoingMail, sender: Address, moment: datetime) -> EmailMessage:
    message = EmailMessage(policy=_PLAIN)
    message["Subject"] = checked_line(mail.subject, "subject")
    message["From"] = _address(mail.head.sender) if mail.head else sender
    for line, role in (("To", "to"), ("Cc", "cc")):
        if people := [_address(one) for one in mail.people if one.role == role]:
            message[line] = people
    message["Date"] = format_datetime(mail.head.sent_at if mail.head else moment)
    message["Message-ID"] = checked_line(mail.message_id, "message_id")
    if mail.head is None:  # nobody wrote it
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
    if mail.unsubscribe:
        message["List-Unsubscribe"] = f"<{checked_line(mail.unsubscribe, 'unsubscribe')}>"
        if mail.unsubscribe.startswith("https://"):  # RFC 8058 knows no other
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    return message


def _address(one: Recipient) -> Address:
    return Address(checked_line(one.name, "to_name"), addr_spec=checked_address(one.address))


def _threading(head: LetterHead | None) -> bytes:
    """What a letter answers. Written by hand: an id may be longer than a line that the library leaves as it is."""
    known = [f"<{one}>" for one in head.references if _ID.fullmatch(one)] if head else []
    references = "\r\n ".join(known)
    return f"In-Reply-To: {known[-1]}\r\nReferences: {references}\r\n".encode("ascii") if known else b""
