"""What landing reads: a few statements for a page of mails, however many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, any_, cast, delete, exists, text
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.calendar.landing_queries import list_own_addresses as list_account_addresses
from crm_app.domain.calendar.landing_queries import look_up
from crm_app.domain.calendar.matching import Clues
from crm_app.domain.contacts.models import Contact
from crm_app.domain.contacts.scope import among, among_texts
from crm_app.domain.inserting import insert_rows
from crm_app.domain.mail.identity import Party
from crm_app.domain.mail.models import (
    Email,
    EmailBody,
    EmailContact,
    EmailParty,
    EmailPlace,
    EmailSubject,
    Mailbox,
    MailFolder,
    MailReference,
    MailRule,
    MailThread,
)

_LOCK = text("select pg_advisory_xact_lock(hashtextextended('mail ' || :who, 0))")
_DUE = text("select people_with_unmatched_mail()")
_MERGE = (
    text("update mail_reference set thread_id = :into where thread_id = any(:away)"),
    text("update email set thread_id = :into where thread_id = any(:away)"),
)


def lock_mail(session: Session, actor: Actor) -> None:
    """One page of a person's mail at a time, whichever of their accounts it comes from: the same mail may come through two."""
    session.connection().execute(_LOCK, {"who": str(actor.user_id)})


def list_own_addresses(session: Session, actor: Actor) -> frozenset[str]:
    """By which addresses the actor writes: their own here, those of their accounts, and those that were seen to send from one."""
    seen = session.execute(columns(col(Mailbox.addresses)).where(col(Mailbox.owner_id) == actor.user_id)).scalars()
    return list_account_addresses(session, actor) | {address for one in seen for address in one.split()}


def find_mailbox(session: Session, actor: Actor, connection_id: UUID) -> Mailbox | None:
    """What was decided about an own mail connection."""
    return session.exec(select(Mailbox).where(Mailbox.connection_id == connection_id, Mailbox.owner_id == actor.user_id)).first()


def list_folders(session: Session, actor: Actor, connection_id: UUID) -> Sequence[MailFolder]:
    """The folders of an own mail connection, in no particular order."""
    return session.exec(select(MailFolder).where(MailFolder.connection_id == connection_id, MailFolder.owner_id == actor.user_id)).all()


def list_by_ident(session: Session, actor: Actor, idents: Collection[str]) -> dict[str, Email]:
    """The actor's mails that bear these fingerprints."""
    found = select(Email).where(Email.owner_id == actor.user_id, among_texts(col(Email.ident), idents)).execution_options(populate_existing=True)
    return {row.ident: row for row in session.exec(found).all()} if idents else {}


def list_places(session: Session, folder: MailFolder, uids: Collection[int]) -> dict[int, EmailPlace]:
    """What lies under these numbers of a folder."""
    found = select(EmailPlace).where(EmailPlace.folder_id == folder.id, col(EmailPlace.uid) == any_(cast(list(uids), ARRAY(BigInteger))))
    return {row.uid: row for row in session.exec(found).all()} if uids else {}


def list_uids(session: Session, folder: MailFolder) -> set[int]:
    """Every number of a folder that is known here."""
    return set(session.execute(columns(col(EmailPlace.uid)).where(col(EmailPlace.folder_id) == folder.id)).scalars())


def remove_places(session: Session, folder: MailFolder, uids: Collection[int]) -> int:
    """What lay there lies there no longer; how much that was."""
    gone = [col(EmailPlace.folder_id) == folder.id, col(EmailPlace.uid) == any_(cast(list(uids), ARRAY(BigInteger)))]
    return session.connection().execute(delete(EmailPlace).where(*gone)).rowcount if uids else 0


def list_references(session: Session, actor: Actor, refs: Collection[str]) -> dict[str, tuple[UUID, datetime]]:
    """By which of these ids a thread is known: the thread, and when it last moved."""
    asked = columns(col(MailReference.ref), col(MailThread.id), col(MailThread.last_at)).join(MailThread, col(MailThread.id) == col(MailReference.thread_id))
    asked = asked.where(col(MailReference.owner_id) == actor.user_id, among_texts(col(MailReference.ref), refs))
    return {ref: (thread_id, last_at) for ref, thread_id, last_at in session.execute(asked).tuples()} if refs else {}


def keep_references(session: Session, actor: Actor, known: Mapping[str, UUID]) -> None:
    """From now on these ids name these threads."""
    rows = [{"owner_id": actor.user_id, "audience": "private", "ref": ref, "thread_id": thread_id} for ref, thread_id in sorted(known.items())]
    conflict = "(owner_id, ref) do update set thread_id = excluded.thread_id where mail_reference.thread_id <> excluded.thread_id"
    insert_rows(session, "mail_reference", ("owner_id", "audience", "ref", "thread_id"), rows, conflict=conflict)


def list_threads(session: Session, actor: Actor, thread_ids: Collection[UUID]) -> dict[UUID, MailThread]:
    """The actor's own threads of these."""
    found = select(MailThread).where(MailThread.owner_id == actor.user_id, among(col(MailThread.id), thread_ids)).execution_options(populate_existing=True)
    return {row.id: row for row in session.exec(found).all()} if thread_ids else {}


def merge_threads(session: Session, into: UUID, away: Collection[UUID]) -> None:
    """Have the mails of several threads in one; the others, empty, go."""
    for statement in _MERGE:
        session.connection().execute(statement, {"into": into, "away": list(away)})


def list_thread_links(session: Session, thread_ids: Collection[UUID]) -> dict[UUID, dict[UUID, str]]:
    """What somebody said by hand of these threads, about contacts whom they still see."""
    found: dict[UUID, dict[UUID, str]] = defaultdict(dict)
    asked = columns(col(EmailContact.thread_id), col(EmailContact.contact_id), col(EmailContact.how)).distinct()
    asked = asked.join(Contact, col(Contact.id) == col(EmailContact.contact_id))
    asked = asked.where(among(col(EmailContact.thread_id), thread_ids), col(EmailContact.how) != "address")
    for thread_id, contact_id, how in session.execute(asked).tuples() if thread_ids else ():
        found[thread_id][contact_id] = how
    return found


def list_anchored(session: Session, thread_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """The kept mails of these threads that concern a contact."""
    found: dict[UUID, set[UUID]] = defaultdict(set)
    linked = exists().where(col(EmailContact.email_id) == col(Email.id), col(EmailContact.how) != "removed")
    asked = columns(col(Email.thread_id), col(Email.id)).where(among(col(Email.thread_id), thread_ids), col(Email.standing) == "kept", linked)
    for thread_id, email_id in session.execute(asked).tuples() if thread_ids else ():
        found[thread_id].add(email_id)
    return found


def list_links(session: Session, email_ids: Collection[UUID]) -> dict[UUID, dict[UUID, str]]:
    """Whom these mails concern, or by somebody's word do not: for each mail, how each contact came to it."""
    found: dict[UUID, dict[UUID, str]] = defaultdict(dict)
    asked = columns(col(EmailContact.email_id), col(EmailContact.contact_id), col(EmailContact.how)).where(among(col(EmailContact.email_id), email_ids))
    for email_id, contact_id, how in session.execute(asked).tuples() if email_ids else ():
        found[email_id][contact_id] = how
    return found


def list_parties(session: Session, email_ids: Collection[UUID]) -> dict[UUID, tuple[Party, ...]]:
    """Who stands in the heads of these mails."""
    found: dict[UUID, list[Party]] = defaultdict(list)
    asked = columns(col(EmailParty.email_id), col(EmailParty.role), col(EmailParty.address), col(EmailParty.name)).where(among(col(EmailParty.email_id), email_ids))
    for email_id, role, address, name in session.execute(asked).tuples() if email_ids else ():
        found[email_id].append(Party(role, address, name))
    return {email_id: tuple(people) for email_id, people in found.items()}


def find_contacts(session: Session, actor: Actor, addresses: Collection[str]) -> Mapping[str, Collection[UUID]]:
    """Whose these addresses are, among all e-mails of the live contacts that the actor sees."""
    return look_up(session, actor, [Clues(frozenset(addresses))]).addresses if addresses else {}


def list_written_to(session: Session, actor: Actor, addresses: Collection[str]) -> set[str]:
    """To which of these addresses the actor has written."""
    sent = exists().where(col(Email.id) == col(EmailParty.email_id), col(Email.direction) == "out")
    asked = columns(col(EmailParty.address)).distinct().where(
        col(EmailParty.owner_id) == actor.user_id, among_texts(col(EmailParty.address), addresses), col(EmailParty.role).in_(("to", "cc", "bcc")), sent
    )  # fmt: skip
    return set(session.execute(asked).scalars()) if addresses else set()


def list_verdicts(session: Session, actor: Actor, addresses: Collection[str]) -> dict[str, str]:
    """What the actor's rules say of these addresses and their domains, by what the rule names."""
    named = {*addresses, *(f"@{address.partition('@')[2]}" for address in addresses)}
    asked = columns(col(MailRule.address), col(MailRule.verdict)).where(col(MailRule.owner_id) == actor.user_id, among_texts(col(MailRule.address), named))
    return dict(session.execute(asked).tuples().all()) if addresses else {}


def list_emails(session: Session, actor: Actor, email_ids: Collection[UUID]) -> Sequence[Email]:
    """The actor's own mails of these."""
    found = select(Email).where(Email.owner_id == actor.user_id, among(col(Email.id), email_ids)).order_by(col(Email.sent_at), col(Email.id))
    return session.exec(found.execution_options(populate_existing=True)).all() if email_ids else ()


def list_of_threads(session: Session, actor: Actor, thread_ids: Collection[UUID]) -> Sequence[Email]:
    """The actor's mails of these threads, the earliest first."""
    found = select(Email).where(Email.owner_id == actor.user_id, among(col(Email.thread_id), thread_ids)).order_by(col(Email.sent_at), col(Email.id))
    return session.exec(found.execution_options(populate_existing=True)).all()


def list_wanted_uids(session: Session, folder: MailFolder, limit: int) -> tuple[int, ...]:
    """The numbers in a folder of mails whose words are to be kept and are not here yet, the latest first."""
    asked = columns(col(EmailPlace.uid)).join(Email, col(Email.id) == col(EmailPlace.email_id)).join(MailThread, col(MailThread.id) == col(Email.thread_id))
    asked = asked.where(
        col(EmailPlace.folder_id) == folder.id, col(Email.standing) == "kept", ~col(Email.has_body), ~col(Email.forgotten), ~col(MailThread.irrelevant)
    )
    return tuple(session.execute(asked.order_by(col(EmailPlace.uid).desc()).limit(limit)).scalars())


def list_emails_at(session: Session, folder: MailFolder, uids: Collection[int]) -> dict[int, Email]:
    """The mails that lie under these numbers of a folder."""
    asked = columns(col(EmailPlace.uid), Email).join(Email, col(Email.id) == col(EmailPlace.email_id))
    asked = asked.where(col(EmailPlace.folder_id) == folder.id, col(EmailPlace.uid) == any_(cast(list(uids), ARRAY(BigInteger))))
    return dict(session.execute(asked.execution_options(populate_existing=True)).tuples().all()) if uids else {}


def list_threads_at(session: Session, folder: MailFolder, uids: Collection[int]) -> set[UUID]:
    """In which threads the mails stand that lie under these numbers of a folder."""
    asked = columns(col(Email.thread_id)).distinct().join(EmailPlace, col(EmailPlace.email_id) == col(Email.id))
    asked = asked.where(col(EmailPlace.folder_id) == folder.id, col(EmailPlace.uid) == any_(cast(list(uids), ARRAY(BigInteger))))
    return set(session.execute(asked).scalars()) if uids else set()


def list_texts(session: Session, email_ids: Collection[UUID]) -> tuple[dict[UUID, EmailSubject], set[UUID]]:
    """The subjects of these mails, and which of them have their words here."""
    subjects = {row.email_id: row for row in session.exec(select(EmailSubject).where(among(col(EmailSubject.email_id), email_ids))).all()}
    return subjects, set(session.execute(columns(col(EmailBody.email_id)).where(among(col(EmailBody.email_id), email_ids))).scalars())


def drop_texts(session: Session, email_ids: Collection[UUID]) -> None:
    """Keep no word of these mails."""
    for table in (EmailSubject, EmailBody):
        session.connection().execute(delete(table).where(among(col(table.email_id), email_ids)))


def list_unmatched(session: Session, actor: Actor, limit: int) -> Sequence[Email]:
    """The actor's mails of which a contact has gained an address since they were matched."""
    return session.exec(select(Email).where(Email.owner_id == actor.user_id, ~col(Email.matched)).order_by(col(Email.id)).limit(limit)).all()


def list_people_with_unmatched_mail(session: Session) -> list[UUID]:
    """Whose mails are to be matched again. Asked by nobody, it tells ids alone."""
    return list(session.connection().execute(_DUE).scalars())


def list_of_sender(session: Session, actor: Actor, address: str, limit: int) -> Sequence[UUID]:
    """The actor's mails in whose heads an address, or anybody of an ``@domain``, stands."""
    named = col(EmailParty.address).endswith(address, autoescape=True) if address.startswith("@") else col(EmailParty.address) == address
    asked = columns(col(EmailParty.email_id)).distinct().where(col(EmailParty.owner_id) == actor.user_id, named).order_by(col(EmailParty.email_id).desc())
    return session.execute(asked.limit(limit)).scalars().all()
