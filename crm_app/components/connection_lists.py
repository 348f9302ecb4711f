"""What stands under a connection: its latest runs, and the things that are not here with the reason for each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from crm_app.components import times
from crm_app.components.connection_words import problem_state, run_kind, run_words
from crm_app.components.elements import button, pill
from crm_app.components.page_parts import empty_line
from crm_app.components.text import attributes, block, text
from crm_app.domain.actor import Actor
from crm_app.domain.connections.models import RunState
from crm_app.domain.connections.schemas import ProblemView, RunView
from crm_app.domain.i18n import _

Retry = Callable[[ProblemView], Awaitable[Any]]
_TONES = {RunState.FAILED: "mc-danger-ink", RunState.CANCELLED: "mc-ink-2"}


def runs_table(runs: Sequence[RunView], actor: Actor) -> None:
    """The latest runs, newest first: when, what kind, what came of it."""
    if not runs:
        empty_line(_("It has not been synced yet."))
        return
    with block("mc-group"), block("mc-runs", tag="table"):
        with block(tag="thead"), block(tag="tr"):
            for label in (_("When"), _("What"), _("Came of it")):
                attributes(text(label, "mc-label", tag="th"), scope="col")
        with block(tag="tbody"):
            for run in runs:
                with block(tag="tr"):
                    with block(tag="td"):
                        times.moment(run.created_at, actor)
                    text(run_kind(run), "mc-ink-2", tag="td")
                    text(run_words(run), _TONES.get(run.state, ""), tag="td")


def problem_rows(problems: Sequence[ProblemView], actor: Actor, retry: Retry | None, *, refs: bool = True) -> None:
    """Each thing that is not here: what it is, why, and for what failed a way to try it again; with ``refs`` also what it is called over there."""
    with block("mc-group", tag="ul"):
        for problem in problems:
            _problem(problem, actor, retry, refs)


def _problem(problem: ProblemView, actor: Actor, retry: Retry | None, refs: bool) -> None:
    label, kind = problem_state(problem)
    named = problem.title or _("Without a title")
    with block("mc-problem", tag="li"):
        with block("mc-grow"):
            text(named, "mc-strong", tag="p")
            text(problem.reason, "mc-ink-2", tag="p")
            with block("mc-row mc-wrap mc-gap-4 mc-cap", tag="p"):
                for said in (problem.calendar, problem.item.rstrip("/").rpartition("/")[2] if refs else ""):
                    if said:
                        text(f"{said} ·", "mc-break")
                times.moment(problem.seen_at, actor)
        pill(label, kind)
        if retry is not None and problem.kind == "failed":
            attributes(button(_("Try again"), height=28, on_click=lambda: retry(problem)), aria_label=_("Try again: %s") % named)
