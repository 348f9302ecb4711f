"""Pure rules of mail: nothing in a name or a subject may become a header, and how long to wait before trying again."""

from __future__ import annotations

import random
import unicodedata
from datetime import timedelta
from email.errors import HeaderParseError
from email.header import decode_header
from email.headerregistry import Address
from email.utils import parseaddr

from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _

MOST_ATTEMPTS = 16
"""Some twenty hours with the waits between them."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=6)
_BREAKS = frozenset("\x85\u2028\u2029")


def checked_line(value: str, field: str) -> str:
    """``value``, if it is one line also after a reader has decoded it; else Invalid.

    ``=?UTF-8?Q?=0ABcc:…?=`` holds no line break and becomes one: writers that fold such a word anew send it as a header.
    """
    for text in (value, _decoded(value)):
        if any(unicodedata.category(char) == "Cc" or char in _BREAKS for char in text):
            raise Invalid(fields={field: _("This must be one line, without line breaks or control characters.")})
    return value


def _decoded(value: str) -> str:
    for _round in range(3):  # a word may hide inside a word
        try:
            parts = decode_header(value)
            text = "".join(part if isinstance(part, str) else part.decode(charset or "ascii", "replace") for part, charset in parts)
        except (HeaderParseError, LookupError, ValueError):
            return value
        if text == value:
            return text
        value = text
    return value


def checked_address(value: str) -> str:
    """An address that a server can be told of: one, without a name, its domain in ASCII. Invalid otherwise."""
    from email_validator import EmailNotValidError, validate_email  # not before there is one to look at: the settings need this file

    try:
        found = validate_email(value, check_deliverability=False, globally_deliverable=False, test_environment=True, allow_smtputf8=False)
    except EmailNotValidError:
        raise Invalid(fields={"to_address": _("This is not an address that mail can be sent to.")}) from None
    return checked_line(found.ascii_email or found.normalized, "to_address")


def read_sender(text: str) -> Address:
    """``crm@example.org`` or ``Stillwater <crm@example.org>``: from whom mail comes. Raises ``ValueError`` with a sentence."""
    name, address = parseaddr(text)
    try:
        return Address(checked_line(name, "from") or "MindfulCRM", addr_spec=checked_address(address))
    except (Invalid, ValueError):
        raise ValueError("SMTP_FROM must be an address, for example crm@example.org or Stillwater <crm@example.org>.") from None


def wait_before(attempt: int, chance: random.Random) -> timedelta:
    """How long to wait after the ``attempt``-th failure: anywhere up to a limit that doubles (full jitter), so that nothing comes all at once."""
    limit = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempt - 1, 20))
    return limit * chance.random()
