"""The mailbox of the demo: an account that is invented like everybody here, connected and synced as a real one is."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import SecretStr

from crm_app.cli.syncing import sync_account
from crm_app.domain.actor import Actor
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.models import ConnectionKind
from crm_app.domain.connections.schemas import ConnectionCreate
from crm_app.domain.errors import Unavailable
from crm_app.domain.isolation import Sandbox
from crm_app.domain.unit_of_work import run_service
from crm_app.providers.invented import MAIL_HOST
from crm_app.settings import Settings


def fill_mail(mara: Actor, sandbox: Sandbox, settings: Settings) -> None:
    """A month of letters with the people of the practice, and a few that are none of its business. Its password is the moment at which it was invented."""
    begun = SecretStr(datetime.now(UTC).replace(microsecond=0).isoformat())
    data = ConnectionCreate(
        kind=ConnectionKind.IMAP, name="Invented mailbox", url=f"imaps://{MAIL_HOST}", username=mara.email, password=begun, history_months=2, interval_minutes=60,
        smtp_host=MAIL_HOST,
    )  # fmt: skip
    made = run_service(mara, connections.create_connection, data)
    _result, fault = sync_account(sandbox, settings, mara, made.name)
    if fault:
        raise Unavailable(fault)
