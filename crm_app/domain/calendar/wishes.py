"""Pure rules of what may be asked of a calendar: a wish as it is kept, or the sentences that say what is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from crm_app.domain.calendar.matching import comparable
from crm_app.domain.calendar.reading_schemas import ReadEvent
from crm_app.domain.calendar.texts import DESCRIPTION, LOCATION, NAME, TITLE, Cutter
from crm_app.domain.calendar.writing_schemas import EventWish, Invited
from crm_app.domain.calendar.zones import known_zone, zone_name
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.reach import split_email

LONGEST = timedelta(days=31)
MOST_PEOPLE = 50
FIRST_YEAR, LAST_YEAR = 1900, 2200
TIMES, DAYS = ("starts_at", "ends_at"), ("start_date", "end_date")


def kept(wish: EventWish, own: Collection[str]) -> dict[str, Any]:
    """A wish as it is kept: only what is given, times in UTC. Nobody is asked to an event by an address of their ``own``. Raises Invalid by field."""
    given = {name: value for name in wish.model_fields_set if (value := getattr(wish, name)) is not None}
    wrong = {**_texts(given), **_when(given)}
    if "time_zone" in given and not zone_name(known_zone(given["time_zone"])):
        wrong["time_zone"] = _("This is not a time zone.")
    people = _people(given.get("people"), own, wrong)
    if wrong:
        raise Invalid(fields=wrong)
    if not given:
        raise Invalid(_("Nothing of this event is to be different."))
    made: dict[str, Any] = {name: given[name] for name in ("title", "location", "description") if name in given}
    made |= {name: given[name].astimezone(UTC).isoformat() for name in TIMES if name in given}
    made |= {name: given[name].isoformat() for name in DAYS if name in given}
    if "time_zone" in given:
        made["time_zone"] = zone_name(known_zone(given["time_zone"]))
    return made | ({"people": people} if people is not None else {})


def is_as_wished(event: ReadEvent, wish: Mapping[str, Any], own: Collection[str]) -> bool:
    """Whether an event, as it was read, is all that a wish asks for."""
    cutter = Cutter()
    said = {"title": cutter.title, "location": cutter.location, "description": cutter.description}
    if any(getattr(event, name) != fit(wish[name]) for name, fit in said.items() if name in wish):
        return False
    if "people" in wish and {one["email"] for one in wish["people"]} != {comparable(one.email) for one in event.attendees} - set(own):
        return False
    days = [getattr(event, name).isoformat() if event.all_day else "" for name in DAYS if name in wish]
    times = ["" if event.all_day else getattr(event, name).astimezone(UTC).isoformat() for name in TIMES if name in wish]
    return [*days, *times] == [wish[name] for name in (*DAYS, *TIMES) if name in wish]


def require_whole(wish: EventWish) -> None:
    """Raise Invalid unless it is enough for an event of its own."""
    wrong = {"title": _("What is this event called?")} if not wish.title else {}
    if wish.starts_at is None and wish.start_date is None:
        wrong["starts_at"] = _("When does it begin?")
    if wrong:
        raise Invalid(fields=wrong)


def _texts(given: Mapping[str, Any]) -> dict[str, str]:
    wrong = {} if given.get("title", "x") else {"title": _("What is this event called?")}
    for name, most in (("title", TITLE), ("location", LOCATION), ("description", DESCRIPTION)):
        if len(given.get(name, "")) > most:
            wrong[name] = _("This is too long: there is room for %d characters.") % most
    return wrong


def _when(given: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with its times or days, by field."""
    timed, whole = [given.get(name) for name in TIMES], [given.get(name) for name in DAYS]
    if any(timed) and any(whole):
        return {"starts_at": _("Give its hours or its days, not both.")}
    begins, ends = whole if any(whole) else timed
    first, last = DAYS if any(whole) else TIMES
    if begins is None and ends is None:
        return {"time_zone": _("Say when it begins, too.")} if "time_zone" in given else {}
    if begins is None or ends is None:
        return {first if begins is None else last: _("Give both its beginning and its end.")}
    if not all(FIRST_YEAR <= one.year <= LAST_YEAR for one in (begins, ends)):
        return {first: _("Choose a day between the years %d and %d.") % (FIRST_YEAR, LAST_YEAR)}
    return _length(begins, ends, last)


def _length(begins: date, ends: date, field: str) -> dict[str, str]:
    """Two moments, or the first day and the day after the last."""
    if ends < begins or (ends == begins and not isinstance(begins, datetime)):
        return {field: _("It ends before it begins.")}
    if ends - begins > LONGEST:
        return {field: _("An event can last 31 days at most.")}
    return {}


def _people(asked: Collection[Invited] | None, own: Collection[str], wrong: dict[str, str]) -> list[dict[str, str]] | None:
    """Everybody once, by address; what is no address is said in ``wrong``."""
    if asked is None:
        return None
    found: dict[str, dict[str, str]] = {}
    for one in asked:
        try:
            address = split_email(one.email)[1]
        except ValueError:
            wrong["people"] = _("“%s” is not an e-mail address.") % one.email[:80]
            continue
        if comparable(address) not in own:
            found.setdefault(address, {"email": address, "name": one.name[:NAME]})
    if len(found) > MOST_PEOPLE:
        wrong["people"] = _("An event can ask %d people at most.") % MOST_PEOPLE
    return list(found.values())
