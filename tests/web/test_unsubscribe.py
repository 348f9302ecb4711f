"""The link that stops the daily mail: one post and no sign-in; never by only looking, never for somebody else, not for ever."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from starlette.testclient import TestClient

from crm_app.domain.accounts.store import SqlSessionStore
from crm_app.domain.errors import Forbidden
from crm_app.domain.notifications import service as notifications
from crm_app.domain.notifications.models import NotificationProfile
from crm_app.domain.notifications.queries import get_profile
from crm_app.domain.notifications.schemas import NotificationFilter, SettingsUpdate
from crm_app.domain.notifications.stopping import bind_stop_key, stop_path, whose
from crm_app.web import errors, unsubscribe
from crm_app.web.config import EdgeConfig, is_public
from crm_app.web.csrf import CsrfGuard

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def client(database) -> TestClient:
    bind_stop_key(b"only for tests, only for tests, only for tests")
    app = FastAPI()
    app.add_middleware(CsrfGuard, config=EdgeConfig("https://crm.example", "k" * 40))
    errors.install(app)
    app.include_router(unsubscribe.make_router(SqlSessionStore()))
    return TestClient(app)


def profile(run, actor, **given) -> NotificationProfile:
    """As the clock finds it, with what is given changed."""
    run(actor, notifications.update_notification_settings, SettingsUpdate(**given))
    return run(actor, get_profile)


def link(run, actor, **given) -> str:
    return stop_path(actor.user_id, profile(run, actor, **given).stop_nonce)


def wants(run, actor) -> bool:
    return run(actor, notifications.get_notification_settings).digest


def test_a_mail_program_stops_it_with_one_post_and_whoever_only_looks_changes_nothing(run, alice, bob, client):
    path, _his = link(run, alice), link(run, bob)
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
        client.request(method, path)
    page = client.get(path)
    assert wants(run, alice)
    assert page.status_code == 200 and 'method="post"' in page.text and alice.email in page.text and "no-store" in page.headers["cache-control"]
    answer = client.post(path, data=ONE_CLICK, headers={"origin": "https://mail.example", "sec-fetch-site": "cross-site"})
    assert answer.status_code == 200 and "is stopped" in answer.text and "set-cookie" not in answer.headers
    assert (wants(run, alice), wants(run, bob)) == (False, True)
    assert client.post(path, files={"List-Unsubscribe": (None, "One-Click")}).status_code == 200, "as a form of parts, and again"


def test_it_is_good_for_that_alone_and_ends_when_the_mail_is_wanted_again(run, alice, client):
    path = link(run, alice)
    assert client.post(path).status_code == 200
    assert stop_path(alice.user_id, profile(run, alice, birthday_days=3).stop_nonce) == path, "other settings leave it alone"
    again = link(run, alice, digest=True)
    assert again != path and client.get(path).status_code == client.post(path).status_code == 404 and wants(run, alice)
    reader, _nonce = SqlSessionStore().digest_reader(alice.user_id)
    with pytest.raises(Forbidden):
        run(reader, notifications.list_notifications, NotificationFilter())
    assert client.post(again).status_code == 200 and not wants(run, alice)


def test_nobody_makes_or_guesses_one(run, alice, bob, client):
    path, his = link(run, alice), link(run, bob)
    mixed = urlsafe_b64encode(bob.user_id.bytes + b"\0" * 32).decode()
    forged = [stop_path(alice.user_id, uuid4()), path[:-1] + ("A" if path[-1] != "A" else "B"), path + "A", path[:-4], f"/unsubscribe/{mixed}", "/unsubscribe/" + "é" * 64, stop_path(uuid4(), uuid4())]
    for wrong in forged:
        assert client.post(wrong).status_code == 404, wrong
    bind_stop_key(b"another deployment's key, another deployment's")
    assert client.post(path).status_code == client.post(his).status_code == 404
    bind_stop_key(b"only for tests, only for tests, only for tests")
    for number in range(unsubscribe.MISSES):
        client.get(f"/unsubscribe/guess-{number}")
    assert client.get(his).status_code == 404, "whoever guesses waits"
    assert wants(run, alice) and wants(run, bob)
    assert [whose(token) for token in ("", "x", "A" * 63, "é" * 64)] == [None] * 4 and is_public(path) and not is_public("/unsubscribe")


def test_the_disabled_have_none(run, alice, database, client):
    path = link(run, alice)
    with database.owner.begin() as connection:
        connection.execute(text("update user_account set disabled_at = now() where id = :who"), {"who": alice.user_id})
    assert client.get(path).status_code == 404
