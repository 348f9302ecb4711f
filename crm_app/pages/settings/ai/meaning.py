"""Who reads for search by meaning: this machine, or a model that the team has set up, with what that means said before; and how far it has come."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from nicegui import ui

from crm_app.ai.embedding import bound_embedder
from crm_app.ai.pauses import why_paused
from crm_app.components import feedback, live, times
from crm_app.components.dialog import confirm
from crm_app.components.elements import section
from crm_app.components.fields import select_field
from crm_app.components.guard import telling
from crm_app.components.money import Money
from crm_app.components.page_parts import GroupRow, group_row
from crm_app.components.text import block, text
from crm_app.domain.ai import service as ai
from crm_app.domain.ai.features import Feature
from crm_app.domain.ai.schemas import AiView, FeatureUpdate, ModelView, ProviderView
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.meaning import service as meaning
from crm_app.domain.meaning.schemas import MeaningProgress, ReadingEstimate
from crm_app.domain.rows import now

HERE, LOOK_SECONDS, SOON = "here", 3.0, timedelta(minutes=1)
LETTERS_A_TOKEN = 3
"""Few texts in letters such as these have more tokens than a third of their letters."""


class MeaningPart:
    """The choice, for those who manage it, and the progress for everybody who may use models."""

    def __init__(self, view: AiView, progress: MeaningProgress, money: Money, changed: Callable[[], Awaitable[Any]]) -> None:
        self.view, self.progress, self.money, self.changed = view, progress, money, changed
        self.row = next(row for row in view.features if row.feature is Feature.SEARCH)
        self.models: dict[str, tuple[ProviderView, ModelView]] = {
            str(model.id): (one, model) for one in view.providers if not one.own for model in one.models if model.embedding or model.id == self.row.model_id
        }
        self.chosen = str(self.row.model_id or HERE)

    def draw(self) -> None:
        """A row, while search by meaning is on."""
        if not self.row.enabled:
            return
        with section(_("Search by meaning")):
            pass
        with block("mc-group"), group_row("search", _("Texts are read by"), self._said(self.progress)) as row:
            row.caption.classes("mc-wrap")
            if _goes_on(self.progress):
                timer = ui.timer(LOOK_SECONDS, lambda: self._look(row, timer))
            if self.view.manages:
                select_field(_("Who reads for search by meaning"), self._options(), self.chosen, on_change=lambda event: self.choose(str(event.value)))
            else:
                text(self._options()[self.chosen], "mc-ink-2")

    async def _look(self, row: GroupRow, timer: ui.timer) -> None:
        """How far it has come by now, until it is done."""
        with telling():
            progress = await live.read(meaning.get_meaning_progress)
            if not row.caption.is_deleted:
                row.caption.set_text(self._said(progress))
                timer.active = _goes_on(progress)

    def _said(self, progress: MeaningProgress) -> str:
        return _progress(progress, self.chosen == HERE)

    def _options(self) -> dict[str, str]:
        return {HERE: _("On this machine")} | {key: f"{model.label} · {one.name}" for key, (one, model) in self.models.items()}

    async def choose(self, key: str) -> None:
        """Say what it means, and have it so."""
        if key == self.chosen:
            return
        with telling():
            if await self._agreed(key):
                model_id = None if key == HERE else self.models[key][1].id
                await live.change(ai.choose_feature, Feature.SEARCH, FeatureUpdate(model_id=model_id))
                feedback.toast(_("Saved"))
            await self.changed()

    async def _agreed(self, key: str) -> bool:
        if key == HERE:
            said = _("Everything is read again on this machine, and nothing is sent any more. What was sent already is with that provider.")
            return await confirm(_("Read on this machine?"), said, act=_("Read here"), kind="primary")
        one, model = self.models[key]
        estimate = await live.read(meaning.get_reading_estimate, model.id)
        said = (
            _("Notes and mails of everybody who has agreed to AI are sent to %s to be read, and so is what anybody searches for.")
            % one.name
        )
        if one.local:
            said = (
                _(
                    "Notes and mails of everybody who has agreed to AI are read by %s, a machine of the practice, and so is what anybody searches for."
                )
                % one.name
            )
        return await confirm(
            _("Read with %s?") % model.label, said, act=_("Have it read"), goes=self._means(one, model, estimate), kind="primary"
        )

    def _means(self, one: ProviderView, model: ModelView, estimate: ReadingEstimate) -> list[str]:
        texts = ngettext("%d text is to be read now", "%d texts are to be read now", estimate.texts) % estimate.texts
        tokens = estimate.letters // LETTERS_A_TOKEN
        micros = math.ceil(tokens * (model.input_price or 0) / 1_000_000)
        if one.local:
            cost = _("It costs nothing.")
        elif model.priced:
            cost = _("Counted as a token for three letters, that comes to %s at its price; each search costs a little more.") % self.money.words(micros)
        else:
            cost = _("Nobody knows what it costs, so it is not asked until an admin enters its price.")
        named = _("Names are not hidden before sending; that can be changed under Guardrails.")
        return [
            f"{texts}. {cost}",
            *_lasts(tokens, estimate.tokens_a_second),
            _("It goes through the same limits as everything else. Where one is reached, reading pauses and goes on later."),
            _("What is known now is replaced once the model answers. Until all is read, search finds the rest by its words."),
            _("Texts of people who have not agreed are not sent: they are found by words alone."),
            _("Names are hidden before sending.") if self.view.settings.pseudonymise else named,
        ]  # fmt: skip


def _lasts(tokens: int, speed: float | None) -> list[str]:
    """How long that is at the speed that was measured, if it was."""
    if not speed or not tokens:
        return []
    minutes = max(1, math.ceil(tokens / speed / 60))
    if minutes < 120:
        return [
            ngettext(
                "At the speed that was measured of late: about %d minute.",
                "At the speed that was measured of late: about %d minutes.",
                minutes,
            )
            % minutes
        ]
    hours = math.ceil(minutes / 60)
    return [
        ngettext("At the speed that was measured of late: about %d hour.", "At the speed that was measured of late: about %d hours.", hours)
        % hours
    ]


def _goes_on(progress: MeaningProgress) -> bool:
    return bool(progress.waiting or progress.pending or progress.paused)


def _progress(progress: MeaningProgress, here: bool) -> str:
    if here and bound_embedder() is None:
        return _("Only words are looked for: the small model is not installed on this server.")
    if progress.paused:
        why = why_paused(progress.paused)
        again = _("Tried again %s.") % times.relative(progress.paused_until, live.viewer()) if progress.paused_until and progress.paused_until > now() + SOON else ""
        return f"{_counted(progress)} {why} {again}".strip()
    if progress.pending:
        return _("Reading begins within a minute. Until then, search works as before.")
    return _counted(progress)


def _counted(progress: MeaningProgress) -> str:
    if not progress.texts:
        return _("Nothing was read yet.")
    done = progress.texts - progress.waiting
    passages = ngettext("%d passage is known", "%d passages are known", progress.passages) % progress.passages
    if progress.waiting:
        return _("%(done)d of %(all)d texts looked at, %(passages)s.") % {"done": done, "all": progress.texts, "passages": passages}
    all_of_them = ngettext("The one text was looked at, %(passages)s.", "All %(all)d texts were looked at, %(passages)s.", progress.texts)
    return all_of_them % {"all": progress.texts, "passages": passages}
