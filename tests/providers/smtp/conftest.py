"""A real mail server on this machine, whose mailboxes answer as their names say."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pydantic import SecretStr

from crm_app.domain.outbox.sending import OutgoingMail
from crm_app.infrastructure.outbound_addresses import Allowance
from crm_app.providers.smtp import SmtpAccount, SmtpSender
from tests.infrastructure.outbound.conftest import Authority, World, authority, world

__all__ = ["authority", "world"]

US = Address("Stillwater", "crm", "stillwater.example")
NAME = "mail.example"
INNER = "127.0.0.1"


def mail(to: str = "ana@example.org", **fields: str) -> OutgoingMail:
    values = {"to_name": "Ana Lučić", "subject": "Your day", "text": "Hello Ana.\n", "html": "<p>Hello Ana.</p>", "message_id": "<7@stillwater.example>"}
    return OutgoingMail(to, **{**values, **fields})


def read(content: bytes) -> EmailMessage:
    return BytesParser(policy=default).parsebytes(content)


@dataclass
class Mailboxes:
    """What arrived, and every line that was said to the server. ``words`` replaces what it answers to a verb."""

    arrived: list[Envelope] = field(default_factory=list)
    said: list[bytes] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        answer = self.words.get("MAIL", "250 OK")
        if answer.startswith("250"):
            envelope.mail_from = address
        return answer

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        answer = {"bounce": "550 5.1.1 no such user", "full": "552 5.2.2 over quota", "busy": "451 4.7.1 greylisted"}.get(address.partition("@")[0], "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.words.get("RCPT", answer)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if envelope.rcpt_tos[0].startswith("silent"):
            server.transport.abort()
        else:
            self.arrived.append(envelope)
        return self.words.get("DATA", "250 OK")


class Listening(SMTP):
    """Writes down what is said to it. Signing in under TLS alone is what it is asked for; ``under_tls`` it is from the first byte, of which the library knows nothing."""

    def __init__(self, handler: Mailboxes, *, under_tls: bool = False, **options: Any) -> None:
        super().__init__(handler, **options)
        self._auth_require_tls = not under_tls

    def data_received(self, data: bytes) -> None:
        self.event_handler.said.append(data)
        super().data_received(data)


class Server(Controller):
    def __init__(self, boxes: Mailboxes, **options: Any) -> None:
        self.options = options
        super().__init__(boxes, hostname=INNER, port=0, ssl_context=options.pop("ssl_context", None))

    def factory(self) -> SMTP:
        return Listening(self.handler, **self.options)

    @property
    def real_port(self) -> int:
        return self.server.sockets[0].getsockname()[1]

    def _trigger_server(self) -> None:
        # Port 0 means any; the controller would knock at port 0.
        socket.create_connection((INNER, self.real_port), 5).close()


def authenticator(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    return AuthResult(success=isinstance(data, LoginPassword) and (data.login, data.password) == (b"crm", b"gehe1m"), handled=False)


Serve = Callable[..., tuple[SmtpSender, Mailboxes]]


@pytest.fixture
def serve(world: World, authority: Authority) -> Iterator[Serve]:
    """``serve(security)``: a server that wants this, and a sender that knows of it. ``offers`` is what it wants instead, ``most`` how large a mail it takes."""
    running: list[Server] = []

    def begin(security: str = "none", *, offers: str = "", certificate: str = NAME, user: str = "", password: str = "", most: int = 0) -> tuple[SmtpSender, Mailboxes]:
        boxes, options = Mailboxes(), {"data_size_limit": most} if most else {}
        context: ssl.SSLContext = authority.context(certificate)
        if user:
            options |= {"authenticator": authenticator, "auth_required": True, "under_tls": security == "tls"}
        if (offers or security) == "starttls":
            options |= {"tls_context": context, "require_starttls": True}
        if (offers or security) == "tls":
            options |= {"ssl_context": context}
        server = Server(boxes, **options)
        server.start()
        running.append(server)
        port = {"none": 25, "starttls": 587, "tls": 465}[security]
        world.routes["93.184.215.14", port] = server.real_port
        gate = world.gate(Allowance(NAME, port), authorities=authority.file)
        return SmtpSender(SmtpAccount(NAME, port, security, US, user, SecretStr(password)), gate), boxes  # type: ignore[arg-type]

    yield begin
    for server in running:
        server.stop(no_assert=True)
