"""REL-02 for mail: a sync that is killed at any step goes on from there: no mail is lost or doubled, and what is in is not written again."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from crm_app.domain.connections import service as connections
from crm_app.domain.connections.schemas import ConnectionCreate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, PointInput
from crm_app.domain.sealing import bind_box
from tests.domain.boxes import TurnedBox
from tests.jobs.letter_process import FOLDERS, account
from tests.jobs.mail_account import ANN, ME, PASSWORD, POISON_HEAD
from tests.jobs.test_sync_killed import FOREVER, ROOT
from tests.security.counts import counted

KEPT = (
    "mail_folder", "mail_thread", "mail_reference", "email", "email_place", "email_party", "email_subject", "email_body", "email_contact", "interaction",
    "sync_problem", "notification", "change",
)  # fmt: skip


@pytest.fixture
def worker(database):
    """``worker(steps, changes)``: a process that syncs and dies after so many steps; how that went."""
    command = [sys.executable, "-m", "tests.jobs.letter_process", database.server.app_dsn(database.name)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin and process.stdout and process.stdout.readline().strip() == "ready"

    def run(steps: int, changes: int) -> str:
        process.stdin.write(f"run {steps} {changes}\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    yield run
    process.stdin.close()
    process.wait(10)
    process.stdout.close()


@pytest.fixture
def due(database, run, alice):
    """``due()``: have the one mailbox synced by whoever comes next, whatever became of the last one."""
    bind_box(TurnedBox)
    run(alice, contacts.create_contact, ContactCreate(display_name="Ann Lee", points=[PointInput(kind="email", value=ANN)]))
    data = ConnectionCreate(kind="imap", name="Mail", url="imaps://imap.example.org", username=ME, password=SecretStr(PASSWORD))
    made = run(alice, connections.create_connection, data)

    def again() -> None:
        with database.owner.begin() as connection:
            connection.execute(text("update job set lease_until = now() - interval '1 second', attempts = 0 where state = 'running'"))
        run(alice, connections.sync_now, made.id)

    return again


def standing(database) -> dict[str, list[tuple[str, str]]]:
    with database.owner.connect() as connection:
        return {name: [(row[0], row[1]) for row in connection.execute(text(f"select xmin::text, t::text from {name} t order by 2"))] for name in KEPT}


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


def finish(worker, due, changes: int) -> int:
    due()
    said, steps = worker(FOREVER, changes).split()
    assert said == "done"
    return int(steps)


def empty(database) -> None:
    with database.owner.begin() as connection:
        for table in ("job", "email", "mail_thread", "mail_folder", "interaction", "sync_problem", "sync_run"):
            connection.execute(text(f"delete from {table}"))


@counted(10, 400, "steps at which it is killed one after the other")
def test_rel_02_killed_at_every_step(database, worker, due, count):
    """As many steps as there are, evenly spread; in the long run every single one."""
    total = finish(worker, due, 0)
    assert total > 100
    for number in range(min(count, total)):
        empty(database)
        steps = number * total // min(count, total)
        for changes in (0, 11):
            due()
            assert worker(steps, changes) in ("killed", f"done {steps}") or steps > 0
            finish(worker, due, changes)
            require_whole(database, changes)
            before = standing(database)
            finish(worker, due, changes)
            assert standing(database) == before, f"after step {steps}, a second sync wrote something"


@counted(5, 50, "random points")
def test_rel_02_killed_at_random_points_again_and_again(database, worker, due, count):
    """Killed up to four times in a row, each time somewhere else, while things change over there."""
    chance = random.Random(20261126)
    total = finish(worker, due, 0)
    for _point in range(count):
        empty(database)
        changes = 0
        for _life in range(chance.randint(1, 4)):
            due()
            worker(chance.randrange(total), changes)
            changes += chance.randrange(4)
        finish(worker, due, changes)
        require_whole(database, changes)
        before = standing(database)
        finish(worker, due, changes)
        assert standing(database) == before
