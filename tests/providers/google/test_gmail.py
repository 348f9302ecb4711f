"""Mail at Gmail, against the stand-in alone: labels as folders, what its history tells, and a place in it that is no longer known."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from pydantic import SecretStr

from crm_app.domain.connections.source import NotThatKind, SourceDown
from crm_app.domain.google.authority import MAIL
from crm_app.domain.mail.source import FolderRefused
from crm_app.providers.google import GOOGLE
from crm_app.providers.google.fake import _Grant
from crm_app.providers.google.fake_mail import FakeGmail
from crm_app.providers.google.mailbox import ARCHIVE, GmailSource
from tests.providers.google.conftest import Unhurried
from tests.providers.google.test_google import fault
from tests.providers.imap.keeping import LONG_AGO, Kept, message

FOLDERS = ("INBOX", "SENT", ARCHIVE, "Label_1")


def made(page: int = 250) -> tuple[FakeGmail, GmailSource]:
    google = FakeGmail()
    google.page, google.labels = page, {"Label_1": "Clients/2026"}
    google._access["ya29.x"] = _Grant("client", google.email, [MAIL], "", "")
    source = GmailSource(lambda refused: SecretStr("ya29.x"), google, GOOGLE, Unhurried())
    source.list_folders()
    return google, source


def test_labels_are_folders_and_spam_trash_and_drafts_are_none():
    google, source = made()
    assert [(one.ref, one.name, one.role) for one in source.list_folders()] == [
        ("INBOX", "Inbox", "inbox"), ("SENT", "Sent", "sent"), (ARCHIVE, "Archive", "archive"), ("Label_1", "Clients/2026", "other"),
    ]  # fmt: skip
    for labels in (("SPAM",), ("TRASH", "INBOX"), ("DRAFT",)):
        google.letter(message("Never"), labels)
    assert [Kept().look(source, folder).subjects for folder in FOLDERS] == [[], [], [], []]
    with pytest.raises(FolderRefused):
        source.put_sent("SENT", b"", "<x>", datetime.now(UTC))


def test_what_is_new_moved_marked_and_gone_comes_by_the_history():
    google, source = made()
    one, two = google.letter(message("One")), google.letter(message("Two"), ("INBOX",))
    kept = {folder: Kept().look(source, folder) for folder in FOLDERS}

    def look(**how: bool) -> list[list[str]]:
        source.list_folders()
        return [kept[folder].look(source, folder, **how).subjects for folder in FOLDERS]

    assert look() == [["One", "Two"], [], [], []] and kept["INBOX"].by_subject() == {"One": frozenset(), "Two": {"\\Seen"}}
    asked = len(google.asked)
    assert look() and [each.pages for each in kept.values()] == [0, 0, 0, 0] and len(google.asked) == asked + 2, "its folders, and its history once"
    google.letter(message("Three"), ("SENT",))
    google.label(one, take=["UNREAD"], add=["STARRED"])
    google.label(two, take=["INBOX"])
    assert look() == [["One"], ["Three"], ["Two"], []] and kept["INBOX"].by_subject() == {"One": {"\\Seen", "\\Flagged"}} and kept["INBOX"].sent == 0
    google.label(two, add=["Label_1"])
    google.delete(one)
    assert look() == [[], ["Three"], [], ["Two"]] == look(whole=True)
    google.label(two, add=["TRASH"])
    assert look() == [[], ["Three"], [], []]


def test_rel_04_a_place_in_the_history_that_is_no_longer_known_means_one_look_at_everything():
    google, source = made()
    kept = Kept()
    google.letter(message("One"))
    two = google.letter(message("Two"))
    kept.look(source, "INBOX")
    google.delete(two)
    google.letter(message("Three"))
    google.forget_history()
    source.list_folders()
    assert kept.look(source, "INBOX").subjects == ["One", "Three"] and kept.sent == 2
    source.list_folders()
    assert kept.look(source, "INBOX").pages == 0, "once, not in a loop"


def test_a_first_look_that_breaks_off_goes_on_where_it_was_and_old_mail_is_left_out():
    google, source = made(page=7)
    google.letter(message("Old"), came=datetime(2020, 1, 1, tzinfo=UTC))
    for number in range(205):
        google.letter(message(f"{number:03}"))
    kept = Kept().look(source, "INBOX", since=date(2026, 1, 1), most=1)
    assert kept.sent == 200 and ":" in kept.token
    first, second = sorted(google.letters)[1:3]
    google.letter(message("Meanwhile"))
    google.label(first, add=["STARRED"])
    google.label(second, take=["INBOX"])
    source.list_folders()
    kept.look(source, "INBOX", since=date(2026, 1, 1))
    assert ":" not in kept.token and len(kept.heads) == 205 and not {"Old", "001"} & set(kept.subjects)
    assert kept.by_subject()["000"] == {"\\Flagged"}, "what had been taken in before is as it is by now"
    source.list_folders()
    assert kept.look(source, "INBOX", since=date(2026, 1, 1)).pages == 0


def test_what_changes_while_it_is_looked_at_is_as_it_is_after_the_next_look():
    google, source = made()
    ref = google.letter(message("One"), ("INBOX", "UNREAD"))
    kept = {folder: Kept() for folder in FOLDERS}
    kept["INBOX"].look(source, "INBOX")
    google.label(ref, add=["STARRED", "Label_1"])
    kept["Label_1"].look(source, "Label_1")
    google.label(ref, take=["UNREAD"])
    kept["INBOX"].look(source, "INBOX")
    for _ in range(2):
        source.list_folders()
        for folder in FOLDERS:
            kept[folder].look(source, folder)
    assert kept["INBOX"].by_subject() == kept["Label_1"].by_subject() == {"One": {"\\Flagged", "\\Seen"}}


def test_words_come_as_they_were_sent_and_what_is_gone_or_too_large_is_said():
    google, source = made()
    content = message("Grüße", "Grüße aus Lissabon\x00")
    uids = [int(google.letter(body), 16) for body in (content, message("Two"))]
    gone = int(google.letter(message("Gone")), 16)
    google.delete(f"{gone:x}")
    assert dict(source.fetch("INBOX", [*uids, gone])) == {uids[0]: content, uids[1]: message("Two")}
    assert [head.uid for page in source.list_heads("INBOX", [*uids, gone]) for head in page] == uids
    google.letters[f"{uids[0]:x}"].content = b""
    assert dict(source.fetch("INBOX", uids[:1])) == {uids[0]: "The server does not hand it over."}
    assert uids[0] < 2**63


def test_a_head_holds_one_line_for_each_field_whatever_stands_in_it():
    google, source = made()
    google.letter(b"Subject: a\r\n b\r\nFrom: =?utf-8?q?Gr=C3=BC=C3=9Fe?= <a@b.example>\r\nList-Id: <x>\r\nX-Other: y\r\n\r\nbody")
    (head,) = Kept().look(source, "INBOX").heads.values()
    assert b"Subject: a b\r\n" in head.head and b"X-Other" not in head.head and b"body" not in head.head and head.head.endswith(b"\r\n\r\n")
    assert all(line.count(b":") >= 1 for line in head.head.strip().split(b"\r\n"))


def test_rel_09_refusals_are_understood_and_take_nothing_away():
    google, source = made()
    google.letter(message("One"))
    kept = Kept().look(source, "INBOX")
    for answer, kind in ((fault(403, "rateLimitExceeded", retry_after="5"), SourceDown), (fault(429), SourceDown), (fault(403, "accessNotConfigured"), NotThatKind), (fault(200, body=b"<"), SourceDown)):
        google.fault = lambda path, answer=answer: answer  # type: ignore[misc]
        with pytest.raises(kind):
            source.list_folders()
        with pytest.raises(kind):
            kept.look(source, "INBOX", whole=True)
        assert kept.subjects == ["One"]
        source._told.clear()
    google.fault = lambda path: None
    assert kept.look(source, "INBOX", whole=True).subjects == ["One"]


LABELS = st.sampled_from([("INBOX", "UNREAD"), ("INBOX",), ("SENT",), (), ("Label_1",), ("INBOX", "Label_1"), ("SPAM",)])


class Machine(RuleBasedStateMachine):
    """``letters`` are the subjects by id; the stand-in itself is the oracle of where each of them is."""

    @initialize(page=st.sampled_from([1, 3, 250]))
    def begin(self, page: int) -> None:
        self.google, self.source = made(page)
        self.kept = {folder: Kept() for folder in FOLDERS}
        self.count, self.behind = 0, True

    @rule(labels=LABELS)
    def receive(self, labels: tuple[str, ...]) -> None:
        self.count += 1
        self.google.letter(message(f"{self.count}"), labels)
        self.behind = True

    @precondition(lambda self: self.google.letters)
    @rule(data=st.data(), label=st.sampled_from(["INBOX", "UNREAD", "STARRED", "Label_1", "TRASH", "SENT"]), add=st.booleans())
    def mark(self, data: st.DataObject, label: str, add: bool) -> None:
        ref = data.draw(st.sampled_from(sorted(self.google.letters)))
        self.google.label(ref, **({"add": [label]} if add else {"take": [label]}))
        self.behind = True

    @precondition(lambda self: self.google.letters)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        self.google.delete(data.draw(st.sampled_from(sorted(self.google.letters))))
        self.behind = True

    @rule()
    def forget(self) -> None:
        self.google.forget_history()

    @rule(whole=st.booleans())
    def look(self, whole: bool) -> None:
        self.source.list_folders()
        for folder, kept in self.kept.items():
            kept.look(self.source, folder, whole=whole)
        self.behind = False

    @invariant()
    def both_sides_are_equal(self) -> None:
        if getattr(self, "behind", True):
            return
        for folder, kept in self.kept.items():
            there = {int(ref, 16): letter.labels for ref, letter in self.google.letters.items() if self.source._is_in(folder, frozenset(letter.labels))}
            assert kept.heads.keys() == there.keys(), folder
            assert {uid: "\\Seen" in flags for uid, flags in kept.flags.items()} == {uid: "UNREAD" not in labels for uid, labels in there.items()}


def test_both_sides_are_equal_after_a_look():
    plan = settings(max_examples=30, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
    run_state_machine_as_test(Machine, settings=plan)


def test_a_day_long_ago_is_asked_for_as_it_is():
    google, source = made()
    google.letter(message("One"))
    assert Kept().look(source, "INBOX", since=LONG_AGO).subjects == ["One"]
