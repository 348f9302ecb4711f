"""AZ-01 and AZ-03 for what browsers fetch outside of the pages, on the running product; and no route of it is left out of the matrix."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from tests.security.calls import PICTURE, TABLE, photo_sha
from tests.security.house import House
from tests.security.test_rights import MATRIX, Cell, cells
from tests.security.world import CANARY, CLOCK_MOVES, fingerprint
from tests.web.edge import HTML

STATUS = {"ok": (200, 201, 303), "not_found": (404,), "forbidden": (403,)}
# There is no mail server behind the mailboxes of this house: whoever may open a file hears that, and nobody else.
ANSWERED = {"GET /downloads/mail/{email_id}/{part}": (503,)}
BODIES = {"POST /uploads/import": TABLE, "POST /uploads/photo": PICTURE, "POST /uploads/document": b"What was said", "POST /uploads/letter": PICTURE}
CELLS = [cell for cell in cells("web") if cell.column != "narrow"]  # a token's scopes; browsers have none


@pytest.fixture(scope="module")
def browsers(production_house: House) -> dict[str, httpx.Client]:
    production_house.bind()
    return {column: production_house.browser(column) for column in ("owner", "admin", "member", "viewer")}


def test_az_01_no_route_of_the_running_product_is_missing(house: House) -> None:
    known = {re.sub(r"^(\w+) /v1", r"\1 /api/v1", route) for route in MATRIX["routes"]} | set(MATRIX["web"]) | set(MATRIX["public"])
    found = {f"{method} {path}" for route in house.routes for method in route["methods"] for path in _written(route["path"])}
    rest = {route for route in found - known if not re.match(r"GET (/static/|/_nicegui/[\d.]+/|/_nicegui_ws/)", route)}
    assert rest == {"GET /{_:path}"}, "the pages have a matrix of their own"
    assert known <= found, known - found


def _written(path: str) -> list[str]:
    return [path.replace("{purpose}", purpose) for purpose in ("import", "photo", "document", "letter")] if "{purpose}" in path else [path]


def _ask(client: httpx.Client, house: House, cell: Cell) -> httpx.Response:
    key: Any = house.world.find(cell.entity, cell.ownership, cell.column)
    method, path = cell.action.split(" ")
    for hole, value in (("{sha256}", photo_sha(key)), ("{job_id}", str(key)), ("{email_id}", str(key)), ("{part}", "2"), ("{document_id}", str(key)), ("{kind}", "csv")):
        path = path.replace(hole, value)
    content = BODIES.get(cell.action, b"")
    return client.request(method, path, content=content, headers={"content-type": "application/octet-stream", "x-file-name": "notes.txt"} if content else HTML)


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_az_01_what_browsers_fetch(cell: Cell, house: House, browsers: dict[str, httpx.Client]) -> None:
    before = fingerprint(house.database, *CLOCK_MOVES)
    answer = _ask(browsers[cell.column], house, cell)
    wanted = ANSWERED.get(cell.action) if cell.expected == "ok" else None
    assert answer.status_code in (wanted or STATUS[cell.expected]), answer.text[:500]
    if cell.expected != "ok":
        assert CANARY not in answer.text
        assert fingerprint(house.database, *CLOCK_MOVES) == before, "a refused request changed something"


@pytest.mark.parametrize("action", MATRIX["web"])
def test_az_03_a_visitor_changes_and_learns_nothing(action: str, house: House) -> None:
    entity, almost = MATRIX["web"][action][0], house.cookie("member")
    before = fingerprint(house.database, *CLOCK_MOVES)
    with house.visitor() as visitor:
        for token in ("", "nonsense", "A" * 43, almost[:-1] + ("x" if almost[-1] != "x" else "y")):
            visitor.headers["cookie"] = f"{house.cookie_name}={token}"
            answer = _ask(visitor, house, Cell(action, entity, "team" if entity == "photo" else "missing", "member", ""))
            assert answer.status_code in (303, 401) and CANARY not in answer.text
    assert fingerprint(house.database, *CLOCK_MOVES) == before
