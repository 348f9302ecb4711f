"""The same process as ``sync_process``, for a mailbox at Gmail."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from pydantic import SecretStr

from crm_app.domain.connections.models import ConnectionKind
from crm_app.domain.google.authority import MAIL
from crm_app.infrastructure.outbound_http import Fetched
from crm_app.jobs.sources import bind_sources
from crm_app.providers.google import GOOGLE, GmailSource, mailbox
from crm_app.providers.google.fake import _Grant
from crm_app.providers.google.fake_mail import FakeGmail
from tests.jobs.mail_account import ANN, ME, mail
from tests.jobs.sync_process import main
from tests.providers.google.conftest import Unhurried

MAILS, PAGE = 9, 2
LABELS = (("INBOX", "UNREAD"), ("SENT",), ("Label_1",), ())


class Gmail(FakeGmail):
    """``before(step)`` is called before each answer and may die."""

    before: Callable[[str], None] = staticmethod(lambda step: None)

    def bind(self) -> Gmail:
        """Have mailboxes at Gmail read from here."""
        self._access["ya29.x"] = _Grant("client", self.email, [MAIL], "", "")
        bind_sources({ConnectionKind.GMAIL: lambda _url, _name, _tokens, _gate: GmailSource(lambda refused: SecretStr("ya29.x"), self, GOOGLE, Unhurried())})
        return self

    def ask(self, url: str, **how: Any) -> Fetched:
        self.before(url)
        return super().ask(url, **how)


def account(changes: int) -> Gmail:
    """Mails in the inbox, sent, labelled and put away, one of them a newsletter; then, one by one, mails that come, go, are read and are moved."""
    made = Gmail(ME)
    made.labels = {"Label_1": "Clients"}
    refs = [made.letter(_mail(number), LABELS[number % 4]) for number in range(MAILS)]
    for number in range(changes):
        ref = refs[(number * 2) % len(refs)]
        if number % 4 == 0:
            refs.append(made.letter(_mail(MAILS + number), LABELS[number % 3]))
        elif number % 4 == 1:
            made.label(ref, add=["STARRED"], take=["UNREAD"])
        elif number % 4 == 2:
            made.label(ref, add=["Label_1"], take=["INBOX"])
        else:
            made.delete(refs.pop((number * 2) % len(refs)))
    return made


def _mail(number: int) -> bytes:
    if number == 4:
        return mail(number, sender="news@shop.example", to=ME, more=["List-Id: <x>"])
    return mail(number, sender=ME, to=ANN) if LABELS[number % 4] == ("SENT",) else mail(number, to=ME)


if __name__ == "__main__":
    mailbox.PAGE = PAGE  # not in account(): the tests call that too, and theirs stays as it is
    main(sys.argv[1], account)
