"""One contract, kept by the Fake and by two real servers alike: what comes, what is gone, what is read of it, and that nothing over there changes."""

from __future__ import annotations

import imaplib
from datetime import UTC, date, datetime, timedelta

import pytest

from crm_app.domain.connections.source import SignInNeeded, SourceDown, SourceUntrusted
from crm_app.domain.mail.reading import read_mails
from crm_app.domain.mail.source import FolderRefused, NotAMailbox
from crm_app.infrastructure.outbound import Gate
from crm_app.infrastructure.outbound_addresses import Allowance
from crm_app.infrastructure.sandbox import ProcessSandbox
from crm_app.providers.imap import account as accounts
from crm_app.providers.imap import fake as fakes
from crm_app.providers.imap import line, make_source
from tests.providers.imap.conftest import HOST, PASSWORD, Account, SecretStr, Server
from tests.providers.imap.keeping import LONG_AGO, Kept, message

PUBLIC = "93.184.215.14"


def fill(account: Account, *names: str) -> None:
    for name in names:
        account.put(message(name))


def test_everything_comes_once_and_then_only_what_is_new(account):
    fill(account, "one", "two")
    kept = Kept().look(account.source, account.folder)
    assert (kept.subjects, kept.sent) == (["one", "two"], 2)
    assert kept.look(account.source, account.folder).pages == 0, "nothing new is not even a page"
    fill(account, "three")
    assert (kept.look(account.source, account.folder).sent, kept.subjects) == (1, ["one", "three", "two"])
    assert kept.look(account.source, account.folder, whole=True).sent == 0, "a whole look sends nothing again"


def test_an_empty_folder(account):
    kept = Kept().look(account.source, account.folder)
    assert kept.subjects == [] and kept.look(account.source, account.folder).pages == 0
    fill(account, "first")
    assert kept.look(account.source, account.folder).subjects == ["first"]


def test_what_is_gone_is_noticed_at_the_next_look(account):
    fill(account, "one", "two", "three")
    kept = Kept().look(account.source, account.folder)
    account.remove("two")
    assert kept.look(account.source, account.folder).subjects == ["one", "three"]
    account.remove("three")
    fill(account, "four")
    assert kept.look(account.source, account.folder).subjects == ["four", "one"]
    for name in ("one", "four"):
        account.remove(name)
    assert kept.look(account.source, account.folder).subjects == []


def test_how_mail_is_flagged_is_followed_where_the_server_counts_and_else_on_a_whole_look(account):
    account.put(message("known"), flags=["\\Seen"])
    fill(account, "unread")
    kept = Kept().look(account.source, account.folder)
    assert kept.by_subject() == {"known": {"\\Seen"}, "unread": set()}
    account.flag("unread", ["\\Seen", "\\Answered"])
    account.flag("known", [])
    kept.look(account.source, account.folder)
    now = {"known": set(), "unread": {"\\Seen", "\\Answered"}}
    assert kept.by_subject() == (now if account.counts_changes else {"known": {"\\Seen"}, "unread": set()})
    assert kept.look(account.source, account.folder, whole=True).by_subject() == now and kept.sent == 0


def test_a_copy_of_what_was_sent_is_put_there_once_and_has_been_read(account):
    fill(account, "before")
    content, moment = message("Seen & done", "Hello", "X-More: 1"), datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
    name = next(line for line in content.decode().splitlines() if line.startswith("Message-ID")).partition(": ")[2]
    assert account.source.put_sent(account.folder, content, name, moment) is True
    assert account.source.put_sent(account.folder, content, name, moment) is False
    kept = Kept().look(account.source, account.folder)
    assert kept.subjects == ["Seen & done", "before"] and "\\Seen" in kept.by_subject()["Seen & done"]
    (uid,) = [uid for uid, head in kept.heads.items() if b"Seen & done" in head.head]
    assert [body for _uid, body in account.source.fetch(account.folder, [uid])] == [content], "byte for byte"
    with pytest.raises(FolderRefused):
        account.source.put_sent("No such folder", content, name, moment)


def test_nothing_becomes_read_by_being_read(account):
    fill(account, "quiet")
    kept = Kept().look(account.source, account.folder)
    uids = list(kept.heads)
    assert [uid for uid, _content in account.source.fetch(account.folder, uids)] == uids
    assert [head.uid for page in account.source.list_heads(account.folder, uids) for head in page] == uids
    assert account.flags_over_there("quiet") == set()


def test_only_what_came_since_a_day(account):
    today = datetime.now(UTC)
    account.put(message("old"), received_at=today - timedelta(days=40))
    account.put(message("young"), received_at=today - timedelta(days=20))
    kept = Kept().look(account.source, account.folder, since=(today - timedelta(days=30)).date())
    assert kept.subjects == ["young"]
    account.put(message("older"), received_at=today - timedelta(days=50))
    account.put(message("new"), received_at=today)
    assert kept.look(account.source, account.folder, since=(today - timedelta(days=30)).date()).subjects == ["new", "young"]
    kept.token = ""
    assert kept.look(account.source, account.folder, since=LONG_AGO).subjects == ["new", "old", "older", "young"]


def test_what_falls_out_of_the_time_that_is_read_is_not_gone(account):
    account.put(message("aging"), received_at=datetime.now(UTC) - timedelta(days=10))
    kept = Kept().look(account.source, account.folder)
    assert kept.look(account.source, account.folder, since=datetime.now(UTC).date() - timedelta(days=2), whole=True).subjects == ["aging"]


def test_uids_that_mean_something_else_now_are_a_whole_look_once(account):
    fill(account, "one", "two")
    kept = Kept().look(account.source, account.folder)
    account.renew(message("two again"), message("three"))
    assert kept.look(account.source, account.folder).subjects == ["three", "two again"] and kept.pages > 1
    assert kept.look(account.source, account.folder).pages == 0, "once, and not in a loop"


def test_much_comes_in_pages_and_goes_on_where_it_broke_off(account, monkeypatch):
    monkeypatch.setattr(accounts, "PAGE", 20)
    monkeypatch.setattr(fakes, "PAGE", 20)
    for number in range(45):
        account.put(message(f"{number:03}"))
    kept = Kept().look(account.source, account.folder, most=1)
    assert kept.sent == 20 and kept.subjects[:2] == ["000", "001"]
    assert (kept.look(account.source, account.folder).sent, kept.pages, len(kept.heads)) == (25, 2, 45)
    account.remove("007")
    assert len(kept.look(account.source, account.folder).heads) == 44 and kept.sent == 0


def test_a_token_that_is_none_of_ours_is_a_whole_look(account):
    fill(account, "one")
    for token in ("x", "1:2:3", "0:0:0:0", "-:1:1:1"):
        kept = Kept(token=token).look(account.source, account.folder)
        assert kept.subjects == ["one"], token


STRANGE = (
    b"From: a@b.c\r\nSubject: bytes\r\n\r\n\x80\xff\r\n. \r\n..\r\n)\r\n* 1 FETCH (UID 9)\r\nA001 OK\r\n",
    b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nFrom: \xf6\xe4 <o@example.org>\r\n\r\n",
    b"Subject: {5}\r\nFrom: \"quo\\\"ted\" <q@example.org>\r\n\r\n{10}\r\n",
    b"Subject: (parens) [brackets] \\ NIL\r\n\r\nNIL",
)  # fmt: skip


def test_a_message_comes_as_it_is(account):
    for content in STRANGE:
        account.put(content)
    kept = Kept().look(account.source, account.folder)
    assert [content for _uid, content in account.source.fetch(account.folder, kept.heads)] == [*STRANGE]
    heads = [kept.heads[uid] for uid in sorted(kept.heads)]
    with ProcessSandbox(1) as sandbox:
        read = read_mails([head.head for head in heads], sandbox=sandbox)
    assert [mail.subject for mail in read] == ["bytes", "Grüße", "{5}", "(parens) [brackets] \\ NIL"]
    assert [head.size for head in heads] == [len(content) for content in STRANGE]
    assert all(head.received_at and abs(head.received_at - datetime.now(UTC)) < timedelta(hours=1) for head in heads)


def test_what_is_too_large_is_said_and_what_is_gone_is_left_out(account, monkeypatch):
    monkeypatch.setattr(accounts, "MOST_BYTES", 2_000)
    monkeypatch.setattr(fakes, "MOST_BYTES", 2_000)
    account.put(message("small"))
    account.put(message("large", "x" * 5_000))
    account.put(message("gone"))
    kept = Kept().look(account.source, account.folder)
    account.remove("gone")
    found = dict(account.source.fetch(account.folder, kept.heads))
    assert sorted(map(type, found.values()), key=str) == [bytes, str] and "It is larger than 25 MB." in found.values()
    assert list(account.source.fetch(account.folder, [])) == [] and len(kept.heads) == 3


def test_many_are_fetched_in_batches(account, monkeypatch):
    monkeypatch.setattr(accounts, "BATCH", 7)
    monkeypatch.setattr(accounts, "BATCH_BYTES", 3_000)
    for number in range(30):
        account.put(message(f"{number}", "y" * (number * 100)))
    kept = Kept().look(account.source, account.folder)
    found = dict(account.source.fetch(account.folder, kept.heads))
    assert sorted(found) == sorted(kept.heads) and [len(found[uid]) for uid in sorted(found)] == [kept.heads[uid].size for uid in sorted(found)]


def test_a_folder_that_is_not_there_is_refused_and_the_others_are_not(account):
    fill(account, "here")
    for ask in (lambda: Kept().look(account.source, "missing"), lambda: list(account.source.fetch("missing", [1]))):
        with pytest.raises(FolderRefused, match=r"\.$"):
            ask()
    assert Kept().look(account.source, account.folder).subjects == ["here"]


def test_folders_are_told_with_what_they_are_for(account):
    folders = {folder.ref: folder for folder in account.source.list_folders()}
    assert folders["INBOX"].role == "inbox" and folders[account.folder].role == "other" and folders[account.folder].name == account.folder
    if account.name == "dovecot":
        assert (folders["Sent"].role, folders["Ablage"].role) == ("sent", "archive")


def test_a_list_of_folders_tells_how_they_stand_too(account):
    fill(account, "one")
    account.source.list_folders()
    kept = Kept().look(account.source, account.folder)
    fill(account, "two")
    account.source.list_folders()
    assert kept.look(account.source, account.folder).subjects == ["one", "two"]
    account.source.list_folders()
    assert kept.look(account.source, account.folder).pages == 0


# --- what only a real server can show


@pytest.fixture(params=["dovecot", "mail-devel"])
def server(request: pytest.FixtureRequest) -> Server:
    return request.getfixturevalue(request.param.replace("-", "_"))


def test_a_wrong_password_is_the_owners_to_mend(server):
    source = server.source(server.users[0], "wrong")
    with pytest.raises(SignInNeeded, match="refused the sign-in"):
        source.list_folders()
    source.close()


@pytest.mark.parametrize("password", ["with\r\nA1 LOGOUT", "with\x00zero"])
def test_a_password_cannot_become_a_command(server, password):
    with pytest.raises(SignInNeeded):
        server.source(server.users[0], password).list_folders()


def test_names_of_folders_in_every_script(dovecot):
    hand, source = dovecot.hand("user399"), dovecot.source("user399")
    for ref in ("Entw&APw-rfe", "Work", "Work/&ZeVnLIqe-", '"A &- \\"B\\" \\\\"', "Gesendete &ANY-bjekte"):
        hand.create(ref)
    folders = {folder.ref: (folder.name, folder.role) for folder in source.list_folders()}
    assert folders["Entw&APw-rfe"] == ("Entwürfe", "drafts") and folders["Work/&ZeVnLIqe-"] == ("Work/日本語", "other")
    assert folders['A &- "B" \\'] == ('A & "B" \\', "other")
    hand.append('"A &- \\"B\\" \\\\"', "", None, message("quoted"))
    assert Kept().look(source, 'A &- "B" \\').subjects == ["quoted"]
    source.close()
    hand.logout()


@pytest.mark.parametrize(("scheme", "port"), [("imaps", 993), ("imap", 143)])
def test_tls_from_the_start_or_by_starttls(dovecot, world, authority, scheme, port):
    world.routes[PUBLIC, port] = dovecot.tls_port if scheme == "imaps" else dovecot.port
    source = make_source(f"{scheme}://public.example", "user1", SecretStr(PASSWORD), world.gate(authorities=authority.file))
    assert "INBOX" in [folder.ref for folder in source.list_folders()]
    source.close()


@pytest.mark.parametrize("scheme", ["imaps", "imap"])
def test_whoever_cannot_prove_who_they_are_gets_no_password(dovecot, world, scheme):
    world.routes[PUBLIC, 993 if scheme == "imaps" else 143] = dovecot.tls_port if scheme == "imaps" else dovecot.port
    with pytest.raises(SourceUntrusted):
        make_source(f"{scheme}://public.example", "user1", SecretStr(PASSWORD), world.gate()).list_folders()


def test_without_encryption_nothing_is_sent_unless_the_host_allowed_it(mail_devel, world):
    world.routes[PUBLIC, 143] = mail_devel.port
    with pytest.raises(SourceUntrusted, match="no encryption"):
        make_source("imap://public.example", mail_devel.users[0], SecretStr(mail_devel.password), world.gate()).list_folders()
    assert mail_devel.source(mail_devel.users[0]).list_folders()


def test_a_server_that_is_no_mail_server(site, monkeypatch):
    monkeypatch.setattr(line, "STEP", 1.0)
    source = make_source(f"imap://{HOST}:{site.port}", "a", SecretStr("b"), Gate(lambda: {Allowance(HOST, site.port)}))
    with pytest.raises(SourceDown):
        source.list_folders()
    with pytest.raises(NotAMailbox):
        make_source("https://mail.example.org", "a", SecretStr("b"), Gate())


def test_a_sync_with_nothing_new_opens_no_folder(dovecot, monkeypatch):
    hand, source = dovecot.hand("user398"), dovecot.source("user398")
    for number in range(20):
        hand.create(f"box{number}")
        hand.append(f"box{number}", "", None, message(str(number)))
    kept = {folder.ref: Kept().look(source, folder.ref) for folder in source.list_folders()}
    said: list[str] = []
    spoken = source._voice._line
    monkeypatch.setattr(spoken, "send", lambda data, send=spoken.send: said.append(data.split()[1].decode()) or send(data))
    for folder in source.list_folders():
        kept[folder.ref].look(source, folder.ref)
    assert said == ["UNSELECT", "LIST"], "one question for all folders"
    source.close()
    hand.logout()


def test_nothing_that_the_source_says_can_change_anything(dovecot, monkeypatch):
    hand, source = dovecot.hand("user397"), dovecot.source("user397")
    hand.append("INBOX", "", None, message("one"))
    source._voice.begin()
    said: list[bytes] = []
    spoken = source._voice._line
    monkeypatch.setattr(spoken, "send", lambda data, send=spoken.send: said.append(data) or send(data))
    source.list_folders()
    kept = Kept().look(source, "INBOX", since=date(2020, 1, 1)).look(source, "INBOX", whole=True)
    list(source.fetch("INBOX", kept.heads))
    verbs = {b" ".join(words[1:3] if words[1] == b"UID" else words[1:2]) for words in map(bytes.split, said)}
    assert verbs <= {b"LIST", b"STATUS", b"UNSELECT", b"EXAMINE", b"UID SEARCH", b"UID FETCH"} and not any(b"BODY[" in command for command in said)
    source.close()
    assert isinstance(hand, imaplib.IMAP4) and hand.logout()
