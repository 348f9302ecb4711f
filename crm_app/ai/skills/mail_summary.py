"""What a thread of mail comes to, whether somebody waits for an answer, and what has been agreed to do."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlmodel import Session

from crm_app.ai.skills import proposing
from crm_app.ai.skills.frame import Case, Cited, NothingToRead, Result, Skill
from crm_app.domain.actor import Actor
from crm_app.domain.ai.features import Feature
from crm_app.domain.analyses import finding_queries
from crm_app.domain.analyses.schemas import Subject
from crm_app.domain.disclosure import service as disclosure
from crm_app.domain.disclosure.schemas import Ref, SourceKind
from crm_app.domain.suggestions.models import Kind

MOST_MAILS = 12
MOST_TASKS = 3
SURE_ENOUGH = 0.6


class Whose(StrEnum):
    """Who is to do something: the practice, or the others."""

    US = "us"
    THEM = "them"


class Action(Cited):
    """Something that was asked for or promised and is not done yet. ``due`` only where a mail names the day."""

    whose: Whose
    due: date | None


class MailSummary(Result):
    """A thread in one to three sentences. ``needs_reply``: the last word is theirs, and it waits for an answer."""

    summary: tuple[Cited, ...] = Field(max_length=4)
    actions: tuple[Action, ...] = Field(max_length=6)
    needs_reply: bool
    confidence: float = Field(ge=0, le=1)

    @property
    def says_something(self) -> bool:
        """A summary without a sentence that has a source is none."""
        return bool(self.summary)


INSTRUCTIONS = """Sum up this thread of mail for the practitioner. Source [1] is its latest mail.
- "summary": one to three sentences: what it is about and how it stands now. Later mails outweigh earlier ones. Leave out greetings, signatures, quotes
  and what machines put beneath.
- "actions": what somebody asked for or promised and nobody has done by the latest mail. "whose" is "us" for the practice (mail marked outgoing is ours),
  "them" for the others. "due" is the day only where a mail names one, reckoned from that mail's own date; else null. A polite wish is no action.
- "needs_reply": true where the latest mail is incoming and asks something or waits for a decision.
- "confidence": near 1 where the mails say it plainly."""


def prepare(session: Session, actor: Actor, subject: Subject) -> Case:
    """The latest mails of the thread whose words the actor may read and everybody on them agrees to."""
    refs = [Ref(SourceKind.ENTRY, key) for key in finding_queries.list_thread_entries(session, actor, subject.id, MOST_MAILS)]
    found = disclosure.get_sources(session, actor, refs)
    sources = tuple(found[ref] for ref in refs if ref in found)
    if not any(source.text for source in sources):
        raise NothingToRead
    return Case(sources=sources)


def keep(session: Session, actor: Actor, _subject: Subject, case: Case, result: Any, call_id: UUID) -> None:
    """Suggest a task for what is ours to do."""
    if result.confidence < SURE_ENOUGH:
        return
    for action in [action for action in result.actions if action.whose is Whose.US][:MOST_TASKS]:
        task = {"title": action.text[:300], "due_date": action.due.isoformat() if action.due else None, "contact_ids": proposing.people_of(case, action)}
        proposing.propose(session, actor, Kind.CREATE_TASK, task, action, case, call_id)


SKILL = Skill(name="mail_summary", feature=Feature.SUMMARIES, version=1, instructions=INSTRUCTIONS, result=MailSummary, prepare=prepare, keep=keep)
