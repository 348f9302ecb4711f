"""SSRF-01 to 05 and 08: whatever the spelling and whichever the door, nothing inside is ever connected to."""

from __future__ import annotations

import random
import smtplib
import socket
import ssl
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator

import httpx2
import pytest

from crm_app.infrastructure import outbound
from crm_app.infrastructure.outbound import Budget, Gate, NoAnswer, NotTrusted, OutboundError, Refused, Service, look_up, translated
from crm_app.infrastructure.outbound_addresses import Allowance
from crm_app.infrastructure.outbound_http import fetch, make_client
from crm_app.infrastructure.outbound_pictures import fetch_pictures
from crm_app.infrastructure.outbound_probe import PROBE_SECONDS, Answer, SignInRefused, probe
from tests import outgoing
from tests.infrastructure.outbound.conftest import Authority, Site, World
from tests.infrastructure.outbound.spellings import LOOPBACK, PUBLIC, SPELLINGS
from tests.security.counts import counted

# No server can send us there: a header holds neither line breaks nor what is not Latin.
NOT_IN_A_HEADER = {host for host in SPELLINGS if not host.isascii() or any(char in host for char in "\n\x00")}
ELSEWHERE = Allowance("nas.example", 5232)


def in_url(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") and "@" not in host else host


DOORS: dict[str, Callable[[Gate, str], object]] = {
    "smtp": lambda gate, host: gate.open(Service.SMTP, host, 587),
    "smtp with tls": lambda gate, host: gate.open_tls(Service.SMTP, host, 465),
    "imap": lambda gate, host: gate.open(Service.IMAP, host, 143),
    "imap with tls": lambda gate, host: gate.open_tls(Service.IMAP, host, 993),
    "http": lambda gate, host: gate.open(Service.HTTP, host, 80),
    "fetch": lambda gate, host: fetch(gate, f"http://{in_url(host)}/"),
    "fetch with tls": lambda gate, host: fetch(gate, f"https://{in_url(host)}:8443/path?query"),
    "post": lambda gate, host: fetch(gate, f"https://{in_url(host)}/", method="POST", body=b"x", headers={"authorization": "secret"}),
    "a library's client": lambda gate, host: make_client(gate).get(f"http://{in_url(host)}/"),
    "a library's client that streams": lambda gate, host: list(make_client(gate).build_request("GET", f"https://{in_url(host)}/") and _stream(gate, host)),
    "sent there by another": lambda gate, host: _sent_to(gate, host),
    "a mail's picture": lambda gate, host: _pictured(gate, host),
    "test connection": lambda gate, host: _probed(gate, host),
}


def _stream(gate: Gate, host: str) -> Iterator[bytes]:
    with make_client(gate) as client, client.stream("GET", f"https://{in_url(host)}/") as answer:
        yield from answer.iter_bytes()


def _sent_to(gate: Gate, host: str) -> object:
    """The test's site, which is public, answers with this place."""
    Redirecting.place = f"http://{in_url(host)}/inner" if host not in NOT_IN_A_HEADER else ""
    return fetch(gate, "http://public.example:8080/go")


def _pictured(gate: Gate, host: str) -> None:
    assert list(fetch_pictures(gate, [f"http://{in_url(host)}/x.png"])) == []
    raise Refused("as it should")


def _probed(gate: Gate, host: str) -> None:
    answer = probe(lambda budget: gate.open(Service.IMAP, host, 993, budget), sleep=lambda seconds: None)
    assert answer is Answer.NO_ANSWER
    raise Refused("as it should")


class Redirecting:
    place = ""


@pytest.fixture(scope="module")
def ground() -> Iterator[tuple[World, Site]]:
    world, site = World(), Site()
    world.routes[PUBLIC, 8080] = site.port
    site.pages["/go"] = lambda handler: handler.reply(302, Location=Redirecting.place or "/nowhere")
    yield world, site
    site.shutdown()
    site.server_close()


def test_there_are_enough_ways_to_try():
    assert len(set(SPELLINGS)) >= 90 and len(DOORS) >= 10 and len(set(SPELLINGS)) * len(DOORS) >= 900


@pytest.mark.parametrize("allowed", [(), (ELSEWHERE,)], ids=["nothing allowed", "something else allowed"])
@pytest.mark.parametrize("door", DOORS)
def test_ssrf_01_no_spelling_opens_any_door(ground, door, allowed):
    world, _site = ground
    gate = world.gate(*allowed)
    for host in SPELLINGS:
        world.asked.clear()
        try:
            DOORS[door](gate, host)
        except (OutboundError, httpx2.InvalidURL):  # a library's own client does not even take some of them for an address
            pass
        else:
            assert door == "sent there by another" and host in NOT_IN_A_HEADER, f"{door} let {host!r} through"
        assert [asked for asked in world.asked if asked != (PUBLIC, 8080)] == [], f"{door} connected for {host!r}"


@pytest.fixture
def canary(monkeypatch) -> Iterator[tuple[int, list[str]]]:
    """Real ears on this machine, at a port that counts as the service's own: anything that is heard is a leak."""
    heard: list[str] = []
    ears = []
    first = socket.create_server(("127.0.0.1", 0))
    port = first.getsockname()[1]
    ears.append(first)
    try:
        ears.append(socket.create_server(("::1", port), family=socket.AF_INET6))
    except OSError:
        pass  # a machine without IPv6 has one ear less

    def listen(ear: socket.socket) -> None:
        while True:
            try:
                ear.accept()[0].close()
            except OSError:
                return
            heard.append("connected")

    for ear in ears:
        threading.Thread(target=listen, args=(ear,), daemon=True).start()
    monkeypatch.setitem(outbound.PORTS, Service.HTTP, frozenset({port}))
    yield port, heard
    for ear in ears:
        ear.close()


def test_ssrf_01_a_real_ear_on_this_machine_hears_nothing(canary, world):
    port, heard = canary
    gate = Gate(resolve=world.resolve)
    for host in LOOPBACK:
        with pytest.raises(OutboundError):
            gate.open(Service.HTTP, host, port)
    time.sleep(0.1)
    assert heard == []
    Gate(lambda: [Allowance("127.0.0.1", port)]).open(Service.HTTP, "127.0.0.1", port).close()
    time.sleep(0.2)
    assert heard, "and it would have heard"


@pytest.mark.parametrize("port", [1, 21, 22, 23, 53, 111, 3306, 5432, 6379, 9200, 11211, 25, 143, 993, 0, 65535, 70000, -1])
def test_only_a_services_own_ports_are_open(world, port):
    with pytest.raises(Refused):
        world.gate().open(Service.HTTP, "public.example", port)
    assert world.asked == []


@counted(100, 1_000, "names that change their mind", name="tries")
def test_ssrf_03_a_name_that_changes_its_mind_is_asked_once(world, tries):
    chance = random.Random(tries)
    connected: list[str] = []
    for _ in range(tries):
        answers = [[PUBLIC], ["127.0.0.1"], ["169.254.169.254", PUBLIC], ["::1"]]
        chance.shuffle(answers)
        said = iter(answers)
        asked = []

        def resolve(name, port, seconds, said=said, asked=asked):
            asked.append(name)
            return next(said)

        gate = Gate(resolve=resolve, connect=lambda address, port, seconds: connected.append(str(address)) or world.connect(address, port, seconds))
        with pytest.raises(OutboundError):
            gate.open(Service.HTTP, "rebind.example", 443)
        assert asked == ["rebind.example"]
    assert set(connected) == {PUBLIC}


def test_ssrf_03_the_next_address_is_tried_and_every_one_was_judged(world, site):
    world.routes[PUBLIC, 80] = site.port
    gate = Gate(resolve=lambda *_: ["93.184.215.15", PUBLIC], connect=world.connect)
    gate.open(Service.HTTP, "public.example", 80).close()
    assert world.asked == [("93.184.215.15", 80), (PUBLIC, 80)]


@pytest.mark.parametrize("failure", [socket.gaierror(-3, "try again"), TimeoutError(), UnicodeError("label too long"), [], ["nonsense"], ["fe80::1%eth0"]])
def test_ssrf_04_a_resolver_that_fails_means_no(world, failure):
    def resolve(*_):
        if isinstance(failure, Exception):
            raise failure
        return failure

    with pytest.raises(Refused):
        Gate(resolve=resolve, connect=world.connect).open(Service.SMTP, "mail.example", 587)
    assert world.asked == []


def test_ssrf_04_a_resolver_that_takes_too_long_means_no(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(3))
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        look_up("slow.example", 443, 0.2)
    assert time.monotonic() - began < 2


NEIGHBOURS = [("nas.example", 5233), ("nas.example", 443), ("192.168.1.20", 5232), ("192.168.1.21", 5232), ("other.example", 5232), ("localhost", 5232), ("127.0.0.1", 5232)]


def test_ssrf_05_what_is_allowed_opens_one_host_and_one_port(world, site):
    world.routes["192.168.1.20", 5232] = site.port
    gate = world.gate(ELSEWHERE)
    gate.open(Service.HTTP, "NAS.example.", 5232).close()
    assert world.asked == [("192.168.1.20", 5232)]
    for host, port in NEIGHBOURS:
        with pytest.raises(Refused):
            gate.open(Service.HTTP, host, port)
    assert world.asked == [("192.168.1.20", 5232)]


def test_ssrf_05_what_is_allowed_is_still_judged(world):
    metadata = Gate(lambda: [Allowance("metadata.example", 443)], resolve=world.resolve, connect=world.connect)
    mixed = Gate(lambda: [Allowance("x.example", 443)], resolve=lambda *_: ["192.168.1.20", "169.254.169.254"], connect=world.connect)
    for gate, host in ((metadata, "metadata.example"), (mixed, "x.example")):
        with pytest.raises(Refused):
            gate.open(Service.HTTP, host, 443)
    assert world.asked == []


def test_ssrf_05_an_allowance_that_is_taken_back_is_closed_at_once(world, site):
    world.routes["192.168.1.20", 5232] = site.port
    allowed = [ELSEWHERE]
    gate = Gate(lambda: allowed, resolve=world.resolve, connect=world.connect)
    gate.open(Service.HTTP, "nas.example", 5232).close()
    allowed.clear()
    with pytest.raises(Refused):
        gate.open(Service.HTTP, "nas.example", 5232)


def test_an_answer_from_another_address_is_hung_up_on(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(socket.socket, "getpeername", lambda self: ("127.0.0.9", 1))
        port = server.getsockname()[1]
        with pytest.raises(NoAnswer):
            Gate(lambda: [Allowance("127.0.0.1", port)]).open(Service.HTTP, "127.0.0.1", port)


# --- the name under TLS


@pytest.fixture
def secure(world: World, authority: Authority) -> Iterator[Callable[[ssl.SSLContext], Gate]]:
    sites = []

    def serve(context: ssl.SSLContext) -> Gate:
        site = Site(context)
        sites.append(site)
        world.routes[PUBLIC, 443] = site.port
        return world.gate(authorities=authority.file)

    yield serve
    for site in sites:
        site.shutdown()
        site.server_close()


def test_tls_is_with_the_name_that_was_asked_for(secure, authority):
    gate = secure(authority.context("public.example"))
    opened = gate.open_tls(Service.HTTP, "public.example", 443)
    assert opened.version() in ("TLSv1.2", "TLSv1.3")
    opened.close()
    assert fetch(gate, "https://public.example/").body == b"hello"


@pytest.mark.parametrize("wrong", ["name", "expired", "stranger"])
def test_a_certificate_that_proves_nothing_is_not_trusted(secure, authority, world, wrong):
    context = authority.context("other.example" if wrong == "name" else "public.example", days=-1 if wrong == "expired" else 1)
    gate = secure(context)
    if wrong == "stranger":
        gate = world.gate()
    for act in (lambda: gate.open_tls(Service.HTTP, "public.example", 443), lambda: fetch(gate, "https://public.example/")):
        with pytest.raises(NotTrusted):
            act()


def test_old_tls_is_not_spoken(secure, authority):
    context = authority.context("public.example")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((NotTrusted, NoAnswer)):
        secure(context).open_tls(Service.HTTP, "public.example", 443)


def test_a_handshake_that_never_comes_is_no_answer(world):
    with socket.create_server(("127.0.0.1", 0)) as ear:
        world.routes[PUBLIC, 443] = ear.getsockname()[1]
        with pytest.raises(NoAnswer):
            world.gate().open_tls(Service.HTTP, "public.example", 443, Budget(0.3))


def test_what_breaks_under_tls_is_a_matter_of_trust():
    with pytest.raises(NotTrusted), translated():
        raise ssl.SSLError("bad record")


def test_the_systems_resolver_is_asked():
    assert "127.0.0.1" in look_up("localhost", 80, 5)


# --- what a test of a connection tells


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def fails(error: Exception, after: float, clock: Clock) -> Callable[[Budget], object]:
    def act(budget: Budget) -> None:
        clock.now += after
        raise error

    return act


SILENT = [(Refused("an address that leads inside"), 0.0), (Refused("not a port"), 0.0), (ConnectionRefusedError(), 0.01), (NoAnswer("no address answered"), 3.0), (OSError("unreachable"), 0.2)]


def test_ssrf_08_closed_filtered_and_forbidden_look_the_same_and_take_as_long():
    seen = set()
    for error, after in SILENT:
        clock = Clock()
        seen.add((probe(fails(error, after, clock), clock=clock, sleep=clock.sleep), round(clock.now, 6)))
    assert seen == {(Answer.NO_ANSWER, PROBE_SECONDS)}


def test_ssrf_08_there_are_four_answers():
    clock = Clock()
    assert probe(lambda budget: None, clock=clock) is Answer.WORKS
    assert probe(fails(SignInRefused(), 1, clock), clock=clock) is Answer.SIGN_IN_REFUSED
    assert probe(fails(NotTrusted("the certificate"), 1, clock), clock=clock) is Answer.NOT_TRUSTED
    assert len(Answer) == 4


def test_time_runs_out_for_everything_together():
    clock = Clock()
    budget = Budget(30, clock)
    assert budget.step() == outbound.STEP_SECONDS
    clock.now = 25
    assert budget.step() == 5
    clock.now = 31
    with pytest.raises(NoAnswer):
        budget.step()


# --- nothing else connects


def beside_the_gate(act: Callable[[], object]) -> Callable[[], object]:
    """``act`` as if it stood in a file of ours."""
    scope = {"act": act}
    exec(compile("def run():\n    return act()", outgoing.APP + "/somewhere.py", "exec"), scope)
    return scope["run"]


def test_ssrf_02_the_gate_connects_and_whatever_else_of_ours_does_is_stopped(site):
    gate = Gate(lambda: [Allowance("127.0.0.1", site.port)])
    assert beside_the_gate(lambda: fetch(gate, f"http://127.0.0.1:{site.port}/"))().body == b"hello"
    seen = len(site.seen)
    attempts = [
        lambda: socket.create_connection(("127.0.0.1", site.port)),
        lambda: urllib.request.urlopen(f"http://127.0.0.1:{site.port}/"),
        lambda: smtplib.SMTP("127.0.0.1", site.port),
        lambda: httpx2.get(f"http://127.0.0.1:{site.port}/"),
    ]
    for attempt in attempts:
        with pytest.raises(outgoing.NotThroughTheGate):
            beside_the_gate(attempt)()
    assert len(site.seen) == seen
    with pytest.raises(outgoing.NotThroughTheGate, match="went out"):
        socket.create_connection((PUBLIC, 443), 1)
