"""REL-01 for landing: after any history of what happens over there, here, and of crashes between, both sides say the same.

The oracle is in memory: what stands in two remote calendars, what a person said by hand, and what they wrote into meetings. After every
sync each remote thing is exactly one event here, a second sync writes no row, and nothing that a person said or wrote is lost.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import text

from crm_app.domain.calendar import service as calendars
from crm_app.domain.calendar import settling
from crm_app.domain.calendar.landing import Landed, TakenItem, land_items
from crm_app.domain.calendar.models import Event
from crm_app.domain.calendar.reading_schemas import ReadAttendee, ReadEvent, ReadItem
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, PointInput
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionUpdate
from crm_app.domain.unit_of_work import run_service, unit_of_work
from tests.calendars import Feed, make_feed
from tests.security.counts import counted

NAMES = ("ana", "kim", "noor")
TABLES = ("calendar", "calendar_item", "event", "event_attendee", "event_contact", "interaction", "interaction_contact", "contact", "change")


class _Crash(Exception):
    """The process dies before it commits."""


@dataclass
class Side:
    """One remote calendar: by each ref the etag and the events, what was given out last, and the calendar here."""

    feed: Feed
    things: dict[str, tuple[int, tuple[ReadEvent, ...]]] = field(default_factory=dict)
    known: dict[str, int] = field(default_factory=dict)


@dataclass
class World:
    """Everything that the oracle remembers. ``said`` is by event and contact; ``wrote`` the bodies of meetings."""

    random: Random
    alice: Any
    database: Any
    people: dict[str, UUID]
    sides: list[Side]
    said: dict[tuple[UUID, str, str, UUID], str] = field(default_factory=dict)
    wrote: set[str] = field(default_factory=set)
    etag: int = 0
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Seen by the owner of the schema."""
        with self.database.owner.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]

    def xmins(self) -> str:
        """Which transaction wrote each row last."""
        return str([self.rows(f"select ctid, xmin from {table} order by 1") for table in TABLES])

    # What happens over there.

    def put(self, side: Side, ref: str, events: tuple[ReadEvent, ...]) -> None:
        """A thing is made or changed."""
        self.etag += 1
        side.things[ref] = (self.etag, events)

    def make(self) -> None:
        """Somebody makes an event, a series of three, or copies one into the other calendar."""
        side, random = self.random.choice(self.sides), self.random
        other = self.sides[1 - self.sides.index(side)]
        free = [events for _, events in other.things.values() if events[0].uid not in {one.uid for _, kept in side.things.values() for one in kept}]
        if free and random.random() < 0.3:
            return self.put(side, f"copy-{self.etag}", random.choice(free))
        uid, starts = f"uid-{self.etag}", self.now + timedelta(hours=random.randrange(-300, 300))
        count = random.choice((1, 1, 3))
        events = tuple(self.event(uid, f"{number}" if count > 1 else "", starts + timedelta(days=number)) for number in range(count))
        return self.put(side, f"ref-{self.etag}", events)

    def event(self, uid: str, recurrence_id: str, starts: datetime) -> ReadEvent:
        """Some event or other."""
        random = self.random
        asked = tuple(ReadAttendee(email=f"{name}@mail.example") for name in NAMES if random.random() < 0.4)
        return ReadEvent(
            uid=uid, recurrence_id=recurrence_id, recurring=bool(recurrence_id), title=f"title {random.randrange(1000)}", starts_at=starts,
            ends_at=starts + timedelta(minutes=random.choice((0, 30, 60))), attendees=asked, status=random.choice(("confirmed",) * 5 + ("cancelled",)),
        )  # fmt: skip

    def change(self) -> None:
        """A thing says something else, loses or gains an occurrence, or only its etag moves."""
        if found := self.some_thing():
            side, ref = found
            events = list(side.things[ref][1])
            place = self.random.randrange(len(events))
            if self.random.random() < 0.15 and len(events) > 1:
                events.pop(place)
            elif self.random.random() < 0.85:
                events[place] = self.event(events[place].uid, events[place].recurrence_id, events[place].starts_at + timedelta(hours=self.random.randrange(-48, 48)))
            self.put(side, ref, tuple(events))

    def delete(self) -> None:
        """A thing goes."""
        if found := self.some_thing():
            del found[0].things[found[1]]

    def rename(self) -> None:
        """A thing is called otherwise."""
        if found := self.some_thing():
            side, ref = found
            self.put(side, f"moved-{self.etag}", side.things.pop(ref)[1])

    def some_thing(self) -> tuple[Side, str] | None:
        """Any thing of any calendar."""
        found = [(side, ref) for side in self.sides for ref in side.things]
        return self.random.choice(found) if found else None

    # What happens here.

    def say(self) -> None:
        """Somebody puts a contact to an event, or takes one off."""
        rows = self.rows("select id, calendar_id, uid, recurrence_id from event order by id")
        if not rows:
            return
        event_id, calendar_id, uid, recurrence_id = self.random.choice(rows)
        shown = {one.id for one in run_service(self.alice, calendars.get_event, event_id).contacts}
        contact_id = self.random.choice(list(self.people.values()))
        off = contact_id in shown
        run_service(self.alice, calendars.unlink_contact if off else calendars.link_contact, event_id, contact_id)
        self.said[calendar_id, uid, recurrence_id, contact_id] = "removed" if off else "hand"

    def write(self) -> None:
        """Somebody writes into a meeting."""
        rows = self.rows("select id, version from interaction where deleted_at is null order by id")
        if rows:
            entry_id, version = self.random.choice(rows)
            words = f"words {self.etag} {self.random.random()}"
            before = self.rows(f"select body from interaction where id = '{entry_id}'")[0][0]
            run_service(self.alice, interactions.update_interaction, entry_id, InteractionUpdate(version=version, body=words))
            self.wrote.discard(before)
            self.wrote.add(words)

    def settle(self) -> None:
        """The clock looks."""
        run_service(self.alice, settling.settle_events, self.now)

    # Syncs.

    def sync(self) -> None:
        """Take all that has changed in pieces, of which one may be lost in a crash; then it is asked for again."""
        for side in self.sides:
            fresh = [ref for ref, (etag, _) in side.things.items() if side.known.get(ref) != etag]
            gone = [ref for ref in side.known if ref not in side.things]
            self.random.shuffle(fresh)
            pieces = [fresh[start : start + 3] for start in range(0, len(fresh), 3)] or [[]]
            if self.random.random() < 0.3 and len(pieces) > 1:
                self.land(side, self.random.choice(pieces), gone, crash=True)
            if len(pieces) > 1 and gone:  # a thing that was renamed goes and comes in one page
                pieces = [fresh]
            for number, piece in enumerate(pieces):
                whole = number == len(pieces) - 1 and self.random.random() < 0.5
                self.land(side, piece, gone if number == len(pieces) - 1 else [], present=set(side.things) if whole else None)
            side.known = {ref: etag for ref, (etag, _) in side.things.items()}
        self.look()

    def land(self, side: Side, refs: list[str], gone: list[str], *, crash: bool = False, present: set[str] | None = None) -> Landed | None:
        """One page in one transaction."""
        items = [TakenItem(ref, str(side.things[ref][0]), b"x", ReadItem(events=side.things[ref][1])) for ref in refs]
        try:
            with unit_of_work(self.alice, "connections.sync") as session:
                landed = land_items(session, self.alice, side.feed.row(session), items, gone=gone, present=present, token=f"{self.etag}", moment=self.now)
                session.flush()
                if crash:
                    raise _Crash
                return landed
        except _Crash:
            return None

    def look(self) -> None:
        """Compare both sides, and sync once more for nothing."""
        links = {}
        for calendar_id, uid, recurrence_id, contact_id, how in self.rows(
            "select e.calendar_id, e.uid, e.recurrence_id, l.contact_id, l.how from event e join event_contact l on l.event_id = e.id"
        ):
            links[calendar_id, uid, recurrence_id, contact_id] = how
        for side in self.sides:
            things = {(one.uid, one.recurrence_id): one for _, events in side.things.values() for one in events}
            with unit_of_work(self.alice, "tests.look") as session:
                here = session.query(Event).filter(Event.calendar_id == side.feed.calendar_id).all()
                assert sorted((row.uid, row.recurrence_id) for row in here) == sorted(things), "each thing is one event, and none is left over"
                for row in here:
                    read = things[row.uid, row.recurrence_id]
                    assert (row.title, row.starts_at, row.ends_at, row.status) == (read.title, read.starts_at, read.ends_at, read.status)
                    self.look_at_links(side, row, read, links)
        there = {(side.feed.calendar_id, one.uid, one.recurrence_id) for side in self.sides for _, events in side.things.values() for one in events}
        self.said = {key: how for key, how in self.said.items() if key[:3] in there}
        self.look_at_meetings(links)
        before = self.xmins()
        for side in self.sides:
            assert self.land(side, list(side.things), [], present=set(side.things)) == Landed()
        run_service(self.alice, settling.settle_events, self.now)
        assert self.xmins() == before, "a second sync writes nothing"

    def look_at_links(self, side: Side, row: Event, read: ReadEvent, links: dict[Any, str]) -> None:
        """What was said by hand stands; who is asked is linked unless somebody said otherwise."""
        asked = {one.email.partition("@")[0] for one in read.attendees}
        for name, contact_id in self.people.items():
            how, said = links.get((side.feed.calendar_id, row.uid, row.recurrence_id, contact_id)), self.said.get((side.feed.calendar_id, row.uid, row.recurrence_id, contact_id))
            if said is not None:
                assert how == said, "what a person said was lost"
            elif how != "hand" and how != "removed":  # copied from the other calendar's
                assert (how == "address") == (name in asked)

    def look_at_meetings(self, links: dict[Any, str]) -> None:
        """Each past event with somebody is one meeting; words are never lost."""
        bodies = [body for (body,) in self.rows("select body from interaction where deleted_at is null")]
        assert self.wrote <= set(bodies), "what a person wrote was lost"
        kept = self.rows("select external_id, count(*) from interaction where deleted_at is null group by 1 having count(*) > 1")
        assert kept == [], "a meeting is told twice"
        told = {external_id: body for external_id, body in self.rows("select external_id, body from interaction where deleted_at is null")}
        met: dict[str, set[UUID]] = {}
        past: dict[str, bool] = {}
        removed: dict[str, set[UUID]] = {}
        by_hand: dict[str, set[UUID]] = {}
        for side in self.sides:
            for one in (one for _, events in side.things.values() for one in events):
                reference = f"{one.uid}/{one.recurrence_id}"
                hows = {contact_id: how for (calendar, uid, which, contact_id), how in links.items() if (calendar, uid, which) == (side.feed.calendar_id, one.uid, one.recurrence_id)}
                removed.setdefault(reference, set()).update(key for key, how in hows.items() if how == "removed")
                by_hand.setdefault(reference, set()).update(key for key, how in hows.items() if how == "hand")
                took_place = one.ends_at <= self.now and one.status == "confirmed"
                past[reference] = past.get(reference, False) or took_place
                met.setdefault(reference, set()).update(key for key, how in hows.items() if how == "address" and took_place)
        for reference in removed:
            people = (met[reference] - removed[reference]) | by_hand[reference]
            if past[reference] and people:
                assert reference in told, "a meeting is missing"
            elif reference in told:
                assert told[reference] != "", "a meeting that did not take place, and in which nobody wrote, is told"


ACTS = ("make", "make", "change", "change", "delete", "rename", "say", "say", "write", "settle", "sync", "sync")


@counted(25, 2_000, "histories", name="histories")
def test_rel_01_both_sides_converge_after_any_history(histories: int, database: Any, alice: Any) -> None:
    people = {
        name: run_service(alice, contacts.create_contact, ContactCreate(display_name=f"{name} someone", points=[PointInput(kind="email", value=f"{name}@mail.example")])).id
        for name in NAMES
    }  # fmt: skip
    for seed in range(histories):
        with database.owner.begin() as connection:
            connection.execute(text("delete from connection"))
            connection.execute(text("delete from interaction"))
        world = World(Random(seed), alice, database, people, [Side(make_feed(alice, "one")), Side(make_feed(alice, "two"))])
        trail = []
        try:
            for _ in range(30):
                act = world.random.choice(ACTS)
                trail.append(act)
                getattr(world, act)()
            world.sync()
        except AssertionError as failure:
            raise AssertionError(f"history {seed}: {' '.join(trail)}: {failure}") from failure
