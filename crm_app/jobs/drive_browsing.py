"""What lies in a drive, asked for while somebody chooses from it. Called by whoever answers a browser, in a thread that may wait."""

from __future__ import annotations

from contextlib import closing
from uuid import UUID

import structlog

from crm_app.domain.actor import Actor
from crm_app.domain.connections.source import SignInNeeded, SourceError
from crm_app.domain.drives import rules, running
from crm_app.domain.drives.schemas import DriveItem, DriveListing
from crm_app.domain.drives.source import RemoteFile
from crm_app.domain.errors import Unavailable
from crm_app.domain.i18n import _, in_locale
from crm_app.domain.unit_of_work import run_service
from crm_app.jobs.sources import open_drive

log = structlog.get_logger(__name__)


def browse(owner: Actor, connection_id: UUID, *, folder: str = "", words: str = "", after: str = "") -> DriveListing:
    """See ``domain.drives.browsing.Browser``."""
    with in_locale(owner.locale):
        plan = run_service(owner, running.get_way, connection_id)
        try:
            with closing(open_drive(plan, owner)) as source:
                page = source.list_files(folder, words=words, after=after)
        except SignInNeeded:
            raise Unavailable(_("Google asks you to sign in again before its files can be shown: Settings, Connections.")) from None
        except SourceError as failure:
            log.info("a drive was not looked into", failure=type(failure).__name__)
            raise Unavailable(failure.reason) from None
        return DriveListing(items=tuple(_item(file) for file in page.files), after=page.after)


def _item(file: RemoteFile) -> DriveItem:
    refusal = "" if file.is_folder else rules.refusal(file)
    return DriveItem(ref=file.ref, name=file.name, folder=file.is_folder, size=file.size, modified=file.modified, refusal=refusal)
