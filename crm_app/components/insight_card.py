"""What a model says of a record, always marked as such: its sentences with their sources, when it was made, by which model, for how much."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from crm_app.components import times, words
from crm_app.components.charts import Trend, sparkline
from crm_app.components.elements import button, icon, icon_button
from crm_app.components.money import Money
from crm_app.components.text import attributes, block, link, text
from crm_app.domain.actor import Actor
from crm_app.domain.analyses.schemas import AnalysisView, SourceRef
from crm_app.domain.i18n import _
from crm_app.domain.interactions.moods import Mood

Act = Callable[[], Awaitable[Any]]
KINDS = {"contact": "user", "entry": "notebook-pen", "event": "calendar", "task": "circle-check", "goal": "target", "programme": "layers", "document": "file-text"}


def sentences(said: Sequence[Any], sources: Sequence[SourceRef], contact_id: UUID | None) -> None:
    """Sentences one after the other, each with the numbers of its sources."""
    with block("mc-told", tag="p"):
        for one in said:
            text(one.text, tag="span")
            _numbers(one.sources, sources, contact_id)
            text(" ", tag="span")


def points(title: str, said: Sequence[Any], sources: Sequence[SourceRef], contact_id: UUID | None, beside: Callable[[Any], str] = lambda _one: "") -> None:
    """A heading and a line for each point, with its sources; ``beside`` is what stands at its right. Nothing where there is none."""
    if not said:
        return
    with block("mc-told-part"):
        text(title, "mc-label", tag="h3")
        with block("mc-told-list", tag="ul"):
            for one in said:
                with block(tag="li"):
                    with block("mc-grow", tag="span"):
                        text(one.text, tag="span")
                        _numbers(one.sources, sources, contact_id)
                    if aside := beside(one):
                        text(aside, "mc-cap mc-nowrap", tag="span")


def source_chips(sources: Sequence[SourceRef], cited: Sequence[int], contact_id: UUID | None, actor: Actor) -> None:
    """The records that the sentences cite, each with its number, and where it opens."""
    shown = [(number, sources[number - 1]) for number in sorted(set(cited)) if number <= len(sources) and sources[number - 1].kind != "contact"]
    if not shown:
        return
    with attributes(block("mc-told-sources", tag="ul"), aria_label=_("Sources")):
        for number, source in shown:
            with block(tag="li"):
                way = address_of(source, contact_id)
                with block("mc-source", tag="a" if way else "span") as chip:
                    text(str(number), "mc-cite", tag="span")
                    icon(KINDS.get(source.kind, "file-text"), 14)
                    text(source.title or words.kinds().get(source.kind, source.kind), "mc-truncate", tag="span")
                    if source.when:
                        text(times.short_date(times.day_of(source.when, actor), actor), "mc-cap mc-nowrap", tag="span")
                attributes(chip, href=way, title=source.title)


def made_line(made: AnalysisView, money: Money, actor: Actor, again: Act | None, *, making: bool) -> None:
    """When it was made, by which model and for how much, and a way to have it made anew."""
    with block("mc-told-made"):
        if made.made_at:
            times.moment(made.made_at, actor)
        said = attributes(text(f"{made.model_label} · {money.words(made.cost_micros)}", "mc-cap mc-truncate mc-grow"), title=made.why)
        said.classes("mc-num")
        if making:
            _spinner(_("Reading again"))
        elif again:
            icon_button("refresh-cw", _("Read again"), on_click=again, height=24)


def working(sentence: str) -> None:
    """Something is under way."""
    _spinner(sentence)


def refused(sentence: str, again: Act | None) -> None:
    """Why there is none, or no newer one, and a way to try again."""
    with attributes(block("mc-told-refused"), role="status"):
        icon("triangle-alert", 14, "mc-warn-ink")
        text(sentence, "mc-cap mc-grow", tag="p")
        if again:
            button(_("Try again"), kind="ghost", height=24, on_click=again)


def mood_line(mood: Mood) -> None:
    """How it went in six months: a word, a figure and a line."""
    if mood.mean is None:
        return
    trends = {"improving": _("improving"), "stable": _("stable"), "declining": _("declining")}
    with block("mc-told-mood"):
        text(_("Sentiment, 6 months"), "mc-cap mc-grow")
        trend: Trend = mood.trend.value if mood.trend else "stable"  # type: ignore[assignment]
        said = " · ".join(part for part in (words.decimal(mood.mean), trends[trend] if mood.trend else "") if part)
        text(said, f"mc-cap mc-num mc-mood-{trend}")
        if len(mood.points) > 1:
            sparkline([value for _when, value in mood.points], trend, width=228, height=40, filled=True, label=_("Sentiment over six months: %s") % said)


def cited_in(*parts: Sequence[Any]) -> list[int]:
    """All numbers that these sentences cite."""
    return [number for part in parts for one in part for number in one.sources]


def address_of(source: SourceRef, contact_id: UUID | None) -> str | None:
    """Where a source opens: on the page of the contact that is open, else of one whom it is about; None for one that has no place without any."""
    ways = {"contact": f"/contacts/{source.id}", "event": f"/calendar?event={source.id}", "task": f"/tasks?open={source.id}", "goal": f"/goals?open={source.id}"}
    who = contact_id or source.contact_id
    theirs = {"entry": f"/contacts/{who}?entry={source.id}", "programme": f"/contacts/{who}?programme={source.id}", "document": f"/contacts/{who}?kind=files"}
    return ways.get(source.kind) or (theirs.get(source.kind) if who else None)


def _numbers(cited: Sequence[int], sources: Sequence[SourceRef], contact_id: UUID | None) -> None:
    for number in cited:
        if number <= len(sources):
            source = sources[number - 1]
            mark = link(str(number), address_of(source, contact_id)).classes("mc-cite")
            attributes(mark, title=source.title, aria_label=_("Source %(number)d: %(title)s") % {"number": number, "title": source.title})


def _spinner(sentence: str) -> None:
    with attributes(block("mc-row mc-gap-8 mc-told-working"), role="status"):
        block("mc-spinner", tag="span")
        text(sentence, "mc-cap")
