"""REL-02 for mail: a sync that is killed at any step goes on from there: no mail is lost or doubled, and what is in is not written again."""

from __future__ import annotations

from functools import partial

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from crm_app.domain.connections import service as connections
from crm_app.domain.connections.schemas import ConnectionCreate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, PointInput
from crm_app.domain.sealing import bind_box
from tests.domain.boxes import TurnedBox
from tests.jobs.killing import Trial, due_again, process_of
from tests.jobs.mail_account import ANN, ME, PASSWORD, POISON_HEAD
from tests.jobs.mailbox_process import FOLDERS, account
from tests.security.counts import counted

KEPT = (
    "mail_folder", "mail_thread", "mail_reference", "email", "email_place", "email_party", "email_subject", "email_body", "email_contact", "interaction",
    "sync_problem", "notification", "change",
)  # fmt: skip
EMPTIED = ("job", "email", "mail_thread", "mail_folder", "interaction", "sync_problem", "sync_run")


@pytest.fixture
def trial(database, run, alice):
    bind_box(TurnedBox)
    run(alice, contacts.create_contact, ContactCreate(display_name="Ann Lee", points=[PointInput(kind="email", value=ANN)]))
    data = ConnectionCreate(kind="imap", name="Mail", url="imaps://imap.example.org", username=ME, password=SecretStr(PASSWORD))
    made = run(alice, connections.create_connection, data)
    with process_of("tests.jobs.mailbox_process", database) as worker:
        yield Trial(database, worker, partial(due_again, database, alice, made.id), KEPT, EMPTIED, require_whole)


def require_whole(database, changes: int) -> None:
    """Each mail over there is here exactly once and flagged as it is there, with its words where it concerns somebody; what cannot be read is named."""
    there = {ref: account(changes)._folders[ref] for ref in FOLDERS}
    places, words, bad = set(), set(), set()
    for ref, folder in there.items():
        for uid, one in folder.messages.items():
            if one.content == POISON_HEAD:
                bad.add((ref, str(uid)))
                continue
            places.add((ref, uid, " ".join(sorted(one.flags))))
            if b'boundary="b"' in one.content:
                bad.add((ref, str(uid)))
            elif b"List-Id" not in one.content:
                words.add((ref, uid))
    at = "select f.ref, p.uid{} from email_place p join mail_folder f on f.id = p.folder_id join email e on e.id = p.email_id"
    with database.owner.connect() as connection:
        assert set(connection.execute(text(at.format(", p.flags"))).tuples()) == places
        assert set(connection.execute(text(at.format("") + " join email_body b on b.email_id = e.id")).tuples()) == words
        assert connection.execute(text("select count(*) = count(distinct ident) from email")).scalar_one()
        entries = "select count(*), count(distinct e.interaction_id) from email e join email_place p on p.email_id = e.id where e.has_body"
        assert connection.execute(text(entries)).one() == (len(words), len(words))
        assert set(connection.execute(text("select calendar_ref, item from sync_problem where kind = 'failed'")).tuples()) == bad
        tokens = {ref: f"{folder.validity}:{folder.next}:{folder.modseq}:{len(folder.messages)}" for ref, folder in there.items()}
        assert dict(connection.execute(text("select ref, token from mail_folder where synced")).tuples().all()) == tokens


@counted(10, 400, "steps at which it is killed one after the other")
def test_rel_02_killed_at_every_step(trial, count):
    trial.killed_at_steps(count)


@counted(5, 50, "random points")
def test_rel_02_killed_at_random_points_again_and_again(trial, count):
    trial.killed_at_random(count)
