"""The live bridge: how a page reads and changes things, and hears that others did.

``main`` hands it, once, the way to resolve who is signed in, the threads that services run in, and the one
listener of this process. A page then awaits ``read`` and ``change`` and subscribes with ``on``; it never sees
a session, a transaction or a thread.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable, Collection, Hashable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from random import Random
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

import structlog
from nicegui import Client, ui
from prometheus_client import Histogram
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session
from starlette.requests import Request

from crm_app.components.flights import Flights
from crm_app.components.subscriptions import Changes, ChangeSource, Hub, Topics
from crm_app.domain import unit_of_work
from crm_app.domain.actor import Actor
from crm_app.domain.errors import Unavailable
from crm_app.domain.i18n import _, set_locale
from crm_app.domain.unit_of_work import Outcome

log = structlog.get_logger(__name__)

EVENT_SECONDS = Histogram("crm_page_event_seconds", "How long a page waited for what it asked or changed.", buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5))

FLUSH = 0.001  # seconds: long enough for the loop to do all that is due, among it the sending

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")

ActorResolver = Callable[[Request], Actor]
SessionOf = Callable[[Request], Hashable]


class PageGone(Exception):
    """The page was closed while its question was under way, or what was pressed had gone before its turn came; nobody is there to be told."""


@dataclass
class _Tab:
    """What the bridge remembers of one open page: who it was last for, and which changes it made itself."""

    viewer: Actor | None = None
    made: deque[UUID] = field(default_factory=lambda: deque(maxlen=32))


@dataclass
class _Binding:
    resolve_actor: ActorResolver | None = None
    executor: Executor | None = None
    hub: Hub | None = None
    session_of: SessionOf = id
    flights: Flights = field(default_factory=Flights)
    tabs: WeakKeyDictionary[Client, _Tab] = field(default_factory=WeakKeyDictionary)


_bound = _Binding()


def bind(resolve_actor: ActorResolver, executor: Executor, listener: ChangeSource | None = None, session_of: SessionOf = id) -> None:
    """Bind the bridge of this process.

    ``resolve_actor(request)`` gets the request that opened the page, runs in a worker thread for every call, and
    raises a ``CrmError`` of status 401 when the session has ended. ``executor`` never wants more connections than there are for it.
    ``listener`` calls back with each notice, or with None after notices may have been missed. Pages whose requests
    are the same to ``session_of`` belong to one session: what they ask at the same moment is asked once.
    """
    _bound.resolve_actor, _bound.executor, _bound.session_of = resolve_actor, executor, session_of
    _bound.hub = Hub()
    if listener is not None:
        listener.on_change(_bound.hub.receive)


async def read(service: Callable[Concatenate[Session, Actor, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What ``service`` returns for whoever is signed in on this page right now."""
    client = ui.context.client
    question = (service, args, tuple(kwargs.items())) if unit_of_work.only_reads(service) else None
    outcome, actor = await _in_thread(lambda request: _perform(request, service, args, kwargs), client, question)
    return _arrived(client, actor, outcome).value


async def read_together(*calls: tuple[Any, ...]) -> tuple[Any, ...]:
    """What several reading services return, each given as ``(service, *arguments)``: one thread, one transaction, one answer."""
    client = ui.context.client
    values, actor = await _in_thread(lambda request: _read_all(request, calls), client, calls)
    return _arrived(client, actor, values)


async def show_so_far() -> None:
    """Send what stands of a page that is still being built, so that the browser draws it meanwhile. PageGone when someone has left by then.
    What was sent must not get further listeners: the browser would make it anew."""
    place = ui.context.slot.parent
    await asyncio.sleep(FLUSH)
    if place.is_deleted:
        raise PageGone


async def change(service: Callable[Concatenate[Session, Actor, P], T], *args: P.args, **kwargs: P.kwargs) -> Outcome[T]:
    """Run ``service`` in one unit of work as whoever is signed in right now; the outcome carries what undo needs. Unavailable while the database is away."""
    outcome, _nothing = await _changed(lambda _value: None, service, args, kwargs)
    return outcome


async def change_and_finish(service: Callable[Concatenate[Session, Actor, P], Callable[[], R]], *args: P.args, **kwargs: P.kwargs) -> R:
    """``change``, and once that stands what the service has left to be done outside of any transaction; also when the page is closed meanwhile."""
    _outcome, finished = await _changed(lambda rest: rest(), service, args, kwargs)
    return finished


def hear_ourselves() -> None:
    """Let this page hear of what it changed just now as well: what was changed from the frame is redrawn by whatever page stands in it."""
    _tab(ui.context.client).made.clear()


async def resolve_viewer() -> Actor:
    """Who is signed in on this page right now."""
    client = ui.context.client
    _tab(client).viewer = actor = await _in_thread(_resolve, client)
    set_locale(actor.locale)
    return actor


def resolver() -> Callable[[], Actor]:
    """Who is signed in on this page, asked anew at each call, in whatever thread: for work that goes on for longer than one click."""
    client = ui.context.client

    def resolve() -> Actor:
        actor = _resolve(client.request)
        set_locale(actor.locale)
        return actor

    return resolve


def viewer() -> Actor:
    """Whom this page last served: for showing times in their zone and hiding what they may not do, never for a check."""
    found = _tab(ui.context.client).viewer
    if found is None:
        raise RuntimeError("nothing has been read on this page yet")
    return found


def on(topics: Topics, callback: Callable[[Changes], Any], *, own: bool = False, shown: Collection[UUID] = ()) -> None:
    """Call ``callback`` when something under ``topics`` changed, until the element around this call is gone.

    ``topics`` names tables, or maps each to the ids that matter (a set may be changed later; None means all).
    Notices are gathered for a moment, all pages of a session for the same one. Changes that this page made itself are left out unless ``own``.
    What is private to someone else is left out too, unless it is one of those ids, or of ``shown``: a row that was shared until now must go.
    """
    if _bound.hub is None:
        raise RuntimeError("live.bind() has not been called")
    client = ui.context.client
    tab, spread = _tab(client), Random(str(_bound.session_of(client.request))).random()  # noqa: S311  spreading load, not a secret
    named = [*([ids for ids in topics.values() if ids is not None] if isinstance(topics, Mapping) else []), shown]
    _bound.hub.subscribe(ui.context.slot.parent, topics, callback, lambda notice: _concerns(tab, notice, own, named), spread)


def _concerns(tab: _Tab, notice: dict[str, Any], own: bool, shown: list[Collection[UUID]]) -> bool:
    if not own and notice.get("change_set") and UUID(notice["change_set"]) in tab.made:
        return False
    if notice.get("audience") != "private" or tab.viewer is None or notice.get("owner") in (None, str(tab.viewer.user_id)):
        return True
    return notice.get("ids") is None or any(UUID(key) in ids for key in notice["ids"] for ids in shown)


def _tab(client: Client) -> _Tab:
    return _bound.tabs.setdefault(client, _Tab())


def _resolve(request: Request) -> Actor:
    if _bound.resolve_actor is None:
        raise RuntimeError("live.bind() has not been called")
    return _bound.resolve_actor(request)


def _perform(request: Request, service: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Outcome[T], Actor]:
    actor = _resolve(request)
    set_locale(actor.locale)
    return unit_of_work.perform(actor, service, *args, **kwargs), actor


def _read_all(request: Request, calls: tuple[tuple[Any, ...], ...]) -> tuple[tuple[Any, ...], Actor]:
    actor = _resolve(request)
    set_locale(actor.locale)
    with unit_of_work.unit_of_work(actor, "pages.read") as session:
        session.info["read_only"] = True
        return tuple(service(session, actor, *arguments) for service, *arguments in calls), actor


def _arrived(client: Client, actor: Actor, answer: T) -> T:
    """An answer is there: the page is for ``actor`` now, if it still is one."""
    if client.is_deleted:
        raise PageGone
    _tab(client).viewer = actor
    set_locale(actor.locale)
    return answer


async def _changed(then: Callable[[T], R], service: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Outcome[T], R]:
    client = ui.context.client

    def work(request: Request) -> tuple[tuple[Outcome[T], R], Actor]:
        outcome, actor = _perform(request, service, args, kwargs)
        return (outcome, then(outcome.value)), actor

    try:
        (outcome, more), actor = await _in_thread(work, client)
    except (OperationalError, PoolTimeout) as error:
        log.warning("the database does not answer", exc_info=error)
        raise Unavailable(_("The database does not answer at the moment. Try again shortly.")) from error
    _arrived(client, actor, outcome)
    if outcome.change_set_id is not None:
        _tab(client).made.append(outcome.change_set_id)
    return outcome, more


async def _in_thread(work: Callable[[Request], T], client: Client, question: Hashable = None) -> T:
    """``question`` is what the answer depends on besides the session; None is for work that must be done each time."""
    # Threads of an executor have no context variables, which carry the request's log fields and the language.
    context = contextvars.copy_context()
    if _bound.executor is None:
        raise RuntimeError("live.bind() has not been called")
    key = (_bound.session_of(client.request), question) if question is not None and _is_hashable(question) else object()
    with EVENT_SECONDS.time():
        return await _bound.flights.ask(key, _bound.executor, lambda: context.run(work, client.request))


def _is_hashable(question: Hashable) -> bool:
    try:
        hash(question)
    except TypeError:
        return False
    return True
