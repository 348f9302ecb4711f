"""Ways to reach someone, in the one form that is compared: used by the import and wherever a contact is typed in."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from crm_app.domain.text import digits

_LONGEST_PHONE = 250
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?!\d)")
_HOST = re.compile(r"[^\s/@:.]+(\.[^\s/@:.]+)+(:\d+)?([/?#]\S*)?")


@lru_cache(maxsize=4096)
def normalise_phone(value: str, region: str = "") -> str:
    """E.164, with ``;ext=`` for an extension, or ``""`` when the number cannot be told from its country.

    ``region`` is the two-letter country of numbers that are written without a country code.
    """
    try:
        number = phonenumbers.parse(value[:_LONGEST_PHONE], region.upper() or None)
    except phonenumbers.NumberParseException:
        return ""
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return ""
    plain = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{plain};ext={number.extension}" if number.extension else plain


def comparable_phone(value: str, region: str = "") -> str:
    """The normalised number, or its digits when the country is unknown: two ways of writing one number agree here."""
    return normalise_phone(value, region) or digits(value)


def looks_like_phone(value: str) -> bool:
    """Three digits at least, and more digits than letters."""
    count = len(digits(value))
    return count >= 3 and count > sum(char.isalpha() for char in value)


def split_email(value: str) -> tuple[str, str]:
    """``(address, comparable form)`` of an address, also as ``Name <address>``. Raises ValueError with the reason.

    Only the form is judged: nothing is looked up, and a host of a home network is allowed.
    """
    try:
        found = validate_email(
            value[:500], check_deliverability=False, globally_deliverable=False, test_environment=True,
            allow_display_name=True, allow_quoted_local=True,
        )  # fmt: skip
    except EmailNotValidError as failure:
        raise ValueError(str(failure)) from failure
    address = value[:500].strip() if found.display_name is None else found.original
    if "<" in address:
        address = address[address.rfind("<") + 1 : address.rfind(">")]
    return address, found.normalized.lower()


def normalise_url(value: str) -> str:
    """Host and path without scheme, ``www.`` and last slash, the host in lower case; ``""`` when it is no web address."""
    text = value.strip()
    if _SCHEME.match(text):
        if not text.lower().startswith(("http://", "https://")):
            return ""
    elif not _HOST.fullmatch(text):
        return ""
    else:
        text = "http://" + text
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2].lower().removeprefix("www.")
    tail = parts.path.rstrip("/") + (f"?{parts.query}" if parts.query else "")
    return host + tail if host and not re.search(r"\s", host + tail) else ""
