"""What AI may read, as the person who asks: every record that goes to a model comes from here, or is asked for here right before it is sent.

A contact is readable when the actor sees it, it is not deleted, nobody said "never to AI" of it, and it agrees to AI itself. An entry, a task, an event
is readable when the actor sees it, nobody kept it from AI, and everybody on it is readable. What is taken back holds from that moment on: nothing of this is kept.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.audit.writing import note
from crm_app.domain.disclosure import access, shares, source_queries, standing_queries
from crm_app.domain.disclosure.schemas import (
    Dossier,
    DossierWish,
    ReachView,
    Ref,
    SensitiveField,
    Source,
    SourceFilter,
    SourceKind,
)
from crm_app.domain.errors import Forbidden, NotFound
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import now

LISTS = {
    SourceKind.ENTRY: source_queries.list_entries, SourceKind.EVENT: source_queries.list_events, SourceKind.TASK: source_queries.list_tasks,
    SourceKind.GOAL: standing_queries.list_goals, SourceKind.PROGRAMME: standing_queries.list_programmes,
    SourceKind.DOCUMENT: standing_queries.list_documents,
}  # fmt: skip
STANDING = {SourceKind.GOAL: 10, SourceKind.PROGRAMME: 5, SourceKind.TASK: 20, SourceKind.EVENT: 100, SourceKind.DOCUMENT: 5}
"""So many of these are looked at for a dossier, however old they are; of events some of them stand in it, and of files how they begin (``shares``)."""


def readable_ids(session: Session, actor: Actor, contact_ids: Collection[UUID]) -> frozenset[UUID]:
    """Which of these contacts AI may read for the actor."""
    actor.require(Permission.AI_USE)
    return access.list_readable(session, actor, contact_ids)


def count_by_stage(session: Session, actor: Actor) -> dict[str, int]:
    """How many contacts stand in each stage, of those alone that AI may read: else it would know the stage of the only one who does not agree."""
    actor.require(Permission.AI_USE)
    return access.count_readable_by_stage(session, actor)


def require_readable(session: Session, actor: Actor, contact_ids: Collection[UUID]) -> None:
    """Raise unless AI may read all of these contacts: NotFound where the actor does not see one, else Forbidden with how many, and why."""
    actor.require(Permission.AI_USE)
    wanted = set(contact_ids)
    kept_back = wanted - access.list_readable(session, actor, wanted)
    if not kept_back:
        return
    seen = access.list_seen(session, actor, kept_back)
    if len(seen) != len(kept_back):
        raise NotFound(_("One of these contacts is not here. It may have been deleted, or it belongs to someone else."))
    silent = sum(1 for agrees in seen.values() if not agrees)
    if silent:
        said = ngettext(
            "The assistant can't read this: 1 contact has not agreed to it. Record their consent on their page first.",
            "The assistant can't read this: %d contacts have not agreed to it. Record their consent on their pages first.",
            silent,
        )
        raise Forbidden(said if silent == 1 else said % silent)
    raise Forbidden(_("The assistant can't read this: somebody has kept a contact of it from AI. That can be changed on the contact's page."))


def get_dossier(session: Session, actor: Actor, contact_id: UUID, wanted: DossierWish = DossierWish()) -> Dossier:  # noqa: B008  it is frozen
    """What AI may know of one contact, for the actor. NotFound and Forbidden as ``require_readable``."""
    actor.require(Permission.AI_USE)
    require_readable(session, actor, [contact_id])
    facts = standing_queries.get_facts(session, actor, contact_id)
    if facts is None:
        raise NotFound
    standing: list[Source] = []
    more = False
    for kind, most in STANDING.items():
        if kind in wanted.kinds:
            found = LISTS[kind](session, actor, _of(contact_id, wanted, most + 1))
            kept = shares.some_events(found, now()) if kind is SourceKind.EVENT else found[:most]
            standing, more = [*standing, *shares.beginnings(kept, wanted)], more or len(found) > len(kept)
    entries = LISTS[SourceKind.ENTRY](session, actor, _of(contact_id, wanted, wanted.most)) if SourceKind.ENTRY in wanted.kinds else []
    kept = shares.shared(entries, standing, wanted)
    more = more or len(entries) == wanted.most or len(kept) < len(entries) + len(standing)
    return Dossier(contact_id=contact_id, name=facts.title, facts=facts, sources=tuple(shares.in_order(kept, now())), more=more)


def find_sources(session: Session, actor: Actor, wanted: SourceFilter) -> tuple[Source, ...]:
    """Sources of all that the actor sees and AI may read, the newest first; of contacts only where words are given."""
    actor.require(Permission.AI_USE)
    found = [source for kind, listed in LISTS.items() if kind in wanted.kinds for source in listed(session, actor, wanted)]
    found.sort(key=lambda source: (source.when or now(), source.id), reverse=True)
    people: list[Source] = []
    if SourceKind.CONTACT in wanted.kinds and wanted.words:
        keys = standing_queries.list_names(session, actor, wanted.words, wanted.limit)
        people = [facts for facts in (standing_queries.get_facts(session, actor, key) for key in keys) if facts]
    return (*people, *found)[: wanted.limit]


def get_sources(session: Session, actor: Actor, refs: Collection[Ref]) -> dict[Ref, Source]:
    """These records (at most 200), as far as AI may read them for the actor now. What it may not is left out, as if it was not there."""
    actor.require(Permission.AI_USE)
    wanted = list(dict.fromkeys(refs))[:200]
    found: list[Source] = []
    for kind, listed in LISTS.items():
        ids = [ref.id for ref in wanted if ref.kind is kind]
        found += listed(session, actor, SourceFilter(limit=200), ids) if ids else []
    people = [standing_queries.get_facts(session, actor, ref.id) for ref in wanted if ref.kind is SourceKind.CONTACT]
    return {source.ref: source for source in (*found, *people) if source}


def get_document_part(session: Session, actor: Actor, document_id: UUID, *, near: str = "", part: int = 1) -> Source:
    """A file of a contact from where the passage ``near`` stands in it on, or this part of it (from 1). NotFound where AI may not read it for the actor."""
    actor.require(Permission.AI_USE)
    found = standing_queries.list_documents(session, actor, SourceFilter(limit=1), [document_id], near=near, part=part)
    if not found:
        raise NotFound
    return found[0]


def get_reach(session: Session, actor: Actor) -> ReachView:
    """Which of the fields that stand apart AI may read in this team: none, until an admin says so."""
    actor.require(Permission.CONTACT_READ)
    return ReachView(fields=access.sensitive_fields(access.get_team(session)), may_change=actor.can(Permission.AI_MANAGE))


def set_reach(session: Session, actor: Actor, fields: Collection[SensitiveField]) -> ReachView:
    """Say which fields that stand apart AI may read, of contacts that agree to AI and to health notes."""
    actor.require(Permission.AI_MANAGE)
    team = access.get_team(session, lock=True)
    before, after = team.ai_reads, " ".join(sorted({field.value for field in fields}))
    if before != after:
        team.ai_reads = after
        note(session, actor, "ai.reach", "team", fields=after)
        session.flush()
    return get_reach(session, actor)


def _of(contact_id: UUID, wanted: DossierWish, limit: int) -> SourceFilter:
    return SourceFilter(contact_ids=(contact_id,), since=wanted.since, until=wanted.until, limit=min(limit, 200))
