"""Drafting a task that somebody gave to the assistant: one question, whose answer has a form and changes nothing."""

from __future__ import annotations

from datetime import date

from crm_app.ai import calling
from crm_app.ai.errors import BadAnswer
from crm_app.ai.hygiene import UNTRUSTED, as_untrusted, fence
from crm_app.ai.types import Ask, Message
from crm_app.domain.actor import Actor
from crm_app.domain.ai.features import Feature
from crm_app.domain.days import today_of
from crm_app.domain.delegations.schemas import Draft, Drafted, Material
from crm_app.domain.times import weekday_name

MOST_OUTPUT = 1_500
INSTRUCTIONS = """You prepare a task for {name}, who runs a small wellness practice, and who will read, change and approve what you write. Nothing is sent by you.
- {untrusted}
- Say only what the task and the sources say. Invent no name, price, date, feeling or illness. Give no health advice that was not agreed already.
- "kind": "letter" where the task is to write to the person it is about{letter}; "note" where it is to write something down about them,
  such as a summary; else "plan".
- "text": the letter, the note or the plan itself, as it would be used: plain text without links and markup. "subject": of a letter or a note, else empty.
- "steps": for a plan, up to seven things that can each be done in one sitting, beginning with a verb, none that the task has already; else none.
- "why": one sentence on what this rests on. Write in the language with the code {language}."""


def draft_task(actor: Actor, material: Material) -> Drafted:
    """Ask a model for a draft. Blocking, outside any transaction. Raises what ``calling.ask`` raises: no draft is no draft."""
    answer = calling.ask(actor, question_of(actor, material, today_of(actor)))
    if not isinstance(answer.value, Draft):
        raise BadAnswer
    return Drafted(answer.value, answer.call_id, answer.model_label, answer.cost_micros)


def question_of(actor: Actor, material: Material, today: date) -> Ask:
    """The house's rules from us; the task and the sources, which others may have written, marked as such."""
    letter = "" if material.can_write else " (there is nobody to write to here, so never)"
    rules = INSTRUCTIONS.format(name=actor.name or "a colleague", untrusted=UNTRUSTED, letter=letter, language=actor.locale)
    steps = "\n".join(f"- {step}" for step in material.steps)
    task = as_untrusted(f"{material.title}\n{material.description}\n{steps}".strip())
    day = f"Today is {weekday_name(today.weekday(), 'en')}, {today.isoformat()}."
    told = "\n\n".join(part for part in (f"The task:\n{task}", fence(material.sources), day) if part)
    return Ask(
        feature=Feature.DRAFTS, skill="task_draft", schema=Draft, max_output=MOST_OUTPUT, contact_ids=material.contact_ids, job_id=material.job_id,
        messages=(Message("system", rules), Message("user", told)), temperature=0.3,
    )  # fmt: skip
