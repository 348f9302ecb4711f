"""Pure rules of the timeline."""

from __future__ import annotations

from typing import Any

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

OWN_FIELDS = tuple(name for name in EntryView.model_fields if name in Interaction.model_fields and name != "author_id")


def search_text(subject: str, body: str) -> str:
    """What the full-text index sees of an entry."""
    return fold(f"{subject} {body}")


def audience_changes(given: Audience, effective: str, asked: str) -> bool:
    """True when a form asks for another audience than the one it showed.

    A form shows the effective audience, which a private contact may have narrowed; sending that back unchanged must
    not turn into a wish of the author.
    """
    return given.value not in (effective, asked)


def entry_view(actor: Actor, row: Any, author_name: str, contacts: Names, mentions: tuple[MentionView, ...], *, mail: EntryMail | None = None) -> EntryView:
    """The entry as ``actor`` sees it. ``row`` is one, or has the same fields."""
    may_write = actor.can(Permission.INTERACTION_WRITE)
    return EntryView(
        **{name: getattr(row, name) for name in OWN_FIELDS},
        author_id=row.author_id or row.owner_id, author_name=author_name, contacts=contacts, mentions=mentions, mail=mail,
        may_edit=may_write and may_edit(actor, row), may_delete=may_write and may_own(actor, row),
    )  # fmt: skip
