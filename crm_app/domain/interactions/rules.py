"""Pure rules of the timeline."""

from __future__ import annotations

from crm_app.domain.access import may_edit, may_own
from crm_app.domain.actor import Actor
from crm_app.domain.entry_access import Names
from crm_app.domain.interactions.models import Interaction
from crm_app.domain.interactions.schemas import EntryView
from crm_app.domain.mail.schemas import EntryMail
from crm_app.domain.mentions.schemas import MentionView
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience
from crm_app.domain.text import fold


def search_text(subject: str, body: str) -> str:
    """What the full-text index sees of an entry."""
    return fold(f"{subject} {body}")


def audience_changes(given: Audience, effective: str, asked: str) -> bool:
    """True when a form asks for another audience than the one it showed.

    A form shows the effective audience, which a private contact may have narrowed; sending that back unchanged must
    not turn into a wish of the author.
    """
    return given.value not in (effective, asked)


def entry_view(actor: Actor, row: Interaction, author_name: str, contacts: Names, mentions: tuple[MentionView, ...], *, mail: EntryMail | None = None) -> EntryView:
    """The entry as ``actor`` sees it."""
    may_write = actor.can(Permission.INTERACTION_WRITE)
    return EntryView(
        **row.model_dump(include={"id", "version", "kind", "subject", "body", "occurred_at", "duration_minutes", "direction", "audience"}),
        ai_allowed=row.ai_allowed, created_at=row.created_at, updated_at=row.updated_at,
        author_id=row.author_id or row.owner_id, author_name=author_name, contacts=contacts, mentions=mentions, mail=mail,
        may_edit=may_write and may_edit(actor, row), may_delete=may_write and may_own(actor, row),
    )  # fmt: skip
