"""Whatever happens in a folder, after a look both sides are equal: a machine that writes at random, and an oracle in memory."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from tests.providers.imap.conftest import Account, Server, fresh_account
from tests.providers.imap.keeping import Kept, message

FLAGS = st.frozensets(st.sampled_from(["\\Seen", "\\Answered", "\\Flagged"]))


def machine_of(server: Server | None, condstore: bool) -> type[RuleBasedStateMachine]:
    class Machine(RuleBasedStateMachine):
        """``truth`` is what the folder must hold, by subject; ``behind``: something has happened since the last look, ``flagged``: a flag has changed."""

        account: Account

        @initialize()
        def begin(self) -> None:
            self.account, self.kept = fresh_account(server, condstore=condstore), Kept()
            self.truth: dict[str, frozenset[str]] = {}
            self.written, self.behind, self.flagged = 0, True, False

        @rule(flags=FLAGS, count=st.integers(1, 3))
        def come(self, flags: frozenset[str], count: int) -> None:
            for _number in range(count):
                self.written += 1
                name = f"mail-{self.written:05}"
                self.account.put(message(name), flags=flags)
                self.truth[name] = flags
            self.behind = True

        @precondition(lambda self: self.truth)
        @rule(data=st.data())
        def remove(self, data: st.DataObject) -> None:
            name = data.draw(st.sampled_from(sorted(self.truth)))
            self.account.remove(name)
            del self.truth[name]
            self.behind = True

        @precondition(lambda self: self.truth)
        @rule(data=st.data(), flags=FLAGS)
        def flag(self, data: st.DataObject, flags: frozenset[str]) -> None:
            name = data.draw(st.sampled_from(sorted(self.truth)))
            self.account.flag(name, flags)
            self.truth[name] = flags
            self.behind = self.flagged = True

        @rule(whole=st.booleans())
        def look(self, whole: bool) -> None:
            self.account.source.list_folders()
            self.kept.look(self.account.source, self.account.folder, whole=whole)
            self.behind = False
            self.flagged = self.flagged and not whole and not self.account.counts_changes

        @rule()
        def lose_the_token(self) -> None:
            self.kept.token, self.behind = "", True

        @rule()
        def break_off(self) -> None:
            self.kept.look(self.account.source, self.account.folder, most=1)
            self.behind = True

        @rule()
        def hang_up(self) -> None:
            self.account.source.close()

        @invariant()
        def both_sides_are_equal(self) -> None:
            if getattr(self, "behind", True):
                return
            assert self.kept.subjects == sorted(self.truth)
            if not self.flagged:
                assert self.kept.by_subject() == self.truth
                assert self.kept.look(self.account.source, self.account.folder).pages == 0, "a second look brings nothing"

        def teardown(self) -> None:
            if hasattr(self, "account"):
                self.account.close()

    return Machine


@pytest.mark.parametrize(("name", "condstore", "examples"), [("fake", True, 40), ("fake", False, 40), ("dovecot", True, 5), ("mail_devel", False, 5)])
def test_both_sides_are_equal_after_a_look(request: pytest.FixtureRequest, name: str, condstore: bool, examples: int):
    server = None if name == "fake" else request.getfixturevalue(name)
    plan = settings(max_examples=examples, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
    run_state_machine_as_test(machine_of(server, condstore), settings=plan)
