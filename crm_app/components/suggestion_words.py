"""What suggestions are called, and what they say of themselves. The words are ours: what a model wrote stands only where it is shown as content."""

from __future__ import annotations

from datetime import date, time
from typing import Any, Final

from crm_app.components import repeat_words, times, words
from crm_app.domain.actor import Actor
from crm_app.domain.days import today_of
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.suggestions.models import Kind
from crm_app.domain.suggestions.schemas import Difference, SuggestionView

ICONS: Final = {
    Kind.CREATE_TASK: "square-check-big", Kind.UPDATE_TASK: "square-check-big", Kind.ADD_NOTE: "file-text", Kind.CHANGE_STAGE: "users",
    Kind.SET_CADENCE: "repeat", Kind.ADD_TAGS: "tag", Kind.WRITE_LETTER: "mail", Kind.CHECK_IN_GOAL: "target",
}  # fmt: skip
LONG = frozenset({"body", "description", "note"})
"""What is read as text, beneath the facts."""


def headline(view: SuggestionView) -> str:
    """What would be done, in a line."""
    who, form = names(view), view.payload
    if not form:
        return _("A suggestion that was withdrawn")
    if view.kind is Kind.CREATE_TASK:
        return _("Create a task: %s") % form["title"]
    if view.kind is Kind.UPDATE_TASK:
        return _("Change the task “%s”") % view.subject
    if view.kind is Kind.ADD_NOTE:
        return _("Save a note about %s") % who
    if view.kind is Kind.CHANGE_STAGE:
        return _("Move %(who)s to %(stage)s") % {"who": who, "stage": words.stage_of(form["stage"])}
    if view.kind is Kind.SET_CADENCE:
        return ngettext("Be in touch with %(who)s every day", "Be in touch with %(who)s every %(days)d days", form["days"]) % {"who": who, "days": form["days"]}
    if view.kind is Kind.ADD_TAGS:
        return _("Tag %(who)s with %(tags)s") % {"who": who, "tags": ", ".join(form["tags"])}
    if view.kind is Kind.WRITE_LETTER:
        return _("Send an email to %s") % (who if view.about else form["recipients"] or who)
    return _("Check in on “%s”") % view.subject


def hint(view: SuggestionView) -> str:
    """The quieter line under it: how much it is, and why."""
    said = ""
    if view.kind is Kind.WRITE_LETTER:
        count = len(view.payload["body"].split())
        said = ngettext("Email draft, %d word", "Email draft, %d words", count) % count
    elif view.payload.get("steps"):
        count = len(view.payload["steps"])
        said = ngettext("%d step", "%d steps", count) % count
    return " · ".join(part for part in (said, view.rationale) if part)


def names(view: SuggestionView) -> str:
    """Whom it is about."""
    shown = [name for _key, name in view.about[:2]]
    more = len(view.about) - len(shown)
    return (_(" and ").join(shown) + (_(" and %d more") % more if more else "")) or _("somebody whom you no longer see")


def done_words(view: SuggestionView) -> str:
    """What was done, once it was."""
    return {
        Kind.CREATE_TASK: _("Task created"), Kind.UPDATE_TASK: _("Task changed"), Kind.ADD_NOTE: _("Note saved"), Kind.CHANGE_STAGE: _("Stage changed"),
        Kind.SET_CADENCE: _("Rhythm set"), Kind.ADD_TAGS: _("Tags added"), Kind.WRITE_LETTER: _("Email on its way"), Kind.CHECK_IN_GOAL: _("Checked in"),
    }[view.kind]  # fmt: skip


def ended(view: SuggestionView) -> tuple[str, str]:
    """What became of it, and what it was about: two parts of one line."""
    if view.state == "executed":
        about = view.payload.get("title") or view.payload.get("subject") or view.subject or names(view)
        return done_words(view), str(about)
    if view.state == "withdrawn":
        return _("Withdrawn"), view.trouble
    return (_("Rejected") if view.state == "rejected" else _("Expired")), headline(view)


def approve_label(view: SuggestionView) -> str:
    """The act of agreeing: a letter leaves, so it says so."""
    return _("Approve & send") if view.kind is Kind.WRITE_LETTER else _("Approve")


def field_label(name: str) -> str:
    """What a field is called."""
    return {
        "title": _("Title"), "description": _("Description"), "due_date": _("Due"), "due_time": _("Time"), "priority": _("Priority"), "steps": _("Steps"),
        "recurrence": _("Repeats"), "audience": _("Who can see it"), "subject": _("Subject"), "body": _("Text"), "stage": _("Stage"),
        "cadence_days": _("Be in touch every"), "days": _("Days"), "tags": _("Tags"), "recipients": _("To"), "value": _("Value"), "day": _("Day"), "note": _("Note"),
    }.get(name, name)  # fmt: skip


def value_words(name: str, value: Any, reader: Actor) -> str:
    """A value as it is read; nothing stands there for None."""
    if value is None or value == [] or value == "":
        return _("Nothing")
    if name == "stage":
        return words.stage_of(value)
    if name == "cadence_days":
        return ngettext("%d day", "%d days", value) % value
    if name == "priority":
        return words.priorities()[value]
    if name == "audience":
        return words.audiences()[value]
    if name in ("due_date", "day"):
        return times.day_words(date.fromisoformat(value), reader, today=today_of(reader))
    if name == "due_time":
        return times.time_words(time.fromisoformat(value), reader)
    if name == "recurrence":
        return repeat_words.as_given(value)
    if isinstance(value, list):
        return (" · " if name == "steps" else ", ").join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def changes_words(change: Difference, reader: Actor) -> tuple[str, str | None, str]:
    """``(label, what stands, what would stand)``; None where nothing stands yet."""
    old = None if change.old is None and change.field != "cadence_days" else value_words(change.field, change.old, reader)
    return field_label(change.field), old, value_words(change.field, change.new, reader)
