"""What IMAP servers answer, well and badly."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_app.providers.imap.account import State
from crm_app.providers.imap.answers import (
    Listed,
    Malformed,
    answers,
    fetched,
    listed,
    moment,
    numbers,
    quoted,
    read_name,
    statuses,
    uid_set,
)
from crm_app.providers.imap.folders import folders_of


def test_a_message_with_what_was_asked_of_it():
    told = b'1 (UID 5 FLAGS (\\Seen $Label) INTERNALDATE "26-Nov-2026 10:00:00 +0100" RFC822.SIZE 44 BODY[HEADER.FIELDS (FROM TO)]<0> {5}'
    (found,) = fetched([(told, b"From:"), b" MODSEQ (7))"])
    assert (found.uid, found.flags, found.size, found.body) == (5, {"\\Seen", "$Label"}, 44, b"From:")
    assert found.received_at == datetime(2026, 11, 26, 9, tzinfo=UTC)


def test_what_is_told_unasked_is_left_out():
    assert list(fetched([b"2 (FLAGS (\\Seen))", None, b"3", b"4 EXISTS"])) == []
    (nothing, quoted_one) = fetched([b"3 (UID 6 BODY[]<0> NIL)", b'4 (UID 7 BODY[] "quo\\"ted")'])
    assert nothing.body is None and quoted_one.body == b'quo"ted'


def test_literals_may_hold_anything():
    (first, second) = fetched([(b"1 (UID 1 BODY[] {9}", b") (UID 2 "), b")", (b"2 (BODY[] {2}", b"{3"), b" UID 2)"])
    assert (first.uid, first.body, second.uid, second.body) == (1, b") (UID 2 ", 2, b"{3")


def test_folders_of_a_list():
    found = list(listed([b'(\\HasNoChildren \\Sent) "/" "Sent"', (b'(\\X) "." {4}', b'a"b('), b"", b"() NIL inbox", b'() "/" Gr\xc3\xbc', b'() "/" "bad\xff"', b'() "/" "line\nbreak"']))
    assert found == [Listed(frozenset({"\\sent", "\\hasnochildren"}), "/", "Sent"), Listed(frozenset({"\\x"}), ".", 'a"b('), Listed(frozenset(), "", "INBOX"), Listed(frozenset(), "/", "Grü")]


def test_numbers_and_standings():
    assert numbers([b"3 1 2", None, b"7 (MODSEQ 8)", b""]) == [1, 2, 3, 7]
    assert list(statuses([b'"INBOX" (MESSAGES 3 UIDNEXT 4 HIGHESTMODSEQ 0)'])) == [("INBOX", {"MESSAGES": 3, "UIDNEXT": 4, "HIGHESTMODSEQ": 0})]
    assert uid_set([3, 1, 2, 9, 11, 10]) == "1:3,9:11" and uid_set([]) == "" and quoted('a"\\b') == b'"a\\"\\\\b"'
    assert State.read("1:2:3:4") == State(1, 2, 3, 4) and State.read(State(1, 2, 3, -1).token) == State(1, 2, 3, -1) and State.read("1:2:3") is None


@pytest.mark.parametrize(("ref", "name"), [("Entw&APw-rfe", "Entwürfe"), ("A &- B", "A & B"), ("&bad", "&bad"), ("&2D3eAA-", "😀"), ("~peter/&U,BTFw-/&ZeVnLIqe-", "~peter/台北/日本語"), ("&!!-", "&!!-"), ("&2D0-", "&2D0-")])
def test_names_in_imaps_own_utf_7(ref, name):
    assert read_name(ref) == name


@pytest.mark.parametrize("said", [b"99-Foo-2026 10:00:00 +0100", b"31-Feb-2026 10:00:00 +0100", b"1-Jan-0000 00:00:00 +9999", b"", b"yesterday", None])
def test_a_moment_that_cannot_be_is_none(said):
    assert moment(said) is None


@pytest.mark.parametrize("said", [b"(", b")", b"1 (UID x)", b'"open', b"(" * 60 + b")" * 60, b"1 (UID 5 RFC822.SIZE -3)", b"1 ((a) 5)"])
def test_nonsense_is_called_so(said):
    with pytest.raises(Malformed):
        list(fetched([said]))


@settings(max_examples=500, deadline=None)
@given(st.lists(st.binary(max_size=60) | st.tuples(st.binary(max_size=40), st.binary(max_size=40)), max_size=5))
def test_whatever_comes_is_read_or_called_nonsense(pieces):
    for read in (answers, fetched, listed, statuses, numbers):
        try:
            list(read(pieces))
        except Malformed:
            continue


def folder(ref: str, *attributes: str, between: str = "/") -> Listed:
    return Listed(frozenset(attributes), between, ref)


def test_what_folders_are_for():
    found = folders_of([
        folder("INBOX"), folder("INBOX.Gesendet", between="."), folder("Entw&APw-rfe"), folder("Papierkorb"), folder("Work"), folder("Work/Archive"), folder("[Gmail]", "\\noselect"),
        folder("[Gmail]/Starred", "\\flagged"), folder("[Gmail]/All Mail", "\\all"), folder("Spam", "\\junk"), folder("Junk"), folder("Work"),
    ])  # fmt: skip
    assert {one.name: one.role for one in found} == {
        "INBOX": "inbox", "INBOX/Gesendet": "sent", "Entwürfe": "drafts", "Papierkorb": "trash", "Work": "other", "Work/Archive": "other",
        "[Gmail]/All Mail": "archive", "Spam": "junk", "Junk": "other",
    }  # fmt: skip
