"""MAIL-05: senders who may be somebody else, on a labelled set; and those who are only themselves, which are more and are left in peace."""

from __future__ import annotations

import pytest

from crm_app.domain.ids import new_id
from crm_app.domain.mail.lookalike import Doubt, Known, Sender, doubts, names_like

ANA = Known("Ana Silva", frozenset({"ana@mail.example", "ana.silva@work.example"}), new_id())
OKSANA = Known("Оксана Шевчук", frozenset({"oksana@post.example"}), new_id())
PAUL = Known("Paul Lind", frozenset({"paul.lind@paypal.example"}), new_id())
BO = Known("Bo Ek", frozenset(), new_id())
TOM = Known("Tom Ward", frozenset({"tom@practice.example"}))
EVERYBODY = (ANA, OKSANA, PAUL, BO, TOM)
A, S, N, R, H, L = Doubt.ADDRESS, Doubt.SHOWN, Doubt.NAME, Doubt.REPLY, Doubt.HIDDEN, Doubt.LETTERS

# name, address, answers go to, what is odd
ODD = [
    ("Ana Silva", "ana@evil.example", "", {N}), ("ANA SILVA", "x@evil.example", "", {N}), ("Silva, Ana", "x@evil.example", "", {N}), ("Ána Sílva", "x@evil.example", "", {N}),
    ("Аna Silva", "x@evil.example", "", {L, N}), ("Ana Si1va", "x@evil.example", "", {N}), ("Αna Silva", "x@evil.example", "", {L, N}), ("Ana\u200b Silva", "x@evil.example", "", {H, N}),
    ("Tom Ward", "tom.ward@evil.example", "", {N}), ("Тоm Ward", "x@evil.example", "", {L, N}), ("Tom Ward", "tom@practlce.example", "", {A}),
    ("Oксана Шевчук", "x@evil.example", "", {L, N}), ("Paul Lind", "paul.lind@paypa1.example", "", {A}), ("", "paul.lind@paypaI.example", "", {A}),
    ("", "ana@rnail.example", "", {A}), ("Ana", "ana@maiI.example", "", {A}), ("", "ana@ma1l.example", "", {A}), ("x", "ana@xn--mil-6cd.example", "", {A, L}),
    ("", "tom@practice.exarnple", "", {A}), ("", "аna@mail.example", "", {A, L}),
    ("ana@mail.example", "x@evil.example", "", {S}), ("Ana Silva <ana@mail.example>", "x@evil.example", "", {S}), ('"tom@practice.example" via', "x@evil.example", "", {S}),
    ("Bank (service@bank.example)", "x@evil.example", "", {S}), ("Pay\u00adPal", "x@evil.example", "", {H}), ("Pаypal", "service@evil.example", "", {L}), ("Αmazon", "x@evil.example", "", {L}),
    ("Ana Silva", "ana@mail.example", "ana@evil.example", {R}), ("Somebody", "x@post.example", "y@evil.example", {R}), ("Tom Ward", "tom@practice.example", "x@evil.example", {R}),
    ("Ana Silva", "x@evil.example", "y@evil.example", {N, R}), ("Ana\u2060", "x@evil.example", "", {H}),
]  # fmt: skip
PLAIN = [
    ("Ana Silva", "ana@mail.example", ""), ("Ana Silva", "ana.silva@work.example", ""), ("Ana", "ana@mail.example", "ana.silva@work.example"), ("Dr. Ana Silva", "x@other.example", ""),
    ("Silvana", "silvana@post.example", ""), ("Ana Silveira", "x@post.example", ""), ("", "x@post.example", ""), ("Оксана Шевчук", "oksana@post.example", ""),
    ("Богдан Коваленко", "b@post.example", ""), ("Ελένη Παπαδοπούλου", "e@post.example", ""), ("佐藤 美咲", "m@post.example", ""), ("نور المصري", "n@post.example", ""),
    ("अनन्या\u200d शर्मा", "a@post.example", ""), ("Bo Ek", "bo@post.example", ""), ("x@post.example", "x@post.example", ""), ("Paul Lind", "paul.lind@paypal.example", "paul.lind@paypal.example"),
    ("Ana", "ana@other.example", ""), ("Lab β-Test μm", "x@post.example", ""), ("Müller & Söhne", "m@müller.example", ""), ("Tom", "tom@other.example", ""), ("Ana Silva (she/her)", "ana@mail.example", ""),
    ("Store 24", "x@post.example", "x@post.example"), ("Renée O'Neil", "r@post.example", ""), ("Anna", "anna@mail.example", ""),
]  # fmt: skip


def found(name: str, address: str, reply_to: str, *, automatic: bool = False) -> set[Doubt]:
    return {one.doubt for one in doubts(Sender(name, address.lower(), (reply_to,) if reply_to else (), automatic), EVERYBODY)}


@pytest.mark.parametrize(("name", "address", "reply_to", "odd"), ODD)
def test_what_is_odd_is_said(name, address, reply_to, odd):
    assert found(name, address, reply_to) == odd


@pytest.mark.parametrize(("name", "address", "reply_to"), PLAIN)
def test_who_is_only_themselves_is_left_in_peace(name, address, reply_to):
    assert found(name, address, reply_to) == set()


def test_machines_have_answers_sent_elsewhere_and_bear_names_of_people():
    assert found("Ana Silva", "no-reply@calendar.example", "ana@mail.example", automatic=True) == set()
    assert found("ana@mail.example", "no-reply@calendar.example", "", automatic=True) == {S}


def test_the_whole_set_is_large_enough_and_says_whom_it_is_about():
    assert len(ODD) + len(PLAIN) >= 50
    assert [(one.about, one.colleague) for one in doubts(Sender("Tom Ward", "x@evil.example"), EVERYBODY)] == [("Tom Ward", True)]
    assert [one.about for one in doubts(Sender("", "ana@ma1l.example"), EVERYBODY)] == ["ana@mail.example"]
    assert "ana silva" in names_like("Silva, Аna")
