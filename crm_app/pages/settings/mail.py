"""The mail of this server, for those who manage the team: whether it works, and what did not arrive for certain."""

from __future__ import annotations

from nicegui import ui

from crm_app.components import feedback, live, times, words
from crm_app.components.dialog import confirm
from crm_app.components.elements import button, pill, section
from crm_app.components.guard import telling
from crm_app.components.page_parts import empty_line, group_row
from crm_app.components.text import attributes, block, text
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.outbox import service as outbox
from crm_app.domain.outbox.models import MailState
from crm_app.domain.outbox.schemas import MailPage, TestView, TroubleView

LOOK_SECONDS = 2.0
ON_ITS_WAY = (MailState.QUEUED, MailState.SENDING)


async def mail_part() -> None:
    """Load, lay out, wire."""
    part = MailPart(await live.read(outbox.load_mail_page))
    part.state()
    part.troubles()
    ui.timer(LOOK_SECONDS, part.look)


class MailPart:
    """The part, and what redraws it. While something is on its way it looks again by itself."""

    def __init__(self, view: MailPage) -> None:
        self.view = view

    async def refresh(self) -> None:
        """Ask again, and draw again what has changed."""
        with telling():
            before, self.view = self.view, await live.read(outbox.load_mail_page)
            if (before.test, before.waiting) != (self.view.test, self.view.waiting):
                self.state.refresh()
            if before.troubles != self.view.troubles:
                self.troubles.refresh()

    async def look(self) -> None:
        """See whether what was on its way has arrived."""
        if self.view.waiting or (self.view.test and self.view.test.state in ON_ITS_WAY):
            await self.refresh()

    @ui.refreshable_method
    def state(self) -> None:
        """From where mail leaves, and a way to try it."""
        with block("mc-group"):
            if not self.view.address:
                said = _("Links are shown to copy instead. Whoever runs this server can set SMTP_HOST; the page on hosting tells how.")
                with group_row("mail", _("This server sends no mail"), said):
                    return
            with group_row("mail", self.view.address, _("Mail leaves from this address")):
                if self.view.waiting:
                    pill(ngettext("%d on its way", "%d on their way", self.view.waiting) % self.view.waiting, "accent")
            with group_row("send", _("Try it out"), self._test_words()):
                button(_("Send me a test mail"), height=28, on_click=self.send_test)

    def _test_words(self) -> str:
        test = self.view.test
        return test_words(test) if test else _("Goes to your own address")

    @ui.refreshable_method
    def troubles(self) -> None:
        """What did not arrive for certain, each with what can be done."""
        with section(_("Did not arrive for certain"), count=words.number(len(self.view.troubles)) if self.view.troubles else ""):
            pass
        if not self.view.troubles:
            empty_line(_("Nothing. The mail server took everything that was sent."))
            return
        with block("mc-group"):
            for trouble in self.view.troubles:
                self._trouble(trouble)

    def _trouble(self, trouble: TroubleView) -> None:
        with block("mc-group-row"), block("mc-grow mc-col mc-gap-8"):
            with block():
                title = _("%(what)s to %(address)s") % {"what": kind_words(trouble.kind), "address": trouble.to_address}
                attributes(text(title, "mc-strong mc-truncate", tag="p"), title=title)
                text(trouble.reason, "mc-ink-2", tag="p")
                with block("mc-row mc-wrap mc-gap-4 mc-cap", tag="p"):
                    text(_("for %s ·") % trouble.owner_name)
                    times.moment(trouble.created_at, live.viewer())
            with block("mc-row mc-gap-8"):
                if trouble.can_resend:
                    button(_("Send again"), height=28, on_click=lambda: self.send_again(trouble))
                button(_("Leave it"), kind="ghost", height=28, on_click=lambda: self.forget(trouble))

    async def send_test(self) -> None:
        """Send oneself a test; what becomes of it is told in the row."""
        with telling():
            await live.change(outbox.send_test_mail)
            await self.refresh()

    async def send_again(self, trouble: TroubleView) -> None:
        """Send it once more; when nobody knows whether it arrived, only after asking."""
        with telling():
            if trouble.state is MailState.UNKNOWN:
                said = _("Nobody knows whether it arrived. If it did, it will be there twice.")
                if not await confirm(_("Send it again?"), said, act=_("Send again")):
                    return
            await live.change(outbox.send_again, trouble.id)
            feedback.toast(_("It is on its way again"))
            await self.refresh()

    async def forget(self, trouble: TroubleView) -> None:
        """Take it off the list."""
        with telling():
            await live.change(outbox.forget_mail, trouble.id)
            await self.refresh()


def test_words(test: TestView) -> str:
    """What became of the latest test."""
    viewer = live.viewer()
    if test.state is MailState.SENT and test.sent_at:
        said = {"when": times.clock(test.sent_at, viewer), "day": times.day_words(test.sent_at.astimezone(viewer.zone).date(), viewer), "address": test.to_address}
        return _("Taken by the mail server: %(day)s, %(when)s. Look into %(address)s, and into its spam.") % said
    if test.state in ON_ITS_WAY:
        return f"{_('On its way…')} {test.reason}".strip()
    return test.reason


def kind_words(kind: str) -> str:
    """What a mail is called."""
    known = {"digest": _("Daily mail"), "invitation": _("Invitation"), "reset": _("Link for a new password"), "test": _("Test mail")}
    return known.get(kind, _("Mail"))
