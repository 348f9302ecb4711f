"""SECURITY 2.3: guessing (PWD-01), storing (PWD-02), and the first run (CFG-02)."""

from __future__ import annotations

import random
import re
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from crm_app.domain.accounts import passwords, rules
from crm_app.domain.accounts.guessing import FREE_FAILURES, Attempt, SignInLimits, delay_after
from tests.security.counts import counted
from tests.web.edge import Edge, cookie_of
from tests.web.fake_store import FakeSessionStore

PUBLISHED: list[str] = FREQUENCY_LISTS["passwords"]
TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


def test_pwd_01_the_delay_doubles_to_a_quarter_of_an_hour_and_never_locks() -> None:
    assert [delay_after(number) for number in range(1, 16)] == [0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]
    assert delay_after(10_000) == 900


def test_pwd_01_ten_thousand_guesses_check_few_passwords_and_the_owner_still_gets_in() -> None:
    store = FakeSessionStore()
    limits = SignInLimits(store)
    at_home = Attempt.of("alice@example.org", "203.0.113.7")
    assert limits.wait(at_home) == 0
    limits.succeeded(at_home)
    checked = 0
    for number in range(10_000):
        guess = Attempt.of("Alice@Example.org ", f"198.51.{number // 250 % 250}.{number % 250}")
        if limits.wait(guess) == 0:
            checked += 1
            limits.failed(guess)
        if number % 100 == 0:
            store.turn_clock(timedelta(seconds=30))
    assert checked <= 60
    assert limits.wait(at_home) == 0, "a device that has signed in before is not held up by strangers"


def test_pwd_01_one_address_has_ten_tries_and_an_ipv6_household_is_one_address() -> None:
    for addresses in ([f"2001:db8:1:2::{number:x}" for number in range(1, 40)], ["192.0.2.1"] * 39):
        limits = SignInLimits(FakeSessionStore())
        waits = [limits.wait(Attempt.of(f"{number}@example.org", address)) for number, address in enumerate(addresses)]
        assert waits.count(0) == 10 and max(waits) <= 300
        assert limits.wait(Attempt.of("a@example.org", "2001:db8:1:3::1")) == 0


def test_pwd_01_a_thousand_tries_in_all() -> None:
    limits = SignInLimits(FakeSessionStore())
    waits = [limits.wait(Attempt.of(f"{number}@example.org", f"10.{number // 65_536}.{number // 256 % 256}.{number % 256}")) for number in range(1_100)]
    assert waits.count(0) == 1_000


def test_pwd_01_a_few_mistakes_cost_nothing_and_success_forgets_them(edge: Edge) -> None:
    for _ in range(FREE_FAILURES):
        assert edge.sign_in(password="wrong").status_code == 401
    assert edge.sign_in().status_code == 303


def test_pwd_01_guessing_is_refused_in_one_sentence_with_a_time(edge: Edge) -> None:
    answers = [edge.sign_in(password=f"guess {number}") for number in range(12)]
    assert answers[-1].status_code == 429 and 0 < int(answers[-1].headers["retry-after"]) <= 300
    assert "Too many tries. Wait" in answers[-1].text
    assert edge.sign_in().status_code == 429, "not even the right password is looked at"


def test_pwd_01_known_and_unknown_addresses_answer_alike(edge: Edge) -> None:
    known, unknown = edge.sign_in("alice", password="wrong"), edge.sign_in("nobody", password="wrong")
    assert known.status_code == unknown.status_code == 401

    def faceless(text: str) -> str:
        return re.sub(r'value="[^"]*"', "", text)

    assert faceless(known.text) == faceless(unknown.text)


def test_pwd_02_hashes_are_argon2id_with_46_mib() -> None:
    hashed = passwords.hash_password("x")
    assert hashed.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert passwords.NOBODY.startswith("$argon2id$v=19$m=47104,t=1,p=1$"), "a stranger costs what a member costs"
    assert passwords.verify_password(hashed, "x") and not passwords.verify_password(hashed, "y") and not passwords.verify_password("not a hash", "x")
    assert not passwords.verify_password(None, "x")
    assert passwords.needs_rehash("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$" + "A" * 43) and not passwords.needs_rehash(hashed)


@counted(30, 200, "tries each")
def test_pwd_02_unknown_takes_as_long_as_known(count: int) -> None:
    """Measured in processor time of this thread, so that a busy machine changes nothing; one attempt of three must show it."""
    known = passwords.hash_password("correct horse staple")
    ratios = []
    for _ in range(3):
        taken: dict[str | None, list[float]] = {known: [], None: []}
        for _ in range(count):
            for stored, measured in taken.items():
                began = time.thread_time()
                passwords.verify_password(stored, "wrong")
                measured.append(time.thread_time() - began)
        ratios.append(statistics.median(taken[known]) / statistics.median(taken[None]))
        if abs(ratios[-1] - 1) < 0.05:
            return
    raise AssertionError(ratios)


def test_pwd_02_the_top_three_thousand_are_refused() -> None:
    """The list comes with zxcvbn: the 30,000 most frequent passwords of published breaches, the most frequent first."""
    assert len(PUBLISHED) >= 29_000 and PUBLISHED[0] in ("123456", "password")
    assert [word for word in PUBLISHED[:3_000] if rules.password_problem(word) is None] == []


@counted(1_000, 30_000, "published passwords")
def test_pwd_02_published_passwords_are_refused(count: int) -> None:
    chosen = PUBLISHED if count > len(PUBLISHED) else random.Random(9).sample(PUBLISHED, count)
    assert [word for word in chosen if rules.password_problem(word) is None] == []


@counted(300, 3_000, "frequent passwords, dressed up")
def test_pwd_02_frequent_passwords_are_refused_however_they_are_dressed(count: int) -> None:
    chosen = random.Random(9).sample(PUBLISHED[:3_000], count)
    for dress in (str.upper, str.capitalize, lambda word: word + "1", lambda word: word + "!"):
        assert [word for word in chosen if rules.password_problem(dress(word)) is None] == []


def test_pwd_02_never_more_than_two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most = [], []

    class Watched:
        def verify(self, stored: str, password: str) -> bool:
            running.append(1)
            most.append(len(running))
            time.sleep(0.01)
            running.pop()
            return True

    monkeypatch.setattr(passwords, "_HASHER", Watched())
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda _: passwords.verify_password("x", "y"), range(40)))
    assert max(most) <= 2


@pytest.mark.parametrize(
    ("password", "fits"),
    [
        ("", False), ("short12", False), ("password", False), ("12345678", False), ("qwertyuiop", False), ("iloveyou1", False), ("stillwater", False), ("ines2026", False),
        ("correct horse staple", True), ("Žluťoučký kůň úpěl", True), ("x" * 129, False), ("nine lemons dance on roofs " * 4, True), ("tr0ub4dor&3xq", True),
    ],
)  # fmt: skip
def test_pwd_02_what_makes_a_password(password: str, fits: bool) -> None:
    assert (rules.password_problem(password, ["Ines Carvalho", "ines@stillwater.studio", "Stillwater"]) is None) is fits


def test_pwd_02_long_passwords_count_to_their_last_character() -> None:
    base = "nine lemons dance on roofs " * 4
    hashed = passwords.hash_password(base + "a")
    assert passwords.verify_password(hashed, base + "a") and not passwords.verify_password(hashed, base + "b")


def _setup(edge: Edge, code: str, **answers: str) -> tuple[object, str]:
    with edge.client() as visitor:
        token = TOKEN.search(visitor.get("/setup").text)[1]
        first = {"step": "1", "form_token": token, "code": code, "name": "Ines Carvalho", "email": "ines@stillwater.studio", "password": "nine lemons dance"}
        page = visitor.post("/setup", data=first | {key: value for key, value in answers.items() if key in first})
        if "team_name" not in page.text:
            return page, ""
        draft = re.search(r'name="draft" value="([^"]+)"', page.text)[1]
        assert "nine lemons dance" not in page.text and "argon2" not in page.text
        second = {"step": "2", "form_token": token, "draft": draft, "team_name": "Stillwater Studio", "country": "PT", "time_zone": "", "start": "empty"}
        done = visitor.post("/setup", data={**second, **{key: value for key, value in answers.items() if key in second}})
        return done, draft


def test_cfg_02_the_first_run_needs_the_terminals_code_once_and_is_then_gone(first_run_edge: Edge) -> None:
    edge = first_run_edge
    with edge.client() as visitor:
        assert visitor.get("/", headers={"accept": "text/html"}).headers["location"] == "/signin"
        assert visitor.get("/signin").headers["location"] == "/setup"
    refused, _ = _setup(edge, "AAAA-BBBB-CCCC")
    assert refused.status_code == 422 and "wrong, used, or more than 30 minutes old" in refused.text
    code = edge.control("new_code")["code"]
    assert re.fullmatch(r"[2-9A-HJKMNP-Z]{4}(-[2-9A-HJKMNP-Z]{4}){2}", code)
    edge.control("turn_clock", seconds=31 * 60)
    assert _setup(edge, code)[0].status_code == 422, "half an hour is over"
    code = edge.control("new_code")["code"]
    done, _ = _setup(edge, code.lower().replace("-", " "), start="import")
    assert done.status_code == 303 and done.headers["location"] == "/contacts/import"
    with edge.with_cookie(cookie_of(done)) as owner:
        assert owner.get("/whoami").status_code == 200
    with edge.client() as visitor:
        assert visitor.get("/setup").status_code == 404
        assert visitor.post("/setup", data={"code": code}).status_code == 404
    assert edge.control("new_code")["code"] == "", "no code once an owner exists"
    assert edge.sign_in(email="ines@stillwater.studio", password="nine lemons dance").status_code == 303


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"email": "nope"}, "does not look like an e-mail address"), ({"password": "ines1234"}, "easy to guess"), ({"password": "x"}, "at least 8 characters"),
        ({"name": " "}, "Enter your name"), ({"code": "x"}, "Enter the code"), ({"team_name": ""}, "Enter a name for your team"), ({"country": "XX"}, "Choose a country"),
    ],
)  # fmt: skip
def test_cfg_02_each_answer_is_checked_on_its_field(answers: dict[str, str], sentence: str, checked_setup: Edge) -> None:
    page, _ = _setup(checked_setup, **{"code": "AAAA-BBBB-CCCC", **answers})
    assert page.status_code == 422 and sentence in page.text and 'aria-invalid="true"' in page.text


@pytest.fixture(scope="module")
def checked_setup(tmp_path_factory: pytest.TempPathFactory) -> object:
    from tests.web.edge import running

    with running(None, tmp_path_factory.mktemp("setup"), "--first-run") as edge:
        yield edge
