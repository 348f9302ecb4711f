"""Tools about people: finding them, whom one has not spoken to, and everything of one of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import Field
from sqlmodel import Session

from crm_app.ai.hygiene import as_line
from crm_app.ai.tools.reading import Reading, ToolResult
from crm_app.ai.tools.tool import Arguments, Day, Tool, span
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.models import Stage
from crm_app.domain.contacts.schemas import ContactFilter, Sort
from crm_app.domain.contacts.views import ContactRow
from crm_app.domain.conversations import queries
from crm_app.domain.conversations.schemas import Card, CardRow
from crm_app.domain.days import today_of
from crm_app.domain.disclosure import service as disclosure
from crm_app.domain.disclosure.schemas import DossierWish, people_of
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.text import fold

SHOWN = 12
LOOKED_AT = 200


class FindPeople(Arguments):
    """Which people."""

    words: str = Field(default="", max_length=100, description="A name, a company or a word that stands in their record. Empty: everybody.")
    stages: tuple[Stage, ...] = Field(default=(), max_length=8, description="Only people in one of these stages.")
    tag: str = Field(default="", max_length=60, description="Only people with this tag.")
    not_spoken_since: Day | None = Field(default=None, description="Only people whose last contact is before this day, or never was.")
    spoken_since: Day | None = Field(default=None, description="Only people whose last contact is on this day or later.")
    overdue: bool = Field(default=False, description="Only people with whom one is due to be in touch, the longest due first.")
    limit: int = Field(default=SHOWN, ge=1, le=30)


def find_people(session: Session, reading: Reading, asked: FindPeople) -> ToolResult:
    """People as they stand: stage, last contact, due. Of those whom AI may not read, a model learns how many there are and nothing else."""
    wanted = ContactFilter(
        search=asked.words, stages=asked.stages, tags=(asked.tag,) if asked.tag else (), contacted_before=asked.not_spoken_since,
        contacted_from=asked.spoken_since, due=asked.overdue, sort=_order(asked), limit=LOOKED_AT,
    )  # fmt: skip
    page = contacts.list_contacts(session, reading.actor, wanted)
    readable = disclosure.readable_ids(session, reading.actor, [row.id for row in page.rows])
    rows = [row for row in page.rows if row.id in readable]
    kept_back = len(page.rows) - len(rows)
    title = _("Overdue") if asked.overdue else _("Not spoken to since then") if asked.not_spoken_since else _("People")
    step = _("Searched contacts") if asked.words else _("Looked through contacts")
    more = page.total - kept_back
    told = len(rows) if asked.tag or asked.stages or asked.words else more  # beyond those that were looked at nobody knows who agrees
    text = [f"{len(rows)} of {told} people:" if told > len(rows) else f"{len(rows)} people:", *(_line(reading, row) for row in rows[: asked.limit])]
    if len(rows) > asked.limit:
        text.append(f"({len(rows) - asked.limit} more match; the page shows how many.)")
    if silent := _told_of(asked, [row for row in page.rows if row.id not in readable]):
        text.append(f"({silent} more match but do not allow AI on their record. Say so; you know nothing else of them.)")
    if not rows:
        return ToolResult("\n".join(["Nobody was found whom you may read.", *text[1:]]), step)
    card = Card(kind="people", title=title, rows=tuple(_card_row(reading, row) for row in rows[: asked.limit]), total=more, kept_back=kept_back)
    return ToolResult("\n".join(text), step, (card,))


class ReadPerson(Arguments):
    """Whom, and how far back."""

    person: str = Field(max_length=40, description="Short name of the person, such as p1.")
    since: Day | None = Field(default=None, description="Only what happened on this day or later.")


def read_person(session: Session, reading: Reading, asked: ReadPerson) -> ToolResult:
    """Everything that AI may know of one person: facts, timeline with mail, events, tasks, goals, programmes, and how files begin."""
    key = reading.handles.find(asked.person, "contact")
    since, _until = span(reading, asked.since, None)
    dossier = disclosure.get_dossier(session, reading.actor, key, DossierWish(since=since, most=40, most_characters=16_000))
    names = queries.find_names(session, people_of(dossier.everything))
    text = reading.tell(dossier.everything, names)
    mails = sum(1 for source in dossier.sources if source.what == "email")
    step = _("Read %s") % dossier.name
    if mails:
        step += " · " + ngettext("1 email", "%d emails", mails).replace("%d", str(mails))
    return ToolResult(text + ("\n(There is more that is older.)" if dossier.more else ""), step)


def _told_of(asked: FindPeople, kept_back: Sequence[ContactRow]) -> int:
    """How many of those a model learns of: nobody by what stands in their record, as a tag or a stage. By words only who is called that, and only where nothing
    else is asked: else it would learn what stands in somebody's record by asking whether it does."""
    if asked.tag or asked.stages:
        return 0
    if not asked.words:
        return len(kept_back)
    if asked.overdue or asked.not_spoken_since or asked.spoken_since:
        return 0
    return sum(all(word in fold(row.display_name) for word in fold(asked.words).split()) for row in kept_back)


def _order(asked: FindPeople) -> Sort:
    return "due" if asked.overdue else "last_contact" if asked.not_spoken_since else "-last_contact" if asked.spoken_since else "name"


def _line(reading: Reading, row: ContactRow) -> str:
    parts = [reading.person(row.id, row.display_name), f"stage {row.stage}"]
    parts.append(f"last contact {_day(reading, row.last_contact_at)} ({row.last_contact_kind})" if row.last_contact_at else "never spoken to")
    if row.due_at:
        late = (today_of(reading.actor) - row.due_at.astimezone(reading.actor.zone).date()).days
        parts.append(f"{late} days overdue" if late > 0 else f"due {_day(reading, row.due_at)}")
    if row.company:
        parts.append(f"at {as_line(row.company)}")
    return "- " + ", ".join(parts)


def _card_row(reading: Reading, row: ContactRow) -> CardRow:
    today, zone = today_of(reading.actor), reading.actor.zone
    days = (today - row.last_contact_at.astimezone(zone).date()).days if row.last_contact_at else None
    late = (today - row.due_at.astimezone(zone).date()).days if row.due_at else 0
    return CardRow(ref_id=row.id, name=row.display_name, stage=row.stage, days=days, overdue=late if late > 0 else None, contact_id=row.id)


def _day(reading: Reading, when: datetime) -> str:
    return when.astimezone(reading.actor.zone).date().isoformat()


TOOLS: Sequence[Tool[FindPeople] | Tool[ReadPerson]] = (
    Tool("find_people", "Find people by name, stage, tag, or by when they were last spoken to. Gives their short names.", FindPeople, find_people),
    Tool("read_person", "Read one person: facts, latest timeline entries and mail, events, tasks, goals, programmes and how files begin.", ReadPerson, read_person),
)
