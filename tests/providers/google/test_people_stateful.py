"""Whatever happens to the contacts of an account at Google, after a look both sides are equal: a machine that writes at random, and an oracle in memory."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from crm_app.providers.google.people import BOOK
from tests.providers.google.test_people import made
from tests.providers.keeping import Kept

NAMES = st.sampled_from(["Ana Silva", "Ben Ott", "Grüße Weiß", "Zoe"])


class Machine(RuleBasedStateMachine):
    """``truth`` is who is there, by ref; ``behind``: something has happened since the last look."""

    @initialize(page=st.sampled_from([1, 2, 1000]))
    def begin(self, page: int) -> None:
        self.account, self.kept, self.count = made(), Kept(), 0
        self.google = self.account.google
        self.google.page = page
        self.truth: dict[str, str] = {}
        self.behind = True

    @rule(name=NAMES)
    def write(self, name: str) -> None:
        self.count += 1
        self.truth[self.google.person(self.count, name)], self.behind = name, True

    @precondition(lambda self: self.truth)
    @rule(data=st.data(), name=NAMES)
    def change(self, data: st.DataObject, name: str) -> None:
        ref = data.draw(st.sampled_from(sorted(self.truth)))
        self.google.person(int(ref.removeprefix("people/c")), name)
        self.truth[ref], self.behind = name, True

    @precondition(lambda self: self.truth)
    @rule(data=st.data())
    def touch(self, data: st.DataObject) -> None:
        """Only their etag is another."""
        self.google.touch(data.draw(st.sampled_from(sorted(self.truth))))
        self.behind = True

    @precondition(lambda self: self.truth)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        ref = data.draw(st.sampled_from(sorted(self.truth)))
        self.google.forget(ref)
        del self.truth[ref]
        self.behind = True

    @precondition(lambda self: self.truth)
    @rule(data=st.data())
    def move(self, data: st.DataObject) -> None:
        """They get another name at Google, as people do who are merged."""
        before = data.draw(st.sampled_from(sorted(self.truth)))
        self.count += 1
        name = self.truth.pop(before)
        self.truth[self.google.person(self.count, name, before=before)], self.behind = name, True

    @rule(whole=st.booleans())
    def look(self, whole: bool) -> None:
        self.kept.look(self.account.source, BOOK, whole=whole)
        self.behind = False

    @rule()
    def forget_tokens(self) -> None:
        self.google.forget_tokens()

    @rule(upto=st.integers(0, 2))
    def break_off(self, upto: int) -> None:
        """A look that ends after some pages keeps what came, and no new token."""
        pages = self.account.source.list_changes(BOOK, self.kept.token, {ref: etag for ref, (etag, _content) in self.kept.items.items()})
        for _number, page in zip(range(upto), pages, strict=False):
            self.kept._take(page)
        self.behind = True

    @invariant()
    def both_sides_are_equal(self) -> None:
        if not getattr(self, "behind", True):
            assert self.kept.by_ref() == self.truth
            assert self.kept.look(self.account.source, BOOK).sent == 0, "a second look brings nothing"


def test_rel_01_both_sides_are_equal_after_a_look(sandbox: object):
    plan = settings(max_examples=30, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
    run_state_machine_as_test(Machine, settings=plan)
