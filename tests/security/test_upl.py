"""SECURITY 2.6: what may come in as a body (UPL-01, UPL-03), and the health answers (part of OBS-01, OBS-03)."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack

import httpx
import psutil
import pytest

from crm_app.web.health import is_this_machine
from crm_app.web.uploads import clean_name
from tests.web.edge import HTML, Edge


def test_upl_03_an_upload_belongs_to_whoever_sent_it(edge: Edge) -> None:
    with edge.signed_in() as client:
        answer = client.post("/uploads/import", content=b"a,b\n1,2\n", headers={"x-file-name": "..%2F..%2Fetc%2Fpasswd.csv"})
        assert answer.status_code == 201 and answer.json()["name"] == "passwd.csv" and answer.json()["size"] == 8
        assert client.post("/uploads/unknown", content=b"x").status_code == 422
        assert client.post("/uploads/import", content=b"").status_code == 422
    with edge.client() as visitor:
        assert visitor.post("/uploads/import", content=b"x" * 100).status_code == 401


def test_upl_03_the_server_keeps_the_limit(edge: Edge) -> None:
    with edge.signed_in() as client:
        before = edge.state()["uploads"]
        began = time.monotonic()

        def too_much() -> object:
            for _ in range(200):
                yield b"x" * 65_536

        answer = client.post("/uploads/photo", content=too_much())
        assert answer.status_code == 413 and "10 MB" in answer.text
        assert edge.state()["uploads"] == before and time.monotonic() - began < 5


@pytest.mark.parametrize(("raw", "name"), [("a.csv", "a.csv"), ("..\\..\\a.csv", "a.csv"), ("%00a%0a.csv", "a.csv"), ("", "file"), ("x" * 5000, "x" * 200), ("C:%5Cx%5Cy.vcf", "y.vcf"), ("%E2%80%AEfdp.exe", "fdp.exe")])
def test_upl_01_a_name_is_only_a_name(raw: str, name: str) -> None:
    assert clean_name(raw) == name


def test_alive_and_ready_differ_and_metrics_are_not_public(edge: Edge) -> None:
    with edge.client() as visitor:
        assert visitor.get("/healthz").text == "alive\n"
        assert visitor.get("/readyz").json() == {"ready": True, "problems": []}
        edge.control("not_ready", problem="The database does not answer.")
        late = visitor.get("/readyz")
        assert late.status_code == 503 and late.json()["problems"] == ["The database does not answer."]
        assert visitor.get("/healthz").status_code == 200
        assert b"crm_http_requests_total" in visitor.get("/metrics").content
        assert visitor.get("/metrics", headers={"x-forwarded-for": "6.6.6.6"}).status_code == 404
        named = visitor.get("/metrics", headers={"x-forwarded-for": "6.6.6.6", "authorization": "Bearer measure-me"})
        assert named.status_code == 200 and b"@" not in named.content


@pytest.mark.parametrize(("peer", "headers", "here"), [("10.0.0.1", [], False), ("::1", [], True), ("127.0.0.1", [(b"via", b"x")], False), ("", [], False), ("unix", [], False)])
def test_who_is_this_machine(peer: str, headers: list[tuple[bytes, bytes]], here: bool) -> None:
    assert is_this_machine({"type": "http", "headers": headers, "client": (peer, 1) if peer else None}) is here


def test_obs_01_a_defect_shows_a_reference_that_the_log_knows(edge: Edge) -> None:
    with edge.signed_in() as client:
        for path in ("/boom", "/slow-defect"):
            before = len(edge.log.read_text())
            answer = client.get(path, headers=HTML)
            assert answer.status_code == 500 and "canary-of-a-secret" not in answer.text and "Traceback" not in answer.text
            reference = re.search(r"request ([0-9a-f]{4}-[0-9a-f]{4})", answer.text)[1]
            logged = edge.log.read_text()[before:]
            assert reference in logged and "canary-of-a-secret" in logged
        assert client.get("/nowhere", headers=HTML).status_code == 404
    assert edge.state()["clients"] < 60


def test_rel_10_a_server_that_ran_out_of_file_handles_serves_whoever_is_there_and_soon_everybody_again(edge: Edge) -> None:
    process = psutil.Process(edge.pid)
    before, most = process.rlimit(psutil.RLIMIT_NOFILE), process.num_fds() + 5
    with edge.client() as here, ExitStack() as at_the_end:
        assert here.get("/healthz").status_code == 200
        at_the_end.callback(process.rlimit, psutil.RLIMIT_NOFILE, before)
        process.rlimit(psutil.RLIMIT_NOFILE, (most, before[1]))
        with ExitStack() as crowd:
            for _ in range(30):
                crowd.enter_context(socket.create_connection(("127.0.0.1", edge.port), timeout=20))
            # Whoever is there is served all the while, and so stays connected.
            _until(lambda: here.get("/healthz").status_code == 200 and process.num_fds() >= most - 1, "the crowd took all that there was")
            assert all(here.get("/healthz").status_code == 200 for _ in range(5))
        _until(lambda: _answers(edge), "whoever comes is let in after the crowd has gone")


def _until(condition: Callable[[], bool], what: str) -> None:
    ends = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < ends, what
        time.sleep(0.02)


def _answers(edge: Edge) -> bool:
    try:
        with edge.client() as visitor:
            return visitor.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False
