"""Sending through one SMTP account, the host's or a person's own, over the outbound gate.

smtplib speaks the protocol; it never opens a connection here. Before the mail itself is handed over everything can be
tried again; between its last line and the server's answer a broken connection leaves nobody knowing.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.headerregistry import Address
from typing import Any, Literal

from pydantic import SecretStr

from crm_app.domain.i18n import _
from crm_app.domain.outbox.sending import MailProblem, MailPutOff, MailRefused, MailUncertain, OutgoingMail
from crm_app.domain.rows import now
from crm_app.infrastructure.outbound import STEP_SECONDS, Budget, Gate, NotTrusted, OutboundError, Refused, Service
from crm_app.providers.smtp.answers import judged
from crm_app.providers.smtp.message import compose

SECONDS = 60.0
SLOWEST = 100_000
"""Bytes a second that a mail is given the time for, whatever is attached to it."""
PIECE = 65_536
PATIENCE = 120.0
"""A server may look through a mail for long before it answers for it, and not to hear it would leave nobody knowing."""


@dataclass(frozen=True, slots=True)
class SmtpAccount:
    """Where mail leaves from. ``tls`` is encrypted from the start (465), ``starttls`` must become so (587), ``none`` is for a server on this machine.

    ``own``: it is a person's, who must mend it themselves; else whoever runs this server.
    """

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    sender: Address
    user: str = ""
    password: SecretStr = field(default_factory=lambda: SecretStr(""))
    own: bool = False


class SmtpSender:
    """Each mail goes over a connection of its own: few are sent, and none must wait for another."""

    def __init__(self, account: SmtpAccount, gate: Gate) -> None:
        self._account, self._gate = account, gate

    def send(self, mail: OutgoingMail, hand_over: Callable[[], None]) -> None:
        """Return once the server has taken the mail. Raises ``MailPutOff``, ``MailRefused`` or ``MailUncertain``."""
        content = compose(mail, self._account.sender, now())
        with self._signed_in() as server:
            with _before_hand_over(own=self._account.own):
                size = server.announced(len(content))
                _welcome(server.mail(mail.head.sender.address if mail.head else self._account.sender.addr_spec, size), own=self._account.own)
                for one in mail.people:
                    _expect_for(one.address if len(mail.people) > 1 else "", server.rcpt(one.address))
                hand_over()
                _expect(server.docmd("DATA"), 354)
                server.send_all(_dotted(content))  # without its last line it is no mail yet, whatever breaks
            with _after_hand_over():
                server.be_patient()
                server.send(b".\r\n")
                answer = server.getreply()
            _settled(answer)
            with suppress(smtplib.SMTPException, OutboundError, OSError):
                server.docmd("QUIT")

    def check(self) -> None:
        """Reach the server and sign in."""
        with self._signed_in() as server, _before_hand_over(own=self._account.own):
            _expect(server.noop(), 250)

    @contextmanager
    def _signed_in(self) -> Iterator[_GatedSmtp]:
        account = self._account
        server = _GatedSmtp(self._gate, account)
        try:
            try:
                with _before_hand_over(own=account.own):
                    _expect(server.connect(account.host, account.port), 220)
                    server.ehlo_or_helo_if_needed()
                    if account.security == "starttls":
                        server.secure()
                    if account.user:
                        server.login(account.user, account.password.get_secret_value())
            except MailRefused as refusal:  # of us, not of the mail
                if account.own:
                    raise
                raise MailPutOff(_("The mail server does not take mail from us now.")) from refusal
            yield server
        finally:
            with suppress(smtplib.SMTPException, OSError):
                server.close()


class _GatedSmtp(smtplib.SMTP):
    """smtplib's protocol on a socket of the gate."""

    def __init__(self, gate: Gate, account: SmtpAccount) -> None:
        super().__init__(local_hostname=account.sender.domain or "localhost")  # else it would look up this machine's own name
        self._gate, self._account, self._budget, self._step = gate, account, Budget(SECONDS), STEP_SECONDS

    def announced(self, size: int) -> list[str]:
        """How large the mail is, for a server that wants to know (RFC 1870). Raises ``MailRefused`` where it says that it takes none so large."""
        most = self.esmtp_features.get("size", "").strip()
        if most.isdecimal() and 0 < int(most) < size:
            raise MailRefused(_("This mail is larger than its mail server takes: that is %d MB, packed for its way.") % (int(most) // 1_000_000))
        return [f"size={size}"] if self.has_extn("size") else []

    def send_all(self, content: bytes) -> None:
        """The mail itself, piece by piece: a line that is slow has its time, one that stands still has not."""
        self._budget = Budget(SECONDS + len(content) / SLOWEST)
        for begin in range(0, len(content), PIECE):
            assert self.sock is not None
            self.sock.settimeout(self._budget.step(self._step))
            self.send(content[begin : begin + PIECE])

    def be_patient(self) -> None:
        """From here on the server may take its time."""
        self._budget, self._step = Budget(PATIENCE), PATIENCE

    def getreply(self) -> tuple[int, bytes]:
        """What the server says, in the time that is left for everything."""
        assert self.sock is not None
        self.sock.settimeout(self._budget.step(self._step))
        return super().getreply()

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        opener = self._gate.open_tls if self._account.security == "tls" else self._gate.open
        return opener(Service.SMTP, host, port, self._budget)

    def secure(self) -> None:
        """STARTTLS, or nothing at all: a server that does not offer it is not spoken to in the clear."""
        if not self.has_extn("starttls"):
            raise NotTrusted("the server offers no encryption")
        _expect(self.docmd("STARTTLS"), 220)
        assert self.sock is not None
        self.sock = self._gate.wrap(self.sock, self._account.host, self._budget)
        # What was said in the clear is forgotten, as RFC 3207 wants it.
        self.file, self.helo_resp, self.ehlo_resp, self.esmtp_features, self.does_esmtp = None, None, None, {}, False
        self.ehlo_or_helo_if_needed()


def _expect(answer: tuple[int, bytes], *good: int) -> None:
    code, words = answer
    if code not in good:
        raise judged(code, words)


def _expect_for(address: str, answer: tuple[int, bytes]) -> None:
    """Of several it is said who is refused: a letter goes to all or to nobody."""
    try:
        _expect(answer, 250, 251)
    except MailProblem as problem:
        raise type(problem)(f"{address}: {problem.reason}" if address else problem.reason) from problem


def _welcome(answer: tuple[int, bytes], *, own: bool) -> None:
    """Whoever may not send from our address is us: nothing is wrong with the mail, nor with whom it is for."""
    if 500 <= answer[0] < 600 and own:
        raise MailRefused(_("The mail server does not let you send from this address. Look at how the mailbox sends."))
    if 500 <= answer[0] < 600:
        raise MailPutOff(_("The mail server takes no mail from our address. Whoever runs this server must look at SMTP_FROM and SMTP_USER."))
    _expect(answer, 250)


def _settled(answer: tuple[int, bytes]) -> None:
    """Taken or refused; an answer that says neither leaves nobody knowing."""
    code, words = answer
    if 400 <= code < 600:
        raise judged(code, words)
    if code != 250:
        raise MailUncertain(_("Nobody knows whether this mail arrived: what the mail server answered makes no sense."))


def _dotted(content: bytes) -> bytes:
    """The lines of a mail, none of which ends it: that is the lone dot's to do."""
    lines = content.split(b"\r\n")
    whole = b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines)
    return whole if whole.endswith(b"\r\n") else whole + b"\r\n"


@contextmanager
def _before_hand_over(*, own: bool) -> Iterator[None]:
    """Whatever breaks here, the mail was surely not taken."""
    try:
        yield
    except MailProblem:
        raise
    except smtplib.SMTPAuthenticationError as refusal:
        if own:
            raise (MailRefused if 500 <= refusal.smtp_code < 600 else MailPutOff)(_("The mail server refused the sign-in of this mailbox.")) from refusal
        raise MailPutOff(_("The mail server refused the sign-in. Whoever runs this server must look at SMTP_USER and SMTP_PASSWORD.")) from refusal
    except smtplib.SMTPNotSupportedError as lack:
        if own:
            raise MailRefused(_("The mail server offers no sign-in that this mailbox can use.")) from lack
        raise MailPutOff(_("The mail server does not offer what SMTP_USER or SMTP_SECURITY asks for.")) from lack
    except smtplib.SMTPResponseException as refusal:
        raise judged(refusal.smtp_code, _bytes(refusal.smtp_error)) from refusal
    except Refused as refusal:
        if own:
            raise MailRefused(_("The mail server's address may not be connected to from here.")) from refusal
        raise MailPutOff(_("The mail server's address may not be connected to. Whoever runs this server must look at SMTP_HOST and SMTP_PORT.")) from refusal
    except (NotTrusted, ssl.SSLError) as doubt:
        raise MailPutOff(_("The mail server could not prove who it is, so nothing was sent to it.")) from doubt
    except (OutboundError, smtplib.SMTPException, OSError) as failure:
        raise MailPutOff(_("The mail server did not answer.")) from failure


@contextmanager
def _after_hand_over() -> Iterator[None]:
    """Whatever breaks here, nobody knows whether the mail was taken."""
    try:
        yield
    except (OutboundError, smtplib.SMTPException, OSError) as doubt:
        raise MailUncertain(_("Nobody knows whether this mail arrived: the connection broke off before the mail server answered.")) from doubt


def _bytes(words: Any) -> bytes:
    return words if isinstance(words, bytes) else str(words).encode("utf-8", "replace")
