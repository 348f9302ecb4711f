"""Pure rules of connections: what an address may be, how long to wait before trying again, and when something is overdue."""

from __future__ import annotations

import colorsys
import random
import re
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from crm_app.domain.connections.models import AT_GOOGLE, Connection, ConnectionKind, ConnectionState
from crm_app.domain.editing import clean_line
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _

BREAKER = 5
"""After so many failed runs in a row a connection is left alone for longer; the next run is its trial."""
COOL_DOWN = timedelta(minutes=15)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)
LONGEST_PATIENCE = timedelta(hours=24)
"""The longest that a provider can keep us away by asking for patience."""
MOST = 20
"""So many accounts may one person connect."""
MOST_TRIES = 8
WRITABLE = frozenset({ConnectionKind.CALDAV, ConnectionKind.GOOGLE})
"""Kinds of accounts whose calendars can take changes from here."""
MOST_MONTHS = 24
"""How far back calendars are read at most."""
FIRST_ITEM_WAIT = timedelta(minutes=5)
LOOK_WHOLE, LOOK_WHOLE_AT_GOOGLE = timedelta(hours=1), timedelta(days=1)
STALE_AFTER = timedelta(days=1)
SPREAD = 0.1
CHANCE = random.Random()  # noqa: S311  spreading load, not a secret
HUES = ("coral", "amber", "green", "teal", "sky", "indigo", "plum", "slate")
_TURNS = (("coral", 20), ("amber", 65), ("green", 150), ("teal", 190), ("sky", 225), ("indigo", 262), ("plum", 340), ("coral", 361))
_PORTS = {"http": 80, "https": 443, "imap": 143, "imaps": 993}
_COLOUR = re.compile(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", re.I)


def require_by_hand(kind: ConnectionKind) -> None:
    """Invalid for an account that is connected by signing in at its provider: nothing that opens it is ever typed here."""
    if kind in AT_GOOGLE:
        raise Invalid(_("An account at Google is connected by signing in there."))


def takes_changes(row: Connection) -> bool:
    """Whether the calendars of an account may be changed from here: of one at Google, once its owner has allowed that there."""
    return row.kind in WRITABLE and (row.kind not in AT_GOOGLE or row.writes)


def clean_url(value: str, kind: ConnectionKind) -> str:
    """The address as it is kept, ``https://`` (of a mailbox ``imaps://``) where nobody said how. Invalid when it is none."""
    mail = kind is ConnectionKind.IMAP
    text = re.sub(r"^webcals?://", "https://", value.strip(), flags=re.I)
    schemes = ("imaps", "imap") if mail else ("https", "http")
    try:
        parts = urlsplit(text if "://" in text else f"{schemes[0]}://{text}")
        good = parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good or re.search(r"[\s\x00-\x1f\\]", text):
        raise Invalid(fields={"url": _not_an_address(kind)})
    if parts.username is not None:
        raise Invalid(fields={"url": _("Leave the name and the password out of the address: there are fields for them.")})
    return urlunsplit((parts.scheme, parts.netloc, "" if mail else parts.path, "" if mail else parts.query, ""))


def _not_an_address(kind: ConnectionKind) -> str:
    if kind is ConnectionKind.CARDDAV:
        return _("This is not an address of an address book. It looks like https://cloud.example.org/…")
    if kind is ConnectionKind.IMAP:
        return _("This is not an address of a mail server. It looks like imap.example.org")
    return _("This is not an address of a calendar. It looks like https://cloud.example.org/…")


def require_private(url: str, kind: ConnectionKind, *, secret: bool, inner: bool) -> None:
    """Invalid when a mailbox has no password, or when one would travel in the clear. Only the host can allow that inside their own network
    (``inner``), where there may be no certificate.

    ``imap://`` begins in the clear and is encrypted before anything is said; whoever speaks it sees to that.
    """
    if url.startswith("http://") and not inner and (secret or kind in (ConnectionKind.CALDAV, ConnectionKind.CARDDAV)):
        raise Invalid(fields={"url": _("This address must begin with https://, or your password could be read on the way.")})
    if kind is ConnectionKind.IMAP and not secret:
        raise Invalid(fields={"password": _("A mailbox asks for a password.")})


def server_of(url: str) -> str:
    """Of a kept address its beginning alone, up to the server's name and port."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, "/", "", ""))


def place_of(url: str) -> tuple[str, int]:
    """Host and port of a kept address."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 443)


def is_invented(url: str) -> bool:
    """Whether nobody can have an account there: names that are kept free for examples (RFC 2606)."""
    return place_of(url)[0].endswith(".example")


def changes_of(row: Connection, given: dict[str, Any], *, typed: bool, has_secret: bool) -> dict[str, Any]:
    """What really changes. Invalid where a password that is kept would be sent to another address, or as somebody else; ``typed``: there is a new one."""
    changed = {name: value for name, value in given.items() if value != getattr(row, name)}
    if "url" in changed:
        if moved := place_of(changed["url"]) != place_of(row.url):
            changed["inner_allowed"] = False  # the host spoke of the other place
        require_private(changed["url"], ConnectionKind(row.kind), secret=typed or has_secret, inner=row.inner_allowed and not moved)
    if has_secret and not typed and asks_anew(changed):
        raise Invalid(fields={"password": _("Enter the password again: it is only ever sent to the address that it was given for.")})
    return changed


def asks_anew(changed: dict[str, Any]) -> bool:
    """Whether it is another account, or another server, for which no password that was given before is good."""
    return "inner_allowed" in changed or "username" in changed


def wait_after(failures: int, asked: float | None, chance: random.Random) -> timedelta:
    """How long to wait after this many failed runs: anywhere up to a limit that doubles (full jitter), and at least as long as was ``asked``, in seconds."""
    limit = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(max(failures, 1) - 1, 20))
    wait = limit * chance.random()
    if failures >= BREAKER:
        wait = max(wait, COOL_DOWN)
    return max(wait, min(timedelta(seconds=max(asked, 0.0)), LONGEST_PATIENCE)) if asked is not None else wait


def wait_before_item(tries: int, chance: random.Random) -> timedelta | None:
    """How long a thing that could not be read is left alone; None when it has been tried often enough."""
    if tries >= MOST_TRIES:
        return None
    return min(LONGEST_WAIT, FIRST_ITEM_WAIT * 2 ** max(tries - 1, 0)) * chance.random()


def is_whole_due(kind: str, known: datetime | None, moment: datetime) -> bool:
    """Whether everything over there is to be looked at, ``known`` being when that was last done. Of an account at Google that hands all of it over again."""
    patience = LOOK_WHOLE_AT_GOOGLE if kind in (ConnectionKind.GOOGLE, ConnectionKind.GOOGLE_PEOPLE, ConnectionKind.GOOGLE_DRIVE) else LOOK_WHOLE
    return known is None or not known <= moment < known + patience


def next_turn(interval_minutes: int, chance: random.Random) -> timedelta:
    """How long until the next turn of a connection that works, a little more or less, so that not all come at once."""
    return timedelta(minutes=interval_minutes) * (1 + SPREAD * (2 * chance.random() - 1))


def is_stale(state: str, interval_minutes: int, good_at: datetime, moment: datetime) -> bool:
    """Whether nothing has come in whole for a day, or for three turns where those are longer. ``good_at`` is when it last did, or when it was made."""
    return state == ConnectionState.ACTIVE and moment - good_at > max(STALE_AFTER, timedelta(minutes=3 * interval_minutes))


def free_name(wanted: str, taken: Collection[str]) -> str:
    """``Nextcloud``, or ``Nextcloud 2`` when there is one already."""
    known = {one.lower() for one in taken}
    names = [wanted, *(f"{wanted} {number}" for number in range(2, len(known) + 3))]
    return next(name for name in names if name.lower() not in known)


def short(text: str, most: int) -> str:
    """One line of strangers' words, cut to what is kept of it."""
    clean = clean_line(text)
    return clean if len(clean) <= most else clean[: most - 1] + "…"


def hue_of(colour: str, used: int = 0) -> str:
    """Our own hue that is nearest to a provider's colour; the next one in turn where it gives none."""
    found = _COLOUR.fullmatch(colour.strip()[:7])
    if found is None:
        return HUES[used % len(HUES)]
    turn, light, depth = colorsys.rgb_to_hls(*(int(part, 16) / 255 for part in found.groups()))
    if depth < 0.12 or light < 0.06 or light > 0.97:
        return "slate"
    return next(name for name, end in _TURNS if turn * 360 < end)
