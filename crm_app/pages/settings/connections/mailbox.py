"""What its owner decides about a mailbox: who sees its mail, who becomes a contact by writing, which folders come in, and what holds for single senders."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.components import feedback, live
from crm_app.components.elements import button, icon_button, pill, section
from crm_app.components.fields import select_field, switch
from crm_app.components.guard import telling
from crm_app.components.mail_words import new_contact_words, role_words, shown_words
from crm_app.components.page_parts import empty_line, group_row
from crm_app.components.text import attributes, block, text
from crm_app.domain.connections.schemas import ConnectionView
from crm_app.domain.errors import Conflict
from crm_app.domain.i18n import _
from crm_app.domain.mail import service as mail
from crm_app.domain.mail.models import FolderRole, Verdict
from crm_app.domain.mail.schemas import FolderChoice, FolderView, MailboxUpdate, MailboxView, RuleView
from crm_app.pages.settings.connections.rule_dialog import ask_rule
from crm_app.pages.settings.connections.sending import sending_row
from crm_app.pages.settings.connections.signature import signature_row

Words = dict[str, tuple[str, str]]


class MailboxPart:
    """``take`` what the questions found, then ``draw`` it; ``show`` brings it up to date. ``refresh`` asks for everything again."""

    def __init__(self, connection_id: UUID, refresh: Callable[[], Awaitable[Any]]) -> None:
        self.key, self._refresh = connection_id, refresh
        self.view: MailboxView | None = None
        self.connection: ConnectionView | None = None
        self.rules: tuple[RuleView, ...] = ()

    def questions(self) -> list[tuple[Any, ...]]:
        """What is to be known, as the live bridge takes it."""
        return [(mail.get_mailbox, self.key), (mail.list_rules,)]

    def take(self, found: Sequence[Any]) -> None:
        """This is how it stands."""
        self.view, self.rules = found[0], tuple(found[1])

    def draw(self, *, first: bool = False) -> None:
        """The parts, one under the other; with ``first`` without what is only of use later."""
        with section(_("Privacy")):
            pass
        self.decisions()
        with section(_("Folders")):
            pass
        self.folders()
        if not first:
            with section(_("Sending")):
                pass
            self.sending()
            with section(_("Senders")):
                button(_("Add a rule"), height=28, on_click=lambda: ask_rule(self._keep))
            self.senders()

    def show(self) -> None:
        """Draw it again where it says something else."""
        self.decisions.refresh()
        self.folders.refresh()
        self.sending.refresh()
        self.senders.refresh()

    @ui.refreshable_method
    def sending(self) -> None:
        """By which server it sends, and what stands under letters from it."""
        if self.view is not None and self.connection is not None:
            with block("mc-group"):
                sending_row(self.connection, self.view, self._refresh)
                if self.view.sending:
                    signature_row(self.connection, self.view, self._refresh)

    @ui.refreshable_method
    def decisions(self) -> None:
        """Who sees its mail, and who becomes a contact."""
        if self.view is None:
            return
        with block("mc-group"):
            _decision("eye", _("What others see of mail with contacts"), _("Others"), shown_words(), self.view.shown.value, partial(self._decide, "shown"))
            said = _("Who becomes a contact by writing")
            _decision("user-plus", said, said, new_contact_words(), self.view.new_contacts.value, partial(self._decide, "new_contacts"))

    async def _decide(self, name: str, value: str) -> None:
        with telling():
            if self.view is None or getattr(self.view, name).value == value:
                return
            try:
                self.view = (await live.change(mail.update_mailbox, self.key, MailboxUpdate.model_validate({"version": self.view.version, name: value}))).value
                feedback.toast(_("Saved"))
            except Conflict:
                feedback.toast(_("This was changed in another window meanwhile."), kind="bad")
                await self._refresh()
            self.decisions.refresh()

    @ui.refreshable_method
    def folders(self) -> None:
        """Which ones come in."""
        rows = self.view.folders if self.view else ()
        if not rows:
            empty_line(_("Its folders are listed once it has answered."))
            return
        with block("mc-group mc-conn-choice"):
            for row in rows:
                self._folder(row)

    def _folder(self, row: FolderView) -> None:
        role = role_words()[row.role.value]
        with block("mc-conn-cal mc-mail-folder"):
            with block("mc-row mc-gap-8 mc-grow"):
                attributes(text(row.name, "mc-truncate"), title=row.name)
                if role and role.lower() != row.name.lower():
                    pill(role)
            if row.role in (FolderRole.DRAFTS, FolderRole.JUNK, FolderRole.TRASH):
                text(_("never read"), "mc-cap")
            else:
                switch(_("Sync"), row.synced, spoken=_("Sync %s") % row.name, on_change=partial(self._choose, row))

    async def _choose(self, row: FolderView, event: Any) -> None:
        with telling():
            try:
                if bool(event.value) != row.synced:
                    await live.change(mail.choose_folder, row.id, FolderChoice(version=row.version, synced=bool(event.value)))
            finally:
                self.take(await live.read_together(*self.questions()))
                self.folders.refresh()

    @ui.refreshable_method
    def senders(self) -> None:
        """What holds for single senders."""
        said = {Verdict.ALWAYS: (_("Always shown"), "ok"), Verdict.NEVER: (_("Never shown"), "neutral")}
        if not self.rules:
            empty_line(_("No rule yet. On the mail page, “More” over a thread makes one for its sender."))
            return
        with block("mc-group"):
            for rule in self.rules:
                with block("mc-conn-cal mc-mail-folder"):
                    attributes(text(rule.address, "mc-truncate mc-grow"), title=rule.address)
                    words, kind = said.get(rule.verdict, (_("Met before"), "neutral"))
                    pill(words, kind)  # type: ignore[arg-type]  # one of the kinds above
                    icon_button("x", _("Remove the rule for %s") % rule.address, on_click=partial(self._remove, rule), height=28)

    async def _remove(self, rule: RuleView) -> None:
        with telling():
            await live.change(mail.remove_rule, rule.id)
            feedback.toast(_("Removed"), undo=partial(self._keep_again, rule))
            await self._look_again()

    async def _look_again(self) -> None:
        self.take(await live.read_together(*self.questions()))
        self.senders.refresh()

    async def _keep_again(self, rule: RuleView) -> None:
        with telling():
            await self._keep(rule.address, rule.verdict.value)

    async def _keep(self, address: str, verdict: str) -> None:
        await live.change(mail.set_rule, address, verdict)
        await self._look_again()


def _decision(glyph: str, title: str, spoken: str, options: Words, value: str, decide: Callable[[str], Awaitable[Any]]) -> None:
    with group_row(glyph, title, options[value][1]) as row:
        chosen = select_field(spoken, {key: words[0] for key, words in options.items()}, value)
        row.end.classes("mc-mail-decision")
    chosen.on_value_change(lambda event: decide(str(event.value)))
