"""How a person's dashboard is arranged: every card keeps exactly one place, whatever line was kept and whatever is done to it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crm_app.domain.dashboard.layout import COLUMNS, LONGEST, Card, Layout

steps = st.lists(st.tuples(st.sampled_from(["up", "down", "toggle", "place"]), st.sampled_from(list(Card)), st.integers(-9, 9), st.integers(-9, 9)), max_size=30)


def places(layout: Layout) -> list[Card]:
    return sorted(card for column in layout.columns for card in column)


@given(st.one_of(st.text(max_size=600), st.lists(st.sampled_from([*Card, "-tasks", "-recent", "|", ",", "-", "gone"]), max_size=40).map(",".join)))
def test_any_line_gives_an_arrangement_in_which_each_card_stands_once(spelled):
    layout = Layout.parse(spelled)
    assert places(layout) == sorted(Card) and len(layout.columns) == COLUMNS
    assert Layout.parse(layout.spell()) == layout


@given(steps)
def test_moving_and_hiding_loses_no_card_and_is_kept(acts):
    layout = Layout()
    for act, card, column, place in acts:
        match act:
            case "toggle":
                assert layout.toggled(card).has(card) is not layout.has(card)
                layout = layout.toggled(card)
            case "place":
                layout = layout.placed(card, column, place)
            case _:
                layout = layout.moved(card, -1 if act == "up" else 1)
        assert places(layout) == sorted(Card)
        assert Layout.parse(layout.spell()) == layout and len(layout.spell()) < LONGEST
        assert sorted(card for column in layout.shown for card in column) == [card for card in sorted(Card) if layout.has(card)]


def test_a_step_beyond_the_end_of_a_column_leads_into_the_next_and_back():
    layout = Layout.parse("recent|tasks,agenda,assistant|reconnect,goals,programmes,birthdays,spending")
    assert layout.moved(Card.RECENT, 1).columns[:2] == ((), (Card.RECENT, Card.TASKS, Card.AGENDA, Card.ASSISTANT))
    assert layout.moved(Card.RECENT, 1).moved(Card.RECENT, -1) == layout
    assert layout.moved(Card.RECENT, -1) == layout and layout.moved(Card.SPENDING, 1) == layout


def test_the_usual_order_needs_no_line():
    assert Layout().spell() == "" and Layout.parse("") == Layout()
    assert Layout().toggled(Card.TASKS).toggled(Card.TASKS).spell() == ""
