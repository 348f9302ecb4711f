"""The fields of a letter: by which mailbox it leaves and to whom, its subject, its text, and what it quotes."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from nicegui import ui

from crm_app.components import feedback
from crm_app.components.address_field import AddressField
from crm_app.components.elements import banner, button, icon_button
from crm_app.components.fields import select_field, text_area, text_field
from crm_app.components.mail_frame import MailFrame
from crm_app.components.text import block, text
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _
from crm_app.domain.letters import looks, signatures
from crm_app.domain.letters.schemas import SenderView, TemplateFilled
from crm_app.pages.letter_choices import find_addressees
from crm_app.pages.letter_keeping import MOST, LetterKeeping

# Who comes into the text for the first time writes over the signature, where there is room, and not after it.
_OVER_SIGNATURE = """(event) => {
  const area = event.target, at = area.value.search(/\\n\\n-- \\n/);
  if (at < 0 || area.dataset.begun) return;
  area.dataset.begun = "yes";
  area.setSelectionRange(at, at);
  area.scrollTop = 0;
}"""


class LetterForm:
    """What is typed goes into ``letter`` at once. ``senders`` are the mailboxes that send."""

    def __init__(self, letter: LetterKeeping, senders: Sequence[SenderView]) -> None:
        self._letter, self._senders, self._values = letter, senders, letter.values
        self._trouble = ("", "")
        with block("mc-letter-form"):
            self._draw_trouble()
            self._from()
            self.to = AddressField(_("To"), self._values["recipients"], find_addressees, self.read)
            with block("mc-letter-copies") as self._copies_place:
                self._cc = AddressField(_("Cc"), self._values["copies"], find_addressees, self.read)
                self._bcc = AddressField(_("Bcc (the others do not see them)"), self._values["blind"], find_addressees, self.read)
            if not self._values["copies"] and not self._values["blind"]:
                self._copies_place.set_visibility(False)
                self._show_cc = button(_("Cc, Bcc"), kind="ghost", height=24, on_click=self._show_copies).classes("mc-letter-cc")
            self._subject = text_field(_("Subject"), self._values["subject"], on_change=self.read).props(f"maxlength={MOST['subject']}")
            with block() as self._writing:
                words = text_area(_("Text"), signatures.opened(self._values["body"]), on_change=self.read)
                self._words = words.props(f"input-class=mc-letter-words autofocus maxlength={MOST['body']}")
                self._words.on("focus", js_handler=_OVER_SIGNATURE)
            self._looks()
            self._quote()

    def read(self, *_event: object) -> None:
        """Take over what stands in the fields."""
        if not hasattr(self, "_words"):
            return
        for element in (self._subject, self._words):
            element.error = None
        self._letter.type(recipients=self.to.line, copies=self._cc.line, blind=self._bcc.line, subject=self._subject.value or "", body=self._words.value or "")
        if self._sender is not None and self._sender.value and self._values["connection_id"] != UUID(self._sender.value):
            before, self._values["connection_id"] = self._signature, UUID(self._sender.value)
            self._words.set_value(signatures.exchanged(self._words.value or "", before, self._signature, self._letter.signature))
            self._resting.refresh()
            self._looks.refresh()

    def say(self, error: Invalid) -> None:
        """What keeps it here, where it stands."""
        fields = dict(error.fields)
        self._write_on()
        self.to.say(fields.pop("recipients", None))
        for field, said in ((self._cc, fields.pop("copies", None)), (self._bcc, fields.pop("blind", None))):
            if said:
                self._copies_place.set_visibility(True)
                field.say(said)
        self._subject.error, self._words.error = fields.pop("subject", None), fields.pop("body", None)
        if fields or not error.fields:
            feedback.toast(" ".join(fields.values()) or error.message, kind="bad")

    def fill_in(self, found: TemplateFilled) -> None:
        """Take a template's words over, above the signature; what is missing is said, and keeps it from being sent."""
        self._write_on()
        rest, stood = signatures.parted(self._words.value or "", self._signature, self._letter.signature)
        words = f"{rest.strip()}\n\n{found.body}" if rest.strip() else found.body
        self._words.set_value(signatures.under(words, stood))
        if not (self._subject.value or "").strip():
            self._subject.set_value(found.subject)
        if found.missing:
            self._words.error = _("Fill this in first, or take it out: %s") % ", ".join(found.missing)

    def tell(self, cause: str, consequence: str = "") -> None:
        """Why what is written is not kept, or not where it was: at the top, for as long as it holds."""
        if (cause, consequence) != self._trouble:
            self._trouble = (cause, consequence)
            self._draw_trouble.refresh()

    @ui.refreshable_method
    def _draw_trouble(self) -> None:
        if self._trouble[0]:
            with banner(*self._trouble, kind="bad"):
                pass

    @property
    def _chosen(self) -> SenderView | None:
        return next((one for one in self._senders if one.connection_id == self._values["connection_id"]), None)

    @property
    def _signature(self) -> str:
        return self._chosen.signature if self._chosen else ""

    def _from(self) -> None:
        known = {str(one.connection_id): f"{one.name} <{one.address}>" if one.name else one.address for one in self._senders}
        self._sender = None
        if len(known) > 1:
            self._sender = select_field(_("From"), known, str(self._values["connection_id"]), on_change=self.read)
        self._resting()

    @ui.refreshable_method
    def _resting(self) -> None:
        """Why the chosen mailbox sends nothing just now."""
        if said := self._chosen.resting if self._chosen else _("No mailbox of yours sends."):
            with banner(said, _("What you write is kept."), kind="warn"):
                pass

    @ui.refreshable_method
    def _looks(self) -> None:
        """How the words look where they arrive, in place of them while that is looked at."""
        if not self._writing.visible:
            with block("mc-letter-look"):
                MailFrame(looks.as_html(self._values["body"]), _("What they will see"))
        with block("mc-row mc-gap-8"):
            text(_("**bold**, *italic*, lines with - or 1. and links look like that."), "mc-cap mc-grow")
            button(_("What they will see") if self._writing.visible else _("Write on"), kind="ghost", height=28, on_click=self._turn)

    def _write_on(self) -> None:
        if not self._writing.visible:
            self._turn()

    def _turn(self) -> None:
        self._writing.set_visibility(not self._writing.visible)
        self._looks.refresh()

    @ui.refreshable_method
    def _quote(self) -> None:
        """What it answers, folded beneath."""
        if not self._values["quoted"]:
            return
        with block("mc-row mc-row-top mc-gap-8"):
            with block("mc-mail-quoted mc-grow", tag="details"):
                text(_("Quoted text"), "mc-cap", tag="summary")
                text(self._values["quoted"], "mc-read mc-mail-text mc-letter-quote")
            icon_button("x", _("Leave out the quoted text"), on_click=self._drop_quote, height=28)

    def _drop_quote(self) -> None:
        self._values["quoted"] = ""
        self._quote.refresh()

    def _show_copies(self) -> None:
        self._copies_place.set_visibility(True)
        self._show_cc.set_visibility(False)
        self._cc.input.run_method("focus")
