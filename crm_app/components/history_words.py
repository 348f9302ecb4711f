"""What was done to a record, in words: which field, from what to what, as its reader counts days and names things."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from pydantic import BaseModel

from crm_app.components import goal_words, repeat_words, times, words
from crm_app.components.fields import humanised
from crm_app.domain.actor import Actor
from crm_app.domain.changes.schemas import HistoryLine, HistoryPage
from crm_app.domain.contacts.schemas import ContactFields, SensitiveUpdate
from crm_app.domain.documents.schemas import DocumentUpdate
from crm_app.domain.goals.schemas import CheckInUpdate, GoalUpdate
from crm_app.domain.i18n import _
from crm_app.domain.interactions.schemas import InteractionUpdate
from crm_app.domain.programmes.schemas import ProgrammeUpdate
from crm_app.domain.projects.schemas import ProjectUpdate
from crm_app.domain.tasks.schemas import TaskUpdate

LONGEST = 300
_SCHEMAS: Final[Mapping[str, type[BaseModel]]] = {
    "contact": ContactFields, "contact_sensitive": SensitiveUpdate, "interaction": InteractionUpdate, "task": TaskUpdate,
    "goal": GoalUpdate, "goal_check_in": CheckInUpdate, "programme": ProgrammeUpdate, "project": ProjectUpdate, "document": DocumentUpdate,
}  # fmt: skip
# What a person never typed, and what only follows from another field that is told.
_UNTOLD: Final = frozenset({
    "asked_audience", "completed_at", "due_zone", "position", "value_norm", "source", "external_id", "search_text", "sort_name", "goal_id", "programme_id",
})  # fmt: skip
_STATES: Final = ("deleted_at", "archived_at", "photo_id")
_BIRTH: Final = ("birth_year", "birth_month", "birth_day")


@dataclass(frozen=True)
class Told:
    """One line: what was done, and the fields as (name, before, after). Where nothing stood or stands, the text is empty."""

    what: str
    fields: tuple[tuple[str, str, str], ...] = ()


def tell(line: HistoryLine, page: HistoryPage, actor: Actor, subject: str) -> Told | None:
    """A line in words, None when there is nothing to tell. ``subject`` is what the history is about."""
    said = _SAID.get((line.table, line.kind))
    if said is not None:
        return said(line, page, subject)
    if line.kind != "changed":
        noun = words.noun(line.table)
        return Told((_("Added: %s") if line.kind == "made" else _("Removed: %s")) % noun)
    state = next((told for name in _STATES if (told := _state(line, name))), "")
    fields = tuple(
        _field(line.table, change.name, change.before, change.after, page, actor) for change in line.fields if change.name not in {*_UNTOLD, *_STATES, *_BIRTH}
    )
    fields = (*fields, *_birthday(line, actor))
    if line.table in ("goal", "programme", "document") and subject != line.table:  # its lines stand among those of its contact
        state = f"{line.row.get('title') or line.row.get('name', '')}: {state or _('changed')}"
    return Told(state, fields) if state or fields else None


def _birthday(line: HistoryLine, actor: Actor) -> list[tuple[str, str, str]]:
    """Year, month and day as the one thing that they are."""
    changed = {change.name: change for change in line.fields if change.name in _BIRTH}
    if not changed:
        return []
    after = {name: line.row.get(name) for name in _BIRTH}
    before = after | {name: change.before for name, change in changed.items()}
    said = [words.birthday(each["birth_year"], each["birth_month"], each["birth_day"], actor)[0] for each in (before, after)]
    return [(_("Birthday"), said[0], said[1])]


def _state(line: HistoryLine, name: str) -> str:
    """A field that is no value to read but something that was done."""
    change = next((change for change in line.fields if change.name == name), None)
    if change is None:
        return ""
    if name == "photo_id":
        return _("Put a photo on") if change.after and not change.before else _("Took the photo off") if not change.after else _("Changed the photo")
    if name == "archived_at":
        return _("Put into the archive") if change.after else _("Brought back from the archive")
    return _("Moved to the trash") if change.after else _("Took back from the trash")


def _field(table: str, name: str, before: Any, after: Any, page: HistoryPage, actor: Actor) -> tuple[str, str, str]:
    return _label(table, name), in_words(name, before, page.names, actor), in_words(name, after, page.names, actor)


def _label(table: str, name: str) -> str:
    known = {
        "owner_id": _("Owner"), "author_id": _("Written by"), "assignee_id": _("Assigned to"), "extra": _("Other fields"), "value": _("Value"),
        "label": _("Label"), "is_primary": _("Main one"), "cadence_days": _("Keep in touch"),
    }  # fmt: skip
    schema = _SCHEMAS.get(table)
    title = schema.model_fields[name].title if schema and name in schema.model_fields else None
    return known.get(name) or _(title or humanised(name.removesuffix("_at")))


def in_words(name: str, value: Any, names: Mapping[str, str], actor: Actor, *, longest: int | None = LONGEST) -> str:
    """What a field holds, as its reader calls and counts it; empty for nothing. ``names`` say what ids stand for. Beyond ``longest`` it is cut."""
    if value is None or value == "" or value == {} or value == []:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {item}" for key, item in value.items())[:longest]
    if name.endswith("_id"):
        return names.get(str(value)) or _("somebody or something you cannot see")
    chosen = _choices().get(name, {})
    if str(value) in chosen:
        return chosen[str(value)]
    if name in _COUNTED and str(value).isdigit():  # a form holds it as it is typed
        return _COUNTED[name](int(value))
    if isinstance(value, (int, float)):
        return goal_words.figure(value)
    if name == "recurrence":
        return repeat_words.repeats(str(value))
    return _moment(name, str(value), actor) or str(value)[:longest] + ("…" if longest and len(str(value)) > longest else "")


# What a plain number stands for.
_COUNTED: Final[Mapping[str, Callable[[int], str]]] = {
    "cadence_days": lambda days: words.every_days(days) if days else _("never"),
    "price_micros": lambda micros: goal_words.figure(micros / 1_000_000),
    "remind_minutes": words.lead_time, "estimate_minutes": repeat_words.minutes, "actual_minutes": repeat_words.minutes, "duration_minutes": repeat_words.minutes,
}


def _choices() -> dict[str, dict[str, str]]:
    everyone = {"team": _("Everyone in the team"), "private": _("Only its owner")}
    return {
        "stage": words.stages(), "priority": words.priorities(), "status": words.statuses(), "kind": {**words.kinds(), **words.points()},
        "preferred_method": words.points(), "audience": everyone, "hue": words.hues(), "rhythm": goal_words.rhythms(),
        "direction": {"incoming": _("incoming"), "outgoing": _("outgoing")}, "done_by": {"user": _("A person"), "ai_assistant": _("The assistant")},
        "repeat_from": {"due": _("The day it was due"), "done": _("The day it is done")},
    }  # fmt: skip


def _moment(name: str, value: str, actor: Actor) -> str:
    """A day, a time or a moment as the reader counts it; empty when the value is none of them."""
    try:
        if name.endswith("_at"):
            when = datetime.fromisoformat(value)
            return f"{times.short_date(times.day_of(when, actor), actor)}, {times.clock(when, actor)}"
        if name.endswith(("_date", "_on", "_until", "_from", "_day")) or name in ("start", "end", "deadline", "day"):
            return times.short_date(date.fromisoformat(value), actor)
        return times.time_words(time.fromisoformat(value), actor) if name.endswith("_time") else ""
    except ValueError:
        return ""


def _named(line: HistoryLine, page: HistoryPage, name: str) -> str:
    key = str(line.row.get(name))
    said = page.names.get(key) or _("something you cannot see")
    return _("%s (deleted since)") % said if key in page.gone else said


def _point(line: HistoryLine) -> str:
    kind = words.points().get(str(line.row.get("kind")), "")
    return f"{kind} {line.row.get('value', '')}"


def _entry(line: HistoryLine) -> str:
    return words.kinds().get(str(line.row.get("kind")), _("Entry"))


def _corrected(line: HistoryLine, page: HistoryPage) -> Told:
    what = _("Corrected what is used of %s") % _named(line, page, "programme_id")
    return Told(what, ((_("Sessions"), "", f"{line.row.get('delta', 0):+d}"), (_("Why"), "", str(line.row.get("reason", "")))))


Say = Callable[[HistoryLine, HistoryPage, str], Told | None]
_SAID: Final[Mapping[tuple[str, str], Say]] = {
    ("contact", "made"): lambda line, page, subject: Told(_("Added this person")),
    ("task", "made"): lambda line, page, subject: Told(_("Made this task")),
    ("interaction", "made"): lambda line, page, subject: Told(_("Wrote this entry")),
    ("contact_point", "made"): lambda line, page, subject: Told(_("Added: %s") % _point(line)),
    ("contact_point", "removed"): lambda line, page, subject: Told(_("Removed: %s") % _point(line)),
    ("contact_tag", "made"): lambda line, page, subject: Told(_("Added the tag %s") % _named(line, page, "tag_id")),
    ("contact_tag", "removed"): lambda line, page, subject: Told(_("Removed the tag %s") % _named(line, page, "tag_id")),
    ("contact_sensitive", "made"): lambda line, page, subject: Told(_("Wrote down what is kept apart")),
    ("interaction_contact", "made"): lambda line, page, subject: Told(_("Wrote to the timeline: %s") % _entry(line)) if subject == "contact" else None,
    ("interaction_contact", "removed"): lambda line, page, subject: Told(_("Took off the timeline: %s") % _entry(line)) if subject == "contact" else None,
    ("task_contact", "made"): lambda line, page, subject: _about(line, page, subject, _("Added the task %s"), _("About %s")),
    ("task_contact", "removed"): lambda line, page, subject: _about(line, page, subject, _("Took the task %s off"), _("No longer about %s")),
    ("event_contact", "made"): lambda line, page, subject: _concerned(line, page),
    ("event_contact", "changed"): lambda line, page, subject: _concerned(line, page),
    ("event_contact", "removed"): lambda line, page, subject: Told(_("Took back what was said of the event %s") % _named(line, page, "event_id")),
    ("email_contact", "made"): lambda line, page, subject: _concerned(line, page),
    ("email_contact", "changed"): lambda line, page, subject: _concerned(line, page),
    ("email_contact", "removed"): lambda line, page, subject: Told(_("Took back what was said of the mail %s") % _named(line, page, "email_id")),
    ("goal", "made"): lambda line, page, subject: Told(_("Set the goal %s") % line.row.get("title", "")),
    ("goal", "removed"): lambda line, page, subject: Told(_("Removed the goal %s") % line.row.get("title", "")),
    ("goal_check_in", "made"): lambda line, page, subject: Told(_("Checked in on the goal %s") % _named(line, page, "goal_id")),
    ("goal_check_in", "removed"): lambda line, page, subject: Told(_("Took away a check-in of the goal %s") % _named(line, page, "goal_id")),
    ("programme", "made"): lambda line, page, subject: Told(_("Added the programme %s") % line.row.get("name", "")),
    ("programme", "removed"): lambda line, page, subject: Told(_("Removed the programme %s") % line.row.get("name", "")),
    ("programme_correction", "made"): lambda line, page, subject: _corrected(line, page),
    ("document", "made"): lambda line, page, subject: Told(_("Added the file %s") % line.row.get("name", "")),
    ("task_step", "made"): lambda line, page, subject: Told(_("Added the step %s") % line.row.get("title", "")),
    ("task_step", "removed"): lambda line, page, subject: Told(_("Removed the step %s") % line.row.get("title", "")),
    ("task_step", "changed"): lambda line, page, subject: _step(line),
    ("task_tag", "made"): lambda line, page, subject: Told(_("Added the tag %s") % _named(line, page, "tag_id")),
    ("task_tag", "removed"): lambda line, page, subject: Told(_("Removed the tag %s") % _named(line, page, "tag_id")),
    ("task_time", "made"): lambda line, page, subject: _time(line),
    ("task_time", "changed"): lambda line, page, subject: _time(line),
    ("task_time", "removed"): lambda line, page, subject: Told(_("Took back the time")),
    ("project", "made"): lambda line, page, subject: Told(_("Made this project")),
    ("blob", "made"): lambda line, page, subject: None,
    ("blob", "removed"): lambda line, page, subject: None,
    ("blob", "changed"): lambda line, page, subject: None,
    ("mention", "made"): lambda line, page, subject: None,
    ("mention", "removed"): lambda line, page, subject: None,
}


def _concerned(line: HistoryLine, page: HistoryPage) -> Told:
    """What somebody said by hand of an event in their calendar, or of a thread in their mailbox."""
    off = line.row.get("how") == "removed"
    if line.table == "email_contact":
        return Told((_("Took off the mail %s") if off else _("Put to the mail %s")) % _named(line, page, "email_id"))
    return Told((_("Took off the event %s") if off else _("Put to the event %s")) % _named(line, page, "event_id"))


def _about(line: HistoryLine, page: HistoryPage, subject: str, of_contact: str, of_task: str) -> Told:
    return Told(of_contact % _named(line, page, "task_id")) if subject == "contact" else Told(of_task % _named(line, page, "contact_id"))


def _time(line: HistoryLine) -> Told | None:
    """A timer that was started, stopped or set going again, or a correction of what it counted."""
    counted = line.row.get("minutes")
    if line.row.get("started_at") is None:
        said = _("Took %s off the time spent") if int(counted or 0) < 0 else _("Added %s to the time spent")
        return Told(said % repeat_words.minutes(abs(int(counted)))) if counted else None
    if line.kind == "changed" and not any(change.name == "minutes" for change in line.fields):
        return None
    if counted is not None:
        return Told(_("Stopped the timer after %s") % repeat_words.minutes(int(counted)))
    return Told(_("Let the timer go on") if line.kind == "changed" else _("Started the timer"))


def _step(line: HistoryLine) -> Told | None:
    """A step that was ticked or renamed; that it moved is no news."""
    title = str(line.row.get("title", ""))
    if any(change.name == "done" for change in line.fields):
        return Told((_("Ticked off %s") if line.row.get("done") else _("Took back the tick of %s")) % title)
    renamed = next((change for change in line.fields if change.name == "title"), None)
    return Told("", ((_("Step"), str(renamed.before), str(renamed.after)),)) if renamed else None
