"""Where the composition root says who speaks to which kind of provider, and through which gate."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from email.headerregistry import Address
from functools import partial
from typing import Any, Literal, cast
from uuid import UUID

from pydantic import SecretStr

from crm_app.ai.bound import bind_gateway_lazily
from crm_app.ai.gateway import open_gateway
from crm_app.domain.actor import Actor
from crm_app.domain.addressbooks.source import BookSource
from crm_app.domain.ai.places import bind_places
from crm_app.domain.connections import rules
from crm_app.domain.connections.models import AT_GOOGLE, ConnectionKind
from crm_app.domain.connections.plans import Plan
from crm_app.domain.connections.source import CalendarSource, CalendarWriter, SignInNeeded, WriteRefused
from crm_app.domain.drives.source import DriveSource
from crm_app.domain.google.authority import Client, bind_google
from crm_app.domain.google.tokens import fresh_access
from crm_app.domain.i18n import _
from crm_app.domain.letters.routes import Route
from crm_app.domain.mail.models import GMAIL_SENDS
from crm_app.domain.mail.source import MailSource
from crm_app.domain.outbox.sending import MailSender
from crm_app.domain.unit_of_work import run_service
from crm_app.infrastructure.outbound import Gate
from crm_app.infrastructure.outbound_addresses import Allowance, read_allowances
from crm_app.providers.caldav import make_source as make_caldav
from crm_app.providers.carddav import make_source as make_carddav
from crm_app.providers.google import make_authority, make_drive, make_gmail, make_gmail_sender, make_people
from crm_app.providers.google import make_source as make_google
from crm_app.providers.ics import make_source as make_ics
from crm_app.providers.imap import make_source as make_imap
from crm_app.providers.invented import DRIVE_HOST, HOST, MAIL_HOST, InventedCalendars, InventedDrive, Memory, invented_mail
from crm_app.providers.smtp import FakeSender, SmtpAccount, SmtpSender
from crm_app.settings import Settings

Factory = Callable[[str, str, Any, Gate], Any]
"""Makes a ``CalendarSource``, a ``MailSource``, a ``BookSource`` or a ``DriveSource``.

Of an address, a user name, a password (of an account at Google its ``Tokens``) and a gate.
"""
SenderFactory = Callable[[SmtpAccount, Gate], MailSender]


class Tokens:
    """Hands out what opens an account at Google: a token for access that is good now, and is not the one that was refused."""

    def __init__(self, actor: Actor, connection_id: UUID) -> None:
        self._actor, self._connection_id = actor, connection_id

    def __call__(self, refused: str = "") -> SecretStr:
        """In a transaction of its own. Raises ``SourceError``, or ``NotFound`` when the connection was let go of."""
        return run_service(self._actor, fresh_access, self._connection_id, refused)


GmailSenderFactory = Callable[[Tokens, str, Gate], MailSender]


class _Binding:
    senders: SenderFactory = SmtpSender
    gmail: GmailSenderFactory = make_gmail_sender
    factories: Mapping[ConnectionKind, Factory] = {}
    allowed: Collection[Allowance] = frozenset()
    memory = Memory()


def bind_sources(factories: Mapping[ConnectionKind, Factory], allowed: Collection[Allowance] = frozenset()) -> None:
    """Have connections of these kinds read by these sources; ``allowed`` are the inner hosts and ports that the host has opened for all."""
    _Binding.factories, _Binding.allowed = dict(factories), frozenset(allowed)


def bind_senders(factory: SenderFactory = SmtpSender, gmail: GmailSenderFactory = make_gmail_sender) -> None:
    """Have the letters of mailboxes sent by what this makes, of those at Gmail by what ``gmail`` does."""
    _Binding.senders, _Binding.gmail = factory, gmail


def bind_accounts(settings: Settings) -> None:
    """The sources and models of this product, and what the host has opened inside their own network."""
    allowed = read_allowances(settings.inner_hosts)
    sources: dict[ConnectionKind, Factory] = {ConnectionKind.ICS: make_ics, ConnectionKind.CALDAV: make_caldav, ConnectionKind.IMAP: make_imap}
    sources[ConnectionKind.GOOGLE] = lambda _url, username, tokens, gate: make_google(tokens, username, gate)
    sources[ConnectionKind.GMAIL] = lambda _url, username, tokens, gate: make_gmail(tokens, username, gate)
    sources[ConnectionKind.CARDDAV] = make_carddav
    sources[ConnectionKind.GOOGLE_PEOPLE] = lambda _url, username, tokens, gate: make_people(tokens, username, gate)
    sources[ConnectionKind.GOOGLE_DRIVE] = lambda _url, username, tokens, gate: make_drive(tokens, username, gate)
    bind_sources(sources, allowed)
    _Binding.memory = Memory(settings.data_dir / "demo_calendars.json")
    client = Client(settings.google_client_id, settings.google_client_secret) if settings.google_client_secret else None
    inner = Gate(lambda: allowed)
    bind_google(make_authority(inner), client)
    bind_places(inner.allows)
    bind_gateway_lazily(partial(open_gateway, settings.inner_hosts))


def open_source(plan: Plan, actor: Actor) -> CalendarSource:
    """The calendar account of a run."""
    if not plan.fault and rules.place_of(plan.url)[0] == HOST:
        return InventedCalendars(memory=_Binding.memory)
    source: CalendarSource = _opened(plan, actor)
    return source


def open_writer(plan: Plan, actor: Actor) -> CalendarWriter:
    """The same account, to be told of changes. Raises ``WriteRefused`` for one that takes none from here."""
    if not plan.writes:
        raise WriteRefused(_("This calendar takes no changes from here."))
    if not plan.fault and rules.place_of(plan.url)[0] == HOST:
        return InventedCalendars(memory=_Binding.memory)
    writer: CalendarWriter = _opened(plan, actor)
    return writer


def open_mailbox(plan: Plan, actor: Actor) -> MailSource:
    """The mail account of a run."""
    if not plan.fault and rules.place_of(plan.url)[0] == MAIL_HOST:
        return invented_mail(plan.password.get_secret_value())
    source: MailSource = _opened(plan, actor)
    return source


def open_books(plan: Plan, actor: Actor) -> BookSource:
    """The address books of a run."""
    source: BookSource = _opened(plan, actor)
    return source


def open_drive(plan: Plan, actor: Actor) -> DriveSource:
    """The drive of a run."""
    if not plan.fault and rules.place_of(plan.url)[0] == DRIVE_HOST:
        return InventedDrive()
    source: DriveSource = _opened(plan, actor)
    return source


def open_sender(route: Route, actor: Actor) -> MailSender:
    """By which a mailbox of the actor's sends; that of the demo by nothing at all.

    Inside its host's network it reaches what is opened for all, and its own place if the host has opened that.
    """
    sender = Address(route.sender.name, addr_spec=route.sender.address)
    if route.host == MAIL_HOST:
        return FakeSender(sender)
    if route.host == GMAIL_SENDS:
        return _Binding.gmail(Tokens(actor, route.connection_id), route.sender.address, Gate(lambda: _Binding.allowed))
    security = cast(Literal["tls", "starttls", "none"], route.security)
    account = SmtpAccount(route.host, route.port, security, sender, route.username, route.password, own=True)
    allowed = frozenset({*_Binding.allowed, *({Allowance(route.host, route.port)} if route.inner else ())})
    return _Binding.senders(account, Gate(lambda: allowed))


def _opened(plan: Plan, actor: Actor) -> Any:
    """Inside its host's network it reaches what is opened for all, and its own place if the host has opened that."""
    if plan.fault:
        raise SignInNeeded(plan.fault)
    own = {Allowance(*rules.place_of(plan.url))} if plan.inner_allowed else set()
    allowed = frozenset({*_Binding.allowed, *own})
    opens = Tokens(actor, plan.connection_id) if plan.kind in AT_GOOGLE else plan.password
    return _Binding.factories[ConnectionKind(plan.kind)](plan.url, plan.username, opens, Gate(lambda: allowed))
