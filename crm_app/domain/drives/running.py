"""What one run of a drive needs, a transaction for each step: documents, problems and counts of a page stand or fall together, and the place with the last.

Nothing here speaks to a provider. Each step asks first whether the job still is this attempt's and still wanted (``hold``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.connections import problems, running
from crm_app.domain.connections.access import get_own_connection
from crm_app.domain.connections.plans import Bad, Counts, Plan, Rehearsed
from crm_app.domain.connections.running import count, hold
from crm_app.domain.drives import queries
from crm_app.domain.drives.access import get_own_drive
from crm_app.domain.drives.following import Drive, Held, Link, Look
from crm_app.domain.drives.landing import Fetched, Landed, land_file, lose_files
from crm_app.domain.drives.models import DriveFolder
from crm_app.domain.drives.places import read_places, write_places
from crm_app.domain.drives.source import RemoteFile
from crm_app.domain.jobs import service as jobs
from crm_app.domain.permissions import Permission
from crm_app.domain.rows import Audience


@dataclass(frozen=True, slots=True)
class Page:
    """Something of one contact's files. ``present``, on the last page of a whole look, is every file that is theirs; ``noted`` stays out as it did before."""

    contact_id: UUID
    files: Sequence[Fetched] = ()
    bad: Sequence[Bad] = ()
    away: frozenset[str] = frozenset()
    noted: frozenset[str] = frozenset()
    present: frozenset[str] | None = None
    last: bool = False
    seen: int = 0


@dataclass(frozen=True, slots=True)
class End:
    """How far a look has come: the places to go on from, the links that it looked at, what these are called now, which are not there, and what lies below."""

    places: Mapping[str, str]
    links: frozenset[UUID] = frozenset()
    names: dict[str, str] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    within: dict[str, str] = field(default_factory=dict)
    targets: dict[str, str] = field(default_factory=dict)


def get_drive(session: Session, actor: Actor, plan: Plan) -> Drive:
    """What is known of a drive. Contacts that are not here, or not the actor's to see, are left alone with all that came for them."""
    hold(session, actor, plan)
    row = get_own_connection(session, actor, plan.connection_id)
    links = tuple(Link(one.id, one.contact_id, one.external_id, one.folder, one.listed, one.gone) for one in queries.list_followed(session, actor, row.id))
    held = {(one.contact_id, one.external_id): Held(one.link_id, one.mark, one.name, here, one.folder) for one, here in queries.list_files(session, actor, row.id)}
    told: dict[str, dict[str, Any]] = {}
    for problem in queries.list_problems(session, actor, row.id):
        told.setdefault(problem.calendar_ref, {})[problem.item] = problem
    resting = {(UUID(ref), item): mark for ref, rows in told.items() for item, mark in problems.known_until(rows, plan.moment)[0].items()}
    below = queries.list_folders(session, actor, row.id)
    within, targets = {one.external_id: one.within for one in below}, {one.external_id: one.target for one in below if one.target}
    return Drive({} if plan.whole else read_places(row.place), links, held, resting, within, targets)


def get_way(session: Session, actor: Actor, connection_id: UUID) -> Plan:
    """What it takes to look into an own drive, outside of any job. NotFound for one that is not the actor's."""
    actor.require(Permission.CONNECTION_MANAGE)
    return running.get_way(session, actor, get_own_drive(session, actor, connection_id).id)


def land_page(session: Session, actor: Actor, plan: Plan, page: Page | None, end: End | None, *, progress: tuple[int, int] = (0, 0)) -> Counts:
    """Take a page in, and with the last one how far that has come. A dry run raises ``Rehearsed`` with what it would have come to."""
    connection = hold(session, actor, plan, progress)
    counts, landed = Counts(), Landed()
    if page is not None:
        for one in page.files:
            land_file(session, actor, connection, one, landed)
        lose_files(session, actor, connection.id, page.contact_id, set(page.away), landed)
        skipped, failed = _problems(session, actor, plan, page, landed)
        counts = Counts(page.seen, landed.created, landed.updated, landed.deleted, skipped, failed)
    if end is not None:
        _end(session, actor, plan, end)
    if plan.dry:
        raise Rehearsed(counts)
    count(session, actor, plan, counts)
    return counts


def end_test(session: Session, actor: Actor, plan: Plan, result: dict[str, Any], found: Sequence[RemoteFile]) -> None:
    """What the test found; there is nothing to choose from before somebody does so for a contact."""
    get_own_connection(session, actor, plan.connection_id, lock=True)
    jobs.finish_job(session, actor, plan.job_id, result, attempt=plan.attempt)


def end_of(drive: Drive, look: Look, places: Mapping[str, str]) -> End:
    """How far a look has come."""
    looked = [link for link in drive.links if look.whole or not link.listed or link.ref in look.gone or link.ref in look.files]
    return End(places, frozenset(link.id for link in looked), {ref: file.name for ref, file in look.files.items()}, frozenset(look.gone), look.within, look.targets)


def _problems(session: Session, actor: Actor, plan: Plan, page: Page, landed: Landed) -> tuple[int, int]:
    bad = [*page.bad, *landed.notes]
    out = {one.item for one in bad}
    taken = {one.claim.file.ref for one in page.files} - out
    if not (bad or taken or page.away or page.last):
        return 0, 0
    told = problems.Page(taken, bad, page.away, page.present, page.noted)
    return problems.keep(session, actor, plan.connection_id, str(page.contact_id), told, plan.moment)


def _end(session: Session, actor: Actor, plan: Plan, end: End) -> None:
    row = get_own_connection(session, actor, plan.connection_id)
    if row.place != (place := write_places(end.places)):
        row.place = place
    followed = queries.list_followed(session, actor, plan.connection_id)
    for link in followed:
        if link.id in end.links:
            now = {"listed": True, "gone": link.external_id in end.gone, "name": end.names.get(link.external_id, link.name)}
            link.sqlmodel_update({name: value for name, value in now.items() if getattr(link, name) != value})
    session.flush()
    for link in queries.list_listed_folders(session, actor, plan.connection_id):
        if link not in followed:  # what lies below it is forgotten now: when its contact is back from the trash it is looked at anew
            link.listed = False
    _keep_folders(session, actor, plan.connection_id, end)
    session.flush()


def _keep_folders(session: Session, actor: Actor, connection_id: UUID, end: End) -> None:
    """What is not below a linked folder any more is no business of ours."""
    known = {row.external_id: row for row in queries.list_folders(session, actor, connection_id)}
    for ref, row in known.items():
        if ref not in end.within:
            session.delete(row)
        elif (row.within, row.target) != (now := (end.within[ref], end.targets.get(ref, ""))):
            row.within, row.target = now
    owned: dict[str, Any] = {"owner_id": actor.user_id, "audience": Audience.PRIVATE.value, "connection_id": connection_id}
    new = [ref for ref in end.within if ref not in known]
    session.add_all([DriveFolder(**owned, external_id=ref, within=end.within[ref], target=end.targets.get(ref, "")) for ref in new])
