"""The practice's own client at Google: the one that the host has set, else the one that somebody who manages the team typed."""

from __future__ import annotations

from sqlmodel import Session

from crm_app.domain.google import queries
from crm_app.domain.google.authority import Client, hosts_client
from crm_app.domain.sealing import OAUTH_CLIENT, bound_box
from crm_app.domain.secret_box import SealBroken, Sealed


def find_id(session: Session) -> str:
    """What Google knows the practice by; empty without a client that somebody can be signed in by."""
    client = find(session)
    return client.client_id if client is not None else ""


def find(session: Session) -> Client | None:
    """The client with its secret; None where there is none, or its secret no longer opens."""
    given = hosts_client()
    if given is not None:
        return given
    row = queries.find_client(session)
    if row is None:
        return None
    try:
        return Client(row.client_id, bound_box().open(OAUTH_CLIENT.of(row.id), Sealed(row.sealed, row.key_id)))
    except SealBroken:
        return None
