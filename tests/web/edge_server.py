"""The web edge alone, on a store in memory, with two pages and a control door for tests. Run as a process of its own."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog
import uvicorn
from fastapi import APIRouter, Request
from nicegui import Client, ui
from starlette.responses import Response

from crm_app.domain.accounts import rules
from crm_app.domain.accounts.schemas import NewSession
from crm_app.domain.ids import new_id
from crm_app.infrastructure.logs import hush_clients_faults
from crm_app.web.app import build_app
from crm_app.web.config import EdgeConfig
from crm_app.web.nicegui_guard import forget_page
from crm_app.web.services import EdgeServices
from tests import cookies
from tests.web.fake_store import FakeSessionStore, Person
from tests.web.hurl import Page
from tests.web.hurl import hurl as throw

cookies.watch()
PASSWORD = "correct horse staple"
port, public_url = int(sys.argv[1]), sys.argv[2]
first_run = "--first-run" in sys.argv
store = FakeSessionStore()
if not first_run:
    for who in ("alice", "bob"):
        store.add_person(f"{who}@example.org", PASSWORD, name=who.capitalize())
first_passwords = {person.user_id: person.password_hash for person in store.people.values()}
config = EdgeConfig(public_url, "only-for-tests-only-for-tests-0123456789", metrics_token="measure-me", extra_hosts=frozenset({"127.0.0.1"}))
services = EdgeServices(config, store, uploads=store, readiness=lambda: list(problems))
clicks: list[str] = []
problems: list[str] = []
handled: list[str] = []
router = APIRouter()


@router.post("/api/test/{action}")
async def control(action: str, request: Request) -> Any:
    body: dict[str, Any] = await request.json()
    return await ACTIONS[action](**body)


async def turn_clock(seconds: float) -> None:
    store.turn_clock(timedelta(seconds=seconds))


async def disable(email: str, disabled: bool = True) -> None:
    for person in store.people.values():
        if person.email == email:
            person.disabled = disabled


async def change_role(email: str, role: str) -> None:
    for person in store.people.values():
        if person.email == email:
            person.role = role


async def reset() -> None:
    store.rates.clear()
    problems.clear()
    clicks.clear()
    for person in store.people.values():
        person.disabled, person.password_hash = False, first_passwords.get(person.user_id, person.password_hash)
    for client in list(Client.instances.values()):
        forget_page(client)


async def forget_clicks() -> None:
    clicks.clear()


async def state() -> dict[str, Any]:
    return {
        "clicks": clicks, "clients": len(Client.instances), "closed": len(store.closed), "rows": len([r for r in store.rows.values() if not r.revoked]),
        "sockets": len(app.live_pages._door.sockets), "rates": {k: v[0] for k, v in store.rates.items()}, "uploads": len(store.uploads),
        "data": [row.record.data for row in store.rows.values()], "rss": _rss(), "threshold": gc.get_threshold(), "frozen": gc.get_freeze_count(),
    }


async def close_user(email: str) -> None:
    await app.live_pages.close_user(store.user_by_email(email).user_id)


async def invite(email: str, life: float = 7 * 86_400) -> str:
    token = rules.new_token()
    store.add_invitation(rules.hash_token(token), email, life=timedelta(seconds=life))
    return token


async def offer_reset(email: str) -> str:
    token = rules.new_token()
    store.add_reset(rules.hash_token(token), store.user_by_email(email).user_id)
    return token


async def joined() -> list[dict[str, Any]]:
    return [{"name": member.name, "time_zone": member.time_zone, "locale": member.locale, "week_start": member.week_start} for member in store.joined]


async def shut_ended() -> None:
    await app.live_pages.shut_ended()


async def not_ready(problem: str) -> None:
    problems.append(problem)


async def garbage() -> dict[str, int]:
    """Build a page of 177 elements, close it, and count what only a full collection frees."""
    gc.collect()
    before = len(gc.get_objects())
    with Client(nicegui_page) as client:
        for _ in range(25):
            with ui.row():
                ui.label("x").bind_visibility_from({"v": True}, "v") if False else ui.label("x")
                ui.button("y", on_click=lambda: None)
                ui.input("z")
                ui.icon("w")
                ui.checkbox("c")
                ui.label("e").on("click", lambda: None)
    elements = len(client.elements)
    client.delete()
    del client
    return {"elements": elements, "unreachable": gc.collect(), "grown": len(gc.get_objects()) - before}


async def waiting_deletions() -> int:
    return sum("delete content" in task.get_name() and not task.done() for task in asyncio.all_tasks())


async def new_code() -> dict[str, str]:
    from crm_app.web.first_run import issue_setup_code

    return {"code": issue_setup_code(store) or ""}


async def crowd(count: int) -> list[str]:
    """So many more people who are signed in; their cookies."""
    someone = next(iter(store.people.values()))
    cookies = []
    for number in range(count):
        person = Person(new_id(), f"person{number}@example.org", f"Person {number}", "member", someone.password_hash)
        store.people[person.user_id] = person
        token = rules.new_token()
        store.open_session(NewSession(person.user_id, rules.hash_token(token), False, "", ""), rules.session_limits(False))
        cookies.append(f"{config.cookie_name}={token}")
    return cookies


async def hurl(pages: list[dict[str, Any]], count: int, seed: int) -> dict[str, int]:
    """See ``tests.web.hurl``."""
    bare = urlsplit(public_url).netloc
    return {"sockets": await throw(app, [Page(**page) for page in pages], count, seed, bare, public_url)}


def _rss() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


ACTIONS = {
    f.__name__: f for f in (
        turn_clock, disable, change_role, reset, forget_clicks, state, close_user, shut_ended, not_ready, garbage, new_code, waiting_deletions, crowd, hurl,
        invite, offer_reset, joined,
    )
}  # fmt: skip


@router.get("/boom")
async def boom() -> None:
    raise RuntimeError("canary-of-a-secret")


@router.get("/whoami")
async def whoami(request: Request) -> dict[str, Any]:
    request.session["visits"] = request.session.get("visits", 0) + 1
    return {"user": str(request.scope["crm_actor"].user_id), "visits": request.session["visits"], "peer": request.client.host}


@router.get("/file")
async def file() -> Response:
    return Response(b"<svg/>", media_type="image/svg+xml", headers={"content-security-policy": "sandbox; default-src 'none'", "cache-control": "public"})


@router.post("/change")
async def change(request: Request) -> dict[str, str]:
    clicks.append("changed")
    return {"changed": "yes"}


def pages() -> None:
    @ui.page("/")
    def home(request: Request) -> None:
        ui.label(f"Hello {request.scope['crm_actor'].name}")
        ui.button("Count", on_click=lambda: clicks.append(request.scope["crm_actor"].name)).props("id=count")
        ui.input("Name", on_change=lambda e: clicks.append(e.value)).props("id=name")
        ui.table(columns=[{"name": "a", "label": "A", "field": "a"}], rows=[{"a": "</script><script>alert(1)</script>"}])
        ui.markdown("**bold** <script>alert(1)</script>")
        ui.label("<script>window.hacked=1</script>")
        with ui.dialog(), ui.card():
            ui.select(["a", "b"])

    @ui.page("/slow-defect")
    def defect() -> None:
        ui.label("half")
        raise RuntimeError("canary-of-a-secret")

    global nicegui_page
    nicegui_page = home


nicegui_page: Any = None
app = build_app(config, services, [router], mount_pages=pages)
from nicegui.page import page as page_class  # noqa: E402

nicegui_page = page_class("/garbage")
structlog.configure(
    processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()], logger_factory=structlog.PrintLoggerFactory(sys.stderr)
)
hush_clients_faults()
if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", server_header=False, proxy_headers=False, ws_max_size=200_000)
