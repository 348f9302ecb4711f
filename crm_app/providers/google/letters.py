"""Sending through an account at Gmail, over its REST interface (``users.messages.send``): what is sent lies among what it sent by itself.

Before the mail itself is handed over everything can be tried again. From then on an answer that never came, or that says of an error over
there, leaves nobody knowing, unless the mail is found in the mailbox.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from email.headerregistry import Address
from typing import Any, Final
from urllib.parse import urlsplit

from crm_app.domain.connections.source import NotACalendar, SignInNeeded, SourceError, SourceUntrusted
from crm_app.domain.errors import NotFound
from crm_app.domain.i18n import _
from crm_app.domain.mail.identity import REPLY
from crm_app.domain.outbox.sending import MailProblem, MailPutOff, MailRefused, MailUncertain, OutgoingMail
from crm_app.domain.rows import now
from crm_app.infrastructure.outbound import Gate
from crm_app.infrastructure.outbound_http import Caller
from crm_app.providers.google.endpoints import GOOGLE, Endpoints
from crm_app.providers.google.mailbox import A_MINUTE
from crm_app.providers.google.speaking import BUSY, OFF, SCOPE, Access, Asks, Pace, Voice, pace_of, reasons_of, said_by
from crm_app.providers.smtp.message import compose

SECONDS: Final = 45.0
"""For each question: all of them together take less than the lease of a mail."""
SLOWEST: Final = 100_000
"""Bytes a second that the mail itself is given the time for, whatever is attached to it."""
_ID = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`~@-]{1,400}")
"""A message id without its brackets that Gmail can be asked for: nothing in it means anything to its search."""
_REF = re.compile(r"[0-7]?[0-9a-f]{1,15}")


class GmailSender:
    """See ``MailSender``. Each mail is sent over a connection of its own."""

    def __init__(self, account: str, access: Access, caller: Callable[[float], Asks], endpoints: Endpoints = GOOGLE, pace: Pace | None = None) -> None:
        self._account, self._access, self._caller, self._at, self._pace = account, access, caller, endpoints, pace or Pace(A_MINUTE)

    def send(self, mail: OutgoingMail, hand_over: Callable[[], None]) -> str:
        """See ``MailSender``. One that lies in the mailbox already, by its Message-ID, is not sent again."""
        content = compose(mail, Address(addr_spec=self._account), now(), own=True)  # Gmail sends it to whom its head names, and takes the blind ones out
        with closing(self._voice()) as voice:
            with _before():
                known = _found(voice, mail.message_id.strip("<>"))
                thread = "" if known else _thread_of(voice, mail)
            hand_over()
            return str(known["id"]) if known else self._handed(voice, mail, content, thread)

    def check(self) -> None:
        """Whether the account lets us in."""
        with closing(self._voice()) as voice, _before():
            voice.get("profile", fields="emailAddress")

    def _voice(self, seconds: float = SECONDS) -> Voice:
        return Voice(self._at.mail, self._access, self._caller(seconds), self._pace, of="Gmail API")

    def _handed(self, voice: Voice, mail: OutgoingMail, content: bytes, thread: str) -> str:
        kind, body = _packed(content, thread)
        try:
            with closing(self._voice(SECONDS + len(body) / SLOWEST)) as patient:
                answer = patient.tell("POST", _upload(self._at.mail), body, {"content-type": kind})
        except (SourceUntrusted, SignInNeeded) as refusal:  # nothing of it has been read
            raise MailPutOff(refusal.reason) from refusal
        except SourceError:
            return _doubted(voice, mail)
        said = said_by(answer) or {}
        if answer.status == 200 and _REF.fullmatch(str(said.get("id"))):
            return str(said["id"])
        if answer.status == 200 or answer.status == 408 or answer.status >= 500:
            return _doubted(voice, mail)
        raise _refusal(answer.status, reasons_of(said))


@contextmanager
def _before() -> Iterator[None]:
    """As long as nothing has been handed over: everything can be tried again, but for a mailbox that is gone."""
    try:
        yield
    except NotFound:
        raise MailRefused(_("The mailbox that it was to leave by is not connected any more, or does not send.")) from None
    except NotACalendar as answer:
        raise MailPutOff(_("Google did not answer as it should.")) from answer
    except SourceError as failure:
        raise MailPutOff(failure.reason) from failure


def _found(voice: Voice, message_id: str) -> Mapping[str, Any] | None:
    """The message of this id in the mailbox, by its own id and its thread's; None where there is none, or Gmail cannot be asked for it."""
    if not _ID.fullmatch(message_id):
        return None
    said = voice.get("messages", q=f"rfc822msgid:{message_id}", maxResults=1, fields="messages(id,threadId)")
    found = said.get("messages") if said else None
    one = found[0] if isinstance(found, list) and found else None
    return one if isinstance(one, dict) and _REF.fullmatch(str(one.get("id"))) else None


def _thread_of(voice: Voice, mail: OutgoingMail) -> str:
    """The thread of what it answers; empty where that is not there, or goes by another subject, which Gmail would not have."""
    answered = _found(voice, mail.head.references[-1]) if mail.head and mail.head.references else None
    if answered is None:
        return ""
    said = voice.get(f"messages/{answered['id']}", format="metadata", metadataHeaders="subject", fields="payload/headers") or {}
    headers = (said.get("payload") or {}).get("headers") or [{}]
    return str(answered.get("threadId") or "") if _plain(str(headers[0].get("value") or "")) == _plain(mail.subject) else ""


def _plain(subject: str) -> str:
    return " ".join(REPLY.sub("", subject).split())


def _upload(home: str) -> str:
    """Where a message is handed over as it is."""
    parts = urlsplit(home)
    return f"{parts.scheme}://{parts.netloc}/upload{parts.path}/messages/send?uploadType=multipart"


def _packed(content: bytes, thread: str) -> tuple[str, bytes]:
    """The kind and the bytes of what is handed over: in which thread it belongs, and the message as it is."""
    mark = secrets.token_hex(16)
    told = json.dumps({"threadId": thread} if thread else {}).encode()
    parts = [b"Content-Type: application/json; charset=UTF-8\r\n\r\n" + told, b"Content-Type: message/rfc822\r\n\r\n" + content]
    whole = b"".join(b"--%s\r\n%s\r\n" % (mark.encode(), part) for part in parts)
    return f"multipart/related; boundary={mark}", whole + b"--%s--\r\n" % mark.encode()


def _doubted(voice: Voice, mail: OutgoingMail) -> str:
    """By what it is known over there, if it is there after all. Not to find it proves nothing: Gmail may have given it an id of its own."""
    try:
        known = _found(voice, mail.message_id.strip("<>"))
    except (SourceError, NotFound):
        known = None
    if known is None:
        raise MailUncertain(_("Nobody knows whether this mail arrived: Google did not say whether it took it."))
    return str(known["id"])


def _refusal(status: int, reasons: set[str]) -> MailProblem:
    """What it means that Gmail surely did not take it. Google's own words are never shown."""
    if status == 429 or (status == 403 and reasons & BUSY):
        return MailPutOff(_("Gmail takes no more mail from this account for now."))
    if status == 403 and reasons & OFF:
        return MailPutOff(_("The %s is not switched on for the practice's client. Whoever manages the team switches it on at Google (step 2).") % "Gmail API")
    if status == 403 and reasons & SCOPE:
        return MailRefused(_("Google does not let us send from this account. Allow it in Settings, Connections, and tick the box for it."))
    known: dict[int, MailProblem] = {
        400: MailRefused(_("Gmail does not take this mail as it is. Check the addresses.")),
        401: MailPutOff(_("Google no longer accepts this sign-in. Sign in with Google again.")),
        403: MailRefused(_("Google does not let this account send mail.")), 413: MailRefused(_("This mail is larger than Gmail takes.")),
    }  # fmt: skip
    return known.get(status, MailPutOff(_("Google did not answer as it should.")))


def make_gmail_sender(access: Access, account: str, gate: Gate, endpoints: Endpoints = GOOGLE) -> GmailSender:
    """By which an account at Gmail sends, as its own address; ``access`` hands out tokens for it."""
    return GmailSender(account, access, lambda seconds: Caller(gate, seconds=seconds), endpoints, pace_of(account, A_MINUTE))

