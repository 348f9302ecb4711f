"""The drive of the demo: an account that is invented like everybody here, with a folder that is kept in step for one of its people."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlmodel import Session

from crm_app.cli.syncing import sync_account
from crm_app.domain.actor import Actor
from crm_app.domain.connections.keeping import keep_connection
from crm_app.domain.connections.models import Connection, ConnectionKind
from crm_app.domain.drives import service as drives
from crm_app.domain.drives.schemas import Pick
from crm_app.domain.errors import Unavailable
from crm_app.domain.isolation import Sandbox
from crm_app.domain.rows import Audience
from crm_app.domain.unit_of_work import run_service
from crm_app.providers.invented.drive import AMARAS, DRIVE_HOST
from crm_app.settings import Settings

NAME = "Invented drive"


def fill_drive(mara: Actor, keys: Mapping[str, UUID], sandbox: Sandbox, settings: Settings) -> None:
    """What a sign-in at Google would leave, without anybody having been asked; one folder is linked, the others wait to be chosen."""
    key = run_service(mara, _connect)
    run_service(mara, drives.link_files, key, keys["Amara Okafor"], [Pick(ref=AMARAS, name="Amara Okafor", folder=True)])
    _result, fault = sync_account(sandbox, settings, mara, NAME)
    if fault:
        raise Unavailable(fault)


def _connect(session: Session, mara: Actor) -> UUID:
    row = Connection(
        owner_id=mara.user_id, audience=Audience.PRIVATE.value, kind=ConnectionKind.GOOGLE_DRIVE.value, name=NAME, url=f"https://{DRIVE_HOST}/", username="mara",
        interval_minutes=60,
    )  # fmt: skip
    keep_connection(session, row)
    return row.id
