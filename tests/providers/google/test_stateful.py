"""Whatever happens at Google, after a look both sides are equal: a machine that writes at random, and an oracle in memory."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from crm_app.domain.calendar.reading import read_items
from tests.jobs.fake_account import InlineSandbox
from tests.providers.google.conftest import CAL, cancelled, daily, event, exception, fake_account
from tests.providers.google.test_google import WINDOW
from tests.providers.keeping import Kept

TITLES = st.sampled_from(["Intake", "Follow-up", "Grüße; and, more", "Review"])
DAYS = st.integers(1, 5)


class Machine(RuleBasedStateMachine):
    """``truth`` is what takes place, by ref and then by day; ``behind``: something has happened since the last look."""

    @initialize(page=st.sampled_from([1, 2, 250]))
    def begin(self, page: int) -> None:
        self.account, self.kept, self.count = fake_account(), Kept(), 0
        self.google = self.account.google
        self.google.page = page
        self.truth: dict[str, dict[int, str]] = {}
        self.series: set[str] = set()
        self.behind = True

    def _ref(self) -> str:
        self.count += 1
        return f"e{self.count}"

    @rule(title=TITLES, day=st.integers(1, 28))
    def write(self, title: str, day: int) -> None:
        ref = self._ref()
        self.google.put(CAL, event(ref, title, day))
        self.truth[ref], self.behind = {day: title}, True

    @rule(title=TITLES)
    def write_a_series(self, title: str) -> None:
        ref = self._ref()
        self.google.put(CAL, daily(ref, title))
        self.truth[ref], self.behind = {day: title for day in range(1, 6)}, True
        self.series.add(ref)

    @precondition(lambda self: self.series)
    @rule(data=st.data(), day=DAYS, title=TITLES, away=st.booleans())
    def change_one_of_a_series(self, data: st.DataObject, day: int, title: str, away: bool) -> None:
        ref = data.draw(st.sampled_from(sorted(self.series)))
        self.google.put(CAL, cancelled(ref, day) if away else exception(ref, title, day))
        self.truth[ref].pop(day, None)
        if not away:
            self.truth[ref][day] = title
        self.behind = True

    @precondition(lambda self: self.truth)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        ref = data.draw(st.sampled_from(sorted(self.truth)))
        self.google.remove(CAL, ref)
        del self.truth[ref]
        self.series.discard(ref)
        self.behind = True

    @rule(whole=st.booleans())
    def look(self, whole: bool) -> None:
        self.kept.look(self.account.source, CAL, whole=whole)
        self.behind = False

    @rule(tokens=st.booleans())
    def forget(self, tokens: bool) -> None:
        """Google forgets the places in its lists, or every token for access ends."""
        if tokens:
            self.google.forget_tokens()
        else:
            self.google.end_access()

    @rule(upto=st.integers(0, 2))
    def break_off(self, upto: int) -> None:
        """A look that ends after some pages keeps what came, and no new token."""
        pages = self.account.source.list_changes(CAL, self.kept.token, {ref: etag for ref, (etag, _content) in self.kept.items.items()})
        for _number, page in zip(range(upto), pages, strict=False):
            self.kept._take(page)
        self.behind = True

    @invariant()
    def both_sides_are_equal(self) -> None:
        if getattr(self, "behind", True):
            return
        refs = sorted(self.kept.items)
        answers = read_items([self.kept.items[ref][1] for ref in refs], window=WINDOW, zone="UTC", sandbox=InlineSandbox())
        here = {ref: {one.starts_at.day: one.title for one in answer.events} for ref, answer in zip(refs, answers, strict=True) if answer.events}  # type: ignore[union-attr]
        assert here == {ref: days for ref, days in self.truth.items() if days}
        assert self.kept.look(self.account.source, CAL).sent == 0, "a second look brings nothing"


def test_both_sides_are_equal_after_a_look():
    plan = settings(max_examples=40, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
    run_state_machine_as_test(Machine, settings=plan)
