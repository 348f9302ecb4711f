"""Passages near a meaning, texts that hold words, and what is to be read. All of it under row security, as whoever asks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, text, true
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Contact
from crm_app.domain.contacts.search_queries import entries_with
from crm_app.domain.entry_access import Names, get_contact_names
from crm_app.domain.interactions.models import Interaction, InteractionContact
from crm_app.domain.mail.finding import asked_of_texts
from crm_app.domain.mail.models import Email, EmailBody, EmailContact, EmailSubject, LinkHow
from crm_app.domain.meaning.models import MeaningSource, MeaningState

SIGNED, FOUND, HELD, READ = 1_000, 50, 30, 1_000
"""Passages whose vectors are compared; sources of these; texts that hold the words; of so many, the latest."""
# The database may have an index over the signs (pgvector): where it is there, it is asked, and as many neighbours are wanted of it.
_PREPARE = text("select to_regclass('meaning_chunk_near') is not null")
_BY_INDEX = text(
    "select set_config('hnsw.ef_search', cast(:most as text), true), set_config('hnsw.iterative_scan', 'strict_order', true), "
    "set_config('enable_seqscan', 'off', true)"
)
_NEAR = (
    "with near as materialized (select c.id, c.source_id from meaning_chunk c order by {distance} limit :most) "
    "select s.interaction_id, s.email_id, v.begins, v.ends, v.vector from near n join meaning_vector v on v.chunk_id = n.id "
    "join meaning_source s on s.id = n.source_id"
)
BY_SCAN = text(_NEAR.format(distance="bit_count(c.signs # cast(:signs as bit(384)))"))
BY_INDEX = text(_NEAR.format(distance="c.signs <~> cast(:signs as bit(384))"))
_MAY = func.meaning_may_read(col(MeaningSource.id))


class Passage(NamedTuple):
    """A passage of an entry or of a mail, by the key of that."""

    interaction_id: UUID | None
    email_id: UUID | None
    begins: int
    ends: int


def get_state(session: Session) -> MeaningState:
    """The one row of it, or what none means."""
    return session.exec(select(MeaningState)).first() or MeaningState(id=1, model="", local=True, centre=b"")


def list_near(session: Session, signs: str, most: int = SIGNED) -> Sequence[tuple[Passage, bytes]]:
    """The passages that share most signs, with their vectors.

    An index gives up after so many that the asker may not see; then all signs are read, as they are where there is none.
    """
    rows: Sequence[Any] = ()
    if session.connection().execute(_PREPARE).scalar_one():
        session.connection().execute(_BY_INDEX, {"most": most})
        rows = session.connection().execute(BY_INDEX, {"signs": signs, "most": most}).all()
    if len(rows) < most:
        rows = session.connection().execute(BY_SCAN, {"signs": signs, "most": most}).all()
    return [(Passage(row.interaction_id, row.email_id, row.begins, row.ends), bytes(row.vector)) for row in rows]


def list_entries_with(session: Session, words: str) -> Sequence[UUID]:
    """The latest entries that hold every word."""
    found = entries_with(words, HELD)
    return () if found is None else session.connection().execute(found).scalars().all()


def list_mails_with(session: Session, words: str) -> Sequence[UUID]:
    """The latest mails whose subject or words hold every word, as far as the asker reads these."""
    asked = asked_of_texts(words)
    if not asked:
        return ()
    query = func.to_tsquery("simple", asked)
    said: Any = columns(col(EmailBody.email_id).label("id")).where(col(EmailBody.search_vector).op("@@")(query)).limit(READ)
    titled: Any = columns(col(EmailSubject.email_id).label("id")).where(col(EmailSubject.search_vector).op("@@")(query)).limit(READ)
    some = said.union(titled).subquery()
    found = columns(col(Email.id)).join(some, some.c.id == col(Email.id)).order_by(col(Email.sent_at).desc(), col(Email.id)).limit(HELD)
    return session.connection().execute(found).scalars().all()


def load_entries(session: Session, ids: Collection[UUID]) -> dict[UUID, tuple[Any, Names]]:
    """Entries that are live, each with its live contacts that the asker sees, where there are any."""
    shown: Any = (col(Interaction.kind).label("kind_of_entry"), col(Interaction.subject).label("title"), col(Interaction.body).label("text"))
    found = columns(col(Interaction.id), col(Interaction.occurred_at), *shown).where(col(Interaction.id).in_(ids), col(Interaction.deleted_at).is_(None))
    names = get_contact_names(session, InteractionContact, ids)
    return {row.id: (row, names[row.id]) for row in session.connection().execute(found).all() if row.id in names}


def load_mails(session: Session, ids: Collection[UUID]) -> dict[UUID, tuple[Any, Names]]:
    """Mails whose words the asker reads, each with its live contacts that the asker sees, where there are any."""
    found: Any = (
        columns(
            col(Email.id), col(Email.thread_id), col(Email.sent_at).label("occurred_at"),
            func.coalesce(col(EmailSubject.subject), "").label("title"), col(EmailBody.text),
        )
        .join(EmailBody, col(EmailBody.email_id) == col(Email.id))
        .outerjoin(EmailSubject, col(EmailSubject.email_id) == col(Email.id))
        .where(col(Email.id).in_(ids))
    )  # fmt: skip
    people = session.exec(
        select(EmailContact.email_id, Contact.id, Contact.display_name)
        .join(Contact, col(Contact.id) == col(EmailContact.contact_id))
        .where(col(EmailContact.email_id).in_(ids), EmailContact.how != LinkHow.REMOVED.value, col(Contact.deleted_at).is_(None))
        .order_by(col(Contact.sort_name), col(Contact.id))
    ).all()
    names: dict[UUID, Names] = {}
    for email_id, contact_id, name in people:
        names[email_id] = (*names.get(email_id, ()), (contact_id, name))
    return {row.id: (row, names[row.id]) for row in session.connection().execute(found).all() if row.id in names}


def list_due_sources(session: Session, actor: Actor, most: int, ids: Collection[UUID] = ()) -> Sequence[Any]:
    """Texts of the actor's own that are due, oldest first, each with whether it may be read: all, or of these those that still are, held for this transaction."""
    found: Any = (
        columns(
            col(MeaningSource.id), _MAY.label("may"),
            func.coalesce(col(Interaction.subject), col(EmailSubject.subject), "").label("title"),
            func.coalesce(col(Interaction.body), col(EmailBody.text), "").label("text"),
        )
        .outerjoin(Interaction, col(Interaction.id) == col(MeaningSource.interaction_id))
        .outerjoin(EmailBody, col(EmailBody.email_id) == col(MeaningSource.email_id))
        .outerjoin(EmailSubject, col(EmailSubject.email_id) == col(MeaningSource.email_id))
        .where(col(MeaningSource.owner_id) == actor.user_id, col(MeaningSource.due) == true())
        .order_by(col(MeaningSource.id))
        .limit(most)
    )  # fmt: skip
    if ids:
        found = found.where(col(MeaningSource.id).in_(ids)).with_for_update(of=MeaningSource)
    return session.connection().execute(found).all()


def list_people_with_due(session: Session) -> Sequence[UUID]:
    """Who has texts that are due, for the clock, which is nobody."""
    return session.connection().execute(text("select people_with_meaning_due()")).scalars().all()


def take_up(session: Session, most: int) -> int:
    """Make due what was written before search by meaning was on, a piece at a time; how many texts were looked at, 0 once all are."""
    return int(session.connection().execute(text("select meaning_take_up(:most)"), {"most": most}).scalar_one())


def is_wanted(session: Session) -> bool:
    """Whether AI is on, and search by meaning not switched off, for the clock."""
    return bool(session.connection().execute(text("select meaning_wanted()")).scalar_one())


def get_followed(session: Session) -> str:
    """Whose vectors are kept, for the clock."""
    return str(session.connection().execute(text("select meaning_followed()")).scalar_one())


def follow(session: Session, model: str, local: bool, centre: bytes) -> None:
    """Keep vectors of this model from now on. What was kept of another one goes; ``""`` keeps nothing."""
    session.connection().execute(text("select meaning_follow(:model, :local, :centre)"), {"model": model, "local": local, "centre": centre})
