"""The team's links, mailed: to whom they are for and to nobody else, a few a day, and only where mail is sent at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import text

from crm_app.domain.accounts.rules import hash_token
from crm_app.domain.accounts.store import SqlSessionStore
from crm_app.domain.errors import Forbidden, Invalid, NotFound, Unavailable
from crm_app.domain.links import bind_public_url
from crm_app.domain.outbox import service as outbox
from crm_app.domain.outbox.posting import bind_mail
from crm_app.domain.permissions import Role
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
def adam(alice, olivia, run):
    """An admin."""
    run(olivia, team.change_role, alice.user_id, "admin")
    return replace(alice, role=Role.ADMIN)


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


@pytest.fixture
def sent(database):
    """What waits has been sent by now."""

    def send():
        with database.owner.begin() as connection:
            connection.execute(text("update outbox set state = 'sent', text = '', html = '', subject = ''"))

    return send


@pytest.mark.parametrize("stored", ["bob@example.org", "Bob@Example.ORG", "bob@EXAMPLE.org"])
def test_pwd_03_no_more_than_five_a_day_to_one_address_however_it_is_written(olivia, bob, alice, run, mails, sent, database, stored):
    with database.owner.begin() as connection:
        connection.execute(text("update user_account set email = :stored where id = :who"), {"stored": stored, "who": bob.user_id})
    start = datetime.now(UTC)
    with time_machine.travel(start, tick=False) as clock:
        for _ in range(5):
            run(olivia, team.offer_reset, bob.user_id, by_mail=True)
            sent()
        with pytest.raises(Invalid, match="Five of these mails"):
            run(olivia, team.offer_reset, bob.user_id, by_mail=True)
        assert len(mails()) == 5
        clock.move_to(start + timedelta(days=1, seconds=1))
        run(olivia, team.offer_reset, bob.user_id, by_mail=True)
    run(olivia, team.offer_reset, alice.user_id, by_mail=True)
    assert run(olivia, team.offer_reset, bob.user_id), "a link to copy is still to be had"


def test_pwd_03_five_a_day_are_five_also_when_two_have_them_sent(olivia, adam, bob, run, mails, sent):
    for number in range(5):
        run((olivia, adam)[number % 2], team.offer_reset, bob.user_id, by_mail=True)
        sent()
    for each in (olivia, adam):
        with pytest.raises(Invalid, match="Five of these mails"):
            run(each, team.offer_reset, bob.user_id, by_mail=True)


@pytest.mark.parametrize("withdrawn_by", ["olivia", "adam"])
def test_an_invitation_that_is_withdrawn_takes_its_waiting_mail_along(olivia, adam, run, mails, withdrawn_by):
    view, _ = run(olivia, team.invite, Invite(email="nina@example.org"), by_mail=True)
    run(olivia, team.invite, Invite(email="omar@example.org"), by_mail=True)
    run({"olivia": olivia, "adam": adam}[withdrawn_by], team.revoke_invitation, view.id)
    assert [mail.to_address for mail in mails()] == ["omar@example.org"]


def test_a_newer_link_takes_the_older_ones_mail_along(olivia, bob, run, mails):
    for _ in range(2):
        run(olivia, team.invite, Invite(email="nina@example.org"), by_mail=True)
        run(olivia, team.offer_reset, bob.user_id, by_mail=True)
    assert [mail.kind for mail in mails()] == ["invitation", "reset"]
    assert SqlSessionStore().password_reset(hash_token(secret_of(mails()[1], "reset"))).state == "open"
    assert SqlSessionStore().invitation(hash_token(secret_of(mails()[0], "join"))).state == "open"


def test_a_person_who_is_disabled_takes_the_waiting_mail_of_their_links_along(olivia, adam, bob, run, mails):
    run(adam, team.invite, Invite(email="nina@example.org"), by_mail=True)
    run(olivia, team.offer_reset, bob.user_id, by_mail=True)
    for who in (adam, bob):
        run(olivia, team.disable_member, who.user_id)
    assert mails() == []


@pytest.mark.parametrize("state", ["sending", "sent", "failed", "unknown"])
def test_of_a_withdrawn_link_whose_mail_is_on_its_way_nothing_more_can_be_sent(olivia, run, mails, database, state):
    view, _ = run(olivia, team.invite, Invite(email="nina@example.org"), by_mail=True)
    with database.owner.begin() as connection:
        connection.execute(text("update outbox set state = :state"), {"state": state})
    run(olivia, team.revoke_invitation, view.id)
    (mail,) = mails()
    assert mail.state == state and (mail.text == "") is (state in ("failed", "unknown"))
    assert [trouble.can_resend for trouble in run(olivia, outbox.load_mail_page).troubles] == [False] * (state in ("failed", "unknown"))


def test_a_link_that_is_used_is_not_withdrawn(olivia, bob, run, mails):
    run(olivia, team.offer_reset, bob.user_id, by_mail=True)
    assert SqlSessionStore().use_password_reset(hash_token(secret_of(mails()[0], "reset")), "hash", "")
    assert len(mails()) == 1


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
