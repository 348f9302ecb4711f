"""The thread that is open: what it is about, why it is here, and its mails, the last one unfolded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from crm_app.ai.skills.cards import Told
from crm_app.components import live, mail_words
from crm_app.components.drawn_menu import DrawnMenu, Item
from crm_app.components.elements import button, icon, icon_button
from crm_app.components.logo import ripple
from crm_app.components.text import attributes, block, text
from crm_app.components.words import number
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.letters.schemas import LetterState
from crm_app.domain.mail import service as mails
from crm_app.domain.mail.models import Shown, Verdict
from crm_app.domain.mail.pictures import Pictured
from crm_app.domain.mail.schemas import MailView, ThreadView
from crm_app.domain.permissions import Permission
from crm_app.pages.mail.acting import Acting, sender_of
from crm_app.pages.mail.message import Message
from crm_app.pages.mail.summary import draw_summary
from crm_app.pages.mail.writing import Writing, answers_to, key_of_letters

FOLDED_FROM, LATEST = 9, 5
"""Of a thread of so many mails only the latest few stand there at first: what came last is in view, and the others are one press away."""


class Reading:
    """``show`` draws a thread, or a quiet place where none is open. What somebody has unfolded stays so while the thread is open.

    ``further`` has more of a long thread read, and shows it.
    """

    def __init__(self, acting: Acting, writing: Writing, list_address: Callable[[], str], further: Callable[[], Awaitable[Any]]) -> None:
        self._acting, self._writing, self._list_address, self._further = acting, writing, list_address, further
        self._whole = False
        self._first: Message | None = None
        self.told: Told | None = None
        self._letters: object = None
        self._drawn: ThreadView | None = None
        self._shown = False
        self._open: set[UUID] = set()
        self._pictured: dict[UUID, Pictured] = {}

    def build(self) -> None:
        """The column."""
        with attributes(block("mc-mail-middle", tag="section"), aria_label=_("Thread")) as self._scroller:
            self.space = block("mc-mail-thread")

    def show(self, thread: ThreadView | None) -> None:
        """This one, or none. Nothing is drawn anew that is the same."""
        letters = (self._writing.can, key_of_letters(self._writing.of_thread(thread)), self.told, self._whole)
        if self._shown and thread == self._drawn and letters == self._letters:
            return
        self._letters = letters
        if thread is None or self._drawn is None or thread.id != self._drawn.id:
            self._open = {thread.messages[-1].id} if thread and thread.messages else set()
            self._pictured, self._whole = {}, False
            self._scroller.run_method("scrollTo", 0, 0)
        elif new := {mail.id for mail in thread.messages} - {mail.id for mail in self._drawn.messages}:
            self._open |= new
        self._drawn, self._shown = thread, True
        with self.space.clear():
            if thread is None:
                self._nothing()
            else:
                self._head(thread)
                draw_summary(self.told, thread, self._acting.refresh)
                self._mails(thread)
                self._answers(thread)

    def _nothing(self) -> None:
        with block("mc-empty mc-mail-nothing"):
            ripple()
            text(_("Choose a thread"), "mc-heading", tag="h2")
            text(_("J and K go through the list, Enter opens."), "mc-cap mc-desk-only", tag="p")

    def _head(self, thread: ThreadView) -> None:
        with block("mc-mail-head"):
            icon_button("arrow-left", _("Back to the list"), href=self._list_address()).classes("mc-phone-only mc-back")
            with block("mc-grow"):
                subject = mail_words.subject_words(thread.subject, thread.own)
                attributes(text(subject, "mc-title mc-clamp-2", tag="h2"), title=subject, tabindex=-1)
                with block("mc-row mc-gap-6 mc-cap mc-wrap"):
                    text(mail_words.count_words(thread.total), "mc-nowrap")
                    if thread.reasons:
                        text("·", "mc-desk-only")
                        with block("mc-row mc-gap-4", tag="span"):
                            icon("link-2", 12)
                            text(thread.reasons[0], "mc-truncate")
                    elif not thread.own:
                        text("·", "mc-desk-only")
                        text(_("From a colleague's mailbox"))
            if thread.own and live.viewer().can(Permission.MAIL_WRITE):
                self._acts(thread)

    def _answers(self, thread: ThreadView) -> None:
        """What answers here and is not in the thread yet; and, unless an answer is being written, the ways to answer."""
        waiting = self._writing.of_thread(thread)
        self._writing.rows.draw(waiting)
        if self._may_answer(thread) and not any(one.state is LetterState.DRAFT for one in waiting):
            last = thread.messages[-1]
            with block("mc-row mc-wrap mc-gap-8 mc-mail-answers"):
                button(_("Reply"), icon="reply", key="R", on_click=partial(self._writing.answer, last))
                if answers_to(last) > 1:
                    button(_("Reply to all"), kind="ghost", on_click=partial(self._writing.answer, last, everyone=True))

    def _may_answer(self, thread: ThreadView | None) -> bool:
        return thread is not None and thread.own and self._writing.can and bool(thread.messages)

    async def answer_last(self) -> None:
        """The key for it."""
        if self._drawn is not None and self._may_answer(self._drawn):
            await self._writing.answer(self._drawn.messages[-1])

    def _acts(self, thread: ThreadView) -> None:
        if thread.irrelevant:
            icon_button("archive-restore", _("Relevant after all"), on_click=partial(self._acting.bring_back, thread))
        else:
            icon_button("archive", _("Mark as irrelevant"), on_click=partial(self._acting.set_aside, thread))
        with icon_button("lock" if thread.shown is Shown.PRIVATE else "eye", _("Who sees this: %s") % mail_words.shown_words()[thread.shown.value][0]):
            DrawnMenu(self._sharing(thread), title=_("Seen by whoever sees its contacts"))
        if sender := sender_of(thread):
            with icon_button("ellipsis", _("More")):
                rules = [(Verdict.ALWAYS, _("Always show mail from %s"), "check"), (Verdict.NEVER, _("Never show mail from %s"), "ban")]
                DrawnMenu([Item(said % sender, partial(self._acting.rule, sender, verdict), icon=glyph) for verdict, said, glyph in rules])

    def _sharing(self, thread: ThreadView) -> list[Item]:
        here = thread.said.value if thread.said else None
        options = [(None, _("As its mailbox says")), *((key, words[0]) for key, words in mail_words.shown_words().items())]
        return [Item(label, partial(self._acting.share, thread, key), icon="check" if key == here else "minus") for key, label in options]

    def _mails(self, thread: ThreadView) -> None:
        if not thread.messages:
            text(_("Nothing of it is yours to see."), "mc-ink-3", tag="p")
        many = len(thread.messages)
        shown = many if self._whole or many < FOLDED_FROM else LATEST
        if (earlier := thread.total - shown) and shown >= mails.MOST_MAILS:
            text(ngettext("%s earlier message is not shown here.", "%s earlier messages are not shown here.", earlier) % number(earlier), "mc-cap", tag="p")
        elif earlier:
            said = ngettext("Show %s earlier message", "Show %s earlier messages", earlier) % number(earlier)
            button(said, kind="ghost", icon="history", on_click=self._earlier).classes("mc-mail-earlier")
        drawn = [Message(mail, thread, live.viewer(), self._is_open, self._fold, pictured=self._pictured) for mail in thread.messages[many - shown :]]
        for one in drawn:
            one.draw()
        self._first = drawn[0] if drawn else None

    async def _earlier(self) -> None:
        """The mails before those that stand there, with the focus on the first of them: the button goes."""
        if self._whole:
            await self._further()
        else:
            self._whole = True
            self.show(self._drawn)
        if self._first is not None:
            self._first.focus()

    def _is_open(self, mail: MailView) -> bool:
        return mail.id in self._open

    def _fold(self, mail: MailView) -> None:
        self._open ^= {mail.id}
