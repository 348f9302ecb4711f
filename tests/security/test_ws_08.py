"""WS-08: an event is judged by what its sender may do now, whatever the page offered when it was built.

Every page of the rights matrix is opened by a member who presses everything, so that each dialog and menu stands there with its listeners.
Then the member becomes a viewer, or is signed out, and all of it is sent: fitting values, values outside of what is offered, on elements that are
hidden or disabled. Not one row may change. An ordinary run presses everything on half of the pages, opens the other half as a viewer, and sends
each listener four of the hostile values; a long one does all of it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from nicegui import core
from sqlalchemy import text

from tests.ai_desk import count_asked, until_answered
from tests.security.ground import Grounds
from tests.security.test_rights import MATRIX
from tests.security.world import ASKERS, World, fingerprint
from tests.tabs import RunningHouse, Tab, running_house
from tests.tabs.forging import Forger

PAGES = sorted(MATRIX["pages"], key=lambda page: "{" not in page)  # those about one thing first, before pressing everything has deleted it
# What a person may do to their own account, whatever their role; here other people's rows alone count.
OWN = {
    "user_account": "id", "api_token": "user_id", "credential": "user_id", "saved_draft": "user_id", "user_session": "user_id", "notification": "owner_id",
    "notification_setting": "user_id", "notification_profile": "user_id", "away_period": "user_id", "calendar_feed": "user_id", "saved_view": "user_id",
}  # fmt: skip
ODD, EVEN = (
    [pytest.param(page, every, id=f"{page}{' long' * every}", marks=[pytest.mark.long] * every) for number, page in enumerate(PAGES) for every in (False, True) if every or number % 2 == half]
    for half in (1, 0)
)
PRESSED = [
    pytest.param(page, pressed, every, id=f"{page}{' pressed' * pressed}{' long' * every}", marks=[pytest.mark.long] * every)
    for number, page in enumerate(PAGES) for pressed, every in ((number % 2 == 0, False), (False, True), (True, True))
]  # fmt: skip
MEMBER, VIEWER = ASKERS["member"], ASKERS["viewer"]


@dataclass
class Ground:
    """A team in which everybody owns something, and the application over it."""

    house: RunningHouse
    world: World
    asked: int
    """What the world itself leaves unanswered."""

    def open(self, page: str, who: str) -> Tab:
        """A tab of a new session on a page of the matrix, about something of their own."""
        entity, _right = MATRIX["pages"][page]
        key = str(self.world.find(entity, "own", who))
        return Tab(self.house, self.house.sign_in(ASKERS[who])).open(page.replace("{contact_id}", key).replace("{project_id}", key).replace("{id}", key))

    def sql(self, statement: str, **values: object) -> None:
        """As the owner of the schema, so that nobody is told."""
        with self.house.database.owner.begin() as connection:
            connection.execute(text(statement), values)

    def until_at_rest(self) -> None:
        """Wait until nothing is written any more: what somebody asked for while they might may be done after they asked."""
        until, last = time.monotonic() + 20, self.rows()
        while time.monotonic() < until:
            time.sleep(0.3)
            if (now := self.rows()) == last:
                return
            last = now

    def rows(self, but: UUID | None = None) -> str:
        """Every row, ``but`` those of this person's own account."""
        if but is None:
            return fingerprint(self.house.database, "user_session")
        with self.house.database.owner.connect() as connection:
            parts = [f"select '{table}' as name, sum(hashtextextended(to_jsonb(t)::text, 0)) as rows from {table} t where {column} <> :me" for table, column in OWN.items()]
            others = connection.execute(text(" union all ".join(parts) + " order by 1"), {"me": but}).all()
        return f"{others} {fingerprint(self.house.database, *OWN)}"


@pytest.fixture(scope="module")
def built(grounds: Grounds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with grounds.copied() as (database, world), running_house(database, tmp_path_factory.mktemp("house")) as house:
        yield Ground(house, world, count_asked(database))


@pytest.fixture
def ground(built: Ground) -> Iterator[Ground]:
    built.sql("update user_account set role = 'member' where id = :who", who=MEMBER.user_id)
    yield built
    defects = built.house.defects
    built.house.forget()
    assert not defects, "\n".join(defects)


@pytest.mark.parametrize(("place", "pressed", "every"), PRESSED)
def test_ws_08_after_the_role_or_the_session_was_lost_nothing_can_be_changed(place: str, pressed: bool, every: bool, ground: Ground) -> None:
    """As the page was opened, or with every dialog and menu that it has."""
    tab = ground.open(place, "member")
    forger = Forger(tab)
    if pressed:
        forger.press_everything()
        until_answered(ground.house.database, before=ground.asked)
        ground.until_at_rest()
    ground.sql("update user_account set role = 'viewer' where id = :who", who=MEMBER.user_id)
    before = ground.rows(MEMBER.user_id)
    assert min(forger.replay(), forger.assault(every)) > 10, "a page has listeners"
    assert ground.rows(MEMBER.user_id) == before, "a viewer changed something"
    ground.sql("update user_session set revoked_at = now() where id = :id", id=tab.browser.session_id)
    before = ground.rows()
    Forger(tab).replay()
    assert ground.rows() == before, "somebody who is signed out changed something"


@pytest.mark.parametrize(("place", "every"), ODD)
def test_ws_08_what_a_viewers_page_holds_changes_nothing(place: str, every: bool, ground: Ground) -> None:
    tab = ground.open(place, "viewer")
    before = ground.rows(VIEWER.user_id)
    forger = Forger(tab)
    forger.replay()
    forger.assault(every)
    assert ground.rows(VIEWER.user_id) == before


@pytest.mark.parametrize(("place", "every"), EVEN)
def test_ws_08_values_that_are_not_offered_break_nothing_for_a_member_either(place: str, every: bool, ground: Ground) -> None:
    tab = ground.open(place, "member")
    Forger(tab).assault(every)
    assert tab.reload().names("heading"), "the page still stands"


@pytest.mark.parametrize("place", PAGES)
def test_ws_08_nobodys_listeners_do_anything_on_anothers_socket(place: str, ground: Ground) -> None:
    """Every listener of every page that an admin has open, with its own ids, as a viewer whose page is the same one, or another."""
    theirs, same, other = ground.open(place, "admin"), ground.open(place, "viewer"), ground.open("/", "viewer")
    before = ground.rows()
    heard = theirs._look(lambda client: [(element.id, listener) for element in client.elements.values() for listener in element._event_listeners])

    async def speak_for_them(mine: Tab, sid: str) -> None:
        for key, listener in heard:
            for client_id in (theirs._client_id, mine._client_id):
                core.sio.handlers["/"]["event"](sid, {"id": key, "client_id": client_id, "listener_id": listener, "args": ["{}"]})

    for mine in (same, other):
        sid = mine._look(lambda client: next(iter(client._socket_to_document_id)))
        ground.house.loop.do(speak_for_them(mine, sid))
        mine.waits(0.1)
    assert len(heard) > 10 and ground.rows() == before
    ground.house.forget_pages()
