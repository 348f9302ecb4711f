"""The tabs of these tests tell the truth: they see what is shown, press what can be pressed, and complain of anything else."""

from __future__ import annotations

import pytest
import structlog

from crm_app.domain.actor import Actor
from tests.pages.conftest import Person, Visit
from tests.tabs import RunningHouse, sight


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sight, "PATIENCE", 0.2)


def test_what_is_not_there_is_neither_seen_nor_pressed(visit: Visit, alice: Actor) -> None:
    page = visit(alice, "/tasks")
    for act in (lambda: page.sees("Nonsense"), lambda: page.press("Nonsense"), lambda: page.fill("Nonsense", "x"), lambda: page.shortcut("ctrl+nonsense")):
        with pytest.raises(AssertionError):
            act()


def test_what_is_shown_cannot_be_said_to_be_absent(visit: Visit, alice: Actor) -> None:
    with pytest.raises(AssertionError):
        visit(alice, "/tasks").sees_not("All clear")


def test_what_is_closed_is_not_there_and_opens_by_a_press(visit: Visit, alice: Actor, person: Person) -> None:
    page = visit(alice, f"/contacts/{person(alice).id}")
    assert not page.has("Archive")
    assert page.press("More").has("Archive")
    assert not page.press("More").has("Archive")


def test_what_is_disabled_cannot_be_pressed(visit: Visit, alice: Actor, person: Person) -> None:
    for number in range(51):
        person(alice, f"Person {number:02}")
    page = visit(alice, "/contacts")
    with pytest.raises(AssertionError, match="disabled"):
        page.press("Previous")


def test_two_things_of_one_name_must_be_told_apart(visit: Visit, alice: Actor) -> None:
    page = visit(alice, "/tasks")
    with pytest.raises(AssertionError, match="2 things are called 'New task'"):
        page.press("New task")
    assert page.press("New task", beside="Nothing is waiting.").dialog == "New task"


def test_a_dialog_stands_before_the_page(visit: Visit, alice: Actor) -> None:
    page = visit(alice, "/contacts").press("Add contact")
    assert page.dialog == "New contact" and not page.has("Import")
    assert page.escape().has("Import")


def test_a_choice_that_is_not_offered_cannot_be_made(visit: Visit, alice: Actor) -> None:
    page = visit(alice, "/contacts").press("Add contact")
    with pytest.raises(AssertionError, match="not among"):
        page.choose("Stage", "Nonsense")


def test_a_tab_that_was_closed_hears_nothing(visit: Visit, alice: Actor) -> None:
    page = visit(alice, "/contacts")
    page.close()
    with pytest.raises(AssertionError, match="no live page"):
        page.press("Tasks")


def test_a_defect_is_noticed(house: RunningHouse) -> None:
    structlog.get_logger("test").error("a page's handler failed", reference="0000")
    assert house.defects
    house.log.entries.clear()
