"""Drafting a task that somebody gave to the assistant: one question, whose answer has a form and changes nothing."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from uuid import UUID

from crm_app.ai import calling, rejections
from crm_app.ai.errors import BadAnswer
from crm_app.ai.hygiene import UNTRUSTED, as_untrusted, fence
from crm_app.ai.structured import Unfit, fitting
from crm_app.ai.types import Ask, Estimate, Message
from crm_app.domain.actor import Actor
from crm_app.domain.ai.features import Feature
from crm_app.domain.days import today_of
from crm_app.domain.delegations import material
from crm_app.domain.delegations.schemas import Draft, Drafted, Material
from crm_app.domain.spending import ledger
from crm_app.domain.times import weekday_name
from crm_app.domain.unit_of_work import run_service

MOST_OUTPUT = 1_500
SKILL = "task_draft"
INSTRUCTIONS = """You prepare a task for {name}, who runs a small wellness practice, and who will read, change and approve what you write. Nothing is sent by you.
- {untrusted}
- Say only what the task and the sources say. Invent no name, price, date, feeling or illness. Give no health advice that was not agreed already.
- "kind": "letter" where the task is to write to the person it is about{letter}; "note" where it is to write something down about them,
  such as a summary; else "plan".
- "text": the letter, the note or the plan itself, as it would be used: plain text without links and markup. "subject": of a letter or a note, else empty.
- "steps": for a plan, up to seven things that can each be done in one sitting, beginning with a verb, none that the task has already; else none.
- "why": one sentence on what this rests on. Write in the language with the code {language}."""


def draft_task(actor: Actor, told: Material) -> Drafted:
    """Ask a model for a draft, unless one was paid for before this job was interrupted. Blocking, outside any transaction.

    Raises what ``calling.ask`` raises: no draft is no draft.
    """
    if told.job_id is not None and (paid := _paid(actor, told.job_id)) is not None:
        return paid
    answer = calling.ask(actor, question_of(actor, told, today_of(actor)))
    if not isinstance(answer.value, Draft):
        raise BadAnswer
    return Drafted(answer.value, answer.call_id, answer.model_label, answer.cost_micros)


def _paid(actor: Actor, job_id: UUID) -> Drafted | None:
    for answer in run_service(actor, ledger.list_paid_answers, job_id, SKILL):
        with suppress(Unfit):
            return Drafted(fitting(Draft, answer.text), answer.call_id, answer.model_label, answer.cost_micros)
    return None


def estimate_draft(actor: Actor, task_id: UUID) -> Estimate:
    """What giving a task to the assistant would cost at most, and who would be asked. Blocking, outside any transaction; nothing is sent or set aside.

    Raises what giving it raises, so that what keeps it from being drafted is known before.
    """
    told = run_service(actor, material.get_material, task_id)
    return calling.estimate(actor, question_of(actor, told, today_of(actor)))


def question_of(actor: Actor, told: Material, today: date) -> Ask:
    """The house's rules from us; the task and the sources, which others may have written, marked as such."""
    letter = "" if told.can_write else " (there is nobody to write to here, so never)"
    rules = INSTRUCTIONS.format(name=actor.name or "a colleague", untrusted=UNTRUSTED, letter=letter, language=actor.locale)
    steps = "\n".join(f"- {step}" for step in told.steps)
    task = as_untrusted(f"{told.title}\n{told.description}\n{steps}".strip())
    day = f"Today is {weekday_name(today.weekday(), 'en')}, {today.isoformat()}."
    whole = "\n\n".join(part for part in (f"The task:\n{task}", fence(told.sources), rejections.told(told.rejected), day) if part)
    return Ask(
        feature=Feature.DRAFTS, skill=SKILL, schema=Draft, max_output=MOST_OUTPUT, contact_ids=told.contact_ids, job_id=told.job_id,
        messages=(Message("system", rules), Message("user", whole)), temperature=0.3,
    )  # fmt: skip
