"""Find anything: one question over people, timeline, files, tasks, goals and programmes, for the palette."""

from __future__ import annotations

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.editing import clean_line
from crm_app.domain.goals.rules import progress_of
from crm_app.domain.palette import queries
from crm_app.domain.palette.schemas import DocumentHit, EntryHit, Findings, GoalHit, PersonHit, ProgrammeHit, TaskHit
from crm_app.domain.permissions import Permission
from crm_app.domain.tasks.rules import due_day
from crm_app.domain.text import fold

PEOPLE, ENTRIES, DOCUMENTS, TASKS, GOALS, PROGRAMMES = 6, 3, 3, 4, 3, 3
LONGEST, ENTRY_WORDS = 100, 3


def find_anything(session: Session, actor: Actor, words: str) -> Findings:
    """What ``words`` may mean, as far as the asker may read it; nothing for no words. Entries and files are looked for from three letters on."""
    actor.require(Permission.CONTACT_READ)
    asked = clean_line(words)[:LONGEST]
    if not fold(asked):
        return Findings()
    people = tuple(PersonHit(**row._asdict()) for row in queries.list_people(session, asked, PEOPLE))
    entries: tuple[EntryHit, ...] = ()
    tasks: tuple[TaskHit, ...] = ()
    if actor.can(Permission.INTERACTION_READ) and len(fold(asked)) >= ENTRY_WORDS:
        entries = tuple(EntryHit(**row._asdict()) for row in queries.list_entries(session, asked, ENTRIES))
    documents: tuple[DocumentHit, ...] = ()
    if actor.can(Permission.DOCUMENT_READ) and len(fold(asked)) >= ENTRY_WORDS:
        documents = tuple(DocumentHit(**row._asdict()) for row in queries.list_documents(session, asked, DOCUMENTS))
    if actor.can(Permission.TASK_READ):
        tasks = tuple(
            TaskHit(id=row.id, title=row.title, due_date=due_day(row.due_date, row.due_time, row.due_zone, actor.zone))
            for row in queries.list_tasks(session, asked, TASKS)
        )
    goals: tuple[GoalHit, ...] = ()
    if actor.can(Permission.GOAL_READ):
        goals = tuple(
            GoalHit(id=row.id, title=row.title, contact_name=row.contact_name or "", progress=progress_of(row.start_value, row.target_value, row.current_value))
            for row in queries.list_goals(session, asked, GOALS)
        )
    programmes: tuple[ProgrammeHit, ...] = ()
    if actor.can(Permission.PROGRAMME_READ):
        programmes = tuple(ProgrammeHit(**row._asdict()) for row in queries.list_programmes(session, asked, PROGRAMMES))
    return Findings(people=people, entries=entries, documents=documents, tasks=tasks, goals=goals, programmes=programmes)
