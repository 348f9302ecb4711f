"""How a moment stands in a calendar: as a day, in UTC, in a zone that the file names in its own way, or wherever one is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

from icalendar import Timezone
from icalendar.parser import Contentline
from icalendar.prop import vDDDTypes

from crm_app.domain.calendar.components import Component, parse_calendar, unfolded
from crm_app.domain.calendar.parsing import Moment
from crm_app.domain.calendar.zones import known_zone, zone_name


@dataclass(frozen=True, slots=True)
class Form:
    """``zone`` is where an hour is meant, ``name`` what the file calls that; without a name it is meant in no zone at all."""

    zone: tzinfo
    name: str

    def line(self, prop: str, moment: Moment) -> bytes:
        """A line that says this moment."""
        if not isinstance(moment, datetime):
            return f"{prop};VALUE=DATE:{_told(moment)}".encode()
        local = moment.astimezone(self.zone)
        if self.zone is UTC or local.fold:  # in the hour that comes twice a zone's name means the first
            return f"{prop}:{_told(moment.astimezone(UTC))}".encode()
        if not self.name:
            return f"{prop}:{_told(local.replace(tzinfo=None))}".encode()
        return bytes(Contentline(f"{prop};TZID={quoted(self.name)}:{_told(local.replace(tzinfo=None))}").to_ical())


def _told(moment: Moment) -> str:
    return str(vDDDTypes(moment).to_ical().decode())


def form_of(line: bytes, start: Moment, home: ZoneInfo) -> Form:
    """The form of a start that stands in a calendar; of a day, or of nothing, the one that hours at home would have."""
    if not isinstance(start, datetime) or start.tzinfo is None:
        return form_in(home)
    if start.tzinfo is UTC or zone_name(start.tzinfo) == "UTC":
        return Form(UTC, "UTC")
    _name, params, _value = Contentline(unfolded(line).decode("utf-8", "replace")).parts()
    return Form(start.tzinfo, str(params.get("TZID", "")))


def form_in(zone: ZoneInfo) -> Form:
    """The form of hours in a zone that everybody knows."""
    return Form(UTC, "UTC") if zone.key == "UTC" else Form(zone, zone.key)


def wanted_form(form: Form, zone: str) -> Form:
    """The form for hours in ``zone``: the one that is there, if it means the same or nothing else is asked for."""
    found = known_zone(zone) if zone else None
    return form if found is None or zone_name(form.zone) == found.key else form_in(found)


def describe_zone(calendar: Component, form: Form, moment: datetime) -> None:
    """Have a file hold a VTIMEZONE for a zone that its lines name."""
    known = {unfolded(line).partition(b":")[2].strip() for zone in calendar.inside("VTIMEZONE") for line in zone.lines(b"TZID")}
    if form.zone is UTC or not form.name or form.name.encode() in known or not zone_name(form.zone):
        return
    told = Timezone.from_tzid(form.name, first_date=_year(moment, -1), last_date=_year(moment, 5))
    told.pop("COMMENT", None)
    zone = parse_calendar(b"BEGIN:VCALENDAR\r\n" + told.to_ical() + b"END:VCALENDAR\r\n").inside("VTIMEZONE")
    at = next((at for at, part in enumerate(calendar.parts) if isinstance(part, Component)), len(calendar.parts))
    calendar.parts[at:at] = zone


def _year(moment: datetime, by: int) -> date:
    return date(moment.year + by, 1, 1)


def quoted(value: str) -> str:
    """A parameter as it is written: what must not stand in one is left out."""
    plain = "".join(sign for sign in value if sign.isprintable() and sign != '"')
    return f'"{plain}"' if any(sign in plain for sign in ":;,") else plain


def day_or_moment(name: str) -> Moment:
    """What the name of one of a series says: ``20261027``, or ``20261027T080000Z``."""
    if len(name) == 8:
        return date(int(name[:4]), int(name[4:6]), int(name[6:8]))
    return datetime.strptime(name, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def whole_or_timed(kept: dict[str, str]) -> tuple[Moment, Moment] | None:
    """Beginning and end as a wish keeps them, if it has any."""
    if "start_date" in kept:
        return date.fromisoformat(kept["start_date"]), date.fromisoformat(kept["end_date"])
    if "starts_at" in kept:
        return datetime.fromisoformat(kept["starts_at"]), datetime.fromisoformat(kept["ends_at"])
    return None
