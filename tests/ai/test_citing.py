"""Numbers in an answer: of sources that were given, and of no others."""

from __future__ import annotations

from uuid import uuid4

import pytest

from crm_app.ai.citing import settle_citations
from crm_app.ai.tools.handles import Handles, NoSuchHandle
from crm_app.domain.conversations.schemas import Cited


def given(*numbers: int) -> list[Cited]:
    return [Cited(number=number, kind="entry", ref_id=uuid4(), title=f"Record {number}") for number in numbers]


@pytest.mark.parametrize(("said", "settled", "kept"), [
    ("Well. [3] Then. [1] Again. [3]", "Well. [1] Then. [2] Again. [1]", [3, 1]),
    ("Well. [9]", "Well.", []),
    ("Both [1, 3].", "Both [1][2].", [1, 3]),
    ("Both [1; 9], so.", "Both [1], so.", [1]),
    ("In brackets 【2】.", "In brackets [1].", [2]),
    ("Twice [2][2].", "Twice [1][1].", [2]),
    ("None at all [0] [999].", "None at all.", []),
    ("A list: a[1] of [words].", "A list: a[1] of [words].", [1]),
])  # fmt: skip
def test_citations_are_numbered_anew_and_unknown_ones_go(said, settled, kept):
    text, sources = settle_citations(said, given(1, 2, 3))
    assert (text, [source.title for source in sources]) == (settled, [f"Record {number}" for number in kept])
    assert [source.number for source in sources] == list(range(1, len(kept) + 1))


def test_a_short_name_stays_the_same_and_means_one_record():
    ana, ben, note = uuid4(), uuid4(), uuid4()
    handles = Handles({"p4": ("contact", ana)})
    assert (handles.give("contact", ana), handles.give("contact", ben), handles.give("entry", note), handles.give("contact", ben)) == ("p4", "p5", "e1", "p5")
    assert handles.find(" p5 ", "contact") == ben and handles.given == {"p5": ("contact", ben), "e1": ("entry", note)}


@pytest.mark.parametrize("name", ["p2", "", "P1", "p1; drop", "e1", "01890000-0000-7000-8000-000000000001", "1", "p01", "*"])
def test_whatever_else_a_model_names_is_nobody(name):
    handles = Handles({})
    handles.give("contact", uuid4()), handles.give("entry", uuid4())
    with pytest.raises(NoSuchHandle):
        handles.find(name, "contact")
    with pytest.raises(NoSuchHandle):
        handles.find(str(handles.find("p1", "contact")), "contact")
