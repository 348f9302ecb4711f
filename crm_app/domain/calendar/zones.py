"""Which time zone a name in a calendar means: one that everybody knows, one that the file itself describes, or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from icalendar import Timezone
from icalendar.prop import vRecur
from icalendar.timezone import tzp

from crm_app.domain.calendar.cutting import decoded, property_name
from crm_app.domain.calendar.rules import Judged, first, judge

_LONGEST_WAY = timedelta(hours=18)
_MOST_LINES = 3000


@lru_cache(maxsize=512)
def known_zone(name: str) -> ZoneInfo | None:
    """The zone that everybody means by ``name``: also as Windows calls it, and at the end of a program's own path."""
    tail = "/".join(name.split("/")[-2:])
    for candidate in (name, tail, name.split("/")[-1]):
        found = _standard(candidate)
        if found is not None:
            return found
    return None


def _standard(name: str) -> ZoneInfo | None:
    try:
        found = tzp.timezone(name) if name and len(name) <= 200 else None
        return found if isinstance(found, ZoneInfo) else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


class Zones:
    """The zones of one file. ``home`` is where times without a zone are meant; ``strange`` collects the names that nobody could place."""

    def __init__(self, described: Mapping[str, Sequence[bytes]], home: ZoneInfo) -> None:
        self.home = home
        self.strange: set[str] = set()
        self._described = described
        self._found: dict[str, tzinfo | None] = {}

    def find(self, name: str) -> tzinfo:
        """The zone of that name, or ``home`` when there is none."""
        if name not in self._found:
            self._found[name] = known_zone(name) or self._own(name)
        found = self._found[name]
        if found is None:
            self.strange.add(name)
        return found or self.home

    def _own(self, name: str) -> tzinfo | None:
        lines = self._described.get(name, ())
        place = next((decoded(line.partition(b":")[2]).strip() for line in lines if property_name(line) == b"X-LIC-LOCATION"), "")
        return (known_zone(place) if place else None) or _described_zone(lines)


def _described_zone(lines: Sequence[bytes]) -> tzinfo | None:
    """A zone as its VTIMEZONE tells it, if that makes sense: its changes come once a year, and it is never further than 18 hours from UTC."""
    if not lines or len(lines) > _MOST_LINES:
        return None
    try:
        if not all(_yearly(line) for line in lines if property_name(line) == b"RRULE"):
            return None
        component: Any = Timezone.from_ical(b"\r\n".join(lines).decode("utf-8", "replace") + "\r\n")
        found = component.to_tz(lookup_tzid=False)
        ways = [datetime(year, month, 15, 12, tzinfo=found).utcoffset() for year in (1995, 2026) for month in (1, 7)]
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError, ArithmeticError):
        return None
    finally:
        tzp.use_zoneinfo()  # it remembers every zone that it has seen by name, and would believe this file about the next one's
    return found if all(way is not None and abs(way) <= _LONGEST_WAY for way in ways) else None


def _yearly(line: bytes) -> bool:
    rule = vRecur.from_ical(decoded(line.partition(b":")[2]))
    return str(first(rule.get("FREQ"), "")).upper() == "YEARLY" and judge(rule) is Judged.GOOD


def zone_name(zone: tzinfo | None) -> str:
    """The name under which everybody knows a zone, or ``""``."""
    if zone is UTC:
        return "UTC"
    return str(getattr(zone, "key", "") or "")
