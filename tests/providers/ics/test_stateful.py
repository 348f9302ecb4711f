"""Whatever is published, after a look both sides are equal: a machine that writes at random, and an oracle in memory."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from tests.providers.ics.conftest import Published
from tests.providers.keeping import Kept, event

UIDS = st.sampled_from(["a", "b@example.org", "c", "d e", "ü"])
TITLES = st.sampled_from(["Intake", "Follow-up", "Grüße", "Review"])
DAYS = st.integers(1, 28)
STAMPS = st.sampled_from(["20260101T000000Z", "20260102T000000Z", "20260103T000000Z"])


def machine_of(published: Published) -> type[RuleBasedStateMachine]:
    class Machine(RuleBasedStateMachine):
        """``truth`` is what stands in the feed, by UID; ``behind``: something has happened since the last look."""

        @initialize()
        def begin(self) -> None:
            published.events = {}
            published.publish()
            self.kept, self.behind = Kept(), True
            self.truth: dict[str, tuple[str, int]] = {}

        @rule(uid=UIDS, title=TITLES, day=DAYS, stamp=STAMPS)
        def write(self, uid: str, title: str, day: int, stamp: str) -> None:
            published.put(uid, title, day=day, stamp=stamp)
            self.truth[uid], self.behind = (title, day), True

        @precondition(lambda self: self.truth)
        @rule(data=st.data())
        def remove(self, data: st.DataObject) -> None:
            uid = data.draw(st.sampled_from(sorted(self.truth)))
            published.remove(uid)
            del self.truth[uid]
            self.behind = True

        @precondition(lambda self: not self.behind)
        @rule(stamp=STAMPS)
        def write_the_same_anew(self, stamp: str) -> None:
            """As servers do that make the feed for each request: other stamps, another order."""
            published.events = {uid: event(uid, title, day=day, stamp=stamp) for uid, (title, day) in reversed(self.truth.items())}
            published.publish()
            assert self.kept.look(published.source, "feed").sent == 0

        @rule(whole=st.booleans())
        def look(self, whole: bool) -> None:
            self.kept.look(published.source, "feed", whole=whole)
            self.behind = False

        @rule(cut=st.integers(3, 400))
        def look_at_a_feed_that_breaks_off(self, cut: int) -> None:
            """Whatever comes of that, nothing that still stands there is taken away, and the next look is whole again."""
            published.publish()
            before = dict(self.kept.items)
            published.publish(published.body[: -min(cut, len(published.body) - 100)])
            self.kept.look(published.source, "feed")
            assert before.items() <= self.kept.items.items()
            published.publish()
            self.kept.token, self.behind = "", True

        @invariant()
        def both_sides_are_equal(self) -> None:
            if not getattr(self, "behind", True):
                assert {uid: title for uid, (title, _day) in self.truth.items()} == self.kept.by_ref()
                assert self.kept.look(published.source, "feed").sent == 0, "a second look brings nothing"

    return Machine


def test_both_sides_are_equal_after_a_look(published: Published):
    plan = settings(max_examples=40 if published.fake else 15, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
    run_state_machine_as_test(machine_of(published), settings=plan)
