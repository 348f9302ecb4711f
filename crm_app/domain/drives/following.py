"""What is to be done about each file that is linked to a contact, from what is known here and what a look at the drive has found: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from crm_app.domain.drives import rules
from crm_app.domain.drives.source import RemoteFile
from crm_app.domain.i18n import _


@dataclass(frozen=True, slots=True)
class Link:
    """A file or a folder that a contact's documents come from; ``listed``: it has been looked at before."""

    id: UUID
    contact_id: UUID
    ref: str
    folder: bool
    listed: bool


@dataclass(frozen=True, slots=True)
class Held:
    """What is here of a file: how it was when it last came (``mark`` is empty while it is not there), by which link, and whether its document is here."""

    link_id: UUID | None
    mark: str
    name: str
    here: bool


@dataclass(frozen=True, slots=True)
class Drive:
    """What is known of a drive: how far its changes have been read, what is linked, and what came of each file of each contact.

    ``resting`` are files that were not handed over, with their marks then.
    """

    place: str
    links: tuple[Link, ...]
    held: Mapping[tuple[UUID, str], Held]
    resting: Mapping[tuple[UUID, str], str]


@dataclass(slots=True)
class Look:
    """What a look has found. ``files`` is what is there, ``gone`` what is not; ``listed`` are folders with all that lies in them.

    ``whole``: everything that is linked has been looked at.
    """

    whole: bool = False
    files: dict[str, RemoteFile] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    listed: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(slots=True)
class Doing:
    """For one contact: what is to be fetched, what is only called otherwise or followed again, what is not there any more, and what stays out, why.

    ``noted`` is what stays out as it did before; ``claimed`` is every file that is theirs, as far as it was looked at.
    """

    fetch: list[tuple[Link, RemoteFile]] = field(default_factory=list)
    told: list[tuple[Link, RemoteFile]] = field(default_factory=list)
    away: set[str] = field(default_factory=set)
    out: list[tuple[RemoteFile, str]] = field(default_factory=list)
    noted: set[str] = field(default_factory=set)
    claimed: dict[str, tuple[Link, RemoteFile]] = field(default_factory=dict)


def follow(drive: Drive, look: Look) -> dict[UUID, Doing]:
    """What a look means for each contact to whom something of the drive is linked."""
    doing = {link.contact_id: Doing() for link in drive.links}
    for link in sorted(drive.links, key=lambda one: one.folder):  # what was chosen by itself is followed by itself
        for file in _claims(link, look):
            doing[link.contact_id].claimed.setdefault(file.ref, (link, file))
    folders = {link.id: link.ref for link in drive.links if link.folder}
    for (contact_id, ref), held in drive.held.items():
        if contact_id in doing and held.link_id and held.mark and ref not in doing[contact_id].claimed:
            left = ref in look.gone or ref in look.files or folders.get(held.link_id, "") in look.gone
            if held.here and (look.whole or left):
                doing[contact_id].away.add(ref)
    for contact_id, one in doing.items():
        for link, file in one.claimed.values():
            _judge(drive, contact_id, one, link, file)
    return doing


def _claims(link: Link, look: Look) -> list[RemoteFile]:
    if not link.folder:
        return [look.files[link.ref]] if link.ref in look.files else []
    if link.ref in look.gone:
        return []
    if link.ref in look.listed:
        return [look.files[ref] for ref in look.listed[link.ref]]
    return [file for file in look.files.values() if link.ref in file.parents]


def _judge(drive: Drive, contact_id: UUID, doing: Doing, link: Link, file: RemoteFile) -> None:
    held = drive.held.get((contact_id, file.ref))
    anew = not link.folder and not link.listed  # somebody has just chosen this very file
    if held and not held.here and not anew:
        doing.out.append((file, _("It was deleted here, or is no longer yours here: it stays out.")))
    elif reason := rules.refusal(file):
        doing.out.append((file, reason))
    elif held and held.here and held.mark == file.mark:
        if held.name != file.name or held.link_id is None:
            doing.told.append((link, file))
    elif drive.resting.get((contact_id, file.ref)) == file.mark and not anew:
        doing.noted.add(file.ref)
    else:
        doing.fetch.append((link, file))
