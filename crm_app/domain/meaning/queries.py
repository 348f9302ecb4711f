"""Passages near a meaning, texts that hold words, and what is to be read. All of it under row security, as whoever asks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, func, text, true
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Contact
from crm_app.domain.contacts.search_queries import documents_with, entries_with
from crm_app.domain.documents.models import Document
from crm_app.domain.entry_access import Names, get_contact_names
from crm_app.domain.interactions.models import Interaction, InteractionContact
from crm_app.domain.mail.finding import asked_of_texts
from crm_app.domain.mail.models import Email, EmailBody, EmailContact, EmailSubject, LinkHow
from crm_app.domain.meaning.models import MeaningSource, MeaningState
from crm_app.domain.meaning.schemas import ChosenModel
from crm_app.domain.meaning.vectors import WIDTH

SIGNED, BEST, FOUND, HELD, READ = 700, 80, 50, 30, 1_000
"""Passages whose vectors are compared; the nearest of these; sources of them; texts that hold the words; of so many, the latest."""
MANY, SHARE = 50_000, 0.1
"""Who sees so many passages, and such a share of all, is answered sooner by an index over the signs, where there is one (pgvector), than by reading them all."""
_SIZES = text(
    "select c.reltuples, (select 100 * count(*) from meaning_chunk tablesample system (1)) from pg_class c where c.oid = to_regclass('meaning_chunk_near')"
)
_BY_INDEX = text(
    "select set_config('hnsw.ef_search', cast(:most as text), true), set_config('hnsw.iterative_scan', 'strict_order', true), "
    "set_config('enable_seqscan', 'off', true)"
)
# One value for all keys and one for all vectors: as rows, they would take as long to come over as to be found.
_NEAR = (
    "with near as materialized (select c.id from meaning_chunk c order by {distance} limit %(most)s) "
    "select coalesce(string_agg(uuid_send(v.chunk_id), ''::bytea), ''::bytea), coalesce(string_agg(v.vector, ''::bytea), ''::bytea) "
    "from near n join meaning_vector v on v.chunk_id = n.id"
)
_BITS = f"cast(%(signs)s as bit({WIDTH}))"
BY_READING = _NEAR.format(distance=f"bit_count(c.signs # {_BITS})")
BY_READING_FASTER = _NEAR.format(distance=f"hamming_distance(c.signs, {_BITS})")  # pgvector's way of counting
BY_INDEX = _NEAR.format(distance=f"c.signs <~> {_BITS}")
_PASSAGES = text(
    "select v.chunk_id, s.interaction_id, s.email_id, s.document_id, v.begins, v.ends from meaning_vector v join meaning_chunk c on c.id = v.chunk_id "
    "join meaning_source s on s.id = c.source_id where v.chunk_id = any(:ids)"
)
_MAY = func.meaning_may_read(col(MeaningSource.id))


class Near(NamedTuple):
    """Passages by their keys, and their vectors, packed one after the other in the same order."""

    keys: tuple[UUID, ...] = ()
    vectors: bytes = b""


class Passage(NamedTuple):
    """A passage of an entry, of a mail or of a document, by the key of that."""

    interaction_id: UUID | None
    email_id: UUID | None
    document_id: UUID | None
    begins: int
    ends: int


def get_state(session: Session) -> MeaningState:
    """The one row of it, or what none means."""
    return session.exec(select(MeaningState)).first() or MeaningState(id=1, model="", local=True, common=b"")


def list_near(session: Session, signs: str, most: int = SIGNED) -> Near:
    """The passages that share most signs.

    An index gives up after so many that the asker may not see; then all signs are read, as they are where that is sooner done.
    """
    connection, asked = session.connection(), {"signs": signs, "most": most}
    sizes = connection.execute(_SIZES).one_or_none()
    if sizes is not None and sizes[1] >= MANY and sizes[1] >= SHARE * sizes[0]:
        connection.execute(_BY_INDEX, {"most": most})
        near = _near(connection, BY_INDEX, asked)
        if len(near.keys) == most:
            return near
    return _near(connection, BY_READING if sizes is None else BY_READING_FASTER, asked)


def _near(connection: Connection, query: str, asked: Mapping[str, Any]) -> Near:
    """Asked of the driver, which hands on half a megabyte as it is."""
    cursor: Any = connection.connection.cursor(binary=True)
    with closing(cursor):
        keys, vectors = cursor.execute(query, asked).fetchone()
    return Near(tuple(UUID(bytes=keys[at : at + 16]) for at in range(0, len(keys), 16)), vectors)


def get_passages(session: Session, keys: Collection[UUID]) -> dict[UUID, Passage]:
    """Where passages stand."""
    rows = session.connection().execute(_PASSAGES, {"ids": list(keys)}).all() if keys else ()
    return {key: Passage(*where) for key, *where in rows}


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


def list_documents_with(session: Session, words: str) -> Sequence[UUID]:
    """The latest documents that hold every word."""
    found = documents_with(words, HELD)
    return () if found is None else session.connection().execute(found).scalars().all()


def load_documents(session: Session, ids: Collection[UUID]) -> dict[UUID, tuple[Any, Names]]:
    """Documents that are live, each with its contact where that is live."""
    if not ids:
        return {}
    shown: Any = (col(Document.id), col(Document.created_at).label("occurred_at"), col(Document.name).label("title"), col(Document.text))
    person: Any = (col(Contact.id).label("contact_id"), col(Contact.display_name))
    found = columns(*shown, *person).join(Contact, col(Contact.id) == col(Document.contact_id))
    found = found.where(col(Document.id).in_(ids), col(Document.deleted_at).is_(None), col(Contact.deleted_at).is_(None))
    return {row.id: (row, ((row.contact_id, row.display_name),)) for row in session.connection().execute(found).all()}


def load_entries(session: Session, ids: Collection[UUID]) -> dict[UUID, tuple[Any, Names]]:
    """Entries that are live, each with its live contacts that the asker sees, where there are any."""
    if not ids:
        return {}
    shown: Any = (
        col(Interaction.id), col(Interaction.id).label("entry_id"), col(Interaction.occurred_at), col(Interaction.kind).label("kind_of_entry"),
        col(Interaction.subject).label("title"), col(Interaction.body).label("text"),
    )  # fmt: skip
    found = columns(*shown).where(col(Interaction.id).in_(ids), col(Interaction.deleted_at).is_(None))
    names = get_contact_names(session, InteractionContact, ids)
    return {row.id: (row, names[row.id]) for row in session.connection().execute(found).all() if row.id in names}


def load_mails(session: Session, ids: Collection[UUID]) -> dict[UUID, tuple[Any, Names]]:
    """Mails whose words the asker reads, each with its live contacts that the asker sees, where there are any."""
    if not ids:
        return {}
    found: Any = (
        columns(
            col(Email.id), col(Email.thread_id), col(Email.interaction_id).label("entry_id"), col(Email.sent_at).label("occurred_at"),
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
            func.coalesce(col(Interaction.subject), col(Document.name), col(EmailSubject.subject), "").label("title"),
            func.coalesce(col(Interaction.body), col(Document.text), col(EmailBody.text), "").label("text"),
            func.meaning_concerns(col(MeaningSource.id)).label("concerns"),
        )
        .outerjoin(Interaction, col(Interaction.id) == col(MeaningSource.interaction_id))
        .outerjoin(Document, col(Document.id) == col(MeaningSource.document_id))
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


def find_chosen(session: Session) -> ChosenModel | None:
    """Whom the team wants to read instead of this machine, if anybody. Asked by the clock as well."""
    row = session.connection().execute(text("select * from meaning_chosen()")).first()
    return ChosenModel.model_validate(row) if row else None


def pause(session: Session, why: str, until: datetime | None) -> None:
    """Write down why nothing is read just now, and until when; ``""`` that it is."""
    session.connection().execute(text("select meaning_pause(:why, :until)"), {"why": why, "until": until})


def get_progress(session: Session) -> tuple[int, int, int]:
    """Texts, those of them that wait, and passages: of everybody, in numbers alone."""
    texts, waiting, passages = session.connection().execute(text("select * from meaning_progress()")).one()
    return texts, waiting, passages


def get_estimate(session: Session, model_id: UUID | None) -> tuple[int, int, float | None]:
    """Texts that a model elsewhere would be sent, their letters, and how many tokens a second this one has read of late, if it has. For those who manage."""
    asked = text("select e.texts, e.letters, meaning_speed(:model) from meaning_estimate() e")
    texts, letters, speed = session.connection().execute(asked, {"model": model_id}).one()
    return texts, letters, speed


def follow(session: Session, model: str, local: bool, common: bytes) -> None:
    """Keep vectors of this model from now on. What was kept of another one goes; ``""`` keeps nothing."""
    session.connection().execute(text("select meaning_follow(:model, :local, :common)"), {"model": model, "local": local, "common": common})
