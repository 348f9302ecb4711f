"""A mail as it stands on the wire."""

from __future__ import annotations

import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.outbox.rules import checked_address, checked_line
from crm_app.domain.outbox.sending import LetterHead, MailRefused, OutgoingMail, Recipient

_PLAIN = SMTP.clone(cte_type="7bit")  # every server takes it
_ID = re.compile(r"[!-;=?-~]{1,400}")
"""A message id without its brackets, as it can stand in a header whoever made it up."""


def compose(mail: OutgoingMail, sender: Address, moment: datetime, *, own: bool = False) -> bytes:
    """Text, HTML and files with their headers. ``own``: its writer's copy, which alone names those who get it unseen by the others.

    The same mail is the same bytes. Raises ``MailRefused`` when a name or a subject would become a header of its own.

    The outbox has checked this already; here nothing passes that came another way.
    """
    try:
        return _threading(mail.head) + _written(mail, sender, moment, own=own).as_bytes()
    except Invalid as fault:
        raise MailRefused(" ".join(fault.fields.values())) from fault
    except ValueError as fault:  # half a character, for example
        raise MailRefused(_("Something in this mail cannot be written.")) from fault


def _written(mail: OutgoingMail, sender: Address, moment: datetime, *, own: bool) -> EmailMessage:
    message = EmailMessage(policy=_PLAIN)
    message["Subject"] = checked_line(mail.subject, "subject")
    message["From"] = _address(mail.head.sender) if mail.head else sender
    for line, role in (("To", "to"), ("Cc", "cc"), *((("Bcc", "bcc"),) if own else ())):
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
    for one in mail.files:
        main, _slash, sub = one.kind.partition("/")
        message.add_attachment(one.content, maintype=main, subtype=sub, filename=checked_line(one.name, "files"))
    # Else a library would draw each boundary by lot, and the copy that is put away would not be what left.
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_{sha256(f'{mail.message_id}{number or str()}'.encode()).hexdigest()[:32]}")
    return message


def _address(one: Recipient) -> Address:
    return Address(checked_line(one.name, "to_name"), addr_spec=checked_address(one.address))


def _threading(head: LetterHead | None) -> bytes:
    """What a letter answers. Written by hand: an id may be longer than a line that the library leaves as it is."""
    known = [f"<{one}>" for one in head.references if _ID.fullmatch(one)] if head else []
    references = "\r\n ".join(known)
    return f"In-Reply-To: {known[-1]}\r\nReferences: {references}\r\n".encode("ascii") if known else b""
