"""Mail that lands while its owner decides something: what they decide holds for it, too."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from sqlalchemy import text

from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, PointInput
from crm_app.domain.mail import landing
from crm_app.domain.mail import service as mails
from crm_app.domain.mail.schemas import FolderChoice, MailboxUpdate
from crm_app.domain.mail.taken import TakenHead
from crm_app.domain.unit_of_work import run_service, unit_of_work
from tests.mailboxes import head_of, mail, make_mailbox


@pytest.fixture
def ana(run, alice):
    return run(alice, contacts.create_contact, ContactCreate(display_name="Ana Silva", points=[PointInput(kind="email", value="ana@mail.example")]))


@pytest.fixture
def box(database, alice, ana):
    box = make_mailbox(alice)
    box.land(mail("First", "ana@mail.example", message_id="first@x"))
    return box


@pytest.fixture
def while_landing(database, alice, box):
    """``while_landing(service, *asked)``: Alice asks while an answer to the first mail lands in a transaction that began before."""

    def do(service, *asked, **how):
        answer = TakenHead(2, frozenset(), 10, head_of(mail("Re: First", "ana@mail.example", answers="first@x")))
        other = TakenHead(3, frozenset(), 10, head_of(mail("Other", "ana@mail.example")))
        with ThreadPoolExecutor(1) as pool:
            with unit_of_work(alice.on_behalf("job"), "connections.sync") as session:
                landing.land_heads(session, alice.on_behalf("job"), box.folder(session), [answer, other])
                asking = pool.submit(partial(run_service, alice, service, *asked, **how))
                until_one_waits(database)
            return asking.result(10)

    return do


def until_one_waits(database) -> None:
    deadline = time.monotonic() + 10
    with database.owner.connect() as connection:
        while not connection.execute(text("select count(*) from pg_locks where not granted")).scalar():
            assert time.monotonic() < deadline, "nobody waited"
            time.sleep(0.02)


def ask(database, statement: str):
    with database.owner.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def test_a_mailbox_that_is_shared_while_mail_lands_shares_that_too(run, database, alice, box, while_landing):
    while_landing(mails.update_mailbox, box.connection_id, MailboxUpdate(version=run(alice, mails.get_mailbox, box.connection_id).version, shown="full"))
    assert ask(database, "select level, count(*) from mail_thread group by 1") == [("full", 2)]


def test_a_rule_that_is_made_while_mail_lands_holds_for_it(run, database, alice, box, while_landing):
    rule = while_landing(mails.set_rule, "ana@mail.example", "never")
    assert ask(database, "select standing, count(*) from email group by 1") == [("set_aside", 3)]
    run(alice, mails.remove_rule, rule.id)
    assert ask(database, "select standing, count(*) from email group by 1") == [("kept", 3)]


def test_a_folder_that_is_let_go_of_while_mail_lands_takes_it_along(run, database, alice, box, while_landing):
    (folder,) = (one for one in run(alice, mails.get_mailbox, box.connection_id).folders if one.role == "inbox")
    while_landing(mails.choose_folder, folder.id, FolderChoice(version=folder.version, synced=False))
    assert ask(database, "select count(*) from email") == [(0,)]


@pytest.mark.parametrize("act", ["share", "link", "mark", "forget"])
def test_what_is_said_of_a_thread_waits_for_what_lands_in_it(run, database, alice, box, while_landing, act):
    (thread,) = run(alice, mails.get_threads).rows
    ben, rule = run(alice, contacts.create_contact, ContactCreate(display_name="Ben Ode")), run(alice, mails.set_rule, "kim@mail.example", "always")
    version = run(alice, mails.get_thread, thread.id).version
    said = {
        "share": partial(while_landing, mails.share_thread, thread.id, "full", version=version), "link": partial(while_landing, mails.link_contact, thread.id, ben.id),
        "mark": partial(while_landing, mails.mark_irrelevant, thread.id, True, version=version), "forget": partial(while_landing, mails.remove_rule, rule.id),
    }  # fmt: skip
    view = said[act]()
    assert act == "forget" or len(view.messages) == 2
    if act == "link":
        assert ask(database, "select count(*) from email_contact where how = 'hand'") == [(2,)]
