"""The team's links, mailed: to whom they are for and to nobody else, a few a day, and only where mail is sent at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from crm_app.domain.accounts.rules import hash_token
from crm_app.domain.accounts.store import SqlSessionStore
from crm_app.domain.errors import Forbidden, Invalid, NotFound, Unavailable
from crm_app.domain.links import bind_public_url
from crm_app.domain.outbox.posting import bind_mail
from crm_app.domain.rows import now
from crm_app.domain.team import service as team
from crm_app.domain.team.schemas import Invite


@pytest.fixture(autouse=True)
def sends_mail() -> Iterator[None]:
    bind_mail("crm@stillwater.example")
    bind_public_url("https://crm.example.org")
    yield
    bind_mail("")


@pytest.fixture
def mails(database):
    def see():
        with database.owner.connect() as connection:
            return connection.execute(text("select * from outbox order by id")).all()

    return see


def secret_of(mail, way):
    (found,) = set(re.findall(rf"https://crm\.example\.org/{way}/(\S+?)(?=[\s\"<])", mail.text))
    assert f'href="https://crm.example.org/{way}/{found}"' in mail.html
    return found


def test_an_invitation_is_mailed_with_a_link_that_works_and_is_shown_to_nobody(olivia, run, mails):
    view, secret = run(olivia, team.invite, Invite(email="nina@example.org", role="viewer"), by_mail=True)
    (mail,) = mails()
    assert secret == "" and (mail.to_address, mail.kind, mail.state) == ("nina@example.org", "invitation", "queued")
    assert mail.subject == "Olivia invites you to Stillwater" and mail.expires_at == view.expires_at
    offer = SqlSessionStore().invitation(hash_token(secret_of(mail, "join")))
    assert (offer.email, offer.state) == ("nina@example.org", "open")


def test_a_link_for_a_new_password_is_mailed_and_works_for_ten_minutes(olivia, bob, run, mails):
    assert run(olivia, team.offer_reset, bob.user_id, by_mail=True) == ""
    (mail,) = mails()
    assert (mail.to_address, mail.to_name, mail.kind) == (bob.email, "Bob", "reset")
    assert timedelta(minutes=9) < mail.expires_at - now() <= timedelta(minutes=10)
    assert SqlSessionStore().password_reset(hash_token(secret_of(mail, "reset"))).state == "open"


def test_pwd_03_no_more_than_five_a_day_to_one_address(olivia, bob, alice, run, mails):
    for _ in range(5):
        run(olivia, team.offer_reset, bob.user_id, by_mail=True)
    with pytest.raises(Invalid):
        run(olivia, team.offer_reset, bob.user_id, by_mail=True)
    assert len(mails()) == 5
    run(olivia, team.offer_reset, alice.user_id, by_mail=True)
    assert run(olivia, team.offer_reset, bob.user_id), "a link to copy is still to be had"


def test_names_become_neither_markup_nor_headers(database, olivia, run, mails):
    with database.owner.begin() as connection:
        connection.execute(text("update team set name = '<b>Still</b> & water'"))
    run(olivia, team.invite, Invite(email="nina@example.org"), by_mail=True)
    (mail,) = mails()
    assert "<b>" not in mail.html and "&lt;b&gt;Still&lt;/b&gt; &amp; water" in mail.html and "<b>Still</b> & water" in mail.text


def test_without_mail_a_link_is_shown_and_nothing_is_written(olivia, bob, run, mails, snapshot):
    assert run(olivia, team.load_team_page).mails
    bind_mail("")
    before = snapshot()
    for call in ((team.invite, Invite(email="nina@example.org")), (team.offer_reset, bob.user_id)):
        with pytest.raises(Unavailable):
            run(olivia, *call, by_mail=True)
    assert snapshot() == before and run(olivia, team.list_invitations) == () and not run(olivia, team.load_team_page).mails
    assert run(olivia, team.invite, Invite(email="nina@example.org"))[1] and run(olivia, team.offer_reset, bob.user_id) and mails() == []


def test_the_litany(alice, bob, vera, charlie, olivia, run, snapshot):
    before = snapshot()
    for outsider in (alice, vera, charlie):
        for call in ((team.invite, Invite(email="nina@example.org")), (team.offer_reset, bob.user_id)):
            with pytest.raises((Forbidden, NotFound)):
                run(outsider, *call, by_mail=True)
    with pytest.raises(Invalid):
        run(olivia, team.invite, Invite(email=bob.email), by_mail=True)
    assert snapshot() == before
