"""What the leading process does by the clock."""

from __future__ import annotations

from crm_app.jobs import (
    analyses,
    briefings,
    calendar_writing,
    connections,
    delegations,
    meetings,
    outbox,
    programmes,
    reminders,
    spending,
    suggestions,
)
from crm_app.jobs.clock import Duty
from crm_app.jobs.meaning import Reader
from crm_app.jobs.outbox import Postman


def duties(postman: Postman | None = None, reader: Reader | None = None) -> tuple[Duty, ...]:
    """Each finds by itself what has become due since its last turn. Without a ``postman`` no mail is sent; whoever gives a ``reader`` stops it."""
    known = (
        Duty("reminders", 20, reminders.Caller().give_reminders), Duty("tidy notifications", 6 * 3600, reminders.tidy),
        Duty("tidy mail", 3600, outbox.tidy), Duty("passed sessions", 3600, programmes.count_passed_sessions),
        Duty("meetings", 60, meetings.settle), Duty("lost changes", 60, calendar_writing.resume_lost),
        Duty("connections", 20, connections.queue_due), Duty("tidy connections", 3600, connections.tidy),
        Duty("analyses", 60, analyses.resume_due), Duty("new analyses", 600, analyses.look_for_new),
        Duty("briefings", 60, briefings.brief_people),
        Duty("tidy suggestions", 3600, suggestions.tidy), Duty("withdrawn suggestions", 20, suggestions.tell_withdrawn),
        Duty("lost drafts", 60, delegations.hand_back_lost),
        Duty("meaning", 20, (reader or Reader()).look),
        Duty("lost calls", 30, spending.sweep), Duty("tidy calls", 3600, spending.tidy),
    )  # fmt: skip
    return (*known, Duty("mail", 3, postman.begin)) if postman else known
