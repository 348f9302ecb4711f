"""What mail says of itself, what of a text is its own, and the page around somebody's HTML."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from crm_app.components import mail_frame
from crm_app.components import mail_words as said
from crm_app.components.mail_text import parted, pieces
from crm_app.domain.actor import Actor
from crm_app.domain.mail.schemas import ContactRef, MailView, ThreadRow
from crm_app.domain.permissions import Role

READER = Actor(UUID(int=1), Role.MEMBER, name="Mara", email="mara@example.org", time_zone="UTC")
NOW = datetime.now(UTC)


def row(**values: object) -> ThreadRow:
    usual = {
        "id": uuid4(), "subject": "Retreat", "snippet": "June works", "last_at": NOW, "count": 1, "unread": 0, "names": ("sofia@mail.example",), "contacts": (),
        "direction": "in", "has_attachment": False, "shown": "private", "own": True,
    }  # fmt: skip
    return ThreadRow.model_validate({**usual, **values})


def mail(**values: object) -> MailView:
    usual = {
        "id": uuid4(), "direction": "in", "from_name": "Sofia", "from_address": "sofia@mail.example", "to": ({"address": "mara@example.org", "name": ""},), "cc": (), "sent_at": NOW,
        "subject": "Retreat", "snippet": "June", "text": "June", "html": "", "remote": False, "attachments": (), "verified": "", "automatic": "", "interaction_id": None,
    }  # fmt: skip
    return MailView.model_validate({**usual, **values})


def test_a_row_is_called_after_its_contacts_else_after_who_wrote() -> None:
    people = tuple(ContactRef(id=uuid4(), name=name) for name in ("Sofia", "Owen", "Leila", "Grace"))
    assert said.who(row(contacts=people[:2])) == "Sofia, Owen" and said.who(row(contacts=people)) == "Sofia, Owen, Leila +1"
    assert said.who(row()) == "sofia@mail.example" and said.who(row(names=())) == "Nobody named"
    assert said.who(row(names=("\u202eevil\u202c name",))) == "evil name"


def test_the_end_of_a_row_is_a_time_a_day_or_a_date() -> None:
    noon = NOW.replace(hour=12, minute=5)
    assert said.when(noon, READER) == "12:05"
    assert len(said.when(noon - timedelta(days=3), READER)) <= 4 and ":" not in said.when(noon - timedelta(days=1), READER)
    assert re.fullmatch(r"\d+ \w+( \d{4})?", said.when(noon - timedelta(days=40), READER))
    assert said.when_at_length(noon, READER) == "Today, 12:05" and "," not in said.when_at_length(noon - timedelta(days=40), READER)


def test_what_is_not_kept_or_not_shown_is_said_so() -> None:
    assert said.drawn(row(subject=None, snippet=None), READER, "/x")["subject"] == "Subject not kept" and said.subject_words(None, own=False) == "Subject not shared"
    drawn = said.drawn(row(subject="", direction="out", unread=2, count=3, has_attachment=True, shown="full"), READER, "/x")
    assert (drawn["subject"], drawn["named"], drawn["snippet"], drawn["unread"], drawn["many"]) == ("No subject", False, "You: June works", True, "3")
    assert [mark["icon"] for mark in drawn["marks"]] == ["paperclip", "eye"]
    assert said.drawn(row(own=False, shown="full"), READER, "/x")["marks"] == []


def test_to_whom_and_from_which_address() -> None:
    assert said.writer(mail()) == "Sofia" and said.writer(mail(direction="out")) == "You" and said.writer(mail(from_name="", from_address="")) == "Nobody named"
    assert said.addressees(mail(), own=True) == "to you" and said.addressees(mail(), own=False) == "to mara@example.org"
    many = mail(to=tuple({"address": f"p{number}@x.example", "name": f"P{number}"} for number in range(5)))
    assert said.addressees(many, own=True) == "to P0, P1, P2 +2" and "p4@x.example" in said.everybody(many)


@pytest.mark.parametrize(
    ("verified", "doubtful"),
    [("", False), ("spf=pass dkim=pass dmarc=pass", False), ("spf=fail dkim=pass", False), ("spf=fail dkim=none", True), ("dmarc=fail", True), ("spf=softfail", True), ("spf=none", False)],
)
def test_a_sender_is_doubtful_where_something_failed_and_nothing_passed(verified: str, doubtful: bool) -> None:
    assert said.is_doubtful(verified) is doubtful


def test_sizes() -> None:
    assert [said.size_words(size) for size in (512, 84_200, 3_500_000)] == ["512 bytes", "82 kB", "3.3 MB"]


@pytest.mark.parametrize(
    ("content", "own", "quoted"),
    [
        ("Hello", "Hello", ""),
        ("Yes.\n\nOn Monday, Mara wrote:\n> Shall we?\n>\n> Mara", "Yes.", "On Monday, Mara wrote:\n> Shall we?\n>\n> Mara"),
        ("> Shall we?\n\nYes.", "> Shall we?\n\nYes.", ""),
        ("> only this", "", "> only this"),
        ("One thing:\n\n> quoted\n", "One thing:", "> quoted"),
        ("", "", ""),
    ],
)
def test_what_is_quoted_at_the_end_is_told_apart(content: str, own: str, quoted: str) -> None:
    assert parted(content) == (own, quoted)


def test_addresses_in_a_text_are_links_without_the_sentence_around_them() -> None:
    found = list(pieces("See (https://a.example/b_(c)), or https://b.example. javascript:alert(1)"))
    assert [address for _said, address in found if address] == ["https://a.example/b_(c)", "https://b.example"]
    assert "".join(piece for piece, _address in found) == "See (https://a.example/b_(c)), or https://b.example. javascript:alert(1)"


def test_the_page_around_a_mail_forbids_before_anything_of_the_mail_is_read() -> None:
    page = mail_frame.page_of("</head><script>alert(1)</script>")
    assert page.index("Content-Security-Policy") < page.index("<script>") and "default-src 'none'" in page and page.index("</head>") < page.index("<script>")
    frame = Path(mail_frame.__file__).parent.joinpath("vue/mail_frame.js").read_text(encoding="utf-8")
    assert 'sandbox="' in frame and "allow-scripts" not in frame and "allow-forms" not in frame and "allow-top" not in frame


@pytest.mark.parametrize(
    ("html", "plain"),
    [("<p>x</p>", True), ("<p style='color:red'>x", False), ("<table bgcolor=black>", False), ("<font size=2 color=red>x", False), ("<p style=\"background-color: white\">", False), ("<p>colour: red</p>", True)],
)
def test_only_a_page_without_colours_takes_ours(html: str, plain: bool) -> None:
    assert (not mail_frame._COLOURS.search(html)) is plain
