"""The plus of a phone: a line that makes a task, and a tile for everything else; what is about a person asks whom."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from crm_app.domain.actor import Actor
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskFilter
from crm_app.domain.unit_of_work import run_service
from tests.pages.conftest import Entry, Person, Visit
from tests.tabs import reading

LINE = "Who, what, when…"


@pytest.fixture(autouse=True)
def _phone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PHONE", frozenset({"mc-desk-only", "mc-sidebar"}))


def made(actor: Actor) -> list[str]:
    return [task.title for task in run_service(actor, tasks.list_tasks, TaskFilter()).tasks]


def test_a_line_becomes_a_task_and_the_page_beneath_shows_it_at_once(visit: Visit, alice: Actor, person: Person) -> None:
    ana = person(alice, "Ana Silva")
    page = visit(alice, "/tasks").press("Add")
    assert page.dialog == "Add"
    page.fill(LINE, "Call Ana tomorrow 10:00 !high @Ana").sees("Tomorrow", "10:00", "High", "Ana Silva")
    page.enter(LINE)
    assert page.dialog == ""
    (row,) = run_service(alice, tasks.list_tasks, TaskFilter()).tasks
    assert (row.title, row.due_date, row.priority, row.contacts) == ("Call Ana", date.today() + timedelta(days=1), "high", ((ana.id, "Ana Silva"),))
    page.sees("Call Ana", "Task added").press("Undo").sees_not("Call Ana")
    assert made(alice) == []


def test_what_is_no_task_stays_where_it_was_typed(visit: Visit, alice: Actor) -> None:
    page = visit(alice).press("Add").enter(LINE, "tomorrow !high")
    assert page.dialog == "Add" and page.value(LINE) == "tomorrow !high" and made(alice) == []


@pytest.mark.parametrize(("tile", "asked", "said"), [("Note", "A note about", "note"), ("Call", "A call with", "call"), ("Meeting", "A meeting with", "meeting")])
def test_what_is_about_a_person_asks_whom_and_begins_on_their_page(visit: Visit, alice: Actor, bob: Actor, person: Person, entry: Entry, tile: str, asked: str, said: str) -> None:
    ana, ben = person(alice, "Ana Silva"), person(alice, "Ben Oduya")
    person(bob, "Secret Sam", audience="private")
    entry(alice, ben, kind="call")
    page = visit(alice).press("Add").press(tile).sees(asked, "Ben Oduya", "Ana Silva").sees_not("Secret Sam", "Person")
    assert page.names("link").index("Ben Oduya") < page.names("link").index("Ana Silva")  # the latest spoken to comes first
    page.press("Back").sees("Person").press(tile).fill("Who is it about", "an").sees("Ana Silva").sees_not("Ben Oduya")
    page.fill("Who is it about", "nobody at all").sees("Nobody of that name.").fill("Who is it about", "silva").press("Ana Silva")
    assert page.path == f"/contacts/{ana.id}" and page.dialog == "" and page.is_on(tile)


def test_on_somebodys_page_it_is_about_them(visit: Visit, alice: Actor, person: Person) -> None:
    ana = person(alice, "Ana Silva")
    page = visit(alice, f"/contacts/{ana.id}").press("Add").press("Meeting")
    assert page.path == f"/contacts/{ana.id}" and page.dialog == "" and page.is_on("Meeting")


@pytest.mark.parametrize(("tile", "path", "dialog"), [("Person", "/contacts", "New contact"), ("Task", "/tasks", "New task"), ("Goal", "/goals", "New goal")])
def test_the_other_tiles_open_their_forms(visit: Visit, alice: Actor, tile: str, path: str, dialog: str) -> None:
    page = visit(alice).press("Add").press(tile)
    assert page.path == path and page.dialog == dialog


def test_whoever_may_only_look_has_no_plus(visit: Visit, vera: Actor) -> None:
    assert not visit(vera).has("Add")


@pytest.mark.parametrize("asked", ["x", "email", "../", "1"])
def test_an_address_that_asks_for_an_unknown_kind_begins_a_note(visit: Visit, alice: Actor, person: Person, asked: str) -> None:
    page = visit(alice, f"/contacts/{person(alice, 'Ana Silva').id}?log={asked}")
    assert page.is_on("Note")
