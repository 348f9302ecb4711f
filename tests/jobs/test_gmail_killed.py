"""REL-02 for Gmail: a sync that is killed at any step goes on from its history: no mail is lost or doubled, and what is in is not written again."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import text

from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, PointInput
from crm_app.domain.sealing import bind_box
from crm_app.providers.google.mailbox import ARCHIVE
from tests.connection_rows import connected
from tests.domain.boxes import TurnedBox
from tests.jobs.gmail_process import account
from tests.jobs.killing import Trial, due_again, process_of
from tests.jobs.mail_account import ANN, ME
from tests.jobs.test_mail_killed import EMPTIED, KEPT
from tests.security.counts import counted


@pytest.fixture
def trial(database, run, alice):
    bind_box(TurnedBox)
    run(alice, contacts.create_contact, ContactCreate(display_name="Ann Lee", points=[PointInput(kind="email", value=ANN)]))
    made = connected(alice, "Gmail", kind="gmail", url="https://mail.google.com/", username=ME)
    with process_of("tests.jobs.gmail_process", database) as worker:
        yield Trial(database, worker, partial(due_again, database, alice, made), KEPT, EMPTIED, require_whole)


def require_whole(database, changes: int) -> None:
    """Each mail over there is here exactly once, where it lies and marked as it is there, with its words where it concerns somebody."""
    letters, places, words = account(changes).letters, set(), set()
    for ref, letter in letters.items():
        uid = int(ref, 16)
        lies = letter.labels & {"INBOX", "SENT", "Label_1"} or {ARCHIVE}
        flags = " ".join(["\\Flagged"] * ("STARRED" in letter.labels) + ["\\Seen"] * ("UNREAD" not in letter.labels))
        places |= {(folder, uid, flags) for folder in lies}
        if b"List-Id" not in letter.content:
            words |= {uid}
    at = "from email_place p join mail_folder f on f.id = p.folder_id join email e on e.id = p.email_id"
    with database.owner.connect() as connection:
        assert set(connection.execute(text(f"select f.ref, p.uid, p.flags {at}")).tuples()) == places
        assert set(connection.execute(text(f"select p.uid {at} join email_body b on b.email_id = e.id")).scalars()) == words
        kept = "select count(*), count(distinct ident) from email e where exists (select from email_place p where p.email_id = e.id)"
        assert connection.execute(text(kept)).one() == (len(letters), len(letters))
        entries = "select count(distinct e.id), count(distinct e.interaction_id) from email e join email_place p on p.email_id = e.id where e.has_body"
        assert connection.execute(text(entries)).one() == (len(words), len(words))
        assert connection.execute(text("select count(*) from sync_problem where kind = 'failed'")).scalar_one() == 0


@counted(3, 150, "steps at which it is killed one after the other, and a third as many random points")
def test_rel_02_killed_at_every_step_and_again_and_again(trial, count):
    trial.killed_at_steps(count)
    trial.empty()
    trial.killed_at_random(count // 3)
