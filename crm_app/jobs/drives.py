"""A run of a drive: what has changed is asked for once, and of that only what is linked to a contact is fetched, read in the sandbox, and lands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from prometheus_client import Counter

from crm_app.domain.connections.plans import Bad, Counts, Plan, Rehearsed
from crm_app.domain.documents import reading
from crm_app.domain.documents.kinds import MOST_BYTES
from crm_app.domain.drives import rules, running
from crm_app.domain.drives.following import Claim, Doing, Drive, Look, follow
from crm_app.domain.drives.landing import Fetched
from crm_app.domain.drives.running import End, Page
from crm_app.domain.drives.source import DriveSource, FileRefused
from crm_app.domain.i18n import _
from crm_app.domain.unit_of_work import run_service
from crm_app.jobs.drive_looking import look_at
from crm_app.jobs.running import Running

ROUNDS: Final = 3
"""How often what was linked while a run was under way is looked at in the same run; the next run goes on."""
FILES = Counter("crm_sync_files_total", "Files of drives that became documents, changed and went.", ["what"])


def bring_in(held: Running, plan: Plan, source: DriveSource, counts: Counts) -> None:
    """Everything that is new of what is linked to contacts."""
    for _round in range(ROUNDS):
        drive = run_service(held.actor, running.get_drive, plan)
        if _round and all(link.listed for link in drive.links):
            return
        look, places = look_at(held, drive, source)
        _take_in(held, plan, source, drive, look, running.end_of(drive, look, places), counts)
        if plan.dry:
            return


def _take_in(held: Running, plan: Plan, source: DriveSource, drive: Drive, look: Look, end: End, counts: Counts) -> None:
    """The last page, if there is any, lands with the place to go on from."""
    waiting: Page | None = None
    doing = follow(drive, look)
    counts.coming += sum(len(one.fetch) for one in doing.values())
    for contact_id, one in doing.items():
        for page in _pages(held, source, contact_id, one, look):
            if waiting is not None:
                _land(held, plan, waiting, None, counts)
            waiting = page
        counts.total += len(one.claimed)
    _land(held, plan, waiting, end, counts)


def _pages(held: Running, source: DriveSource, contact_id: UUID, doing: Doing, look: Look) -> Iterator[Page]:
    """A page for each file that is fetched, which may be large, and one for all that is left to say of a contact."""
    bad = [Bad(file.ref, reason, file.mark, failed=False, title=file.name) for file, reason in doing.out]
    for claim in doing.fetch:
        held.stop_if_asked()
        held.renew()
        try:
            yield Page(contact_id, [_fetched(source, claim)], seen=1)
        except FileRefused as refused:
            bad.append(Bad(claim.file.ref, refused.reason, claim.file.mark, failed=False, title=claim.file.name))
    told = [Fetched(claim) for claim in doing.told]
    if bad or told or doing.away or look.whole:
        present = frozenset(doing.claimed) if look.whole else None
        yield Page(contact_id, told, bad, frozenset(doing.away), frozenset(doing.noted), present, True, len(told) + len(bad) + len(doing.away))


def _fetched(source: DriveSource, claim: Claim) -> Fetched:
    content, kind = source.fetch(claim.file), rules.kind_of(claim.file)
    if len(content) > MOST_BYTES or kind is None:
        raise FileRefused(_("It is larger than %d MB.") % (MOST_BYTES // 1_000_000))
    if not content:
        raise FileRefused(_("It is empty."))
    return Fetched(claim, content, reading.read(kind, content))


def _land(held: Running, plan: Plan, page: Page | None, end: End | None, counts: Counts) -> None:
    held.stop_if_asked()
    so_far = counts.seen + (page.seen if page else 0)
    try:
        counts.add(run_service(held.actor, running.land_page, plan, page, end, progress=(so_far, counts.coming if counts.coming >= so_far else 0)))
    except Rehearsed as rehearsal:
        counts.add(rehearsal.counts)
