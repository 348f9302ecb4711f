"""``mindfulcrm connect`` and ``sync`` as scripts use them: a real server for the feed, a real database, with and without a running application."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from crm_app.cli.syncing import sync_object
from tests.commands import run
from tests.e2e.server import Server
from tests.jobs.fake_account import POISON, event
from tests.jobs.mail_account import POISON_HEAD, mail
from tests.practice import copy_host, held
from tests.providers.imap.conftest import Server as MailServer
from tests.providers.imap.conftest import mail_devel

__all__ = ["mail_devel"]
MARA = "mara@team.example"


class Feed:
    """A published calendar on this machine; ``parts`` are its entries, ``asked`` the authorizations that came with each question."""

    def __init__(self) -> None:
        self.parts: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.status = 200
        feed = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                feed.asked.append(self.headers.get("authorization", ""))
                body = feed.content()
                self.send_response(feed.status)
                self.send_header("content-type", "text/calendar")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/practice.ics"

    def put(self, uid: str, content: bytes) -> None:
        """Keep the entry of a whole calendar as one of ours."""
        begins, ends = content.index(b"BEGIN:VEVENT"), content.index(b"END:VCALENDAR")
        self.parts[uid] = content[begins:ends]

    def content(self) -> bytes:
        return b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n" + b"".join(self.parts.values()) + b"END:VCALENDAR\r\n"


@pytest.fixture
def feed() -> Iterator[Feed]:
    """Twenty entries that can be read, and one that cannot."""
    made = Feed()
    for number in range(20):
        made.put(str(number), event(f"uid-{number}", f"Walk {number}", days=number + 1))
    made.put("poison", POISON)
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A host's folder with one person in the team."""
    with held(copy_host(tmp_path_factory.mktemp("host"), tmp_path_factory, ("Mara", "owner"))) as folder:
        yield folder


@pytest.fixture
def account(folder: Path, feed: Feed) -> str:
    """The name of a connection to the feed, whose password came by standard input."""
    name = f"Practice {feed.url}"
    words = ("connect", "ics", "--as", MARA, "--name", name, "--url", feed.url, "--username", "mara", "--password-stdin", "--allow-loopback")
    assert "is connected" in run(folder, *words, given="open sesame\n")
    return name


def sync(folder: Path, name: str) -> dict[str, Any]:
    return dict(json.loads(run(folder, "sync", "--as", MARA, "--name", name.upper(), "--json")))


def test_the_first_sync_brings_everything_in_and_the_second_nothing(folder: Path, feed: Feed, account: str) -> None:
    first = sync(folder, account)
    assert list(first) == ["seen", "created", "updated", "deleted", "skipped", "failed", "problems"]
    assert [first[name] for name in ("seen", "created", "updated", "deleted")] == [21, 20, 0, 0]
    assert len(first["problems"]) == 1 and all(problem.keys() == {"item", "reason"} and problem["reason"] for problem in first["problems"])
    assert feed.asked and all(asked.startswith("Basic ") for asked in feed.asked)
    again = sync(folder, account)
    assert [again[name] for name in ("created", "updated", "deleted")] == [0, 0, 0] and again["problems"] == first["problems"]
    feed.put("3", event("uid-3", "Swim", days=4))
    del feed.parts["4"]
    changed = sync(folder, account)
    assert [changed[name] for name in ("created", "updated", "deleted")] == [0, 1, 1]


def test_months_say_how_far_back_events_are_read(folder: Path, feed: Feed) -> None:
    feed.parts.clear()
    feed.put("new", event("uid-new", "New", days=1))
    feed.put("old", event("uid-old", "Long ago", days=-500))
    found = {}
    for name, months in (("Usual", ()), ("Far", ("--months", "24"))):
        run(folder, "connect", "ics", "--as", MARA, "--name", name, "--url", feed.url, "--allow-loopback", *months)
        found[name] = sync(folder, name)
    assert [found["Usual"][name] for name in ("seen", "created", "skipped")] == [2, 1, 1]
    (line,) = found["Usual"]["problems"]
    assert line["item"] and line["reason"].startswith("1 event before ") and "Choose more months" in line["reason"]
    assert [found["Far"][name] for name in ("seen", "created", "skipped")] == [2, 2, 0] and found["Far"]["problems"] == []
    assert "25" in run(folder, "connect", "ics", "--as", MARA, "--name", "Farther", "--url", feed.url, "--months", "25", fails=True)


def test_it_runs_beside_the_application(folder: Path, feed: Feed, account: str) -> None:
    server = Server(folder / "data").start()
    try:
        assert sync(folder, account)["created"] in (0, 20), "the application may have been quicker"
        assert sync(folder, account)["created"] == 0
        feed.put("beside", event("uid-beside", "Beside"))
        assert sync(folder, account)["created"] in (0, 1)
    finally:
        server.stop()


def test_a_run_that_fails_says_why_and_ends_with_one(folder: Path, feed: Feed, account: str) -> None:
    feed.status = 500
    try:
        assert "problem of its own" in run(folder, "sync", "--as", MARA, "--name", account, "--json", fails=True)
    finally:
        feed.status = 200
    assert sync(folder, account)["created"] == 20


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("sync", "--as", MARA, "--name", "Nothing"), "no connection called Nothing"),
        (("sync", "--as", "nobody@team.example", "--name", "Practice"), "Nobody in the team"),
        (("connect", "ics", "--as", MARA, "--name", "Other", "--url", "ftp://feeds.example.org/"), "not an address"),
        (("connect", "caldav", "--as", MARA, "--name", "Other", "--url", "http://10.0.0.4/dav"), "https://"),
        (("connect", "pop3", "--as", MARA, "--name", "Mail", "--url", "pop3://mail.example.org"), "'pop3' is not one of"),
        (("connect", "imap", "--as", MARA, "--name", "Mail", "--url", "https://mail.example.org"), "not an address of a mail server"),
    ],
)
def test_a_mistake_is_one_sentence(folder: Path, words: tuple[str, ...], sentence: str) -> None:
    assert sentence in run(folder, *words, fails=True)


def test_a_name_is_taken_once(folder: Path, account: str) -> None:
    assert "this name already" in run(folder, "connect", "ics", "--as", MARA, "--name", account.upper(), "--url", "https://feeds.example.org/a.ics", fails=True)


def test_why_the_whole_failed_is_a_scripts_first_problem() -> None:
    kept = {"seen": 3, "problems": [{"item": "Swim", "reason": "It has no beginning."}]}
    assert [one["item"] for one in json.loads(sync_object(kept, "Mine", "The server did not answer."))["problems"]] == ["Mine", "Swim"]
    assert json.loads(sync_object(kept, "Mine", "")) == kept


def test_without_the_hosts_word_nothing_inside_is_asked(folder: Path, feed: Feed) -> None:
    run(folder, "connect", "ics", "--as", MARA, "--name", "Inside", "--url", feed.url)
    feed.asked.clear()
    assert "did not answer" in run(folder, "sync", "--as", MARA, "--name", "Inside", "--json", fails=True)
    assert feed.asked == []


def test_a_mailbox_is_connected_and_brought_in(folder: Path, mail_devel: MailServer) -> None:
    """A real mail server with three letters and one that nobody can read; nothing there becomes read."""
    user = mail_devel.users[7]
    hand = mail_devel.hand(user)
    for number in range(3):
        hand.append("INBOX", "", None, mail(number, sender="ann@else.example"))
    hand.append("INBOX", "", None, POISON_HEAD)
    words = ("connect", "imap", "--as", MARA, "--name", "Mail", "--url", mail_devel.url, "--username", user, "--password-stdin")
    sends = ("--smtp-host", "127.0.0.1", "--smtp-port", "2599", "--smtp-security", "none")
    run(folder, *words, *sends, given=f"{mail_devel.password}\n", fails=True)
    assert "A mailbox asks for a password." in run(folder, *words, *sends, "--allow-loopback", given="\n", fails=True)
    assert "Mail is connected" in run(folder, *words, *sends, "--allow-loopback", given=f"{mail_devel.password}\n"), "only the host can open such a place"
    first, again = sync(folder, "Mail"), sync(folder, "Mail")
    assert [first[name] for name in ("seen", "created", "updated", "deleted", "failed")] == [4, 3, 0, 0, 1]
    assert first["problems"] == again["problems"] and [one["reason"] for one in first["problems"]] == ["One of its header lines is longer than 16 kB."]
    assert [again[name] for name in ("created", "updated", "deleted")] == [0, 0, 0]
    hand.select("INBOX", readonly=True)
    assert hand.uid("SEARCH", "SEEN")[1] == [b""]
    hand.logout()
