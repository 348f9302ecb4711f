"""Every kind of notification: its words, its icon, and by which ways it is told unless somebody chose otherwise.

Whoever brings a new event adds a member to ``Kind``, an entry to ``KINDS``, and calls ``notify`` where the event happens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from crm_app.domain.actor import Actor
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.times import clock, day_words


class Kind(StrEnum):
    """What somebody is told about."""

    TASK_DUE = "task_due"
    TASK_ASSIGNED = "task_assigned"
    MENTION = "mention"
    RECONNECT_DUE = "reconnect_due"
    BIRTHDAY = "birthday"
    PROGRAMME_ENDING = "programme_ending"
    IMPORT_DONE = "import_done"
    JOB_FAILED = "job_failed"
    MAIL_FAILED = "mail_failed"
    LETTER_FAILED = "letter_failed"
    CONNECTION_TROUBLE = "connection_trouble"
    EVENT_FAILED = "event_failed"
    COPY_WAITS = "copy_waits"
    SUGGESTED = "suggested"
    WITHDRAWN = "withdrawn"
    SPENDING = "spending"
    TEAM_SPENDING = "team_spending"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Channels:
    """The ways: the bell, the browser's own notifications, the daily mail."""

    in_app: bool
    browser: bool
    mail: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What the words are made of, as the reader may see it now. ``title`` is the record's, ``person`` whoever caused it.

    ``due_date`` is the day in the reader's calendar, ``due_at`` the moment if there is one.
    """

    reader: Actor
    today: date
    title: str
    person: str = ""
    detail: str = ""
    due_date: date | None = None
    due_at: datetime | None = None


Words = Callable[[Facts], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class KindRule:
    """One kind. ``say`` makes headline and caption; ``label`` and ``hint`` stand in the settings, marked for translation, unless it is not ``listed``.

    ``link`` is where it leads when it is about no record; ``admin_link`` where it leads those who manage the team.
    """

    label: str
    hint: str
    icon: str
    channels: Channels
    say: Words
    listed: bool = True
    link: str = ""
    admin_link: str = ""


def _mark(message: str) -> str:
    """Marks a message for translation where it stands; it is translated where it is shown."""
    return message


def due_words(facts: Facts) -> str:
    """``Due today, 14:30``: when the thing is due by what stands in it now, in the reader's calendar."""
    if facts.due_date is None:
        return _("No longer due on a day")
    near = {-1: _("Was due yesterday"), 0: _("Due today"), 1: _("Due tomorrow")}
    distance = (facts.due_date - facts.today).days
    said = near.get(distance) or (_("Due on %s") if distance > 0 else _("Was due on %s")) % day_words(facts.due_date, facts.reader, today=facts.today)
    return f"{said}, {clock(facts.due_at, facts.reader)}" if facts.due_at else said


def _birthday(facts: Facts) -> tuple[str, str]:
    if facts.due_date is None:
        return facts.title, _("Birthday")
    near = {-1: _("Birthday was yesterday"), 0: _("Birthday today"), 1: _("Birthday tomorrow")}
    distance = (facts.due_date - facts.today).days
    said = _("Birthday on %s") if distance > 0 else _("Birthday was on %s")
    return facts.title, near.get(distance) or said % day_words(facts.due_date, facts.reader, today=facts.today)


def _reconnect(facts: Facts) -> tuple[str, str]:
    number = int(facts.detail) if facts.detail.isdecimal() else 1
    return _("Time to be in touch"), ngettext("%d person has become due", "%d people have become due", number) % number


KINDS: Final[Mapping[Kind, KindRule]] = MappingProxyType(
    {
        Kind.TASK_DUE: KindRule(
            _mark("A task is due"), _mark("On its day, and before its time if it has one"), "clock", Channels(True, True, True),
            lambda facts: (facts.title, due_words(facts)),
        ),
        Kind.TASK_ASSIGNED: KindRule(
            _mark("A task is given to you"), _mark("When a colleague makes it yours"), "square-check-big", Channels(True, True, True),
            lambda facts: (facts.title, _("%s gave you this task") % (facts.person or _("A colleague"))),
        ),
        Kind.MENTION: KindRule(
            _mark("Somebody mentions you"), _mark("In a note, an entry or a task that you may see"), "at-sign", Channels(True, True, True),
            lambda facts: (facts.title, _("%s mentioned you") % (facts.person or _("A colleague"))),
        ),
        Kind.RECONNECT_DUE: KindRule(
            _mark("People to be in touch with"), _mark("In the morning of the day on which they are due"), "heart-handshake", Channels(True, False, True),
            _reconnect, link="/",
        ),
        Kind.BIRTHDAY: KindRule(
            _mark("Birthdays"), _mark("Of the people whom you look after"), "cake", Channels(True, False, True), _birthday,
        ),
        Kind.PROGRAMME_ENDING: KindRule(
            _mark("A programme is running out"), _mark("When two sessions or two weeks are left of it"), "layers", Channels(True, False, True),
            lambda facts: (facts.title, facts.detail),
        ),
        Kind.IMPORT_DONE: KindRule(
            _mark("An import is done"), _mark("When everyone from your file is in"), "circle-check", Channels(True, False, False),
            lambda facts: (facts.title, facts.detail or _("Your import is done")),
        ),
        Kind.JOB_FAILED: KindRule(
            _mark("Background work failed"), _mark("When something you started could not be finished"), "triangle-alert", Channels(True, True, True),
            lambda facts: (facts.title, facts.detail or _("This could not be finished")),
        ),
        Kind.MAIL_FAILED: KindRule(
            _mark("A mail did not arrive"), _mark("When one that was sent for you was refused, or nobody knows"), "mail", Channels(True, True, False),
            lambda facts: (_("A mail did not arrive for certain"), facts.detail), link="/settings/notifications", admin_link="/settings/mail",
        ),
        Kind.LETTER_FAILED: KindRule(
            _mark("Your own mail did not arrive"), _mark("When a mail that you wrote was refused, or nobody knows"), "mail", Channels(True, True, False),
            lambda facts: (_("A mail of yours did not arrive for certain"), facts.detail), link="/mail?outgoing=1",
        ),
        Kind.CONNECTION_TROUBLE: KindRule(
            _mark("A connection needs you"), _mark("When an account can no longer be signed in to, or has brought nothing for a day"), "plug",
            Channels(True, True, True), lambda facts: (facts.title, facts.detail or _("This connection needs you")),
        ),
        Kind.EVENT_FAILED: KindRule(
            _mark("Your calendar was not changed"), _mark("When a change that you made here could not be written into your calendar"), "calendar-days",
            Channels(True, True, False), lambda facts: (facts.title or _("Your calendar was not changed"), facts.detail), link="/calendar",
        ),
        Kind.COPY_WAITS: KindRule(
            _mark("A contact was changed on both sides"), _mark("When your address book's word held, and what stood here waits to be settled"), "contact",
            Channels(True, False, True), lambda facts: (facts.title, _("%s was changed here and in your address book") % facts.detail),
        ),
        Kind.SUGGESTED: KindRule(
            _mark("The assistant suggests something"), _mark("When something waits for your approval; at most once a day"), "sparkles", Channels(True, False, False),
            lambda facts: (_("Suggestions to review"), _("The assistant has prepared something for you")), link="/tasks",
        ),
        Kind.WITHDRAWN: KindRule(
            _mark("A suggestion was withdrawn"), _mark("When somebody whom it is about no longer agrees to AI"), "lock", Channels(True, False, False),
            lambda facts: (facts.title or _("Suggestions were withdrawn"), _("AI may no longer read somebody whom it was about")), link="/tasks",
        ),
        Kind.SPENDING: KindRule(
            _mark("What you may spend on the assistant"), _mark("When half, most or all of your day or month is spent"), "gauge", Channels(True, True, False),
            lambda facts: (facts.title, _("See what it was spent on")), link="/settings/ai",
        ),
        Kind.TEAM_SPENDING: KindRule(
            _mark("What the team may spend on the assistant"), _mark("When half, most or all of a limit of the team or of a feature is spent"), "gauge",
            Channels(True, True, False), lambda facts: (facts.title, _("See what it was spent on")), link="/settings/ai",
        ),
        Kind.TEST: KindRule(
            _mark("A test"), "", "bell", Channels(True, True, False), lambda facts: (_("This is a test"), _("So this is how you will be told")), listed=False,
        ),
    }
)  # fmt: skip
