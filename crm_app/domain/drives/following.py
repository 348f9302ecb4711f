"""What is to be done about each file that is linked to a contact, from what is known here and what a look at the drive has found: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from crm_app.domain.drives import rules
from crm_app.domain.drives.source import RemoteFile
from crm_app.domain.drives.tree import way_up
from crm_app.domain.i18n import _


@dataclass(frozen=True, slots=True)
class Link:
    """A file or a folder that a contact's documents come from; ``listed``: it has been looked at before, ``gone``: it was not there then."""

    id: UUID
    contact_id: UUID
    ref: str
    folder: bool
    listed: bool
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """What is here of a file: how it was when it last came (``mark`` is empty while it is not there), by which link, and whether its document is here.

    ``folder`` is the one below the linked one that it lies in, or the shortcut that leads to it; empty for the linked one itself.
    """

    link_id: UUID | None
    mark: str
    name: str
    here: bool
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Drive:
    """What is known of a drive: how far its lists of changes have been read (see ``places``), what is linked, and what came of each file of each contact.

    Without a place everything is to be looked at. ``resting`` are files that were not handed over, with their marks then. ``within`` are the folders and
    shortcuts below the folders that are linked, and what each lies in; ``targets`` are the files that these shortcuts lead to.
    """

    places: Mapping[str, str]
    links: tuple[Link, ...]
    held: Mapping[tuple[UUID, str], Held]
    resting: Mapping[tuple[UUID, str], str]
    within: Mapping[str, str] = field(default_factory=dict)
    targets: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Look:
    """What a look has found. ``files`` is what is there, ``gone`` what is not.

    ``within`` and ``targets`` are as in ``Drive``, and as it is now; ``shut`` are folders and shortcuts that are not followed, and why. ``whole``:
    everything that is linked has been looked at.
    """

    whole: bool = False
    files: dict[str, RemoteFile] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    within: dict[str, str] = field(default_factory=dict)
    targets: dict[str, str] = field(default_factory=dict)
    shut: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claim:
    """A file that is a contact's by a link, and the folder below the linked one that it lies in (see ``Held``), or a ``shortcut`` that leads to it."""

    link: Link
    file: RemoteFile
    folder: str = ""
    shortcut: bool = False


@dataclass(slots=True)
class Doing:
    """For one contact: what is to be fetched, what is called otherwise, lies elsewhere or is followed again, what is not there any more, and what stays out, why.

    ``noted`` is what stays out as it did before; ``claimed`` is every file that is theirs, as far as it was looked at.
    """

    fetch: list[Claim] = field(default_factory=list)
    told: list[Claim] = field(default_factory=list)
    away: set[str] = field(default_factory=set)
    out: list[tuple[RemoteFile, str]] = field(default_factory=list)
    noted: set[str] = field(default_factory=set)
    claimed: dict[str, Claim] = field(default_factory=dict)


def follow(drive: Drive, look: Look) -> dict[UUID, Doing]:
    """What a look means for each contact to whom something of the drive is linked."""
    doing = {link.contact_id: Doing() for link in drive.links}
    found: dict[tuple[UUID, str], list[Claim]] = {}
    for claim in _claims(drive, look):
        found.setdefault((claim.link.contact_id, claim.file.ref), []).append(claim)
    for (contact_id, ref), claims in found.items():
        doing[contact_id].claimed[ref] = _first(claims, drive.held.get((contact_id, ref)))
    links = {link.id: link for link in drive.links}
    for (contact_id, ref), held in drive.held.items():
        link = links.get(held.link_id) if held.link_id else None
        if link and held.mark and held.here and ref not in doing[contact_id].claimed and _is_away(drive, look, link, ref, held):
            doing[contact_id].away.add(ref)
    for contact_id, one in doing.items():
        for claim in one.claimed.values():
            _judge(drive, look, contact_id, one, claim)
            if claim.shortcut and (contact_id, claim.folder) in drive.resting:
                one.away.add(claim.folder)  # it led nowhere, and does now
    return doing


def _claims(drive: Drive, look: Look) -> Iterable[Claim]:
    """Every way in which something that was found is somebody's. A folder or a shortcut is only where it is not followed."""
    shortcuts: dict[str, list[str]] = {}
    for shortcut, target in look.targets.items():
        shortcuts.setdefault(target, []).append(shortcut)
    links: dict[str, list[Link]] = {}
    for link in drive.links:
        links.setdefault(link.ref, []).append(link)
    for file in look.files.values():
        yield from (Claim(link, file) for link in links.get(file.ref, ()) if not link.folder)
        if (file.is_folder or file.ref in look.targets) and file.ref not in look.shut:
            continue
        for folder in (*file.parents, *shortcuts.get(file.ref, ())):
            for above in way_up(look.within, folder):
                if above not in look.gone:
                    lies_in = "" if above == folder else folder
                    yield from (Claim(link, file, lies_in, folder in look.targets) for link in links.get(above, ()) if link.folder)


def _first(claims: list[Claim], held: Held | None) -> Claim:
    """What was chosen by itself just now is followed by itself; else it stays where it is as long as that holds."""
    link_id, folder = (held.link_id, held.folder) if held else (None, "")
    return min(claims, key=lambda one: (not _is_anew(one.link), one.link.id != link_id, one.link.folder, one.shortcut, one.folder != folder))


def _is_anew(link: Link) -> bool:
    return not link.folder and not link.listed  # somebody has just chosen this very file


def _is_away(drive: Drive, look: Look, link: Link, ref: str, held: Held) -> bool:
    """Whether a file that nobody claims is not there any more, or went with a folder that it lies in; where going into that has an end, nothing is known of it."""
    lies_in = held.folder or link.ref
    before = list(way_up(drive.within, lies_in))
    if ref in look.gone:
        return True
    if ref in look.files:  # where it lies still, in a folder of which nothing is known, nobody can tell
        return not (held.folder in look.files[ref].parents and held.folder not in drive.within)
    if any(target == ref and link.ref in way_up(look.within, shortcut) for shortcut, target in look.targets.items()):
        return False
    if look.whole:
        return not any(one in look.shut for one in before)
    return link.folder and (link.ref in look.gone or (link.ref in before and link.ref not in way_up(look.within, lies_in)))


def _judge(drive: Drive, look: Look, contact_id: UUID, doing: Doing, claim: Claim) -> None:
    file, link = claim.file, claim.link
    held = drive.held.get((contact_id, file.ref))
    if held and not held.here and not _is_anew(link):
        doing.out.append((file, _("It was deleted here, or is no longer yours here: it stays out.")))
    elif reason := look.shut.get(file.ref) or rules.refusal(file):
        doing.out.append((file, reason))
    elif held and held.here and held.mark == file.mark:
        if (held.name, held.link_id, held.folder) != (file.name, link.id, claim.folder):
            doing.told.append(claim)
    elif drive.resting.get((contact_id, file.ref)) == file.mark and not _is_anew(link):
        doing.noted.add(file.ref)
    else:
        doing.fetch.append(claim)
