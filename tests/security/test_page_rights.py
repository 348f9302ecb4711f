"""AZ-01 and AZ-03 for pages: role × page × ownership, from the same table as services and routes. A refused page says so in our words, shows
nothing of the thing, and changes no row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from crm_app.pages.routes import ROUTES
from crm_app.pages.settings.page import every_part
from tests.security.ground import Grounds
from tests.security.test_rights import COLUMNS, MATRIX
from tests.security.world import ASKERS, CANARY, CLOCK_MOVES, World, fingerprint
from tests.tabs import Browser, RunningHouse, Tab, running_house

PEOPLE = [column for column in COLUMNS if column != "narrow"]
NOT_HERE, NOT_OPEN = "There is nothing here", "This is not open to you"


@dataclass(frozen=True)
class Cell:
    """One question: may this asker open this page of that?"""

    page: str
    entity: str
    ownership: str
    column: str
    expected: str

    def __str__(self) -> str:
        return f"{self.page.replace('/', '|')}-{self.ownership}-{self.column}-{self.expected}"


def cells() -> list[Cell]:
    """All cells of all pages."""
    found = []
    for page, (entity, right) in MATRIX["pages"].items():
        for ownership, outcomes in MATRIX["rights"][right].items():
            if ownership == "locked" and entity != "contact":
                continue
            found += [Cell(page, entity, ownership, column, outcome) for column, outcome in zip(COLUMNS, outcomes, strict=True) if column in PEOPLE]
    return found


def test_no_page_is_missing_from_the_matrix() -> None:
    known = {route for route in ROUTES if "{part}" not in route} | {f"/settings/{part}" for part in every_part()}
    assert {page.partition("?")[0] for page in MATRIX["pages"]} == known


@dataclass
class Ground:
    """A team in which everybody owns something, the application over it, and a browser for each column."""

    house: RunningHouse
    world: World
    browsers: dict[str, Browser]
    untouched: str


@pytest.fixture(scope="module")
def ground(grounds: Grounds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Built once: no cell changes it."""
    with grounds.copied() as (database, world), running_house(database, tmp_path_factory.mktemp("house")) as house:
        browsers = {column: house.sign_in(ASKERS[column]) for column in PEOPLE}
        yield Ground(house, world, browsers, rows(house))


def rows(house: RunningHouse) -> str:
    """Every row but the moments at which sessions were last seen."""
    return fingerprint(house.database, "user_session", *CLOCK_MOVES)


@pytest.mark.parametrize("cell", cells(), ids=str)
def test_az_01_page(cell: Cell, ground: Ground) -> None:
    key = ground.world.find(cell.entity, cell.ownership, cell.column)
    tab = Tab(ground.house, ground.browsers[cell.column]).open(cell.page.replace("{contact_id}", str(key)).replace("{project_id}", str(key)).replace("{connection_id}", str(key)).replace("{id}", str(key)))
    said, shown, dialog, defects = outcome(tab), tab.text, tab.dialog, ground.house.defects
    ground.house.forget()
    assert (said, defects) == (cell.expected, []), shown
    if cell.expected != "ok":
        # The list behind a task that is not there shows one's own, whose titles are canaries too; so do the week behind an event and the threads beside one.
        assert dialog == "" and (CANARY not in tab.html or cell.entity in ("task", "event", "thread"))
    assert rows(ground.house) == ground.untouched, "looking at a page changed something"


def outcome(tab: Tab) -> str:
    """What the page says of itself, in the matrix's words. A task is opened over the list, which stays when there is none."""
    if NOT_OPEN in tab.text:
        return "forbidden"
    refused = NOT_HERE in tab.text or any("It may have been deleted" in said for said in tab.toasts)
    opened = not tab.path.startswith("/tasks?open=") or tab.dialog == "Task"
    return "not_found" if refused else "ok" if opened else "nothing opened"


def test_az_07_a_foreign_and_a_missing_record_look_the_same(ground: Ground) -> None:
    for column in PEOPLE:
        said = set()
        for ownership in ("private", "private_trash", "team_trash", "missing"):
            tab = Tab(ground.house, ground.browsers[column]).open(f"/contacts/{ground.world.find('contact', ownership, column)}")
            said.add((tab.text, tab.title))
            ground.house.forget()
        assert len(said) == 1
