"""A mailbox as pages meet it: in step, with letters that come in one by one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from crm_app.domain.actor import Actor
from crm_app.domain.connections.models import Connection
from crm_app.domain.mail import service
from crm_app.domain.mail.reading_schemas import ReadMail
from crm_app.domain.unit_of_work import run_service, unit_of_work
from tests import mailboxes
from tests.connection_rows import moment


class Post(mailboxes.Post):
    """Somebody's mailbox, whose letters are told by what matters on a page."""

    def letter(self, subject: str, sender: str, text: str = "Hello", *, unread: bool = False, **more: Any) -> str:
        """One mail that came in; returns its message id."""
        read = letter(subject, sender, self.actor.email, text, **more)
        self.land(read, flags=() if unread else ("\\Seen",))
        return read.message_id

    def threads(self, box: str = "people") -> list[tuple[UUID, str | None]]:
        """What stands in a box."""
        return [(row.id, row.subject) for row in run_service(self.actor, service.get_threads, box=box, limit=100).rows]


def make_post(actor: Actor, name: str = "Mailbox", *, sends: bool = False, **values: Any) -> Post:
    """A mailbox of ``actor``'s that is in step, unless ``values`` say otherwise; one that ``sends`` can be written from."""
    made = mailboxes.make_mailbox(actor, name, sends=sends)
    with unit_of_work(actor, "tests.make_post") as session:
        session.get_one(Connection, made.connection_id).sqlmodel_update({"next_run_at": moment(hours=2), "last_run_at": moment(), "last_ok_at": moment(), **values})
    return Post(actor, made.connection_id)


def letter(subject: str, sender: str, reader: str, text: str = "Hello", *, hours: float = 1, answers: Sequence[str] = (), **more: Any) -> ReadMail:
    """A mail as the sandbox reads it, sent so many hours ago; ``answers`` are the ids of those before it in its thread."""
    sent = (datetime.now(UTC) - timedelta(hours=hours)).replace(microsecond=0)
    read = mailboxes.mail(subject, sender, reader, text=text, sent_at=sent, **more)
    return read.model_copy(update={"in_reply_to": tuple(answers[-1:]), "references": tuple(answers)})
