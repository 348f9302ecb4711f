"""The live bridge: a change that commits reaches those who asked for it, once, and nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from nicegui import Client, core, ui
from nicegui.page import page
from sqlmodel import Session

from crm_app.components import live
from crm_app.components.subscriptions import GATHER_SECONDS, Changes, Hub
from crm_app.domain import tables as _tables  # noqa: F401  every table is known to the mapper
from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Contact
from crm_app.domain.ids import new_id
from crm_app.domain.unit_of_work import Outcome, unit_of_work
from crm_app.infrastructure.listener import Listener
from tests.cluster import Database

SETTLED = GATHER_SECONDS * 4


class Page:
    """The little of an element that a subscription leans on."""

    def __init__(self) -> None:
        self.is_deleted = False
        self.client = SimpleNamespace(is_deleted=False, on_delete=lambda handler: None)
        self.heard: list[Changes] = []

    def __enter__(self) -> Page:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def add_person(session: Session, actor: Actor) -> UUID:
    contact = Contact(id=new_id(), owner_id=actor.user_id, audience="team", display_name="Ines Carvalho", sort_name="carvalho ines")
    session.add(contact)
    return contact.id


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    before, core.loop = core.loop, asyncio.get_running_loop()
    yield Hub()
    core.loop = before


@pytest.fixture
async def listener(database: Database, hub: Hub) -> AsyncIterator[Listener]:
    listener = Listener(database.app.url.render_as_string(hide_password=False))
    listener.on_change(hub.receive)
    await listener.start()
    assert await listener.ready()
    yield listener
    await listener.stop()


def subscribe(hub: Hub, topics: Any, concerns: Callable[[dict[str, Any]], bool] = lambda notice: True) -> Page:
    page = Page()
    hub.subscribe(page, topics, page.heard.append, concerns)  # type: ignore[arg-type]
    return page


async def test_a_committed_change_reaches_who_asked_for_it(hub: Hub, listener: Listener, alice: Actor, outcome: Callable[..., Outcome[UUID]]) -> None:
    all_people, this_other_person, tasks = subscribe(hub, ["contact"]), subscribe(hub, {"contact": {uuid4()}}), subscribe(hub, ["task"])
    made = await asyncio.to_thread(outcome, alice, add_person)
    await asyncio.sleep(SETTLED)
    assert [changes.ids["contact"] for changes in all_people.heard] == [{made.value}]
    assert this_other_person.heard == [] and tasks.heard == []


async def test_a_refused_change_is_not_told(hub: Hub, listener: Listener, alice: Actor) -> None:
    page = subscribe(hub, ["contact"])

    def refused() -> None:
        with pytest.raises(RuntimeError), unit_of_work(alice, "test") as session:
            add_person(session, alice)
            session.flush()
            raise RuntimeError("never mind")

    await asyncio.to_thread(refused)
    await asyncio.sleep(SETTLED)
    assert page.heard == []


async def test_many_notices_are_told_once(hub: Hub) -> None:
    page, ids = subscribe(hub, ["contact"]), [uuid4() for _ in range(30)]
    for row in ids:
        hub.receive({"topic": "contact", "ids": [str(row)], "owner": None, "audience": "team", "change_set": str(uuid4())})
    await asyncio.sleep(SETTLED)
    assert [changes.ids["contact"] for changes in page.heard] == [set(ids)]


async def test_more_rows_than_were_named_concern_everyone(hub: Hub) -> None:
    page = subscribe(hub, {"contact": {uuid4()}})
    hub.receive({"topic": "contact", "ids": None, "owner": None, "audience": "team", "change_set": str(uuid4())})
    await asyncio.sleep(SETTLED)
    assert page.heard and page.heard[0].touches("contact") and not page.heard[0].touches("task")


async def test_a_page_that_is_gone_hears_nothing_and_is_forgotten(hub: Hub) -> None:
    page = subscribe(hub, ["contact"])
    page.is_deleted = True
    hub.receive(None)
    await asyncio.sleep(SETTLED)
    assert page.heard == [] and len(hub) == 0


async def test_what_does_not_concern_a_page_is_left_out(hub: Hub) -> None:
    page = subscribe(hub, ["contact"], lambda notice: notice["audience"] == "team")
    hub.receive({"topic": "contact", "ids": [str(uuid4())], "owner": None, "audience": "private", "change_set": str(uuid4())})
    await asyncio.sleep(SETTLED)
    assert page.heard == []


async def test_a_lost_listener_comes_back_and_everyone_asks_again(hub: Hub, listener: Listener, database: Database) -> None:
    page = subscribe(hub, {"contact": {uuid4()}})
    database.server.maintain("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'mindfulcrm-listener'")
    for _ in range(60):
        await asyncio.sleep(0.1)
        if page.heard:
            break
    assert page.heard and page.heard[0].everything




async def test_a_page_that_is_left_while_it_is_built_is_not_built_on(hub: Hub) -> None:
    client = Client(page("/"))
    try:
        with client, ui.element() as place:
            await live.show_so_far()
            asyncio.get_running_loop().call_soon(place.delete)
            with pytest.raises(live.PageGone):
                await live.show_so_far()
    finally:
        client.delete()
