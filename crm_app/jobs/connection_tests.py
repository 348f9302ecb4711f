"""The test of a connection: one of a few sentences, and what there is to choose from where it works."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from crm_app.domain.actor import Actor
from crm_app.domain.addressbooks import running as book_running
from crm_app.domain.connections import running
from crm_app.domain.connections.models import ADDRESS_BOOKS, AT_GOOGLE, DRIVES, MAILBOXES
from crm_app.domain.connections.plans import Plan
from crm_app.domain.connections.source import NotThatKind, SignInNeeded, SourceError, SourceUntrusted
from crm_app.domain.drives import running as drive_running
from crm_app.domain.errors import NotFound
from crm_app.domain.i18n import _, in_locale
from crm_app.domain.jobs.schemas import JobCancelled
from crm_app.domain.letters.routes import find_route
from crm_app.domain.mail import running as mail_running
from crm_app.domain.outbox.sending import MailProblem
from crm_app.domain.unit_of_work import run_service
from crm_app.infrastructure.outbound import NoAnswer, NotTrusted
from crm_app.infrastructure.outbound_probe import Answer, SignInRefused, probe
from crm_app.jobs.running import Running
from crm_app.jobs.sources import open_books, open_drive, open_mailbox, open_sender, open_source


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a kind of account is asked for: what that is called in the result, the answer where something else answers, and how it is opened, listed and kept."""

    what: str
    otherwise: str
    opens: Callable[[Plan, Actor], Any]
    lists: Callable[[Any], Sequence[Any]]
    end: Callable[..., None]


def run_test(held: Running) -> None:
    """Try a connection, and say in one of five ways what came of it; where it works, its calendars, folders or books are there to choose from."""
    with in_locale(held.actor.locale):
        try:
            plan = run_service(held.actor, running.get_access, held.job)
            asked = _asked_of(plan.kind)
            answer, found, said = _try(plan, held.actor, asked)
        except NotFound:
            raise JobCancelled from None
        sentence = (plan.kind in AT_GOOGLE and said) or _sentence(answer)
        result: dict[str, Any] = {"answer": answer, "sentence": sentence, asked.what: [one.name for one in found]}
        if plan.kind in MAILBOXES and answer == Answer.WORKS.value:
            result["sending"] = _why_it_does_not_send(held, plan)
        try:
            run_service(held.actor, asked.end, plan, result, found)
        except NotFound:  # it was let go of meanwhile
            raise JobCancelled from None


def _asked_of(kind: str) -> _Asked:
    if kind in MAILBOXES:
        return _Asked("folders", "not_a_mailbox", open_mailbox, lambda mailbox: mailbox.list_folders(), mail_running.end_test)
    if kind in ADDRESS_BOOKS:
        return _Asked("books", "not_an_address_book", open_books, lambda source: source.list_books(), book_running.end_test)
    if kind in DRIVES:
        return _Asked("folders", "not_a_drive", open_drive, lambda source: [source.get_root()], drive_running.end_test)
    return _Asked("calendars", "not_a_calendar", open_source, lambda source: source.list_calendars(), running.end_test)


def _try(plan: Plan, actor: Actor, asked: _Asked) -> tuple[str, Sequence[Any], str]:
    """What came of it, what there is, and in the provider's own case why it did not work."""
    found: list[Any] = []
    said: list[str] = []
    strange: list[SourceError] = []

    def ask() -> None:
        try:
            with closing(asked.opens(plan, actor)) as source:
                found.extend(asked.lists(source))
        except SignInNeeded as refusal:
            said.append(refusal.reason)
            raise SignInRefused from refusal
        except SourceUntrusted as doubt:
            raise NotTrusted(doubt.reason) from doubt
        except NotThatKind as answer:
            said.append(answer.reason)
            strange.append(answer)
        except SourceError as failure:
            said.append(failure.reason)
            raise NoAnswer(failure.reason) from failure

    answer = probe(lambda _budget: ask())
    works = answer is Answer.WORKS and not strange and bool(found)
    return (asked.otherwise if answer is Answer.WORKS and not works else answer.value), found, " ".join(said)


def _why_it_does_not_send(held: Running, plan: Plan) -> str:
    """Sign in where the mailbox sends, if it does, without sending anything; what keeps it from that, or nothing."""
    try:
        if route := run_service(held.actor, find_route, plan.connection_id):
            open_sender(route, held.actor).check()
    except MailProblem as problem:
        return problem.reason
    return ""


def _sentence(answer: str) -> str:
    return {
        "works": _("It works."),
        "sign_in_refused": _("The server refused the sign-in. Check the user name and the password; many providers ask for an app password."),
        "not_trusted": _("The server could not prove who it is, so nothing was sent to it."),
        "not_a_drive": _("What answers there is not a drive."),
        "not_a_calendar": _("What answers there is not a calendar. Check the address."),
        "not_a_mailbox": _("What answers there is no mail server. Check the address."),
        "not_an_address_book": _("What answers there is not an address book. Check the address."),
    }.get(answer, _("Nobody answered there. Check the address, and whether the server can be reached from here."))
