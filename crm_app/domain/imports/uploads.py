"""Pictures that people upload: drawn anew, and kept until they are put on a contact."""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.errors import Invalid
from crm_app.domain.files.models import UPLOAD, Blob
from crm_app.domain.imports.photos import CONTENT_TYPE
from crm_app.domain.imports.sandbox import bound_sandbox
from crm_app.domain.isolation import SandboxRefused, SandboxTimeout
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience


def keep_photo(session: Session, actor: Actor, name: str, content: bytes) -> UUID:
    """Draw a picture anew and keep it, private to the actor, until it is put on a contact."""
    actor.require(Permission.CONTACT_WRITE)
    try:
        data = bound_sandbox().run("crm_app.domain.imports.photos:shrink", content)
    except SandboxRefused as refusal:
        raise Invalid(refusal.reason) from refusal
    except SandboxTimeout as late:
        raise Invalid("This picture takes too long to open. Save it in another size and try again.") from late
    blob = Blob(
        owner_id=actor.user_id, audience=Audience.PRIVATE.value, purpose=UPLOAD, name=name[:200], content_type=CONTENT_TYPE,
        size=len(data), sha256=sha256(data).hexdigest(), data=data,
    )  # fmt: skip
    session.add(blob)
    session.flush()
    return blob.id
