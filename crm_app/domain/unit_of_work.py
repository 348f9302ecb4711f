"""One transaction for one piece of work: the only place that commits.

A unit of work tells the database whom it serves (``app.user_id``, ``app.role``), names the change set that
the triggers fill (``app.change_set``), and, when something changed, says so to every open page inside the
same transaction. PostgreSQL delivers that notice only if the commit succeeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar
from uuid import UUID

from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.audit.writing import note_anyone, seal_noted
from crm_app.domain.errors import Forbidden, TooMany
from crm_app.domain.ids import new_id

P = ParamSpec("P")
T = TypeVar("T")

_RETRY = frozenset({"40P01", "40001"})  # deadlock, serialisation failure
_SCOPE = text(
    "select set_config('app.user_id', :user_id, true), set_config('app.role', :role, true), "
    "set_config('app.change_set', :change_set, true), set_config('app.action', :action, true), set_config('app.via', :via, true)"
)
_PUBLISH = text("select publish_changes(:change_set)")


@event.listens_for(Session, "before_flush")
def _know_every_table(*_args: object) -> None:
    """What is written resolves foreign keys, so every table must be known then. A command that only reads does without: a quarter of what it imports."""
    import_module("crm_app.domain.tables")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """What a service returned, and the change set by which it can be undone (None: nothing changed)."""

    value: T
    change_set_id: UUID | None


class _Binding:
    engine: Engine | None = None
    background: Engine | None = None


_behind: ContextVar[bool] = ContextVar("in_background", default=False)


def bind(engine: Engine, background: Engine | None = None) -> None:
    """Bind every unit of work of this process to ``engine``, whose role neither owns tables nor bypasses policies.

    Work inside ``in_background`` takes its connections from ``background`` instead, if there is one.
    """
    _Binding.engine, _Binding.background = engine, background


@contextmanager
def in_background() -> Iterator[None]:
    """What this thread does inside is nobody's click: it has connections of its own, and keeps no page waiting for one."""
    token = _behind.set(True)
    try:
        yield
    finally:
        _behind.reset(token)


def bound_engine() -> Engine:
    """The engine for the work at hand."""
    if _Binding.engine is None:
        raise RuntimeError("unit_of_work.bind(engine) has not been called")
    return (_behind.get() and _Binding.background) or _Binding.engine


@contextmanager
def unit_of_work(actor: Actor, action: str = "") -> Iterator[Session]:
    """One session and one transaction as ``actor``; commits at the end, rolls back on any exception.

    ``action`` names what is done (``contacts.create_contact``) in the history. The change set's id is in
    ``session.info["change_set_id"]``; after the commit ``session.info["changed"]`` says whether it holds anything.
    """
    change_set_id = new_id()
    with Session(bound_engine(), expire_on_commit=False, autoflush=False) as session:
        session.info.update(change_set_id=change_set_id, changed=False)
        session.connection().execute(
            _SCOPE,
            {
                "user_id": str(actor.user_id),
                "role": actor.role.value,
                "change_set": str(change_set_id),
                "action": action,
                "via": actor.via,
            },
        )
        yield session
        session.flush()
        if session.info.get("read_only") is not True:
            session.info["changed"] = bool(session.connection().execute(_PUBLISH, {"change_set": change_set_id}).scalar())
        seal_noted(session)
        session.commit()


@contextmanager
def anonymous_work() -> Iterator[Session]:
    """One transaction for nobody: row policies hide every row, so only the sign-in functions answer."""
    with Session(bound_engine(), expire_on_commit=False, autoflush=False) as session:
        yield session
        seal_noted(session)
        session.commit()


def perform(actor: Actor, service: Callable[Concatenate[Session, Actor, P], T], *args: P.args, **kwargs: P.kwargs) -> Outcome[T]:
    """Run one service in one unit of work, once more if the database chose it as a deadlock's victim."""
    subject = service.__module__.rsplit(".", 2)
    action = f"{subject[-2] if subject[-1] in ('service', 'queries') else subject[-1]}.{service.__name__}"
    for attempt in (1, 2):
        try:
            with unit_of_work(actor, action) as session:
                session.info["read_only"] = only_reads(service)
                value = service(session, actor, *args, **kwargs)
        except (Forbidden, TooMany):
            _note_refusal(actor, action)
            raise
        except OperationalError as error:
            if attempt == 1 and getattr(error.orig, "sqlstate", None) in _RETRY:
                continue
            raise
        return Outcome(value, session.info["change_set_id"] if session.info["changed"] else None)
    raise AssertionError("unreachable")


def only_reads(service: Callable[..., Any]) -> bool:
    """Whether a service changes nothing; its name says so."""
    return service.__name__.startswith(("get_", "list_", "find_", "count_", "load_"))


def _note_refusal(actor: Actor, action: str) -> None:
    """What somebody was not allowed to do, or not that often, changed nothing, and still stands in the audit log."""
    with anonymous_work() as session:
        details = {"call": action} | ({"session": str(actor.session_id)} if actor.session_id else {})
        note_anyone(session, "call.refused", actor_id=actor.user_id, via=actor.via, outcome="refused", details=details)


def run_service(actor: Actor, service: Callable[Concatenate[Session, Actor, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """``perform`` for callers that need the value alone."""
    return perform(actor, service, *args, **kwargs).value


def scalar_function(session: Session, call: str, /, **values: Any) -> Any:
    """Call one SQL function by its written form, for the sign-in functions: ``select auth_is_first_run()``."""
    return session.connection().execute(text(call), values).scalar()
