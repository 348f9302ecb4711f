"""An address book in both directions by a real worker: what goes out, what is merged, what was changed on both sides, and what happens when it is interrupted."""

from __future__ import annotations

import random

import pytest
from pydantic import SecretStr

from crm_app.domain.addressbooks import service as books
from crm_app.domain.addressbooks.schemas import BookChoice
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.models import ConnectionKind
from crm_app.domain.connections.schemas import ConnectionCreate
from crm_app.domain.connections.source import SourceDown
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.models import PointKind
from crm_app.domain.contacts.schemas import ContactFilter, ContactUpdate, PointInput
from crm_app.domain.errors import Forbidden, NotFound
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.models import JobState
from crm_app.domain.notifications import service as notifications
from crm_app.domain.notifications.kinds import Kind
from crm_app.domain.notifications.schemas import NotificationFilter
from crm_app.jobs import addressbook_writing as writing
from crm_app.jobs.handlers import HANDLERS
from crm_app.jobs.runner import JobRunner
from crm_app.jobs.sources import bind_sources
from crm_app.providers.carddav import FakeCardDav
from crm_app.providers.carddav import make_source as make_carddav
from tests.domain.test_addressbooks import card
from tests.jobs.fake_account import counts
from tests.providers.carddav.conftest import fresh_account, radicale

__all__ = ["radicale"]

BOOK, ANA = "/book/", "/book/ana.vcf"
ODD = ("X-KEEP;X-P=1:as it is", "item1.EMAIL;type=INTERNET:ana@example.org", "item1.X-ABLabel:Studio", "ORG:Bakery", "TITLE:Baker", "NOTE:likes tea")


@pytest.fixture
def account(box):
    account = FakeCardDav()
    bind_sources({ConnectionKind.CARDDAV: lambda url, username, password, gate: account})
    account.put(BOOK, ANA, card("Ana Silva", *ODD))
    return account


@pytest.fixture
def made(run, alice, account, sync_of):
    return sync_of("https://cloud.example.org/dav", "x")


@pytest.fixture
def sync_of(run, alice):
    def make(url, password, **how):
        data = ConnectionCreate(kind=ConnectionKind.CARDDAV, name="Practice", url=url, username="alice", password=SecretStr(password))
        view = run(alice, connections.create_connection, data, start=False, **how)
        return run(alice, connections.resume_connection, view.id)

    return make


@pytest.fixture
def both(run, alice, sync, view, made):
    """The book came in and is written into from now on."""
    sync()
    (row,) = view().books
    assert row.may_write and not row.two_way, "one way until somebody chooses"
    run(alice, books.choose_book, row.id, BookChoice(version=row.version, synced=True, two_way=True))
    sync()
    return row


@pytest.fixture
def ana(run, alice):
    def only():
        (row,) = run(alice, contacts.list_contacts, ContactFilter()).rows
        return run(alice, contacts.get_contact, row.id)

    return only


@pytest.fixture
def edit(run, alice, ana):
    def do(**fields):
        view = ana()
        return run(alice, contacts.update_contact, view.id, ContactUpdate(version=view.version, **fields))

    return do


def there(account) -> str:
    return account.fetch(BOOK, ANA).content.decode()


def over_there(account, old: str, new: str) -> None:
    assert old in there(account)
    account.put(BOOK, ANA, there(account).replace(old, new).encode())


def test_an_edit_here_is_written_there_and_nothing_else_of_the_card_moves(sync, both, account, edit, ana, rows):
    before = there(account)
    assert sync().state == JobState.DONE and there(account) == before, "turning it on writes nothing"
    edit(company="Mill", notes="likes tea\n\nprivate words", points=[PointInput(kind=PointKind.EMAIL, value="new@example.org")])
    assert counts(sync())[1:4] == (0, 0, 0)
    assert there(account) == before.replace("ORG:Bakery", "ORG:Mill").replace("ana@example.org", "new@example.org"), "notes stay here"
    sync()  # learns that what changed over there was its own
    still = rows()
    sync()
    assert {name for name in still if rows()[name] != still[name]} <= {"sync_problem"}, "a second sync writes nothing"
    over_there(account, "TITLE:Baker", "TITLE:Miller")
    sync()
    assert (ana().job_title, ana().company) == ("Miller", "Mill")


def test_what_only_one_side_changed_is_merged_and_what_both_did_waits_to_be_settled(sync, both, account, edit, ana, run, alice, bob, made):
    edit(company="Mill", job_title="Owner")
    over_there(account, "ORG:Bakery", "ORG:Patisserie")
    sync()
    assert (ana().company, ana().job_title) == ("Patisserie", "Owner") and "ORG:Patisserie" in there(account) and "TITLE:Owner" in there(account)
    (copy,) = run(alice, books.list_copies, made.id)
    assert (copy.contact_name, copy.field, copy.ours, copy.theirs) == ("Ana Silva", "Company", "Mill", "Patisserie")
    assert news(run, alice) == [("Ana Silva", "Company was changed here and in your address book", f"/settings/connections/{made.id}", None)] and news(run, bob) == []
    settled = there(account)
    sync()
    assert there(account) == settled and len(run(alice, books.list_copies, made.id)) == 1, "nothing goes back and forth"
    assert len(news(run, alice)) == 1, "and it is told once"
    with pytest.raises(NotFound):
        run(bob, books.settle_copy, copy.card_id, copy.id, True)
    account.remove(BOOK, ANA)
    sync()
    assert run(alice, books.list_copies, made.id) == (copy,), "what waits outlives its card"
    account.put(BOOK, ANA, settled.encode())
    sync()
    run(alice, books.settle_copy, copy.card_id, copy.id, True)
    sync()
    assert ana().company == "Mill" and "ORG:Mill" in there(account) and run(alice, books.list_copies, made.id) == ()
    assert news(run, alice) == [] and run(alice, notifications.count_unread).unread == 0, "what is settled is no news"
    with pytest.raises(NotFound):
        run(alice, books.settle_copy, copy.card_id, copy.id, False)


def test_each_copy_is_news_of_its_own_and_goes_by_itself(sync, both, account, edit, run, alice, made, ask):
    edit(company="Mill", job_title="Owner")
    over_there(account, "ORG:Bakery", "ORG:Patisserie")
    over_there(account, "TITLE:Baker", "TITLE:Chef")
    sync()
    one, other = run(alice, books.list_copies, made.id)
    assert len(news(run, alice)) == 2
    run(alice, books.settle_copy, one.card_id, one.id, False)
    assert [said for _name, said, _link, _read in news(run, alice)] == [f"{other.field} was changed here and in your address book"]
    assert ask("select count(*) from notification where read_at is null") == [(1,)], "which is what an open page's bell is told of"
    run(alice, contacts.delete_contacts, [other.contact_id])
    assert news(run, alice) == [], "nor is it news of somebody in the trash"


def news(run, actor):
    found = run(actor, notifications.list_notifications, NotificationFilter()).notifications
    return [(one.headline, one.caption, one.link, one.read_at) for one in found if one.kind is Kind.COPY_WAITS]


def test_a_change_between_the_look_and_the_write_is_looked_at_in_the_same_run(sync, both, account, edit, ana, monkeypatch):
    edit(company="Mill")
    write, once = account.write, []

    def late(book, ref, etag, content):
        if not once:
            once.append(over_there(account, "TITLE:Baker", "TITLE:Miller"))
        write(book, ref, etag, content)

    monkeypatch.setattr(account, "write", late)
    assert sync().state == JobState.DONE
    assert (ana().company, ana().job_title) == ("Mill", "Miller") and "ORG:Mill" in there(account) and "TITLE:Miller" in there(account)


def test_an_answer_that_never_came_is_looked_for(sync, both, account, edit, ana, run, alice, made):
    edit(company="Mill")
    account.dav.lost = SourceDown("The server did not answer.")
    assert sync().state == JobState.FAILED and "ORG:Mill" in there(account)
    account.dav.lost = None
    written = len(account.dav._held[BOOK].changes)
    assert sync().state == JobState.DONE and len(account.dav._held[BOOK].changes) == written, "it had arrived: it is not written twice"
    assert ana().company == "Mill" and run(alice, books.list_copies, made.id) == ()


def test_a_book_that_takes_nothing_says_so_until_it_does(sync, both, account, edit, view):
    edit(company="Mill")
    account.read_only = True
    assert sync().state == JobState.DONE and view().books[0].refused == "The server does not let you change this address book."
    account.read_only = False
    sync()
    assert view().books[0].refused == "" and "ORG:Mill" in there(account)


def test_who_is_deleted_here_stays_there_and_one_way_writes_nothing(sync, both, account, edit, ana, run, alice, view):
    row = view().books[0]
    run(alice, books.choose_book, row.id, BookChoice(version=row.version, synced=True, two_way=False))
    before = there(account)
    edit(company="Mill")
    sync()
    assert there(account) == before
    row = view().books[0]
    run(alice, books.choose_book, row.id, BookChoice(version=row.version, synced=True, two_way=True))
    sync()
    assert there(account) == before, "only what is changed from then on"
    run(alice, contacts.delete_contacts, [ana().id])
    sync()
    assert there(account) == before


def test_a_dry_run_writes_nothing_there(sync, both, account, edit):
    before = there(account)
    edit(company="Mill")
    sync(dry=True)
    assert there(account) == before


class Died(BaseException):
    """As if the process had been killed between two steps: what was committed is, and nothing else."""


def dying(monkeypatch, owner, name, *, after=False):
    """Have the process die where this is called, or right after it."""
    real = getattr(owner, name)

    def died(*given, **how):
        if after:
            real(*given, **how)
        raise Died

    monkeypatch.setattr(owner, name, died)


def again(ask):
    """The next process takes over what the one that died held."""
    ask("update job set lease_until = now() - interval '1 minute' where state = 'running'")
    JobRunner(HANDLERS).run_pending()


@pytest.mark.parametrize("step", range(5))
def test_rel_02_wherever_it_dies_the_next_run_ends_it(sync, both, account, edit, ana, run, alice, made, monkeypatch, ask, step):
    """Before the look, before and after the write, before what came of it is written down, and after."""
    edit(company="Mill")
    over_there(account, "TITLE:Baker", "TITLE:Miller")

    places = [(account, "fetch"), (writing, "rewrite_card"), (account, "write"), (account, "write"), (writing.outgoing, "end_wish")]
    dying(monkeypatch, *places[step], after=step == 3)
    with pytest.raises(Died):
        sync()
    monkeypatch.undo()
    again(ask)
    assert (ana().company, ana().job_title) == ("Mill", "Miller") and "ORG:Mill" in there(account) and "TITLE:Miller" in there(account)
    assert run(alice, books.list_copies, made.id) == ()


FIELDS, TELLING = {"company": "ORG", "job_title": "TITLE", "nickname": "NICKNAME"}, ("A", "B", "C")


@pytest.mark.parametrize("seed", range(3))
def test_rel_01_whatever_both_sides_do_they_are_equal_in_the_end_and_nothing_is_lost(sync, both, account, edit, ana, run, alice, made, seed):
    """An oracle by chance from a seed: of each field both sides change, the last word of the only one who spoke holds, and a word that gave way waits as a copy."""
    chance = random.Random(seed)
    sides = {"company": "Bakery", "job_title": "Baker", "nickname": ""}
    waiting: list[tuple[str, str]] = []
    for _turn in range(4):
        mine = {name: chance.choice(TELLING) for name in FIELDS if chance.random() < 0.6}
        theirs = {name: chance.choice(TELLING) for name in FIELDS if chance.random() < 0.6}
        if mine:
            edit(**mine)
        lines = [line for line in there(account).splitlines() if line.partition(":")[0] not in {FIELDS[name] for name in theirs}]
        account.put(BOOK, ANA, "\r\n".join([*lines[:-1], *(f"{FIELDS[name]}:{value}" for name, value in theirs.items()), lines[-1], ""]).encode())
        account.dav.lost = SourceDown("No answer.") if chance.random() < 0.3 else None
        sync()
        account.dav.lost = None
        sync()
        for name in FIELDS:
            ours, other = mine.get(name, sides[name]), theirs.get(name, sides[name])
            if ours != sides[name] and other != sides[name] and ours != other:
                waiting.append((name, ours))
            sides[name] = other if other != sides[name] else ours
        view = ana()
        assert {name: getattr(view, name) for name in FIELDS} == sides
        assert {line.partition(":")[0]: line.partition(":")[2] for line in there(account).splitlines() if line.partition(":")[0] in FIELDS.values()} == {
            FIELDS[name]: value for name, value in sides.items() if value
        }
        assert sorted(copy.ours for copy in run(alice, books.list_copies, made.id)) == sorted(value for _name, value in waiting)
        assert "X-KEEP;X-P=1:as it is" in there(account)


def test_only_a_book_that_can_be_written_into_may_be_chosen_so(run, alice, ask, both, view):
    ask("update connection set kind = 'caldav'")
    row = view().books[0]
    run(alice, books.choose_book, row.id, BookChoice(version=row.version, synced=True, two_way=False))
    row = view().books[0]
    assert not row.may_write
    with pytest.raises(Forbidden):
        run(alice, books.choose_book, row.id, BookChoice(version=row.version, synced=True, two_way=True))


def test_the_way_of_a_real_server(run, alice, box, radicale, sync_of, view, ana, edit, made_real):
    there, sync = made_real
    edit(company="Mill", city="Rome")
    assert sync().state == JobState.DONE
    content = there.source.fetch(there.book, there.path("ana")).content.decode()
    assert "ORG:Mill" in content and "Rome" in content and "X-KEEP" in content and "Studio" in content
    assert counts(sync())[1:4] == (0, 0, 0)


@pytest.fixture
def made_real(run, alice, box, radicale, sync_of, view):
    bind_sources({ConnectionKind.CARDDAV: make_carddav})
    there = fresh_account(radicale)
    assert there.put("ana", card("Ana Silva", *ODD))
    made = sync_of(radicale.url, radicale.password, inner_allowed=True)

    def sync():
        job = run(alice, connections.sync_now, made.id)
        JobRunner(HANDLERS).run_pending()
        return run(alice, jobs.get_job, job.id)

    sync()
    row = next(one for one in view().books if one.people)
    run(alice, books.choose_book, row.id, BookChoice(version=row.version, synced=True, two_way=True))
    sync()
    return there, sync
