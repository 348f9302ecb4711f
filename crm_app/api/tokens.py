"""From a token to the person behind it."""

from __future__ import annotations

from collections.abc import Callable

from crm_app.domain.accounts.rules import hash_token
from crm_app.domain.actor import Actor
from crm_app.domain.ports import SessionStore


def token_resolver(store: SessionStore) -> Callable[[str], Actor | None]:
    """A function that knows the enabled person behind a live token, narrowed to the token's scopes; else None."""

    def resolve(token: str) -> Actor | None:
        record = store.token(hash_token(token))
        return record.actor() if record else None

    return resolve
