"""What lies in a drive, asked for while somebody chooses from it. Called by whoever answers a browser, in a thread that may wait."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Final
from uuid import UUID

import structlog

from crm_app.domain.actor import Actor
from crm_app.domain.connections.source import SignInNeeded, SourceError
from crm_app.domain.drives import rules, running
from crm_app.domain.drives.schemas import DriveItem, DriveListing
from crm_app.domain.drives.source import FOLDER, SHORTCUT, DriveSource, RemoteFile
from crm_app.domain.errors import Unavailable
from crm_app.domain.i18n import _, in_locale
from crm_app.domain.unit_of_work import run_service
from crm_app.jobs.sources import open_drive

log = structlog.get_logger(__name__)

ASKED: Final = 20
"""So many shortcuts of one page are looked behind while somebody waits."""


def browse(owner: Actor, connection_id: UUID, *, folder: str = "", words: str = "", after: str = "", drive: str = "") -> DriveListing:
    """See ``domain.drives.browsing.Browser``."""
    with in_locale(owner.locale):
        plan = run_service(owner, running.get_way, connection_id)
        try:
            with closing(open_drive(plan, owner)) as source:
                page = source.list_files(folder, words=words, after=after, drive=drive)
                items = tuple(_items(source, page.files))
        except SignInNeeded:
            raise Unavailable(_("Google asks you to sign in again before its files can be shown: Settings, Connections.")) from None
        except SourceError as failure:
            log.info("a drive was not looked into", failure=type(failure).__name__)
            raise Unavailable(failure.reason) from None
        return DriveListing(items=items, after=page.after, partly=page.partly)


def _items(source: DriveSource, files: Sequence[RemoteFile]) -> Iterator[DriveItem]:
    """Each as it is; of a shortcut, what it leads to is asked for, ``ASKED`` times at most: the others are taken at their word until they are chosen."""
    follows = [file for file in files if file.target and (file.target_mime == FOLDER or rules.leads_to_file(file))]
    found = {ref: source.find_file(ref) for ref in dict.fromkeys(file.target for file in follows[:ASKED])}
    for file in files:
        if file not in follows:
            yield _item(file, "" if file.is_folder else rules.refusal(file))
        elif file.target not in found:
            yield _item(RemoteFile(file.target, file.name, file.target_mime), "", shortcut=True)
        elif (there := found[file.target]) is None or there.mime == SHORTCUT:
            yield _item(file, rules.broken())
        else:
            yield _item(replace(there, name=file.name), "" if there.is_folder else rules.refusal(there), shortcut=True)


def _item(file: RemoteFile, refusal: str, *, shortcut: bool = False) -> DriveItem:
    return DriveItem(
        ref=file.ref, name=file.name, folder=file.is_folder, size=file.size, modified=file.modified, refusal=refusal, shortcut=shortcut, drive=file.drive,
    )  # fmt: skip
