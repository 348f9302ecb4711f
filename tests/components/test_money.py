"""Amounts as people read and type them."""

from __future__ import annotations

import pytest

from crm_app.components.money import DOLLARS, Money, read_amount

EUROS = Money("EUR", 920_000)


@pytest.mark.parametrize(
    ("micros", "said"), [(0, "$0.00"), (10_000, "$0.01"), (1_234_567, "$1.23"), (1_234_567_890_000, "$1,234,567.89"), (9_999, "$0.0100"), (3_000, "$0.0030"), (7, "$0.0000070")]
)
def test_an_amount_says_as_much_as_it_has_to(micros, said):
    assert DOLLARS.say(micros) == said


@pytest.mark.parametrize(("micros", "said"), [(0, "$0.00"), (9_999, "less than $0.01"), (10_000, "$0.01"), (1_234_567, "$1.23")])
def test_less_than_a_coin_is_said_to_be_less(micros, said):
    assert DOLLARS.words(micros) == said


@pytest.mark.parametrize(
    ("usual", "most", "said"),
    [
        (0, 0, "$0.00"), (2_000, 9_000, "less than $0.01"), (2_000, 30_000, "less than $0.01, at most $0.03"), (20_000, 30_000, "about $0.02, at most $0.03"),
        (20_000, 20_400, "about $0.02"),
    ],
)  # fmt: skip
def test_what_something_would_cost(usual, most, said):
    assert DOLLARS.foreseen(usual, most) == said


def test_it_is_said_in_the_teams_currency():
    assert EUROS.say(10_000_000) == "€9.20" and EUROS.typed(10_000_000) == "9.2" and EUROS.read("9,2") == 10_000_000


@pytest.mark.parametrize(("typed", "micros"), [("", None), ("  ", None), (None, None), ("2.50", 2_500_000), ("2,5", 2_500_000), ("0", 0), ("1 000", 1_000_000_000)])
def test_what_is_typed_is_read_as_it_is_meant(typed, micros):
    assert DOLLARS.read(typed) == micros


@pytest.mark.parametrize("typed", ["much", "-1", "NaN", "Infinity", "1e12", "1.2.3", "€5"])
def test_what_is_no_amount_is_refused(typed):
    with pytest.raises(ValueError):
        read_amount(typed)
