"""Mailboxes and mails for tests, put in as a sync puts them in: through ``landing``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from crm_app.domain.actor import Actor
from crm_app.domain.connections.models import Connection
from crm_app.domain.ids import new_id
from crm_app.domain.mail import landing
from crm_app.domain.mail.models import FolderRole, Mailbox, MailFolder
from crm_app.domain.mail.reading_schemas import Attachment, ReadMail
from crm_app.domain.mail.reading_schemas import Mailbox as Address
from crm_app.domain.mail.taken import Landed, TakenBody, TakenFolder, TakenHead
from crm_app.domain.unit_of_work import unit_of_work

FOLDERS = (
    TakenFolder("INBOX", "Inbox", FolderRole.INBOX), TakenFolder("Sent", "Sent", FolderRole.SENT), TakenFolder("Archive", "Archive", FolderRole.ARCHIVE),
    TakenFolder("Junk", "Junk", FolderRole.JUNK),
)  # fmt: skip


@dataclass
class Post:
    """Somebody's mailbox, as a sync knows it."""

    actor: Actor
    connection_id: UUID
    uids: dict[str, int] = field(default_factory=dict)

    def folder(self, session: Session, ref: str = "INBOX") -> MailFolder:
        """A folder's row."""
        return session.exec(select(MailFolder).where(MailFolder.connection_id == self.connection_id, MailFolder.ref == ref)).one()

    def heads(self, heads: Iterable[TakenHead] = (), ref: str = "INBOX", **how: Any) -> Landed:
        """One page of heads, in a transaction of its own."""
        with unit_of_work(self.actor.on_behalf("job"), "connections.sync") as session:
            return landing.land_heads(session, self.actor.on_behalf("job"), self.folder(session, ref), list(heads), **how)

    def bodies(self, bodies: Iterable[TakenBody], ref: str = "INBOX") -> Landed:
        """The words of some mails, in a transaction of their own."""
        with unit_of_work(self.actor.on_behalf("job"), "connections.sync") as session:
            return landing.land_bodies(session, self.actor.on_behalf("job"), self.folder(session, ref), list(bodies))

    def wanted(self, ref: str = "INBOX") -> tuple[int, ...]:
        """Whose words are to be fetched."""
        with unit_of_work(self.actor.on_behalf("job"), "tests.wanted") as session:
            return landing.list_wanted(session, self.actor.on_behalf("job"), self.folder(session, ref))

    def uid(self, ref: str = "INBOX") -> int:
        """The next number of a folder."""
        self.uids[ref] = self.uids.get(ref, 0) + 1
        return self.uids[ref]

    def land(self, *reads: ReadMail, ref: str = "INBOX", flags: Iterable[str] = ()) -> Landed:
        """These mails come into a folder: their heads first, and then the words of those that are kept."""
        heads = [TakenHead(self.uid(ref), frozenset(flags), 1_000, head_of(read)) for read in reads]
        landed = self.heads(heads, ref)
        whole = {head.uid: read for head, read in zip(heads, reads, strict=True)}
        self.bodies([TakenBody(uid, whole[uid]) for uid in landed.wanted], ref)
        return landed

    land_whole = land

    def sweep(self, **later: float) -> int:
        """A run ends that began now, or so much later."""
        with unit_of_work(self.actor.on_behalf("job"), "connections.sync") as session:
            return landing.sweep_gone(session, self.actor.on_behalf("job"), datetime.now(UTC) + timedelta(**(later or {"minutes": 10})), date(2000, 1, 1))

    def meet(self) -> int:
        """People become contacts as the mailbox says."""
        with unit_of_work(self.actor.on_behalf("job"), "connections.sync") as session:
            connection = session.get_one(Connection, self.connection_id)
            return landing.meet_people(session, self.actor.on_behalf("job"), connection)


def make_mailbox(actor: Actor, name: str = "Mail", *, shown: str = "private", new_contacts: str = "never", username: str = "", sends: bool = False) -> Post:
    """A mail connection of ``actor``'s with its folders; one that ``sends`` does so by a server of its own."""
    with unit_of_work(actor, "tests.make_mailbox") as session:
        connection = Connection(
            owner_id=actor.user_id, audience="private", kind="imap", name=f"{name} {new_id()}", url="imaps://mail.example", username=username or actor.email,
        )  # fmt: skip
        session.add(connection)
        session.flush()
        server = {"smtp_host": "smtp.mail.example", "smtp_port": 465, "smtp_security": "tls", "sender_address": connection.username} if sends else {}
        session.add(Mailbox(owner_id=actor.user_id, audience="private", connection_id=connection.id, shown=shown, new_contacts=new_contacts, **server))
        session.flush()
        landing.land_folders(session, actor, connection, FOLDERS)
        return Post(actor, connection.id)


def mail(
    subject: str = "Hello", sender: str = "ana@mail.example", to: str | Sequence[str] = "alice@example.org", *, sent_at: datetime | None = None, text: str = "How are you?",
    message_id: str = "", answers: str = "", cc: Sequence[str] = (), name: str = "", **more: Any,
) -> ReadMail:  # fmt: skip
    """A mail as the sandbox reads it, an hour ago unless it says otherwise; ``answers`` is the id of the mail that it answers."""
    return ReadMail(
        message_id=message_id or f"{new_id()}@mail.example", in_reply_to=(answers,) if answers else (), references=(answers,) if answers else (),
        sent_at=sent_at or (datetime.now(UTC) - timedelta(hours=1)).replace(microsecond=0), senders=(Address(address=sender, name=name),),
        to=tuple(Address(address=one) for one in ([to] if isinstance(to, str) else to)), cc=tuple(Address(address=one) for one in cc),
        subject=subject, text=text, snippet=text[:200], **more,
    )  # fmt: skip


def head_of(read: ReadMail) -> ReadMail:
    """What a head tells of a mail: nothing of its words."""
    return read.model_copy(update={"text": "", "html": "", "snippet": "", "attachments": (), "remote": False})


def attached(name: str = "plan.pdf") -> Attachment:
    """Something that came along."""
    return Attachment(part="2", name=name, kind="application/pdf", size=1_000)
