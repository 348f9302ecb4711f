"""What one run of a mail connection needs, a transaction for each step: mails, cursor, problems and counts of a page stand or fall together.

Nothing here speaks to a provider. Each step asks first whether the job still is this attempt's and still wanted (``hold``), so that whoever
lost it, or was told to stop, changes nothing. A problem is about a message in a folder: its ``etag`` says whether its head or its words are
missing, and is empty where that is to be found out again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.actor import Actor
from crm_app.domain.changes.queries import read_by_key
from crm_app.domain.connections import problems, queries, rules
from crm_app.domain.connections.access import get_own_connection
from crm_app.domain.connections.models import SyncProblem
from crm_app.domain.connections.plans import Bad, Counts, Plan, Rehearsed
from crm_app.domain.connections.running import count, hold
from crm_app.domain.connections.source import SourceDown
from crm_app.domain.i18n import _
from crm_app.domain.jobs import service as jobs
from crm_app.domain.mail import landing_queries, sweep_queries
from crm_app.domain.mail.access import get_own_folder
from crm_app.domain.mail.bodies import MOST_WANTED
from crm_app.domain.mail.identity import ident_of
from crm_app.domain.mail.landing import land_bodies, land_folders, land_heads, list_wanted, meet_people, sweep_gone
from crm_app.domain.mail.models import FolderRole, MailFolder
from crm_app.domain.mail.source import RemoteFolder
from crm_app.domain.mail.sweep_queries import FOLDER
from crm_app.domain.mail.taken import TakenBody, TakenFolder, TakenHead

HEAD, WORDS = "head", "words"
"""What a problem says is missing."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that is to be synced; without ``id`` it is not kept here yet, which only happens in a dry run.

    ``again`` are messages whose heads could not be read and are to be tried once more; ``wanted`` those whose words are still to come.
    """

    id: UUID | None
    remote: RemoteFolder
    token: str = ""
    again: tuple[int, ...] = ()
    wanted: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Heads:
    """A page, read. ``bad`` are messages whose heads cannot be."""

    heads: Sequence[TakenHead] = ()
    bad: Sequence[Bad] = ()
    gone: Collection[int] = ()
    flags: Mapping[int, frozenset[str]] | None = None
    present: Collection[int] | None = None
    token: str = ""


def keep_folders(session: Session, actor: Actor, plan: Plan, remotes: Sequence[RemoteFolder]) -> tuple[Folder, ...]:
    """Bring the list of folders in step, and what each is to be asked. SourceDown when an account that had folders names none."""
    connection = hold(session, actor, plan)
    kept = {row.ref: row for row in landing_queries.list_folders(session, actor, plan.connection_id)}
    if kept and not remotes:
        raise SourceDown(_("The account names no folder any more."))
    known = {remote.ref: remote for remote in remotes}
    if plan.dry:
        read = [remote for remote in known.values() if _is_read(kept, remote)]
        return tuple(_asked(session, actor, plan, kept[remote.ref], remote) if remote.ref in kept else Folder(None, remote) for remote in read)
    for ref in kept.keys() - known.keys():
        queries.forget_problems(session, actor, plan.connection_id, ref)
    rows = land_folders(session, actor, connection, [_taken(remote) for remote in known.values()])
    return tuple(_asked(session, actor, plan, row, known[row.ref]) for row in _in_order(rows) if row.synced and row.ref in known)


def end_test(session: Session, actor: Actor, plan: Plan, result: dict[str, Any], remotes: Sequence[RemoteFolder]) -> None:
    """What the test of a mailbox found, with the folders that there are to choose from; nothing goes because of a test."""
    connection = get_own_connection(session, actor, plan.connection_id, lock=True)
    if remotes and not landing_queries.list_folders(session, actor, plan.connection_id):
        land_folders(session, actor, connection, [_taken(remote) for remote in remotes])
    jobs.finish_job(session, actor, plan.job_id, result, attempt=plan.attempt)


def land_page(
    session: Session, actor: Actor, plan: Plan, folder: Folder, page: Heads, *, progress: tuple[int, int] = (0, 0)
) -> tuple[Counts, tuple[int, ...]]:
    """Take a page of heads in; what it came to, and of which messages the words are wanted. A dry run raises ``Rehearsed`` with the counts."""
    connection = hold(session, actor, plan, progress)
    row = _standing(session, actor, folder) if folder.id else _rehearsed(land_folders(session, actor, connection, [_taken(folder.remote)]), folder)
    if row is None or not row.synced:
        return Counts(), ()
    read_by_key(session)
    heads = _of_interest(session, actor, plan, page.heads)
    landed = land_heads(session, actor, row, heads, gone=page.gone, present=page.present, flags=page.flags, token=page.token, moment=plan.moment)
    told = queries.list_calendar_problems(session, actor, plan.connection_id, row.ref)
    read = {str(head.uid) for head in heads} - {item for item, one in told.items() if one.etag == WORDS}
    present = frozenset(map(str, page.present)) | {FOLDER} if page.present is not None else None
    about = problems.Page(read | {FOLDER}, page.bad, set(map(str, page.gone)), present, frozenset(one.item for one in page.bad))
    skipped, failed = problems.keep(session, actor, plan.connection_id, row.ref, about, plan.moment)
    counts = Counts(len(heads) + len(page.bad), landed.created, landed.updated, landed.deleted, skipped, failed)
    if plan.dry:
        raise Rehearsed(counts)
    count(session, actor, plan, counts)
    resting = _resting(told, plan)
    return counts, tuple(uid for uid in landed.wanted if uid not in resting)


def land_words(
    session: Session, actor: Actor, plan: Plan, folder: Folder, bodies: Sequence[TakenBody], bad: Sequence[Bad], *, progress: tuple[int, int] = (0, 0)
) -> Counts:
    """Keep the words of these messages; ``bad`` are those that cannot be had, or not all of them."""
    hold(session, actor, plan, progress)
    row = _standing(session, actor, folder)
    if row is None or not row.synced:
        return Counts()
    read_by_key(session)
    land_bodies(session, actor, row, bodies)
    partly = [Bad(str(body.uid), " ".join(body.read.problems), WORDS, failed=False, title=body.read.subject) for body in bodies if body.read.problems]
    about = problems.Page({str(body.uid) for body in bodies}, [*partly, *bad], (), None, frozenset())
    skipped, failed = problems.keep(session, actor, plan.connection_id, row.ref, about, plan.moment)
    counts = Counts(skipped=skipped, failed=failed)
    count(session, actor, plan, counts)
    return counts


def list_left(session: Session, actor: Actor, plan: Plan, folder: Folder, asked: Collection[int]) -> tuple[int, ...]:
    """Messages of a folder whose words are still wanted, without those that were ``asked`` for already and those that rest."""
    row = _standing(session, actor, folder)
    if row is None or not row.synced:
        return ()
    return _wanted(session, actor, row, _resting(queries.list_calendar_problems(session, actor, plan.connection_id, row.ref), plan) | set(asked))


def note_refusal(session: Session, actor: Actor, plan: Plan, folder: Folder, reason: str) -> Counts:
    """A folder could not be opened: that is a problem of this folder, and of no other."""
    hold(session, actor, plan)
    if plan.dry or _standing(session, actor, folder) is None:
        return Counts(failed=1)
    bad = Bad(FOLDER, reason, HEAD, title=folder.remote.name)
    _skipped, failed = problems.keep(session, actor, plan.connection_id, folder.remote.ref, problems.Page(set(), [bad], (), None, frozenset()), plan.moment)
    counts = Counts(failed=failed)
    count(session, actor, plan, counts)
    return counts


def tidy_up(session: Session, actor: Actor, plan: Plan) -> Counts:
    """At the end of a run that looked into every folder: forget the mails that no folder of any mailbox has held since before it began.

    A mail may have moved to another mailbox, so each must have been looked at since.
    """
    hold(session, actor, plan)
    looks = sweep_queries.list_other_looks(session, actor, plan.connection_id)
    began = [one for one in looks if one is not None]
    if len(began) < len(looks):
        return Counts()
    counts = Counts(deleted=sweep_gone(session, actor, min([plan.moment, *began]), plan.earliest))
    count(session, actor, plan, counts)
    return counts


def is_earlier(received_at: datetime | None, plan: Plan) -> bool:
    """Whether a message came before the months that are read. A server counts days by a clock of its own."""
    return received_at is not None and received_at.date() < plan.first - timedelta(days=1)


def meet(session: Session, actor: Actor, plan: Plan) -> int:
    """Make contacts of people as the mailbox's owner wants it, in a unit of work of its own, so that it can be undone."""
    return meet_people(session, actor, hold(session, actor, plan))


def _of_interest(session: Session, actor: Actor, plan: Plan, heads: Sequence[TakenHead]) -> list[TakenHead]:
    """A mail from before the months that are read is none of ours, unless it is here already and only lies elsewhere now."""
    earlier = {head.uid: ident_of(head.read) for head in heads if is_earlier(head.received_at, plan)}
    known = landing_queries.list_by_ident(session, actor, set(earlier.values()))
    return [head for head in heads if head.uid not in earlier or earlier[head.uid] in known]


def _asked(session: Session, actor: Actor, plan: Plan, row: MailFolder, remote: RemoteFolder) -> Folder:
    told = queries.list_calendar_problems(session, actor, plan.connection_id, row.ref)
    again = tuple(int(item) for item, one in told.items() if item.isdigit() and one.kind == "failed" and one.etag != WORDS and not _rests(one, plan))
    return Folder(row.id, remote, "" if plan.anew else row.token, again, () if plan.dry else _wanted(session, actor, row, _resting(told, plan)))


def _wanted(session: Session, actor: Actor, row: MailFolder, but: Collection[int]) -> tuple[int, ...]:
    return tuple(uid for uid in list_wanted(session, actor, row, MOST_WANTED + len(but)) if uid not in but)


def _resting(told: Mapping[str, SyncProblem], plan: Plan) -> set[int]:
    """Messages whose words could not be had, and are left alone for now."""
    return {int(item) for item, one in told.items() if item.isdigit() and one.etag == WORDS and one.kind == "failed" and _rests(one, plan)}


def _rests(problem: SyncProblem, plan: Plan) -> bool:
    return problem.tries >= rules.MOST_TRIES or (problem.retry_at is not None and problem.retry_at > plan.moment)


def _standing(session: Session, actor: Actor, folder: Folder) -> MailFolder | None:
    return get_own_folder(session, actor, folder.id, lock=True) if folder.id else None


def _rehearsed(rows: Sequence[MailFolder], folder: Folder) -> MailFolder | None:
    return next((row for row in rows if row.ref == folder.remote.ref), None)


def _is_read(kept: Mapping[str, MailFolder], remote: RemoteFolder) -> bool:
    return kept[remote.ref].synced if remote.ref in kept else remote.role not in ("drafts", "junk", "trash")


def _in_order(rows: Sequence[MailFolder]) -> list[MailFolder]:
    """What people wait for comes first, and what they sent before what others wrote: by it their own addresses are known."""
    first = [FolderRole.SENT.value, FolderRole.INBOX.value, FolderRole.ARCHIVE.value]
    return sorted(rows, key=lambda row: (first.index(row.role) if row.role in first else len(first), row.ref))


def _taken(remote: RemoteFolder) -> TakenFolder:
    return TakenFolder(remote.ref, rules.short(remote.name, 240) or remote.ref[:240], FolderRole(remote.role))
