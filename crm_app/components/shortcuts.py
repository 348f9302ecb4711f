"""The sheet of keys, behind ``?``. It lists only keys that do something."""

from __future__ import annotations

from collections.abc import Sequence

from crm_app.components.dialog import DialogParts, dialog
from crm_app.components.elements import key_hint
from crm_app.components.text import attributes, block, text
from crm_app.domain.i18n import _

Shortcut = tuple[str, Sequence[str]]


def everywhere() -> list[Shortcut]:
    """The keys that work on every page, and the ones of lists."""
    return [
        (_("Find anything"), ["Ctrl K"]), (_("Find anything"), ["/"]), (_("New contact"), ["C"]), (_("New task"), ["T"]),
        (_("Go to the dashboard"), ["G", "D"]), (_("Go to contacts"), ["G", "C"]), (_("Go to the calendar"), ["G", "K"]), (_("Go to tasks"), ["G", "T"]),
        (_("Go to mail"), ["G", "M"]),
        (_("Go to the assistant"), ["G", "A"]), (_("To the assistant: ask, and stop it"), ["Ctrl ⏎", "Esc"]),
        (_("In mail: look for words"), ["F"]), (_("In mail: write, and reply"), ["W", "R"]), (_("On a record: write a mail"), ["M"]),
        (_("Next and previous row"), ["J", "K"]), (_("Open the row"), ["Enter"]),
        (_("Select the row"), ["X"]), (_("In a list of tasks: move the task up or down"), ["Alt ↑", "Alt ↓"]),
        (_("Suggestions that are selected: approve, reject"), ["A", "R"]), (_("Between suggestions"), ["↑", "↓"]),
        (_("Undo what was just done"), ["Ctrl Z"]), (_("Save what you are writing"), ["Ctrl ⏎"]),
        (_("In the calendar: a day, a week, a month, an agenda"), ["D", "W", "M", "A"]), (_("In the calendar: today"), ["0"]),
        (_("In the calendar: the time before and after"), ["Shift ←", "Shift →"]),
        (_("In the calendar: a new event"), ["N"]), (_("In the calendar: move the event by a quarter of an hour, by a day"), ["Alt ↑↓", "Alt ←→"]),
        (_("In the calendar: end the event earlier or later"), ["Alt Shift ↑↓"]),
        (_("In a calendar: another day, and a new task on it"), ["←", "→", "N"]), (_("In a calendar: move the task by a day"), ["Shift →"]),
        (_("Collapse or open the sidebar"), ["["]), (_("This list"), ["?"]), (_("Close"), ["Esc"]),
    ]


def make_sheet() -> DialogParts:
    """The dialog, closed: open it with ``parts.window.open()``."""
    with dialog(_("Keyboard shortcuts"), width="narrow", foot=False) as parts:
        attributes(parts.body, tabindex="0")  # longer than a small screen: it is scrolled by keys too
        for label, names in everywhere():
            with block("mc-row mc-between").style("min-height:32px"):
                text(label)
                with block("mc-row mc-gap-4", tag="span"):
                    for name in names:
                        attributes(key_hint(name), aria_hidden=None)
    return parts
