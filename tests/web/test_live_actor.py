"""A page that refreshes itself does not keep its session awake; a person who clicks does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from starlette.requests import HTTPConnection

from crm_app.web.config import EdgeConfig
from crm_app.web.sessions import Sessions, SignedOut
from tests.web.fake_store import FakeSessionStore


@pytest.mark.parametrize("acted", [True, False])
def test_only_deeds_count_as_signs_of_life(acted: bool) -> None:
    store = FakeSessionStore()
    person = store.add_person("alice@example.org", "correct horse staple")
    sessions = Sessions(store, EdgeConfig("http://localhost:1", "k" * 40))
    sessions.acted_lately = lambda session_id: acted
    scope = {"type": "http", "headers": [], "client": ("127.0.0.1", 1)}
    opened = sessions.open(person.user_id, scope, remembered=False)
    token_hash = next(iter(store.rows))
    page = HTTPConnection({**scope, "crm_token_hash": token_hash, "crm_session": store.session(token_hash)})
    for _ in range(2):
        store.turn_clock(timedelta(minutes=40))
        if acted or _ == 0:
            assert sessions.live_actor(page).session_id == opened.session_id
        else:
            with pytest.raises(SignedOut):
                sessions.live_actor(page)


def test_a_request_without_a_session_has_no_actor() -> None:
    sessions = Sessions(FakeSessionStore(), EdgeConfig("http://localhost:1", "k" * 40))
    with pytest.raises(SignedOut):
        sessions.live_actor(HTTPConnection({"type": "http", "headers": []}))
