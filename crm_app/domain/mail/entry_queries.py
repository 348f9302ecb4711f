"""What timelines read of mail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from crm_app.domain.actor import Actor
from crm_app.domain.contacts.scope import among, among_texts
from crm_app.domain.interactions.models import Interaction, InteractionContact
from crm_app.domain.mail.models import Email, EmailBody, MailThread
from crm_app.domain.mail.schemas import EntryMail


def list_others(session: Session, actor: Actor, idents: Collection[str]) -> dict[str, set[UUID]]:
    """On whose timelines colleagues' entries of the same mails stand, where the actor sees them."""
    link, found = InteractionContact, defaultdict(set)
    asked = columns(col(Email.ident), col(link.contact_id)).join(Interaction, col(Interaction.id) == col(Email.interaction_id))
    asked = asked.join(link, col(link.interaction_id) == col(Interaction.id)).where(
        among_texts(col(Email.ident), idents), col(Email.owner_id) != actor.user_id, col(Email.audience) == "team",
        col(Interaction.deleted_at).is_(None), col(Interaction.owner_id) != actor.user_id,
    )  # fmt: skip
    for ident, contact_id in session.execute(asked).tuples() if idents else ():
        found[ident].add(contact_id)
    return found


def list_entry_mails(session: Session, interaction_ids: Collection[UUID]) -> dict[UUID, EntryMail]:
    """The mails behind these entries, where the asker sees them, with their first words where they may read those."""
    asked = columns(col(Email.interaction_id), col(Email.thread_id), col(EmailBody.snippet), col(EmailBody.has_attachment))
    asked = asked.outerjoin(EmailBody, col(EmailBody.email_id) == col(Email.id)).where(among(col(Email.interaction_id), interaction_ids))
    return {
        row.interaction_id: EntryMail(interaction_id=row.interaction_id, thread_id=row.thread_id, snippet=row.snippet, has_attachment=bool(row.has_attachment))
        for row in (session.execute(asked).all() if interaction_ids else ())
    }


def list_out_of_step(session: Session, actor: Actor, thread_ids: Collection[UUID]) -> Sequence[Email]:
    """The actor's mails in these threads whose entries show more, or less, than the thread does by now."""
    private, level = col(Interaction.asked_audience) == "private", col(MailThread.level)
    told = col(Interaction.subject) != ""
    other = ((level == "private") != private) | ((level == "metadata") == told)
    found = select(Email).join(MailThread, col(MailThread.id) == col(Email.thread_id)).join(Interaction, col(Interaction.id) == col(Email.interaction_id))
    found = found.where(Email.owner_id == actor.user_id, among(col(Email.thread_id), thread_ids), Interaction.owner_id == actor.user_id, other)
    return session.exec(found.execution_options(populate_existing=True)).all() if thread_ids else ()
