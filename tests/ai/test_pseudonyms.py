"""Stand-ins: nothing by which known people are known goes out, and what comes back is exactly what stood there, in whichever pieces."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_app.ai.pseudonyms import Mask
from crm_app.domain.disclosure.schemas import Identity

ANN = Identity(names=("Ann Lee", "Ann", "Lee", "Annie"), emails=("ann.lee@mail.example",), phones=("+351 912 440 187",), addresses=("Rua das Flores 12, Lisboa",))
ZOE = Identity(names=("Zoë Großmann", "Zoë", "Großmann"), emails=("zoe@gross.example",), phones=("020 7946 0018",))
OTHERS = (Identity(names=("Мария Иванова", "Мария")), Identity(names=("O'Neil", "Jean-Luc")), Identity(names=("Al",)), Identity(names=("李小龙",)))
PEOPLE = (ANN, ZOE, *OTHERS)
CASES = st.sampled_from([str, str.upper, str.lower, str.title, str.swapcase, str.casefold])
WORDS = st.sampled_from(["met", "Person_1", "Person_", "Mail_7", "2", "_", "1", ",", "\n", "  ", "(", "Phone", "P", "er", "son", "é", "|", '"', "\\", "x1"])


@st.composite
def written(draw: st.DrawFn) -> tuple[str, list[str]]:
    """``(text, what of it nobody may read)``: names in any case with simple endings, addresses, numbers in any spelling, among words of all kinds."""
    parts, secret = [], []
    for _ in range(draw(st.integers(1, 8))):
        parts.append(draw(WORDS) + draw(st.sampled_from([" ", "\n", ", "])))
        person = draw(st.sampled_from(PEOPLE))
        kind = draw(st.sampled_from(["names", "emails", "phones", "addresses"]))
        known = getattr(person, kind)
        if not known:
            continue
        one = draw(st.sampled_from(known))
        if kind == "names":
            ending = draw(st.sampled_from(["", "s", "'s", "’s", "es", "e"])) if one.isascii() or one[0] == "Z" else ""
            one = draw(CASES)(one) + ending
        elif kind == "phones":
            digits = [char for char in one if char.isdigit() or char == "+"]
            one = draw(st.sampled_from(["", " ", "-", ".", " "])).join(digits[:3]) + draw(st.sampled_from(["", " ", "/", " ("])) + draw(st.sampled_from(["", " ", "-"])).join(digits[3:])
        else:
            one = draw(CASES)(one)
        secret.append(one)
        parts.append(one + draw(st.sampled_from([" ", ".", "!", "\n", " _", ")"])))
    return "".join(parts), secret


@settings(max_examples=400)
@given(written())
def test_llm_09_nothing_of_known_people_goes_out_and_all_of_it_comes_back(case: tuple[str, list[str]]) -> None:
    text, secret = case
    mask = Mask(PEOPLE)
    sent = mask.hide(text)
    assert [one for one in secret if one in sent] == []
    assert mask.show(sent) == text
    assert mask.hide(text) == sent, "the same words are the same stand-ins"
    assert json.loads(mask.show_json(json.dumps({"said": sent}, ensure_ascii=False))) == {"said": text}


@settings(max_examples=400)
@given(written(), st.data())
def test_a_stand_in_that_is_cut_between_two_pieces_comes_back_whole(case: tuple[str, list[str]], data: st.DataObject) -> None:
    mask = Mask(PEOPLE)
    sent = mask.hide(case[0])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=12)))
    showing = mask.showing()
    pieces = [showing.feed(sent[begin:end]) for begin, end in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    assert "".join(pieces) + showing.close() == case[0]


@given(st.text(max_size=200))
def test_what_speaks_of_nobody_comes_back_too(text: str) -> None:
    mask = Mask(PEOPLE)
    showing = mask.showing()
    sent = mask.hide(text)
    assert mask.show(sent) == text
    assert "".join(showing.feed(char) for char in sent) + showing.close() == text


def test_the_model_sees_who_is_the_same_and_may_write_of_them_in_its_own_way() -> None:
    mask = Mask([ANN, ZOE])
    sent = mask.hide("Ann Lee met Zoë. ANN wrote to ann.lee@mail.example, +351 912 440 187, Rua das Flores 12, Lisboa.")
    assert sent == "Person_1 met Person_2. Person_1_2 wrote to Mail_1, Phone_1, Address_1."
    assert mask.show("Person_1's notes, Person_1_2; and Person_9 is nobody") == "Ann Lee's notes, ANN; and Person_9 is nobody"


@pytest.mark.parametrize("number", ["+351912440187", "00351 912 440 187", "912440187", "912-440-187", "(0)912 440 187", "912.440.187", "+351 (912) 440-187"])
def test_a_number_is_known_however_it_is_written(number: str) -> None:
    mask = Mask([ANN])
    sent = mask.hide(f"Call {number} today")
    assert "440" not in sent and mask.show(sent) == f"Call {number} today"


@pytest.mark.parametrize("words", ["Annually", "Joanna", "also alas", "plan", "2026-11-27", "12 34", "Leeward"])
def test_other_words_stay_as_they_are(words: str) -> None:
    assert Mask(PEOPLE).hide(words) == words


@pytest.mark.parametrize("words", ["ZOË GROSSMANN", "zoe grossmann", "Zoe\u0308", "GROßMANN", "Großmanns", "Ann\n Lee", "O’Neil's", "O'NEIL", "Jean\u2011Luc", "МАРИЯ"])
def test_a_name_is_known_however_it_is_written(words: str) -> None:
    sent = Mask(PEOPLE).hide(f"with {words}.")
    assert sent.startswith("with Person_") and len(sent) <= len("with Person_1_2.") + 1, sent


def test_nobody_is_known_by_nothing() -> None:
    assert Mask([Identity(names=("", " ", "x"), emails=("",), phones=("12",), addresses=("",))]).hide("x 12 a") == "x 12 a"
    assert Mask([]).hide("Ann") == "Ann"
