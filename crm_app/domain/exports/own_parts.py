"""What an export tells of its maker's own writing: letters that have not been sent, templates, and signatures. It is told and not taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_app.domain.imports.parts import Moment, Part
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience


class LetterPart(Part):
    """A letter that is being written or waits to be sent. ``files`` are the names of what is attached; what was sent is among the mails."""

    state: str = "draft"
    leaves_at: Moment | None = None
    recipients: str = ""
    copies: str = ""
    blind: str = ""
    subject: str = ""
    text: str = ""
    quoted: str = ""
    files: tuple[str, ...] = ()


class TemplatePart(Part):
    """What is written again and again."""

    name: str
    subject: str = ""
    text: str = ""
    audience: Audience = Audience.PRIVATE


class SignaturePart(Part):
    """What stands under letters from an address."""

    address: str = ""
    text: str


_STANDS = "(select %s from outbox o where o.owner_id = p.owner_id and o.key = 'letter:' || p.id)"
_FILES = "coalesce((select jsonb_agg(one -> 'name') from jsonb_array_elements(p.files) one), '[]')"
OWN_COLUMNS: Mapping[str, tuple[Permission, type[Any], str]] = {
    "letters": (
        Permission.MAIL_WRITE, LetterPart,
        f"p.id, coalesce({_STANDS % 'o.state'}, 'draft') as state, {_STANDS % 'o.run_after'} as leaves_at, p.recipients, p.copies, p.blind, p.subject, "
        f"p.body as text, p.quoted, {_FILES} as files",
    ),
    "templates": (Permission.MAIL_WRITE, TemplatePart, "p.id, p.name, p.subject, p.body as text, p.audience"),
    "signatures": (Permission.MAIL_WRITE, SignaturePart, "p.id, p.sender_address as address, p.signature as text"),
}  # fmt: skip
"""As ``COLUMNS`` of what hangs on contacts."""
