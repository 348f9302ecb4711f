"""Pictures of mails come through the gate: bounded, from outside alone, and without a word about who asks (MAIL-04, SSRF)."""

from __future__ import annotations

import time

import pytest

from crm_app.infrastructure import outbound_pictures
from crm_app.infrastructure.outbound_pictures import fetch_pictures
from tests.infrastructure.outbound.conftest import Site, World, drip
from tests.infrastructure.outbound.spellings import PUBLIC

AT = "http://public.example"


@pytest.fixture
def web(world: World, site: Site) -> tuple[World, Site]:
    world.routes[PUBLIC, 80] = site.port
    return world, site


def answers(site: Site, path: str, body: bytes = b"picture", kind: str = "image/png", status: int = 200, **headers: str) -> None:
    site.pages[path] = lambda handler: handler.reply(status, body, Content_Type=kind, **headers)


def test_nothing_is_said_of_who_asks(web):
    world, site = web
    answers(site, "/a.png", Set_Cookie="id=7")
    assert dict(fetch_pictures(world.gate(), [f"{AT}/a.png?who=1", f"{AT}/a.png?who=2"])) == {f"{AT}/a.png?who=1": b"picture", f"{AT}/a.png?who=2": b"picture"}
    for _method, _path, headers, _body in site.seen:
        said = {name.lower(): value for name, value in headers.items()}
        assert said.keys() <= {"host", "accept", "accept-encoding", "user-agent", "connection"} and said["user-agent"] == "Mozilla/5.0"


def test_only_pictures_come_and_only_from_outside(web):
    world, site = web
    answers(site, "/good.jpg", kind="image/jpeg; x=y")
    for path, kind, status in (("/page", "text/html", 200), ("/drawing", "image/svg+xml", 200), ("/none", "image/png", 404), ("/script", "text/javascript", 200)):
        answers(site, path, kind=kind, status=status)
    answers(site, "/inside", b"", status=302, Location="http://127.0.0.1/x.png")
    answers(site, "/on", b"", status=302, Location="/good.jpg")
    asked = [f"{AT}{path}" for path in ("/good.jpg", "/page", "/drawing", "/none", "/script", "/inside", "/on", "/missing")]
    asked += ["http://192.168.0.1/x.png", "file:///etc/passwd", "https://user:word@public.example/x", "nonsense", "http://public.example:22/x"]
    assert {address for address, _content in fetch_pictures(world.gate(), asked)} == {f"{AT}/good.jpg", f"{AT}/on"}
    assert set(world.asked) == {(PUBLIC, 80)}


def test_what_is_slow_or_large_is_left_behind(web, monkeypatch):
    world, site = web
    monkeypatch.setattr(outbound_pictures, "MOST", 1_000)
    monkeypatch.setattr(outbound_pictures, "MOST_TOGETHER", 2_500)
    answers(site, "/large", b"x" * 1_001)
    for number in range(4):
        answers(site, f"/{number}", b"x" * 900)
    site.pages["/slow"] = drip
    began = time.monotonic()
    found = dict(fetch_pictures(world.gate(), [f"{AT}/slow", f"{AT}/large", *(f"{AT}/{number}" for number in range(4))], together=1.0))
    assert len(found) == 2 and all(len(content) == 900 for content in found.values()) and time.monotonic() - began < 8
