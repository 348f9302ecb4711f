"""What mail says of itself: who wrote, when, how much of it others see. Pure functions over views."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from crm_app.components import times
from crm_app.components.people import hue_of, initials
from crm_app.components.words import number
from crm_app.domain.actor import Actor
from crm_app.domain.days import today_of
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.mail.lookalike import visible
from crm_app.domain.mail.models import Direction, FolderRole, LinkHow, NewContacts, Shown
from crm_app.domain.mail.schemas import MailView, PartyView, ThreadRow
from crm_app.domain.times import day_names

NAMES_SHOWN = 3
_KILO = 1024


def who(row: ThreadRow) -> str:
    """With whom a thread is: its contacts, else whoever wrote in it."""
    names = [contact.name for contact in row.contacts] or [visible(name) for name in row.names]
    more = len(names) - NAMES_SHOWN
    said = ", ".join(names[:NAMES_SHOWN]) or _("Nobody named")
    return f"{said} +{more}" if more > 0 else said


def subject_words(subject: str | None, own: bool) -> str:
    """What a thread is about; where that is not kept, or not the reader's to see, that."""
    if subject is None:
        return _("Subject not kept") if own else _("Subject not shared")
    return subject or _("No subject")


def count_words(count: int) -> str:
    """``3 messages``."""
    return ngettext("%s message", "%s messages", count) % number(count)


def when(moment: datetime, actor: Actor) -> str:
    """``13:12`` for today, ``Mon`` within six days, then the date: short enough for the end of a row."""
    day, today = times.day_of(moment, actor), today_of(actor)
    if day == today:
        return times.clock(moment, actor)
    if timedelta(0) < today - day <= timedelta(days=6):
        return day_names(actor.locale, short=True)[day.weekday()]
    return times.short_date(day, actor)


def when_at_length(moment: datetime, actor: Actor) -> str:
    """``Today, 13:12``, ``9 Apr``: the same over an open mail."""
    day = times.day_of(moment, actor)
    said = times.day_words(day, actor)
    return f"{said}, {times.clock(moment, actor)}" if today_of(actor) - day <= timedelta(days=6) else said


def writer(mail: MailView) -> str:
    """Who wrote a mail."""
    return _("You") if mail.direction is Direction.OUT else visible(mail.from_name) or mail.from_address or _("Nobody named")


def addressees(mail: MailView, own: bool) -> str:
    """``to you``, ``to Sofia, Owen +2``."""
    everybody = [*mail.to, *mail.cc]
    if own and mail.direction is Direction.IN and len(everybody) <= 1:
        return _("to you")
    names = [visible(party.name) or party.address for party in everybody]
    more = f" +{len(names) - NAMES_SHOWN}" if len(names) > NAMES_SHOWN else ""
    return _("to %s") % (", ".join(names[:NAMES_SHOWN]) + more) if names else ""


def everybody(mail: MailView) -> str:
    """Every address of its head, for a tooltip."""
    lines = [(_("To: %s"), mail.to), (_("Copy: %s"), mail.cc), (_("Blind copy: %s"), mail.bcc)]
    return " · ".join(said % ", ".join(party_words(party) for party in parties) for said, parties in lines if parties)


def party_words(party: PartyView) -> str:
    """``Sofia <sofia@mail.example>``."""
    return f"{visible(party.name)} <{party.address}>" if party.name else party.address


def is_doubtful(verified: str) -> bool:
    """Whether the receiving server found that the sender is not who they say: nothing that it looked at was in order."""
    found = [word.partition("=")[2] for word in verified.lower().split() if "=" in word]
    return any(verdict in ("fail", "softfail", "permerror") for verdict in found) and "pass" not in found


def size_words(size: int) -> str:
    """``12 kB``, ``3.4 MB``."""
    if size < _KILO:
        return _("%d bytes") % size
    return _("%d kB") % round(size / _KILO) if size < _KILO**2 else _("%.1f MB") % (size / _KILO**2)


def shown_words() -> dict[str, tuple[str, str]]:
    """How much of a mail others see: in a few words, and what that means."""
    return {
        Shown.PRIVATE.value: (_("Only you"), _("Nobody else sees that there was mail.")),
        Shown.METADATA.value: (_("That there was mail"), _("Whoever sees the contact sees when, and from whom to whom.")),
        Shown.SUBJECT.value: (_("Up to the subject"), _("Whoever sees the contact sees the subject too, and none of the words.")),
        Shown.FULL.value: (_("All of it"), _("Whoever sees the contact can read it.")),
    }


def new_contact_words() -> dict[str, tuple[str, str]]:
    """Who becomes a contact by writing."""
    return {
        NewContacts.NEVER.value: (_("Nobody"), _("Mail of people who are no contacts waits under “Not matched”.")),
        NewContacts.WRITTEN_TO.value: (_("People you wrote to"), _("Once you have answered somebody, they are a contact.")),
        NewContacts.PEOPLE.value: (_("Every person who writes"), _("Newsletters, lists and automatic mail never make contacts.")),
    }


def role_words() -> dict[str, str]:
    """What a folder is for; nothing for an ordinary one."""
    return {
        FolderRole.INBOX.value: _("Inbox"), FolderRole.SENT.value: _("Sent mail"), FolderRole.ARCHIVE.value: _("Archive"), FolderRole.DRAFTS.value: _("Drafts"),
        FolderRole.JUNK.value: _("Junk"), FolderRole.TRASH.value: _("Trash"), FolderRole.OTHER.value: "",
    }  # fmt: skip


def how_words() -> dict[str, str]:
    """How a contact came to a thread."""
    return {LinkHow.ADDRESS.value: _("by their address"), LinkHow.HAND.value: _("linked by hand"), LinkHow.REMOVED.value: ""}


def drawn(row: ThreadRow, actor: Actor, href: str) -> dict[str, Any]:
    """A row as the browser draws it."""
    name, first = who(row), row.contacts[0] if row.contacts else None
    marks = [
        *([{"icon": "paperclip", "said": _("Something is attached")}] if row.has_attachment else []),
        *([{"icon": "eye", "said": shown_words()[row.shown.value][0]}] if row.own and row.shown is not Shown.PRIVATE else []),
    ]
    snippet = row.snippet or ""
    return {
        "id": str(row.id), "href": href, "who": name, "initials": initials(first.name if first else name), "hue": hue_of(first.id if first else name),
        "unread": row.unread > 0, "many": number(row.count) if row.count > 1 else "", "many_said": count_words(row.count), "marks": marks,
        "subject": subject_words(row.subject, row.own), "named": bool(row.subject),
        "snippet": _("You: %s") % snippet if snippet and row.direction is Direction.OUT else snippet,
        "when": when(row.last_at, actor), "at": times.machine(row.last_at), "exact": times.exact(row.last_at, actor),
    }  # fmt: skip
