"""Whatever happens on the server, after a look both sides are equal: a machine that writes at random, and an oracle in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from tests.providers.caldav.conftest import fresh_account
from tests.providers.keeping import Kept, calendar, event

NAMES = st.sampled_from(["a", "b", "c@d", "e f", "g"])
TITLES = st.sampled_from(["Intake", "Follow-up", "Grüße, and more", "Review"])


def event_of(uid: str, title: str, day: int) -> bytes:
    return calendar(event(uid, title.replace(",", "\\,"), day=day))


def machine_of(begin: Callable[[], Any], written: Callable[[str, str, int], bytes] = event_of) -> type[RuleBasedStateMachine]:
    """``begin`` makes an account with something to write into, ``written`` a thing of this id, title and day."""

    class Machine(RuleBasedStateMachine):
        """``truth`` is what the server must hold, by file name; ``behind``: something has happened since the last look."""

        account: Any

        @initialize()
        def begin(self) -> None:
            self.account, self.kept = begin(), Kept()
            self.truth: dict[str, tuple[str, str]] = {}
            self.behind = True

        @rule(name=NAMES, title=TITLES, day=st.integers(1, 28))
        def write(self, name: str, title: str, day: int) -> None:
            self.written = getattr(self, "written", 0) + 1
            uid = self.truth.get(name, (f"{self.written}@example.org", ""))[0]  # no two files of one calendar may hold the same one
            assert self.account.put(name, written(uid, title, day))
            self.truth[name], self.behind = (uid, title), True

        @precondition(lambda self: self.truth)
        @rule(data=st.data())
        def remove(self, data: st.DataObject) -> None:
            name = data.draw(st.sampled_from(sorted(self.truth)))
            self.account.remove(name)
            del self.truth[name]
            self.behind = True

        @precondition(lambda self: self.truth)
        @rule(data=st.data())
        def move(self, data: st.DataObject) -> None:
            """The same event under another name, as a client does that makes its files anew."""
            name = data.draw(st.sampled_from(sorted(self.truth)))
            uid, title = self.truth.pop(name)
            self.account.remove(name)
            assert self.account.put(f"moved-{name}", written(uid, title, 1))
            self.truth[f"moved-{name}"], self.behind = (uid, title), True

        @rule(whole=st.booleans())
        def look(self, whole: bool) -> None:
            self.kept.look(self.account.source, self.account.place, whole=whole)
            self.behind = False

        @rule()
        def lose_the_token(self) -> None:
            self.kept.token = '{"sync": "gone"}'

        @rule(upto=st.integers(0, 1))
        def break_off(self, upto: int) -> None:
            """A look that ends after some pages keeps what came, and no new token."""
            pages = self.account.source.list_changes(self.account.place, self.kept.token, {ref: etag for ref, (etag, _content) in self.kept.items.items()})
            for _number, page in zip(range(upto), pages, strict=False):
                self.kept._take(page)
            self.behind = True

        @invariant()
        def both_sides_are_equal(self) -> None:
            if not getattr(self, "behind", True):
                assert {self.account.path(name): title for name, (_uid, title) in self.truth.items()} == self.kept.by_ref()
                assert self.kept.look(self.account.source, self.account.place).sent == 0, "a second look brings nothing"

        def teardown(self) -> None:
            if hasattr(self, "account"):
                self.account.source.close()

    return Machine


@pytest.mark.parametrize(("name", "examples"), [("fake", 40), ("radicale", 3), ("xandikos", 3)])
def test_both_sides_are_equal_after_a_look(request: pytest.FixtureRequest, sandbox: object, name: str, examples: int):
    server = None if name == "fake" else request.getfixturevalue(name)
    plan = settings(max_examples=examples, stateful_step_count=20 if server is None else 14, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
    run_state_machine_as_test(machine_of(lambda: fresh_account(server)), settings=plan)
