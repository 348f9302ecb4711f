"""Rules of accounts that need no database: addresses, passwords, session lengths, return paths, devices."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache
from ipaddress import ip_address
from types import MappingProxyType
from zoneinfo import available_timezones

from babel import Locale, negotiate_locale
from babel.core import get_global
from email_validator import EmailNotValidError, validate_email
from zxcvbn import zxcvbn

from crm_app.domain.accounts.schemas import SessionLimits

MIN_PASSWORD = 8
MAX_PASSWORD = 128
SETUP_CODE_LIFE = timedelta(minutes=30)
TOKEN_LENGTH = 43  # base64url of 32 bytes, without padding

ORDINARY = SessionLimits(idle=timedelta(minutes=60), absolute=timedelta(hours=12))
REMEMBERED = SessionLimits(idle=timedelta(days=14), absolute=timedelta(days=30))

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}\Z")
# No 0/O, 1/I/L: the code is read from one screen and typed on another.
_CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux"),
)
# What the dates and numbers of the product have been looked at in; any other that Babel knows works as well.
LOCALES = ("en", "en_GB", "en_US", "de", "es", "fr", "it", "nl", "pl", "pt", "pt_BR", "sv")
_CONTROL = re.compile(r"[\x00-\x20\x7f]")


def session_limits(remembered: bool) -> SessionLimits:
    """60 minutes idle and 12 hours in all; 14 and 30 days on a remembered device."""
    return REMEMBERED if remembered else ORDINARY


def new_token() -> str:
    """A session token: 256 random bits, 43 characters."""
    return secrets.token_urlsafe(32)


def is_token(value: str) -> bool:
    """Whether ``value`` has a session token's form; anything else never reaches the database."""
    return _TOKEN.match(value) is not None


def hash_token(token: str) -> bytes:
    """SHA-256 of a token. A token is 256 random bits, so that a slow hash would add nothing."""
    return hashlib.sha256(token.encode()).digest()


def new_setup_code() -> str:
    """A first-run code such as ``7KQM-2XWA-9PTD``: 59 random bits, 30 minutes, one use."""
    letters = [secrets.choice(_CODE_ALPHABET) for _ in range(12)]
    return "-".join("".join(letters[start : start + 4]) for start in (0, 4, 8))


def hash_setup_code(code: str) -> bytes:
    """SHA-256 of a setup code as it was meant: case, spaces and dashes do not matter."""
    return hashlib.sha256(re.sub(r"[^0-9A-Z]", "", code.upper()).encode()).digest()


def check_email(value: str) -> tuple[str, str | None]:
    """``(normalised address, None)``, or ``(what was typed, sentence)`` when it cannot be an address."""
    typed = value.strip()
    try:
        return validate_email(typed, check_deliverability=False).normalized, None
    except EmailNotValidError:
        return typed, "This does not look like an e-mail address." if typed else "Enter your e-mail address."


def password_problem(password: str, hints: Iterable[str] = ()) -> str | None:
    """The sentence that says what is wrong with a new password, or None when it will do.

    Any character counts and none is demanded. ``hints`` (name, address, team) make a password that repeats them weak.
    """
    if len(password) < MIN_PASSWORD:
        return f"Use at least {MIN_PASSWORD} characters. Three or four ordinary words are easy to remember and hard to guess."
    if len(password) > MAX_PASSWORD:
        return f"Use at most {MAX_PASSWORD} characters."
    words = [word for hint in hints for word in [hint, *re.split(r"[\s@._-]+", hint)] if len(word) > 2]
    # zxcvbn takes time that grows with length, and refuses more than 72; the first 72 decide.
    if zxcvbn(password[:72], user_inputs=words)["score"] < 2:
        return "This is easy to guess. Add a word or two that have nothing to do with you or your team."
    return None


def own_path(value: str | None, otherwise: str = "/") -> str:
    """``value`` if it is a path on this site, else ``otherwise``.

    Browsers read ``//host``, ``/\\host`` and ``/<tab>/host`` as another site, so that only a slash followed by
    something harmless is taken, and no control character, backslash or scheme anywhere before the query.
    """
    if not value or len(value) > 2000 or not value.startswith("/") or value.startswith("//"):
        return otherwise
    path = re.split(r"[?#]", value, maxsplit=1)[0]
    if _CONTROL.search(value) or "\\" in value or "//" in path or ":" in path or "%" in path[:4]:
        return otherwise
    return otherwise if path.startswith(("/signin", "/signout", "/setup", "/join", "/reset", "/_nicegui")) else value


def address_group(address: str) -> str:
    """The unit by which an address is counted: one IPv4 address, or an IPv6 /64, which is what one household has."""
    try:
        parsed = ip_address(address.split("%", 1)[0])
    except ValueError:
        return "unknown"
    if parsed.version == 6:
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return f"{ip_address(int(parsed) >> 64 << 64)}/64"
    return str(parsed)


def device_name(user_agent: str) -> str:
    """"Firefox on Windows", for the list of sessions; a guess that decides nothing."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "Unknown device"


def preferred_locale(accept_language: str) -> str:
    """Which of our languages of dates and numbers a browser asks for first: ``en`` unless it names another."""
    wanted = [part.partition(";")[0].strip().replace("-", "_") for part in accept_language[:200].split(",")]
    return negotiate_locale(wanted, LOCALES, sep="_") or "en"


def week_start_of(locale: str) -> int:
    """On which day a week begins there: 0 is Monday, 6 is Sunday. English without a country begins it on Monday."""
    return 0 if locale == "en" else int(Locale.parse(locale.replace("-", "_")).first_week_day)


def countries(locale: str = "en") -> Mapping[str, str]:
    """ISO codes and names of countries in the reader's language, by name."""
    names = Locale.parse(locale.replace("-", "_")).territories
    known = {code: name for code, name in names.items() if len(code) == 2 and code.isalpha() and code not in _NOT_COUNTRIES}
    return MappingProxyType(dict(sorted(known.items(), key=lambda item: item[1])))


_NOT_COUNTRIES = frozenset({"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"})


@cache
def time_zones() -> frozenset[str]:
    """Every time zone that this machine knows; asked of its disk once."""
    return frozenset(available_timezones())


def zone_of_country(country: str) -> str:
    """The time zone of a country that has one, the most usual of its zones otherwise, UTC when unknown."""
    zones = get_global("territory_zones").get(country, [])
    usual = _USUAL_ZONES.get(country)
    chosen = usual or next((zone for zone in zones if zone in time_zones()), "UTC")
    return str(chosen)


_USUAL_ZONES = MappingProxyType(
    {
        "US": "America/New_York", "CA": "America/Toronto", "BR": "America/Sao_Paulo", "MX": "America/Mexico_City", "AU": "Australia/Sydney",
        "RU": "Europe/Moscow", "ES": "Europe/Madrid", "PT": "Europe/Lisbon", "DE": "Europe/Berlin", "CN": "Asia/Shanghai",
        "ID": "Asia/Jakarta", "CL": "America/Santiago", "NZ": "Pacific/Auckland", "AR": "America/Argentina/Buenos_Aires", "UA": "Europe/Kyiv",
    }
)
