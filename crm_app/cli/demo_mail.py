"""The mailbox of the demo: letters of invented people, landed as a sync lands them, from nowhere, and therefore paused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from crm_app.cli.demo_letters import MACHINES, STRANGERS, THREADS, Letter
from crm_app.domain.actor import Actor
from crm_app.domain.connections.models import Connection, ConnectionKind, ConnectionState
from crm_app.domain.mail.landing import TakenBody, TakenFolder, TakenHead, land_bodies, land_folders, land_heads
from crm_app.domain.mail.models import FolderRole
from crm_app.domain.mail.reading_schemas import Attachment, Mailbox, ReadMail
from crm_app.domain.rows import Audience
from crm_app.domain.unit_of_work import unit_of_work

FOLDERS = (TakenFolder("INBOX", "Inbox", FolderRole.INBOX), TakenFolder("Sent", "Sent", FolderRole.SENT))
SNIPPET = 200


def fill_mail(mara: Actor, addresses: Mapping[str, str]) -> UUID:
    """Land a month of letters with the people of the practice, and a few that are none of its business."""
    me = mara.on_behalf("job")
    letters = [*_with_people(mara, addresses), *_from_others(mara)]
    with unit_of_work(me, "demo.mail") as session:
        connection = Connection(
            owner_id=mara.user_id, audience=Audience.PRIVATE.value, kind=ConnectionKind.IMAP.value, name="Example mailbox of the demo",
            url="imaps://imap.stillwater.example", username=mara.email, state=ConnectionState.PAUSED.value,
        )  # fmt: skip
        session.add(connection)
        session.flush()
        for folder in sorted(land_folders(session, me, connection, FOLDERS), key=lambda row: row.role != FolderRole.SENT):
            mine = [(number, read, unread) for number, (sent, read, unread) in enumerate(letters, 1) if sent == (folder.role == FolderRole.SENT)]
            heads = [TakenHead(number, frozenset() if unread else frozenset({"\\Seen"}), 4000, _head(read)) for number, read, unread in mine]
            wanted = land_heads(session, me, folder, heads).wanted
            land_bodies(session, me, folder, [TakenBody(number, read) for number, read, _unread in mine if number in wanted])
        return connection.id


def _head(read: ReadMail) -> ReadMail:
    return read.model_copy(update={"text": "", "html": "", "snippet": "", "attachments": ()})


def _with_people(mara: Actor, addresses: Mapping[str, str]) -> Iterator[tuple[bool, ReadMail, bool]]:
    """Whether it was sent, the letter, and whether it waits to be read."""
    mine = Mailbox(address=mara.email, name=mara.name)
    for number, (subject, name, letters) in enumerate(THREADS):
        theirs = Mailbox(address=addresses[name], name=name)
        before: tuple[str, ...] = ()
        for place, letter in enumerate(letters):
            key = f"{number}.{place}@stillwater.example"
            sender, reader = (theirs, mine) if letter.sender else (mine, theirs)
            yield not letter.sender, _read(key, before, subject if not place else f"Re: {subject}", sender, reader, letter), letter.unread
            before = (*before, key)


def _from_others(mara: Actor) -> Iterator[tuple[bool, ReadMail, bool]]:
    mine = Mailbox(address=mara.email, name=mara.name)
    for number, (subject, name, address, hours, said) in enumerate(STRANGERS):
        yield False, _read(f"s{number}@mail.example", (), subject, Mailbox(address=address, name=name), mine, Letter(hours, name, said)), True
    for number, (subject, name, address, hours, mark) in enumerate(MACHINES):
        off = f"<https://{address.partition('@')[2]}/off>"
        marks = {"": {}, "list-unsubscribe": {"list-unsubscribe": off}, "auto-submitted": {"auto-submitted": "auto-generated"}}[mark]
        read = _read(f"m{number}@mail.example", (), subject, Mailbox(address=address, name=name), mine, Letter(hours, name, "Dear customer"))
        yield False, read.model_copy(update={"marks": marks}), False


def _read(key: str, before: tuple[str, ...], subject: str, sender: Mailbox, reader: Mailbox, letter: Letter) -> ReadMail:
    words = letter.text or "I sketched three options. The second feels most honest to me. What do you think?"
    own = " ".join(" ".join(line for line in words.splitlines() if line and not line.startswith(">")).split())
    files = tuple(Attachment(part=str(part), name=name, kind=kind, size=size) for part, (name, kind, size) in enumerate(letter.files, 2))
    return ReadMail(
        message_id=key, in_reply_to=before[-1:], references=before, sent_at=datetime.now(UTC) - timedelta(hours=letter.hours, minutes=11), senders=(sender,),
        to=(reader,), subject=subject, text=words, html=letter.html, snippet=own[:SNIPPET], attachments=files, verified="spf=pass dkim=pass",
    )  # fmt: skip
