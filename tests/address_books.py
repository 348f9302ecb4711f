"""Address books as tests need them: rows, without anything at the other end."""

from __future__ import annotations

from uuid import UUID

from crm_app.domain.actor import Actor
from crm_app.domain.addressbooks.models import AddressBook, AddressCard
from crm_app.domain.connections.models import Connection, SyncProblem
from crm_app.domain.unit_of_work import unit_of_work


def write_card(actor: Actor, contact_id: UUID, word: str) -> None:
    """A card of a book that became this contact, with ``word`` in what it said and in what is told of it."""
    owned = {"owner_id": actor.user_id, "audience": "private"}
    with unit_of_work(actor, "tests.write_card") as session:
        connection = Connection(**owned, kind="carddav", name="Cloud", url="https://cloud.example/", state="paused")
        session.add(connection)
        session.flush()
        book = AddressBook(**owned, connection_id=connection.id, external_id="/book/", name="Clients")
        problem = SyncProblem(**owned, connection_id=connection.id, calendar_ref="/book/", item="/book/1.vcf", title=word, kind="skipped", reason="Kept")
        session.add_all([book, problem])
        session.flush()
        card = AddressCard(**owned, book_id=book.id, external_id="/book/1.vcf", etag="1", contact_id=contact_id, said={"company": word}, held={"company": word})
        card.copies = [{"id": "1", "name": "company", "ours": word, "theirs": None}]
        session.add(card)
