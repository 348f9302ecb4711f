"""A file of a mail is fetched when it is opened: by whoever may read the mail, from wherever it lies, and nothing of it is kept."""

from __future__ import annotations

from base64 import b64encode

import pytest

from crm_app.domain.connections import service as connections
from crm_app.domain.connections.source import SignInNeeded, SourceDown
from crm_app.domain.errors import Invalid, NotFound, Unavailable
from crm_app.domain.imports.sandbox import bound_sandbox
from crm_app.domain.mail import service as mails
from crm_app.jobs.mail_files import open_attachment, open_attachments
from tests.jobs.mail_account import Mailbox, mail
from tests.jobs.test_mail import ann as ann
from tests.jobs.test_mail import made as made

PDF = b"%PDF-1.7 three \x00 pages"
PAGE = b"<html><script>alert(1)</script>"


def part(kind: str, name: str, content: bytes) -> str:
    said = f'Content-Type: {kind}; name="{name}"\r\nContent-Disposition: attachment; filename="{name}"\r\nContent-Transfer-Encoding: base64'
    return f"--b\r\n{said}\r\n\r\n{b64encode(content).decode()}\r\n"


LETTER = mail(
    "files", more=["MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="b"'],
    words="--b\r\nContent-Type: text/plain\r\n\r\nSee below.\r\n" + part("application/pdf", "plan.pdf", PDF) + part("image/png", "page.png", PAGE)
    + "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: Inside\r\n\r\nwithin\r\n--b--\r\n",
)  # fmt: skip


@pytest.fixture
def account(box):
    account = Mailbox().bind()
    account.put("INBOX", LETTER)
    return account


@pytest.fixture
def opened(run, sync, alice):
    """The mail as its owner reads it, once it came in."""
    sync()
    return run(alice, mails.get_thread, run(alice, mails.get_threads).rows[0].id).messages[0]


def test_every_file_comes_as_it_is_and_is_called_what_its_bytes_are(opened, account, alice, rows):
    assert [(one.part, one.name) for one in opened.attachments] == [("2", "plan.pdf"), ("3", "page.png"), ("4", "Inside")]
    before = rows()
    files = open_attachments(alice, opened.id, ["2", "3", "4"])
    assert files[0] == open_attachment(alice, opened.id, "2")
    assert [(file.name, file.kind, file.content) for file in files[:2]] == [("plan.pdf", "application/pdf", PDF), ("page.png", "application/octet-stream", PAGE)]
    assert b"Subject: Inside" in files[2].content
    assert rows() == before, "nothing of it is kept"
    assert account._folders["INBOX"].messages[1].flags == frozenset(), "nor does the mail become read"
    for wrong in ("1", "5", "2.1"):
        with pytest.raises(NotFound):
            open_attachment(alice, opened.id, wrong)


def test_several_files_are_taken_out_of_their_mail_at_once_and_one_that_is_gone_costs_the_others_nothing(opened, account, alice, monkeypatch):
    account.remove("INBOX", 1)
    account._folders["INBOX"].next = 1
    account.put("INBOX", LETTER[: LETTER.index(b"--b\r\nContent-Type: message/rfc822")] + b"--b--\r\n")
    works: list[str] = []
    sandbox = bound_sandbox()
    monkeypatch.setattr(sandbox, "run", lambda task, *data, real=sandbox.run, **how: works.append(task.rpartition(":")[2]) or real(task, *data, **how))
    files = open_attachments(alice, opened.id, ["3", "4", "2"])
    assert [file and file.content for file in files] == [PAGE, None, PDF] and works == ["read", "parts"]


def test_it_is_for_whoever_may_read_the_mail(run, opened, alice, bob, vera):
    for shown, may in (("private", False), ("metadata", False), ("subject", False), ("full", True)):
        thread = run(alice, mails.get_threads).rows[0]
        run(alice, mails.share_thread, thread.id, shown, version=run(alice, mails.get_thread, thread.id).version)
        for reader in (bob, vera):
            if may:
                assert open_attachment(reader, opened.id, "2").content == PDF, "by its owner's own way there, which stays theirs"
            else:
                with pytest.raises(NotFound):
                    open_attachment(reader, opened.id, "2")


def test_a_number_that_came_to_mean_another_mail_hands_out_nothing_of_that_one(opened, account, alice):
    account.remove("INBOX", 1)
    account._folders["INBOX"].next = 1
    account.put("INBOX", LETTER.replace(b"<files@", b"<other@"))
    with pytest.raises(NotFound, match="gone"):
        open_attachment(alice, opened.id, "2")


def test_what_keeps_a_file_from_coming_is_said(run, opened, account, made, alice):
    for fault, refusal, said in ((SourceDown("x"), Unavailable, "does not answer"), (SignInNeeded("x"), Unavailable, "signed in to again")):
        account.fault = fault
        with pytest.raises(refusal, match=said):
            open_attachment(alice, opened.id, "2")
    account.fault = None
    account.remove("INBOX", 1)
    with pytest.raises(NotFound, match="no longer in its mailbox"):
        open_attachment(alice, opened.id, "2")
    account._folders["INBOX"].next = 1
    account.put("INBOX", LETTER[:-2000] + b"x" * 26_000_000)
    with pytest.raises(Invalid, match="25 MB"):
        open_attachment(alice, opened.id, "2")
    run(alice, connections.delete_connection, made.id)
    with pytest.raises(NotFound):
        open_attachment(alice, opened.id, "2")


def test_a_mail_in_two_folders_is_asked_for_in_both(sync, opened, account, alice):
    account.add("Clients")
    account.put("Clients", LETTER)
    sync()
    account.refused.add("Clients")
    assert open_attachment(alice, opened.id, "2").content == PDF


