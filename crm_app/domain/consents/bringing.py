"""What people of an import have agreed to, added to the ledger as what it is: said on its own day, brought in by whoever imports.

A *no* that stands here becomes a *yes* only by one that was said on a later day. Wordings that nobody here knows come along; only who looks after the
team, and only where it has none of its own, brings one that is agreed to from then on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.audit.writing import note
from crm_app.domain.consents import queries, service
from crm_app.domain.consents.kinds import Purpose
from crm_app.domain.consents.models import ConsentText
from crm_app.domain.imports.consent_part import ConsentPart
from crm_app.domain.imports.parts import own_id
from crm_app.domain.permissions import Permission

Said = Sequence[tuple[UUID, ConsentPart]]

# One after the other, so that of one day what was said last there is recorded last here.
_ADDED = text(
    "insert into consent (id, contact_id, owner_id, audience, purpose, action, text_id, channel, happened_on, evidence) "
    "select r.id, r.contact_id, c.owner_id, c.audience, r.purpose, r.action, r.text_id, r.channel, r.happened_on, r.evidence "
    "from jsonb_to_recordset(cast(:rows as jsonb)) as r(place int, id uuid, contact_id uuid, purpose text, action text, text_id uuid, channel text, "
    "happened_on date, evidence text) join contact c on c.id = r.contact_id "
    "where r.action = 'withdrawn' or not exists (select from consent n where n.contact_id = r.contact_id and n.purpose = r.purpose "
    "and n.action = 'withdrawn' and n.happened_on = r.happened_on) "
    "order by r.place on conflict do nothing returning contact_id, purpose, action, channel"
)


def bring_consents(session: Session, actor: Actor, said: Said) -> None:
    """Add these to the ledger, each once however often its file is taken. For an import, which has asked already who may write to these contacts."""
    if not said or not actor.can(Permission.CONTACT_WRITE):
        return
    texts = _texts(session, actor, [part for _contact, part in said if part.action == "given"])
    rows = [
        part.model_dump(mode="json", include={"purpose", "action", "channel", "happened_on", "evidence"})
        | {"id": own_id(part.id, contact_id), "contact_id": contact_id, "place": place}
        | {"text_id": texts[part.purpose, part.wording] if part.action == "given" else None}
        for place, (contact_id, part) in enumerate(sorted(said, key=lambda one: (one[1].happened_on, one[1].created_at, one[1].id)))
    ]  # fmt: skip
    for row in session.connection().execute(_ADDED, {"rows": json.dumps(rows, default=str)}).all():
        note(session, actor, f"consent.{row.action}", "contact", row.contact_id, purpose=row.purpose, channel=row.channel)


def _texts(session: Session, actor: Actor, given: Iterable[ConsentPart]) -> dict[tuple[str, str], UUID]:
    """The wording that each of these was given by; those that are not here yet are kept."""
    known = _known(session)
    for purpose in Purpose:
        fresh = {part.wording: part.version or 1 for part in given if part.purpose == purpose and (part.purpose, part.wording) not in known}
        if fresh:
            _keep(session, actor, purpose, fresh)
    return _known(session)


def _keep(session: Session, actor: Actor, purpose: Purpose, fresh: dict[str, int]) -> None:
    """With the numbers that they had where the team has no wording of its own yet, else below those that are here: none of these becomes the latest."""
    here = [one.version for one in queries.list_texts(session, purpose)]
    if not here and actor.can(Permission.TEAM_MANAGE):
        last = 0
        for wording, version in sorted(fresh.items(), key=lambda one: one[1]):
            last = max(last + 1, version)
            session.add(ConsentText(purpose=purpose.value, version=last, wording=wording, author_id=actor.user_id))
    else:
        if not here:
            service.keep_standard(session, purpose)
        fresh = {wording: version for wording, version in fresh.items() if (purpose.value, wording) not in _known(session)}
        lowest = min(here, default=1)
        for wording, _version in sorted(fresh.items(), key=lambda one: -one[1]):
            lowest -= 1
            session.add(ConsentText(purpose=purpose.value, version=lowest, wording=wording, author_id=actor.user_id))
    session.flush()


def _known(session: Session) -> dict[tuple[str, str], UUID]:
    """Every wording, by its latest version."""
    return {(one.purpose.value, one.wording): one.id for one in reversed(queries.list_texts(session)) if one.id}
