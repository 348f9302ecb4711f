"""REL-01 for mail: after any history of what happens over there, here, and of crashes between, both sides say the same.

The oracle is in memory: what lies in the folders of two accounts, and what a person said by hand. After every run each remote mail is exactly one
mail here, in as many places as over there; lists, audiences and timelines are what the rules say, reckoned anew from nothing but rows; a second
run writes no row.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, ContactUpdate, PointInput
from crm_app.domain.mail import landing, settling
from crm_app.domain.mail import service as mails
from crm_app.domain.mail.identity import ident_of
from crm_app.domain.mail.reading_schemas import ReadMail
from crm_app.domain.mail.taken import TakenBody, TakenHead
from crm_app.domain.unit_of_work import run_service, unit_of_work
from tests.mailboxes import Post, head_of, mail, make_mailbox

NAMES = ("ana", "kim", "noor", "lea")
SHOWN = ("private", "metadata", "subject", "full")
REFS = ("INBOX", "Sent", "Archive")
TABLES = (
    "mailbox", "mail_folder", "mail_thread", "mail_reference", "email", "email_subject", "email_body", "email_place", "email_party", "email_contact", "interaction",
    "interaction_contact", "contact", "change",
)  # fmt: skip


class _Crash(Exception):
    """The process dies before it commits."""


@dataclass
class Far:
    """One folder over there: by each number what lies there and how it is flagged; and what has been handed over so far."""

    box: Post
    ref: str
    lying: dict[int, tuple[ReadMail, frozenset[str]]] = field(default_factory=dict)
    handed: dict[int, frozenset[str]] = field(default_factory=dict)
    last: int = 0
    numbering: int = 1

    def put(self, read: ReadMail, flags: frozenset[str] = frozenset()) -> None:
        """It lies here from now on."""
        self.last += 1
        self.lying[self.last] = (read, flags)


@dataclass
class World:
    """Everything that the oracle remembers."""

    random: Random
    alice: Any
    bob: Any
    database: Any
    people: dict[str, UUID]
    folders: list[Far]
    crashes: int = 0
    sent: int = 0

    def rows(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        """Seen by the owner of the schema."""
        with self.database.owner.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement), values)]

    def xmins(self) -> str:
        """Which transaction wrote each row last."""
        return str([self.rows(f"select ctid, xmin from {table} order by 1") for table in TABLES])

    # What happens over there.

    def come(self) -> None:
        """A mail comes in or is sent: a new one, an answer, one of a list, or one that the other account has as well."""
        random, self.sent = self.random, self.sent + 1
        known = [read for far in self.folders for read, _ in far.lying.values()]
        if known and random.random() < 0.2:
            return random.choice(self.folders).put(random.choice(known))
        who = random.choice((*NAMES, "stranger", "other"))
        out = random.random() < 0.3
        old = random.choice(known) if known and random.random() < 0.5 else None
        cc = tuple(f"{one}@mail.example" for one in NAMES if random.random() < 0.15)
        there, me = f"{who}@mail.example", "alice@example.org"
        read = mail(
            f"Re: topic {old.subject[-2:]}" if old else f"topic {random.randrange(40, 99)}", me if out else there, there if out else me, cc=cc,
            answers=old.message_id if old and random.random() < 0.7 else "", sent_at=datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=random.randrange(1, 90_000)),
            message_id=f"m{self.sent}@x" if random.random() < 0.9 else "", marks={"list-unsubscribe": "<x>"} if random.random() < 0.15 else {},
        )  # fmt: skip
        random.choice([far for far in self.folders if (far.ref == "Sent") is out]).put(read, frozenset({"\\Seen"}) if random.random() < 0.5 else frozenset())
        return None

    def move(self) -> None:
        """A mail goes to another folder of its account, or away."""
        if found := self.some():
            far, uid = found
            read, flags = far.lying.pop(uid)
            if self.random.random() < 0.75:
                self.random.choice([one for one in self.folders if one.box is far.box]).put(read, flags)

    def flag(self) -> None:
        """It is read, or marked as unread."""
        if found := self.some():
            far, uid = found
            read, flags = far.lying[uid]
            far.lying[uid] = (read, flags ^ {"\\Seen"})

    def renumber(self) -> None:
        """A server numbers a folder anew."""
        far = self.random.choice(self.folders)
        reads = list(far.lying.values())
        self.random.shuffle(reads)
        far.lying, far.handed, far.numbering = dict(enumerate(reads, 1)), {}, far.numbering + 1
        far.last = len(reads)

    def some(self) -> tuple[Far, int] | None:
        """Any mail over there."""
        found = [(far, uid) for far in self.folders for uid in far.lying]
        return self.random.choice(found) if found else None

    # What happens here.

    def decide(self) -> None:
        """Alice says something of a thread, a mailbox, or a sender; or a contact changes."""
        box, random = self.random.choice(["people", "unmatched", "irrelevant"]), self.random
        rows = run_service(self.alice, mails.get_threads, box=box).rows
        own = [row for row in rows if row.own]
        act = random.randrange(6)
        if act == 0:
            who = run_service(self.alice, contacts.get_contact, random.choice(list(self.people.values())))
            run_service(self.alice, contacts.set_audience, [who.id], "team" if who.audience == "private" else "private")
        elif act == 1:
            free = f"{random.choice(('lea', 'other'))}@mail.example"
            who = run_service(self.alice, contacts.get_contact, self.people["lea"])
            points = [] if who.points and random.random() < 0.3 else [PointInput(kind="email", value=free)]
            run_service(self.alice, contacts.update_contact, who.id, ContactUpdate(version=who.version, points=points))
        elif own:
            self.say(random.choice(own).id, act)

    def say(self, thread_id: UUID, act: int) -> None:
        """Of one thread."""
        random, view = self.random, run_service(self.alice, mails.get_thread, thread_id)
        if act == 2:
            run_service(self.alice, mails.share_thread, thread_id, random.choice((None, *SHOWN)), version=view.version)
        elif act == 3:
            run_service(self.alice, mails.mark_irrelevant, thread_id, random.random() < 0.4, version=view.version)
        elif act == 4:
            run_service(self.alice, mails.link_contact, thread_id, random.choice(list(self.people.values())))
        elif view.contacts:
            run_service(self.alice, mails.unlink_contact, thread_id, view.contacts[0].contact.id)

    # A run.

    def run(self, *, whole: bool = False) -> None:
        """Everything is looked at, perhaps after having died somewhere."""
        begun = datetime.now(UTC) + timedelta(minutes=2)  # well after the clocks' difference
        for far in self.folders:
            self.look(far, whole=whole)
        with unit_of_work(self.alice.on_behalf("job"), "connections.sync") as session:
            landing.sweep_gone(session, self.alice.on_behalf("job"), begun, date(2000, 1, 1))
        run_service(self.alice, settling.match_mail)

    def look(self, far: Far, *, whole: bool) -> None:
        """One folder, in pages of three, then the words of what is kept."""
        news = [uid for uid in far.lying if uid not in far.handed]
        flags = {uid: said for uid, (_, said) in far.lying.items() if uid in far.handed and far.handed[uid] != said}
        gone = [uid for uid in far.handed if uid not in far.lying]
        anew = not far.handed
        for start in range(0, max(len(news), 1), 3):
            heads = [TakenHead(uid, far.lying[uid][1], 10, head_of(far.lying[uid][0])) for uid in news[start : start + 3]]
            last = start + 3 >= len(news)
            how: dict[str, Any] = {"token": f"{far.numbering}:{far.last}"}
            if last:
                how |= {"gone": gone, "flags": flags, "present": set(far.lying) if whole or anew else None}
            self.attempt(far, lambda session, who, folder, heads=heads, how=how: landing.land_heads(session, who, folder, heads, **how))
        far.handed = {uid: said for uid, (_, said) in far.lying.items()}
        while wanted := far.box.wanted(far.ref):
            bodies = [TakenBody(uid, far.lying[uid][0]) for uid in wanted]
            self.attempt(far, lambda session, who, folder, bodies=bodies: landing.land_bodies(session, who, folder, bodies))

    def attempt(self, far: Far, page: Any) -> None:
        """One page in a transaction; once more if that dies before it commits."""
        dies = self.random.random() < 0.2
        self.crashes += dies
        for crash in (True, False) if dies else (False,):
            with suppress(_Crash), unit_of_work(self.alice.on_behalf("job"), "connections.sync") as session:
                page(session, self.alice.on_behalf("job"), far.box.folder(session, far.ref))
                session.flush()
                if crash:
                    raise _Crash

    # What must hold.

    def check(self) -> None:
        """Both sides say the same, and the rows agree with each other."""
        places = sorted((far.box.connection_id, far.ref, uid, ident_of(read)) for far in self.folders for uid, (read, _) in far.lying.items())
        here = self.rows("select f.connection_id, f.ref, p.uid, e.ident from email_place p join mail_folder f on f.id = p.folder_id join email e on e.id = p.email_id")
        assert sorted(here) == places
        assert {ident for (ident,) in self.rows("select ident from email")} == {place[3] for place in places}
        assert self.rows("select count(*) from mail_thread t where not exists (select from email e where e.thread_id = t.id)") == [(0,)]
        self.check_threads()
        self.check_timelines()

    def check_threads(self) -> None:
        """Lists and audiences are what follows from the mails and their contacts."""
        for thread_id, owner_said, level, irrelevant, box, audience in self.rows("select id, shown, level, irrelevant, box, audience from mail_thread"):
            standings = [row[0] for row in self.rows("select standing from email where thread_id = :t", t=thread_id)]
            linked = [row[0] for row in self.rows("select c.audience from email_contact l join contact c on c.id = l.contact_id where l.thread_id = :t and l.how <> 'removed'", t=thread_id)]
            boxes = {row[0] for row in self.rows("select b.shown from mailbox b join mail_folder f using (connection_id) join email_place p on p.folder_id = f.id join email e on e.id = p.email_id where e.thread_id = :t", t=thread_id)}
            assert level == (owner_said or min(boxes, key=SHOWN.index))
            kept, unknown = "kept" in standings, "unknown" in standings
            assert box == ("irrelevant" if irrelevant else "people" if kept and linked else "unmatched" if kept or (unknown and not linked) else "irrelevant")
            team = level != "private" and box == "people" and set(linked) == {"team"}
            assert audience == ("team" if team else "private")
            for table, least in (("email", 1), ("email_subject", 2), ("email_body", 3)):
                joined = "email e" if table == "email" else f"{table} x join email e on e.id = x.email_id"
                found = {row[0] for row in self.rows(f"select {'e' if table == 'email' else 'x'}.audience from {joined} where e.thread_id = :t", t=thread_id)}
                assert found <= {"team" if team and SHOWN.index(level) >= least else "private"}, table

    def check_timelines(self) -> None:
        """Each kept mail with its words stands once on the timeline of each contact whom it concerns, and nothing else does."""
        wanted = self.rows(
            "select e.ident, l.contact_id from email e join mail_thread t on t.id = e.thread_id join email_contact l on l.email_id = e.id "
            "where e.standing = 'kept' and e.has_body and not t.irrelevant and l.how <> 'removed'"
        )
        stands = self.rows("select substr(i.external_id, 6), l.contact_id from interaction i join interaction_contact l on l.interaction_id = i.id")
        assert sorted(stands) == sorted(wanted)
        leaked = self.rows(
            "select 1 from interaction i join email e on e.interaction_id = i.id join mail_thread t on t.id = e.thread_id "
            "where i.audience = 'team' and (t.level = 'private' or (t.level = 'metadata' and i.subject <> ''))"
        )
        assert leaked == []


@pytest.mark.parametrize("seed", range(6))
def test_any_history_ends_with_both_sides_saying_the_same(database, alice, bob, seed):
    people = {}
    for name in NAMES:
        points = [PointInput(kind="email", value=f"{name}@mail.example")] if name != "lea" else [PointInput(kind="phone", value="+44 7700 900123")]
        people[name] = run_service(alice, contacts.create_contact, ContactCreate(display_name=f"{name.title()} Someone", points=points)).id
    boxes = [make_mailbox(alice, shown="full"), make_mailbox(alice, shown="subject")]
    world = World(Random(seed), alice, bob, database, people, [Far(box, ref) for box in boxes for ref in REFS])
    for _turn in range(8):
        for _step in range(6):
            act = world.random.choice((world.come, world.come, world.come, world.move, world.flag, world.decide, world.decide, world.renumber if world.random.random() < 0.2 else world.come))
            act()
        world.run(whole=world.random.random() < 0.4)
        world.check()
        before = world.xmins()
        world.run(whole=True)
        assert world.xmins() == before, "a second run writes no row"
    assert world.crashes > 0 and len(world.rows("select 1 from email")) > 5
