"""Where the composition root says who speaks to which kind of provider, and through which gate."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from pydantic import SecretStr

from crm_app.domain.connections import rules
from crm_app.domain.connections.models import ConnectionKind
from crm_app.domain.connections.plans import Plan
from crm_app.domain.connections.source import CalendarSource, SignInNeeded
from crm_app.domain.mail.source import MailSource
from crm_app.infrastructure.outbound import Gate
from crm_app.infrastructure.outbound_addresses import Allowance, read_allowances
from crm_app.providers.caldav import make_source as make_caldav
from crm_app.providers.ics import make_source as make_ics
from crm_app.providers.imap import make_source as make_imap
from crm_app.providers.invented import HOST, InventedCalendars
from crm_app.settings import Settings

Factory = Callable[[str, str, SecretStr, Gate], Any]
"""Makes a ``CalendarSource``, or, for mail, a ``MailSource``."""


class _Binding:
    factories: Mapping[ConnectionKind, Factory] = {}
    allowed: Collection[Allowance] = frozenset()


def bind_sources(factories: Mapping[ConnectionKind, Factory], allowed: Collection[Allowance] = frozenset()) -> None:
    """Have connections of these kinds read by these sources; ``allowed`` are the inner hosts and ports that the host has opened for all."""
    _Binding.factories, _Binding.allowed = dict(factories), frozenset(allowed)


def bind_accounts(settings: Settings) -> None:
    """The sources of this product, and what the host has opened inside their own network."""
    sources = {ConnectionKind.ICS: make_ics, ConnectionKind.CALDAV: make_caldav, ConnectionKind.IMAP: make_imap}
    bind_sources(sources, read_allowances(settings.inner_hosts))


def open_source(plan: Plan) -> CalendarSource:
    """The calendar account of a run."""
    if not plan.fault and rules.place_of(plan.url)[0] == HOST:
        return InventedCalendars()
    source: CalendarSource = _opened(plan)
    return source


def open_mailbox(plan: Plan) -> MailSource:
    """The mail account of a run."""
    source: MailSource = _opened(plan)
    return source


def _opened(plan: Plan) -> Any:
    """Inside its host's network it reaches what is opened for all, and its own place if the host has opened that."""
    if plan.fault:
        raise SignInNeeded(plan.fault)
    own = {Allowance(*rules.place_of(plan.url))} if plan.inner_allowed else set()
    allowed = frozenset({*_Binding.allowed, *own})
    return _Binding.factories[ConnectionKind(plan.kind)](plan.url, plan.username, plan.password, Gate(lambda: allowed))
