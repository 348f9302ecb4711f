"""A sender that keeps what it is given: for tests and for a demo without a network. It behaves like the real one, refusals included."""

from __future__ import annotations

from collections.abc import Callable
from email.headerregistry import Address

from crm_app.domain.outbox.sending import MailPutOff, MailUncertain, OutgoingMail
from crm_app.domain.rows import now
from crm_app.providers.smtp.answers import judged
from crm_app.providers.smtp.message import compose


class FakeSender:
    """``sent`` holds what was taken. An address that begins with ``bounce``, ``full``, ``busy``, ``silent`` or ``away`` is answered so."""

    def __init__(self, sender: Address | None = None) -> None:
        self.sent: list[bytes] = []
        self._sender = sender or Address("MindfulCRM", "crm", "stillwater.example")

    def send(self, mail: OutgoingMail, hand_over: Callable[[], None]) -> None:
        """Take the mail, or answer as its address asks for."""
        content = compose(mail, self._sender, now())
        asked = {one.address.partition("@")[0] for one in mail.people}
        if "away" in asked:
            raise MailPutOff("The mail server did not answer.")
        answers = {"bounce": (550, b"5.1.1 no such user"), "full": (552, b"5.2.2 over quota"), "busy": (451, b"4.7.1 greylisted")}
        for how in asked & answers.keys():
            raise judged(*answers[how])
        hand_over()
        if "silent" in asked:
            raise MailUncertain("Nobody knows whether this mail arrived: the connection broke off before the mail server answered.")
        self.sent.append(content)

    def check(self) -> None:
        """Always there."""
