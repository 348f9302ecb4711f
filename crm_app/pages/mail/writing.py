"""Writing on the mail page: a button that begins a letter, what has not been sent yet, and answers. Nothing of it where no mailbox sends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.components import live
from crm_app.components.dialog import dialog
from crm_app.components.elements import button
from crm_app.components.guard import telling
from crm_app.components.page_parts import empty_line
from crm_app.components.text import attributes
from crm_app.components.words import number
from crm_app.domain.i18n import _
from crm_app.domain.letters import service as letters
from crm_app.domain.letters.schemas import LetterState, LetterView, SenderView
from crm_app.domain.mail.schemas import MailView, ThreadView
from crm_app.domain.permissions import Permission
from crm_app.pages.letter_acts import LetterRows
from crm_app.pages.letter_dialog import Desk, open_letter, write_letter

TROUBLED = frozenset({LetterState.FAILED, LetterState.UNKNOWN})


class Writing:
    """``take`` what the questions found, then ``show``. Whoever may write no mail is asked and shown nothing."""

    def __init__(self, refresh: Callable[[], Awaitable[Any]]) -> None:
        self._refresh = refresh
        self.senders: tuple[SenderView, ...] = ()
        self.letters: tuple[LetterView, ...] = ()
        self._drawn: object = None
        self._desk = Desk()
        self.rows = LetterRows(self.go_on, refresh)

    @property
    def can(self) -> bool:
        """Whether a mailbox of theirs sends."""
        return bool(self.senders)

    def questions(self) -> list[tuple[Any, ...]]:
        """What is to be known, as the live bridge takes it."""
        return [(letters.list_senders,), (letters.list_letters,)] if live.viewer().can(Permission.MAIL_WRITE) else []

    def take(self, found: Sequence[Any]) -> None:
        """This is how it stands."""
        if found:
            self.senders, self.letters = found

    def of_thread(self, thread: ThreadView | None) -> tuple[LetterView, ...]:
        """What answers in a thread and has not been put into it yet."""
        return tuple(one for one in self.letters if thread is not None and one.thread_id == thread.id)

    def build(self) -> None:
        """The two buttons of the bar."""
        self.buttons()

    def show(self) -> None:
        """Draw them again where they say something else."""
        if self._drawn != (self.can, self.letters):
            self.buttons.refresh()
            self.outgoing.refresh()

    @ui.refreshable_method
    def buttons(self) -> None:
        """Write, and what has not been sent yet with how much that is."""
        self._drawn = (self.can, self.letters)
        if self.letters:
            troubled = any(one.state in TROUBLED for one in self.letters)
            unsent = [one for one in self.letters if one.state is not LetterState.SENT]
            said = _("Not sent yet: %s") % number(len(unsent)) if unsent else _("Just sent: %s") % number(len(self.letters))
            attributes(button(said, kind="danger" if troubled else "ghost", height=28, icon="inbox", on_click=self.show_outgoing), aria_label=said)
        if self.can:
            attributes(button(_("Write"), kind="primary", height=28, icon="pencil", on_click=self.write), aria_label=_("Write"))

    async def write(self) -> None:
        """Begin a letter."""
        if self.can:
            with telling():
                await self._desk.open(partial(write_letter, self._refresh))

    async def answer(self, mail: MailView, *, everyone: bool = False) -> None:
        """Begin an answer, or go on with the one that was begun."""
        with telling():
            await self._desk.open(partial(write_letter, self._refresh, answers_id=mail.id, everyone=everyone))

    async def go_on(self, letter: LetterView) -> None:
        """Go on with one that is being written."""
        with telling():
            await self._desk.open(partial(open_letter, letter, self._refresh))

    def show_outgoing(self) -> None:
        """Everything that is being written or is on its way, and what was sent and has not come back from its mailbox."""
        with dialog(_("Drafts and outgoing"), foot=False) as parts:
            self.outgoing()
        parts.window.on("hide", parts.window.delete)
        parts.window.open()

    @ui.refreshable_method
    def outgoing(self) -> None:
        """Drafts, what waits for its time, and what did not arrive for certain."""
        if not self.letters:
            empty_line(_("Everything has been sent."))
        order = {LetterState.UNKNOWN: 0, LetterState.FAILED: 0, LetterState.DRAFT: 2}
        self.rows.draw(sorted(self.letters, key=lambda one: order.get(one.state, 1)))


def answers_to(mail: MailView) -> int:
    """How many people an answer to everybody would go to, the writer not counted."""
    return len({one.address for one in (*mail.to, *mail.cc)} | {mail.from_address}) - 1


def key_of_letters(rows: Sequence[LetterView]) -> tuple[tuple[UUID, int, str, object], ...]:
    """What is drawn of letters depends on this alone."""
    return tuple((one.id, one.version, one.state.value, one.leaves_at) for one in rows)

