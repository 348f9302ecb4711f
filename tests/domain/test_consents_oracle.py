"""PRIV-03: after any history of what people say, of recording, sharing, hiding, locking, deleting and undoing, what holds is what an oracle in memory says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import text

from crm_app.domain.actor import Actor
from crm_app.domain.changes import service as changes
from crm_app.domain.consents import service as consents
from crm_app.domain.consents.kinds import Purpose
from crm_app.domain.consents.schemas import ConsentCreate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, ContactUpdate
from crm_app.domain.disclosure import service as disclosure
from crm_app.domain.errors import CrmError, Forbidden, Invalid, NotFound
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.unit_of_work import perform, run_service
from tests import cluster
from tests.cluster import Database
from tests.conftest import _actor, _write_people

TODAY = date.today()
PURPOSES = [purpose.value for purpose in Purpose]


@contextmanager
def refused(*errors: type[CrmError]) -> Iterator[None]:
    with pytest.raises(errors):
        yield


class Ledger(RuleBasedStateMachine):
    """Two people, three contacts. ``said`` is all that was recorded, in its order: nothing leaves it."""

    database: Database
    alice: Actor
    bob: Actor
    vera: Actor

    @initialize()
    def begin(self) -> None:
        cluster.empty(self.database)
        _write_people(self.database)
        self.who: list[UUID] = []
        self.state: dict[UUID, dict[str, Any]] = {}
        self.said: dict[UUID, list[tuple[date, str, str]]] = {}
        for name in ("Ann", "Ben", "Cleo"):
            key = run_service(self.alice, contacts.create_contact, ContactCreate(display_name=name)).id
            self.who.append(key)
            self.state[key] = {"audience": "team", "locked": False, "deleted": False, "ai_allowed": True}
            self.said[key] = []
        self.entries = {
            group: run_service(self.alice, interactions.log_interaction, InteractionCreate(kind="note", body="x", contact_ids=[self.who[at] for at in group])).id
            for group in ((0,), (0, 1), (0, 1, 2))
        }
        self.undoable: list[UUID] = []

    def may(self, actor: Actor, key: UUID) -> type[CrmError] | None:
        """What recording about this contact is refused with."""
        state = self.state[key]
        if actor is self.vera:
            return Forbidden
        if state["deleted"] or (actor is self.bob and state["audience"] == "private"):
            return NotFound
        return Forbidden if actor is self.bob and state["locked"] else None

    def holds(self, key: UUID, purpose: str) -> tuple[str, date | None]:
        """The latest day, and of one day what came last."""
        own = [(day, turn, action) for turn, (day, which, action) in enumerate(self.said[key]) if which == purpose]
        return max(own)[2::-2] if own else ("never", None)  # type: ignore[return-value]

    @rule(
        by=st.sampled_from(["alice", "bob", "vera"]), at=st.lists(st.integers(0, 2), min_size=1, max_size=3, unique=True),
        purposes=st.lists(st.sampled_from(PURPOSES), min_size=1, max_size=2, unique=True), action=st.sampled_from(["given", "withdrawn"]), ago=st.integers(-2, 4),
    )  # fmt: skip
    def record(self, by: str, at: list[int], purposes: list[str], action: str, ago: int) -> None:
        actor, people, day = getattr(self, by), [self.who[one] for one in at], TODAY - timedelta(days=ago)
        errors = {error for key in people if (error := self.may(actor, key))}
        wish = ConsentCreate(contact_ids=people, purposes=purposes, action=action, channel="form", happened_on=day)
        undone = action == "withdrawn" and any(standing == "given" and since and day < since for key in people for p in purposes for standing, since in [self.holds(key, p)])
        if errors or ago < -1 or undone:
            with refused(*(errors or {Invalid})):
                run_service(actor, consents.record_consents, wish)
            return
        run_service(actor, consents.record_consents, wish)
        for key in people:
            self.said[key] += [(min(day, TODAY), purpose, action) for purpose in purposes]

    @rule(at=st.integers(0, 2), change=st.sampled_from([{"audience": "private"}, {"audience": "team"}, {"locked": True}, {"locked": False}, {"ai_allowed": False}, {"ai_allowed": True}]))
    def change(self, at: int, change: dict[str, Any]) -> None:
        key = self.who[at]
        if self.state[key]["deleted"]:
            return
        version = run_service(self.alice, contacts.get_contact, key).version
        done = perform(self.alice, contacts.update_contact, key, ContactUpdate(version=version, **change))
        self.state[key] |= change
        self.undoable += [done.change_set_id] if done.change_set_id else []

    @rule(at=st.integers(0, 2))
    def throw_away_or_bring_back(self, at: int) -> None:
        key = self.who[at]
        run_service(self.alice, contacts.restore_contacts if self.state[key]["deleted"] else contacts.delete_contacts, [key])
        self.state[key]["deleted"] = not self.state[key]["deleted"]

    @precondition(lambda self: self.undoable)
    @rule()
    def undo(self) -> None:
        with suppress(CrmError):
            run_service(self.alice, changes.undo_change_set, self.undoable.pop())
        with self.database.owner.connect() as connection:
            for row in connection.execute(text("select id, audience, locked, ai_allowed, deleted_at is not null as deleted from contact")).mappings():
                self.state[row["id"]] = {name: row[name] for name in ("audience", "locked", "deleted", "ai_allowed")}

    @invariant()
    def nothing_is_lost_and_what_holds_is_the_oracles(self) -> None:
        if not hasattr(self, "said"):
            return
        readable = set()
        for key in self.who:
            agrees = self.holds(key, "ai")[0] == "given"
            with self.database.owner.connect() as connection:
                assert connection.execute(text("select ai_consent from contact where id = :id"), {"id": key}).scalar() is agrees
                assert connection.execute(text("select count(*) from consent where contact_id = :id"), {"id": key}).scalar() == len(self.said[key])
            if self.state[key]["deleted"]:
                continue
            view = run_service(self.alice, consents.get_consents, key)
            assert {(one.purpose.value, one.standing.value, one.since) for one in view.states} == {(purpose, *self.holds(key, purpose)) for purpose in PURPOSES}
            readable |= {key} if agrees and self.state[key]["ai_allowed"] else set()
        assert run_service(self.alice, disclosure.readable_ids, self.who) == readable
        assert run_service(self.bob, disclosure.readable_ids, self.who) == {key for key in readable if self.state[key]["audience"] == "team"}
        found = run_service(self.alice, disclosure.get_sources, [disclosure.Ref(disclosure.SourceKind.ENTRY, key) for key in self.entries.values()])
        assert {ref.id for ref in found} == {key for group, key in self.entries.items() if {self.who[at] for at in group} <= readable}


@pytest.mark.timeout(300)
def test_priv_03_any_history_ends_with_what_people_said_last(database, alice, bob, vera) -> None:
    Ledger.database, Ledger.alice, Ledger.bob, Ledger.vera = database, _actor("alice"), _actor("bob"), _actor("vera")
    slow = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    run_state_machine_as_test(Ledger, settings=settings(max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=slow, derandomize=True))
