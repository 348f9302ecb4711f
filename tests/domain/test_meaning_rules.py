"""Vectors, signs, passages and blends, without a database."""

from __future__ import annotations

import random
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_app.domain.meaning import vectors as rules
from crm_app.domain.meaning.passages import LONGEST, MOST, passages_of
from crm_app.domain.meaning.rules import SHOWN, blend, excerpt, shorten
from crm_app.domain.meaning.vectors import (  # fmt: skip
    WIDTH,
    Common,
    common_of,
    nearest,
    nearness,
    pack,
    pack_common,
    signs_of,
    unit,
    unpack,
    unpack_common,
)

numbers = st.floats(-1, 1, width=32)
vectors = st.lists(numbers, min_size=8, max_size=8).filter(any).map(unit)


@pytest.mark.parametrize("with_numpy", [False, True])
@given(asked=vectors, known=st.lists(vectors, min_size=1, max_size=40))
def test_the_nearest_come_in_the_order_of_their_exact_cosine(with_numpy, asked, known):
    """As far as two bytes a number can tell them apart; with numpy, where it is there, as without."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rules, "NUMPY", with_numpy and rules.NUMPY)
        found = nearest(asked, b"".join(pack(vector) for vector in known))
        assert nearest(asked, b"") == []
    exact = [sum(a * b for a, b in zip(asked, vector, strict=True)) for vector in known]
    assert sorted(found) == list(range(len(known)))
    assert all(exact[first] >= exact[second] - 0.004 for first, second in zip(found, found[1:], strict=False))


def test_equals_keep_the_order_in_which_they_came():
    assert nearest((1.0, 0.0), pack((1.0, 0.0)) * 3) == [0, 1, 2]


@given(vectors)
def test_what_is_packed_is_unpacked(vector):
    assert len(pack(vector)) == 16 and all(abs(one - other) < 0.0006 for one, other in zip(unpack(pack(vector)), vector, strict=True))
    assert abs(sqrt(sum(value * value for value in vector)) - 1) < 1e-6 and unit((0.0, 0.0)) == (0.0, 0.0)


@pytest.mark.parametrize("width", [8, 384, 512, 768, 1536, 3072])
def test_signs_are_as_many_whatever_the_width_and_near_vectors_share_more_of_them(width):
    """Without the centre, what all vectors have in common would make them all alike."""
    chance = random.Random(5)
    common = [chance.gauss(0, 1) for _ in range(width)]
    make = lambda: unit([3 * middle + chance.gauss(0, 1) for middle in common])  # noqa: E731
    some = [make() for _ in range(60)]
    common = common_of(some)
    one = some[0]
    near = unit([value + chance.gauss(0, 0.1) / sqrt(width) for value in one])
    differ = lambda a, b: sum(x != y for x, y in zip(a, b, strict=True))  # noqa: E731
    signs = signs_of(one, common)
    assert len(signs) == WIDTH and set(signs) <= {"0", "1"}
    apart = [differ(signs, signs_of(other, common)) for other in some[1:]]
    if width >= 384:
        assert differ(signs, signs_of(near, common)) < min(apart)
        nothing = Common([0.0] * width, [0.1 / sqrt(width)] * width)
        plain = [differ(signs_of(one, nothing), signs_of(other, nothing)) for other in some[1:]]
        assert sum(apart) > 1.5 * sum(plain)


def test_a_number_that_is_nothing_out_of_the_ordinary_counts_half():
    """By how far it strays otherwise; and so near two vectors are as their numbers say, and not only as these lie about the middle."""
    common = Common((1.0, 1.0, 1.0, 1.0), (0.5, 0.5, 0.5, 0.01))
    signs = signs_of((2.0, 1.0, 0.0, 1.1), common)
    assert [signs[0] + signs[4], signs[1] + signs[5], signs[2] + signs[6], signs[3] + signs[7]] == ["11", "01", "00", "11"]
    assert set(signs[8:]) == {"0"}


def test_what_vectors_have_in_common_is_packed_and_unpacked():
    common = common_of([(0.0, 1.0), (0.5, 1.0)])
    assert common == ((0.25, 1.0), (0.25, 0.0)) and unpack_common(pack_common(common)) == common


@given(st.text(alphabet="ab .!?\n>é中", max_size=6_000))
def test_passages_are_short_in_order_and_hold_every_word_that_is_no_quote(text):
    spans = passages_of(text)
    assert all(0 < span.ends - span.begins <= LONGEST for span in spans) and len(spans) <= MOST
    assert all(first.ends <= second.begins for first, second in zip(spans, spans[1:], strict=False))
    if len(spans) < MOST:
        said = "".join(text[span.begins : span.ends] for span in spans)
        own = "".join(line for line in text.splitlines(keepends=True) if not line.lstrip().startswith(">")) if "\r" not in text else said
        assert [char for char in said if char.isalpha()] == [char for char in own if char.isalpha()]


def test_passages_are_paragraphs_and_sentences():
    long = "She slept badly again. " * 60
    text = f"Short.\n\nAlso short, and so read with the first.\n\n{long}\n\n> she wrote earlier\nWhat now?"
    spans = passages_of(text)
    said = [text[span.begins : span.ends] for span in spans]
    assert said[0].startswith("Short.") and "read with the first" in said[0]
    assert all(one.rstrip().endswith((".", "?")) for one in said) and not any("earlier" in one for one in said)
    assert passages_of("") == passages_of(" \n> quoted\n") == passages_of("…") == ()
    assert len(passages_of("x" * 100_000)) == MOST


def test_what_stands_near_the_top_of_two_lists_comes_before_the_first_of_one():
    assert blend("abc", "cxd") == ["c", "a", "b", "x", "d"]
    assert blend([], ["a"], ["a"]) == ["a"] and blend() == [] and blend("aab", "b") == ["b", "a"]


def test_an_excerpt_begins_shortly_before_the_word():
    text = "Nothing of note. " * 40 + "Then she spoke of her KNEE at length. " + "And more. " * 60
    assert "KNEE" in excerpt(text, "of knee") and len(excerpt(text, "knee")) <= SHOWN + 1
    assert excerpt("A line\nand another", "absent") == "A line and another"
    assert shorten("y" * 1_000) == "y" * SHOWN + "…"


def test_nearness_is_seen_from_the_centre():
    centre = (0.8, 0.0)
    assert nearness((1.0, 0.0), (1.0, 0.0), centre) == pytest.approx(1) and nearness((0.8, 0.6), (0.8, -0.6), centre) == pytest.approx(-1)
    assert nearness((0.8, 0.0), (0.8, 0.6), centre) == 0
