"""What can be done with a letter that has not been sent yet, wherever it is shown: taken back, hurried, decided about."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from crm_app.components import feedback, live, mail_words
from crm_app.components.elements import button, icon, pill
from crm_app.components.guard import telling
from crm_app.components.text import attributes, block, text
from crm_app.domain.i18n import _
from crm_app.domain.letters import service as letters
from crm_app.domain.letters.rules import UNDO
from crm_app.domain.letters.schemas import LetterInput, LetterState, LetterView

Refresh = Callable[[], Awaitable[Any]]
Open = Callable[[LetterView], Awaitable[Any]]


def offer_back(sent: LetterView, open_again: Open, refresh: Refresh, *, later: datetime | None = None) -> None:
    """Say that a letter leaves; for as long as it does not, Undo makes it a draft again."""
    said = _("It leaves %s") % mail_words.when_at_length(later, live.viewer()) if later else _("Sending…")
    feedback.toast(said, undo=partial(take_back, sent, open_again, refresh), seconds=UNDO.total_seconds())


async def take_back(letter: LetterView, open_again: Open, refresh: Refresh) -> None:
    """Make it a draft again, and go on with it."""
    with telling():
        draft = (await live.change(letters.take_back, letter.id)).value
        await refresh()
        await open_again(draft)


class LetterRows:
    """Letters one under the other, each with what became of it and what can be done. ``open_letter`` opens one that is being written."""

    def __init__(self, open_letter: Open, refresh: Refresh) -> None:
        self._open, self._refresh = open_letter, refresh

    def draw(self, rows: Sequence[LetterView]) -> None:
        """All of them."""
        for row in rows:
            with attributes(block("mc-letter-row", tag="article"), aria_label=row.subject or _("No subject")):
                self._row(row)

    def _row(self, row: LetterView) -> None:
        with block("mc-row mc-gap-8"):
            icon("triangle-alert" if row.state in (LetterState.FAILED, LetterState.UNKNOWN) else "send", 16, "mc-ink-3")
            with block("mc-grow"):
                attributes(text(row.subject or _("No subject"), "mc-strong mc-truncate", tag="p"), title=row.subject)
                text(row.recipients or _("To nobody yet"), "mc-cap mc-truncate", tag="p")
            pill(*_said(row))
        if row.reason:
            text(row.reason, "mc-ink-2 mc-letter-reason", tag="p")
        if row.body:
            text(row.body[:200], "mc-ink-3 mc-clamp-2", tag="p")
        if row.files:
            with block("mc-row mc-gap-6 mc-cap"):
                icon("paperclip", 12)
                text(", ".join(one.name for one in row.files), "mc-truncate")
                text(mail_words.size_words(sum(one.size for one in row.files)), "mc-num mc-nowrap")
        with block("mc-row mc-wrap mc-gap-6"):
            self._acts(row)

    def _acts(self, row: LetterView) -> None:
        if row.state is LetterState.DRAFT:
            button(_("Go on writing"), height=28, icon="pencil", on_click=partial(self._open, row))
            button(_("Discard"), kind="ghost", height=28, on_click=partial(self._discard, row))
        elif row.state is LetterState.WAITING:
            button(_("Change"), height=28, icon="pencil", on_click=partial(take_back, row, self._open, self._refresh))
            button(_("Send now"), kind="ghost", height=28, on_click=partial(self._send_now, row))
        elif row.state is LetterState.FAILED:
            button(_("Back to draft"), height=28, icon="pencil", on_click=partial(take_back, row, self._open, self._refresh))
        elif row.state is LetterState.UNKNOWN:
            button(_("It arrived"), height=28, icon="check", on_click=partial(self._decide, row, arrived=True))
            button(_("Send again"), kind="ghost", height=28, on_click=partial(self._decide, row, arrived=False))

    async def _send_now(self, row: LetterView) -> None:
        with telling():
            try:
                await live.change(letters.send_now, row.id)
                feedback.toast(_("Sending…"))
            finally:
                await self._refresh()

    async def _decide(self, row: LetterView, *, arrived: bool) -> None:
        with telling():
            try:
                await live.change(letters.decide_letter, row.id, arrived=arrived)
                feedback.toast(_("Noted: it arrived") if arrived else _("Sending…"))
            finally:
                await self._refresh()

    async def _discard(self, row: LetterView) -> None:
        with telling():
            await live.change(letters.discard_letter, row.id, version=row.version)
            feedback.toast(_("Discarded"), undo=partial(self._bring_back, row.as_input()))
            await self._refresh()

    async def _bring_back(self, again: LetterInput) -> None:
        with telling():
            await live.change(letters.create_letter, again)
            await self._refresh()


def _said(row: LetterView) -> tuple[str, Any]:
    """What became of it, in two words, and how serious that is."""
    if row.state is LetterState.WAITING and row.leaves_at:
        return _("Leaves %s") % mail_words.when_at_length(row.leaves_at, live.viewer()), "info"
    return {
        LetterState.DRAFT: (_("Draft"), "neutral"), LetterState.SENDING: (_("Being sent"), "info"), LetterState.SENT: (_("Sent"), "ok"),
        LetterState.FAILED: (_("Not sent"), "bad"), LetterState.UNKNOWN: (_("Nobody knows whether this arrived"), "warn"),
    }.get(row.state, (_("Being sent"), "info"))  # fmt: skip
