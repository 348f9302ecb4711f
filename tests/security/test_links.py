"""SECURITY 2.3 for the links that work once: invitations and new passwords (PWD-01, PWD-03), on the plain pages."""

from __future__ import annotations

import re
import secrets

import pytest

from tests.security.observatory import grade
from tests.web.edge import HTML, Edge, cookie_of

TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
GOOD = "nine lemons dance on roofs"


@pytest.fixture
def door(edge: Edge) -> Edge:
    """A fresh count of tries for each test."""
    edge.control("reset")
    return edge


def take_up(edge: Edge, path: str, visitor=None, **answers: str):
    with edge.client() as browser:
        client = visitor or browser
        page = client.get(path)
        token = TOKEN.search(page.text)
        form = {"form_token": token[1] if token else "", "name": "Nina Faro", "password": GOOD, "time_zone": "Europe/Lisbon"}
        return client.post(path, data={**form, **answers})


def test_an_invitation_becomes_an_account_that_is_signed_in(door: Edge) -> None:
    secret = door.control("invite", email="nina@example.org")
    with door.client() as visitor:
        page = visitor.get(f"/join/{secret}")
    assert page.status_code == 200 and "Join Stillwater Studio" in page.text and "Olivia invites you" in page.text and "nina@example.org" in page.text
    done = take_up(door, f"/join/{secret}")
    assert done.status_code == 303 and done.headers["location"] == "/"
    with door.with_cookie(cookie_of(done)) as nina:
        assert nina.get("/whoami").status_code == 200
    assert door.control("joined")[-1] == {"name": "Nina Faro", "time_zone": "Europe/Lisbon", "locale": "en", "week_start": 0}
    assert door.sign_in("nina", password=GOOD).status_code == 303
    again = take_up(door, f"/join/{secret}")
    assert again.status_code == 410 and "taken up already" in again.text


def test_what_the_browser_says_decides_language_week_and_zone(door: Edge) -> None:
    secret = door.control("invite", email="jim@example.org")
    with door.client() as visitor:
        visitor.headers["accept-language"] = "en-US,en;q=0.9"
        take_up(door, f"/join/{secret}", visitor, time_zone="Mars/Olympus", name="Jim")
    assert door.control("joined")[-1] == {"name": "Jim", "time_zone": "Europe/London", "locale": "en_US", "week_start": 6}


@pytest.mark.parametrize("said", ["", "Mars/Olympus", "../../etc/passwd", "x" * 5_000])
def test_a_browser_that_says_no_zone_gets_that_of_the_teams_country(door: Edge, said: str) -> None:
    secret = door.control("invite", email=f"{secrets.token_hex(4)}@example.org")
    assert take_up(door, f"/join/{secret}", time_zone=said, name="Jo").status_code == 303
    assert door.control("joined")[-1]["time_zone"] == "Europe/London"


def test_a_new_password_asks_the_browser_for_nothing(door: Edge) -> None:
    secret = door.control("offer_reset", email="alice@example.org")
    with door.client() as visitor:
        page = visitor.get(f"/reset/{secret}")
    assert page.status_code == 200 and "<script" not in page.text and "script-src" not in page.headers["content-security-policy"]
    assert take_up(door, f"/reset/{secret}", time_zone="").status_code == 200


@pytest.mark.parametrize(
    ("answers", "status", "sentence"),
    [
        ({"name": " "}, 422, "Enter your name"), ({"name": "x" * 121}, 422, "Enter your name"), ({"password": "short"}, 422, "at least 8 characters"),
        ({"password": "nina faro"}, 422, "easy to guess"), ({"password": "stillwater studio"}, 422, "easy to guess"), ({"form_token": "x"}, 403, "open for very long"),
    ],
)  # fmt: skip
def test_each_answer_is_checked_and_nothing_is_used_up(door: Edge, answers: dict[str, str], status: int, sentence: str) -> None:
    secret = door.control("invite", email=f"{secrets.token_hex(4)}@example.org")
    refused = take_up(door, f"/join/{secret}", **answers)
    assert refused.status_code == status and sentence in refused.text
    assert take_up(door, f"/join/{secret}").status_code == 303


@pytest.mark.parametrize("path", ["/join/", "/reset/"])
def test_a_link_that_never_was_says_so_and_guessing_is_limited(door: Edge, path: str) -> None:
    with door.client() as visitor:
        for wrong in ("short", "x" * 43, "%00"):
            assert visitor.get(path + wrong).status_code in (400, 404)
        door.control("reset")
        answers = [visitor.get(path + secrets.token_urlsafe(32)) for _ in range(12)]
        assert [answer.status_code for answer in answers] == [404] * 10 + [429] * 2
        assert "There is no such" in answers[0].text and int(answers[-1].headers["retry-after"]) > 0
        posted = visitor.post(path + secrets.token_urlsafe(32), data={"password": GOOD})
        assert posted.status_code == 429, "the same limit holds for both, and for the sign-in"
        assert door.sign_in().status_code == 429


def test_guessing_links_does_not_keep_a_real_one_from_working(door: Edge) -> None:
    secret = door.control("invite", email="late@example.org")
    with door.client() as visitor:
        for _ in range(12):
            visitor.post(f"/join/{secrets.token_urlsafe(32)}", data={})
    door.control("turn_clock", seconds=301)
    assert take_up(door, f"/join/{secret}").status_code == 303


def test_a_link_that_is_over_says_why(door: Edge) -> None:
    old = door.control("invite", email="old@example.org", life=-1)
    with door.client() as visitor:
        page = visitor.get(f"/join/{old}", headers=HTML)
        assert page.status_code == 410 and "good for seven days" in page.text and "Olivia" in page.text and "Traceback" not in page.text
        assert visitor.post(f"/join/{old}", data={"name": "N", "password": GOOD}).status_code == 410


def test_a_member_can_be_invited_no_second_time(door: Edge) -> None:
    secret = door.control("invite", email="alice@example.org")
    refused = take_up(door, f"/join/{secret}")
    assert refused.status_code == 410 and "in the team already" in refused.text


def test_pwd_03_a_new_password_signs_everybody_out_and_nobody_in(door: Edge) -> None:
    before = door.signed_in("bob")
    secret = door.control("offer_reset", email="bob@example.org")
    done = take_up(door, f"/reset/{secret}")
    assert done.status_code == 200 and "set-cookie" not in done.headers and "Your new password is set" in done.text
    assert before.get("/whoami").status_code == 401
    assert door.sign_in("bob").status_code == 401 and door.sign_in("bob", password=GOOD).status_code == 303
    again = take_up(door, f"/reset/{secret}")
    assert again.status_code == 410 and "used already" in again.text
    secret = door.control("offer_reset", email="bob@example.org")
    assert take_up(door, f"/reset/{secret}", password="correct horse staple").status_code == 200


def test_pwd_03_a_reset_link_is_good_for_ten_minutes(door: Edge) -> None:
    secret = door.control("offer_reset", email="bob@example.org")
    door.control("turn_clock", seconds=599)
    with door.client() as visitor:
        assert visitor.get(f"/reset/{secret}").status_code == 200
        door.control("turn_clock", seconds=2)
        assert visitor.get(f"/reset/{secret}").status_code == 410


def test_other_sites_cannot_post_these_forms(door: Edge) -> None:
    secret = door.control("invite", email="cross@example.org")
    with door.client() as visitor:
        visitor.headers.update({"origin": "https://evil.example", "sec-fetch-site": "cross-site"})
        assert visitor.post(f"/join/{secret}", data={"name": "N", "password": GOOD}).status_code == 403
    assert take_up(door, f"/join/{secret}").status_code == 303


def test_the_pages_score_as_high_as_the_sign_in_and_run_one_file_of_ours(https_edge: Edge) -> None:
    secret = https_edge.control("invite", email="score@example.org")
    with https_edge.client() as visitor:
        page = visitor.get(f"/join/{secret}")
        assert grade(page.headers, []).score >= 150
        policy = page.headers["content-security-policy"]
        assert "script-src 'self';" in policy and "unsafe" not in policy and "nonce" not in policy
        assert re.findall(r"<script[^>]*>", page.text) == ['<script src="/static/zone.js?v=1" defer>']
        assert "script-src" not in visitor.get("/signin").headers["content-security-policy"], "nothing else runs a script"
        assert page.headers["cache-control"] == "no-store" and page.headers["referrer-policy"] == "same-origin"


def test_obs_02_no_secret_of_a_link_reaches_a_log_or_a_metric(door: Edge) -> None:
    secret, reset = door.control("invite", email="quiet@example.org"), door.control("offer_reset", email="bob@example.org")
    with door.client() as visitor:
        for path in (f"/join/{secret}", f"/reset/{reset}"):
            visitor.get(path)
            visitor.post(path, data={"form_token": "x"})
            visitor.delete(path)
            visitor.post(path, content=b"x", headers={"content-type": "text/plain"})
        metrics = visitor.get("/metrics", headers={"authorization": "Bearer measure-me"}).text
    for text in (door.log.read_text(), metrics):
        assert secret not in text and reset not in text
