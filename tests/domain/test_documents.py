"""Files of contacts: kept whatever becomes of their words, seen by whom they are for, and gone with everything that they said."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from pypdf import PdfWriter
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from crm_app.domain.changes import service as changes
from crm_app.domain.contacts import bulk
from crm_app.domain.contacts import service as contacts
from crm_app.domain.documents import queries
from crm_app.domain.documents import service as documents
from crm_app.domain.documents.kinds import MOST_BYTES, MOST_TEXT
from crm_app.domain.documents.models import Document
from crm_app.domain.documents.schemas import DocumentUpdate
from crm_app.domain.errors import Conflict, Forbidden, Invalid, NotFound
from crm_app.domain.imports.sandbox import bind_sandbox, bound_sandbox
from crm_app.domain.imports.service import UploadDesk
from crm_app.domain.isolation import SandboxTimeout
from crm_app.domain.jobs.queries import purge_trash
from crm_app.domain.letters import file_queries
from crm_app.domain.unit_of_work import anonymous_work, unit_of_work
from crm_app.infrastructure.sandbox import ProcessSandbox
from tests.documents import docx, pdf, write_document
from tests.domain.people import contact


@pytest.fixture(scope="module", autouse=True)
def _sandbox():
    with ProcessSandbox(1) as sandbox:
        bind_sandbox(sandbox)
        yield


@pytest.fixture
def ann(alice):
    return contact(alice)


@pytest.fixture
def add(run, alice, ann):
    def added(name: str, content: bytes, who=alice, to=ann):
        return run(who, documents.create_document, to, name, content)

    return added


def words(run, who, made) -> str:
    return run(who, documents.get_document_text, made.id).text


def locked() -> bytes:
    file, writer = BytesIO(), PdfWriter(BytesIO(pdf("A secret")))
    writer.encrypt("open sesame", algorithm="RC4-128")
    writer.write(file)
    return file.getvalue()


def test_a_file_is_uploaded_read_and_given_back(run, outcome, alice, bob, ann):
    upload = UploadDesk().keep_upload(alice, "document", "../Agreement \u202e2026.PDF", pdf("Ten sessions", "Paid by May"))
    made = outcome(alice, documents.add_document, ann, upload)
    view = made.value
    assert (view.kind, view.text_state, view.reason, view.owner_name, view.audience) == ("pdf", "read", "", "Alice", "team")
    assert words(run, bob, view) == "Ten sessions\n\nPaid by May"
    file = run(bob, documents.get_document_file, view.id)
    assert (file.content_type, file.data) == ("application/pdf", pdf("Ten sessions", "Paid by May"))
    assert [one.id for one in run(bob, documents.list_documents, ann).documents] == [view.id]
    with pytest.raises(NotFound, match="not here any more"):
        run(alice, documents.add_document, ann, upload)
    run(alice, changes.undo_change_set, made.change_set_id)
    assert run(alice, documents.list_documents, ann).documents == ()
    assert run(alice, documents.add_document, ann, upload).name == view.name  # undone, it is an upload again


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.txt", "Grüße aus Köln".encode(), "Grüße aus Köln"), ("a.TXT", "Grüße aus Köln".encode("cp1252"), "Grüße aus Köln"),
        ("a.md", b"\xff\xfe" + "# Plan\r\n\r\n\r\n\r\n* rest".encode("utf-16-le"), "# Plan\n\n* rest"), ("a.markdown", b"\xef\xbb\xbfplain", "plain"),
        ("a.docx", docx("First", "Second &amp; third"), "First\nSecond & third"),
        ("a.docx", docx(inside='<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Left</w:t><w:tab/><w:t>right</w:t></w:r></w:p></w:tc></w:tr></w:tbl>'), "Left right"),
        ("a.docx", docx("Kept", inside="<w:p><w:del><w:r><w:delText>struck</w:delText></w:r></w:del></w:p>"), "Kept"),
        ("a.pdf", pdf("One", "Two"), "One\n\nTwo"),
    ],
)  # fmt: skip
def test_the_words_of_every_kind_are_read(run, alice, add, name, content, said):
    made = add(name, content)
    assert (made.text_state, words(run, alice, made)) == ("read", said)


def bomb() -> bytes:
    return docx(inside=f"<w:p>{' ' * 70_000_000}</w:p>")


@pytest.mark.parametrize(
    ("name", "content", "state", "reason"),
    [
        ("scan.pdf", pdf(""), "nothing", ""), ("blank.txt", b" \n ", "nothing", ""), ("locked.pdf", locked(), "unreadable", "password"),
        ("broken.pdf", b"%PDF-1.4 and nothing else", "unreadable", "damaged"), ("picture.pdf", b"\x89PNG\r\n", "unreadable", "damaged"),
        ("broken.docx", docx("Half")[:200], "unreadable", "damaged"), ("other.docx", b"PK\x05\x06" + bytes(18), "unreadable", "damaged"),
        ("locked.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "unreadable", "password"),
        ("entities.docx", docx("&a;", head='<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'), "unreadable", "damaged"),
        ("bomb.docx", bomb(), "unreadable", "damaged"), ("renamed.txt", pdf("One"), "unreadable", "damaged"), ("bytes.md", bytes(range(32)) * 9, "unreadable", "damaged"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_kept_and_says_so(run, alice, add, name, content, state, reason):
    made = add(name, content)
    assert (made.text_state, made.reason, words(run, alice, made)) == (state, reason, "")
    assert run(alice, documents.get_document_file, made.id).data == content


def test_a_file_that_takes_too_long_is_kept_too(run, alice, add):
    class Busy:
        def run(self, *args, **kwargs):
            raise SandboxTimeout("It took longer than a single item may take.")

    before = bound_sandbox()
    try:
        bind_sandbox(Busy())
        made = add("slow.pdf", pdf("One"))
    finally:
        bind_sandbox(before)
    assert (made.text_state, made.reason) == ("unreadable", "too_long")


def test_of_a_long_text_the_beginning_is_kept(run, alice, add):
    made = add("long.txt", b"word " * MOST_TEXT)
    assert (made.text_state, made.reason, len(words(run, alice, made))) == ("read", "cut", MOST_TEXT)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("photo.png", b"x", "PDF, Word"), ("old.doc", b"x", "Save it as .docx"), ("README", b"x", "PDF, Word"), ("empty.pdf", b"", "empty"),
        ("large.txt", bytes(MOST_BYTES + 1), "larger than 25 MB"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused_in_a_sentence(run, alice, add, ann, name, content, sentence):
    with pytest.raises(Invalid, match=sentence):
        add(name, content)
    with pytest.raises(Invalid, match=sentence):
        UploadDesk().keep_upload(alice, "document", name, content)
    assert run(alice, documents.list_documents, ann).documents == ()


def test_nobody_takes_up_what_somebody_else_uploaded_nor_a_file_for_a_picture(run, alice, bob, vera, ann):
    upload = UploadDesk().keep_upload(alice, "document", "a.txt", b"x")
    with pytest.raises(NotFound):
        run(bob, documents.add_document, ann, upload)
    with pytest.raises(NotFound):
        run(alice, contacts.set_photo, ann, upload)
    with pytest.raises(Forbidden):
        run(vera, documents.keep_upload, "a.txt", b"x")


def test_what_is_kept_to_oneself_is_seen_by_nobody_else(database, run, alice, bob, vera, olivia, ann):
    made = write_document(alice, ann, "A private matter")
    assert run(vera, documents.get_document, made.id).may_edit is False
    hidden = run(alice, documents.update_document, made.id, DocumentUpdate(version=made.version, audience="private"))
    assert hidden.audience == "private"
    for who in (bob, olivia, vera):
        for look in (documents.get_document, documents.get_document_text, documents.get_document_file):
            with pytest.raises(NotFound):
                run(who, look, made.id)
        assert run(who, documents.list_documents, ann).documents == ()
        assert not [line for act in run(who, changes.list_history, "contact", ann).acts for line in act.lines if line.table in ("document", "blob")]
        with database.app.connect() as connection:  # past every service, the bytes are out of reach as well
            connection.execute(text("select set_config('app.user_id', :who, true), set_config('app.role', :role, true)"), {"who": str(who.user_id), "role": who.role.value})
            assert connection.execute(text("select count(*) from blob")).scalar_one() == 0
    with pytest.raises(NotFound):
        run(bob, documents.update_document, made.id, DocumentUpdate(version=hidden.version, name="Mine.txt"))


def test_lists_hold_what_their_reader_may_see_even_where_no_row_security_would_help(database, alice, bob, ann):
    hers, teams = write_document(alice, ann, "Hers", audience="private"), write_document(alice, ann, "The team's")
    with Session(database.owner) as session:
        for who, seen in ((alice, {hers.id, teams.id}), (bob, {teams.id})):
            assert {one.id for one in queries.list_views(session, who, ann, after=None, limit=9)} == seen
            assert {one.id for _name, one in file_queries.list_documents(session, who, [ann], 9)} == seen


def test_a_document_is_never_wider_than_its_contact(run, alice, bob, ann):
    his, hers = write_document(bob, ann, "His"), write_document(alice, ann, "Hers", audience="private")
    run(alice, bulk.set_audience, [ann], "private")
    assert run(alice, documents.list_documents, ann).documents[0].id == hers.id
    with pytest.raises(NotFound):
        run(bob, documents.list_documents, ann)
    run(alice, bulk.set_audience, [ann], "team")
    assert [one.id for one in run(bob, documents.list_documents, ann).documents] == [his.id]
    assert run(alice, documents.get_document, hers.id).audience == "private"


def test_colleagues_rename_but_only_its_owner_or_an_admin_deletes(run, outcome, alice, bob, vera, olivia, ann, snapshot):
    made = write_document(alice, ann, "Ten sessions")
    renamed = run(bob, documents.update_document, made.id, DocumentUpdate(version=made.version, name="  Agreement  "))
    assert (renamed.name, run(bob, documents.get_document_file, made.id).name) == ("Agreement", "Agreement.txt")
    before = snapshot()
    with pytest.raises(Conflict):
        run(alice, documents.update_document, made.id, DocumentUpdate(version=made.version, name="x"))
    for who, act in ((bob, documents.delete_document), (vera, documents.delete_document)):
        with pytest.raises(Forbidden):
            run(who, act, made.id)
    with pytest.raises(Forbidden):
        run(olivia, documents.update_document, made.id, DocumentUpdate(version=renamed.version, audience="private"))
    assert snapshot() == before
    gone = outcome(olivia, documents.delete_document, made.id)
    with pytest.raises(NotFound):
        run(alice, documents.get_document, made.id)
    run(olivia, changes.undo_change_set, gone.change_set_id)
    run(alice, documents.delete_document, made.id)
    assert run(alice, documents.restore_document, made.id).name == "Agreement" and words(run, alice, made) == "Ten sessions"


def test_a_document_waits_in_the_trash_with_its_contact_and_a_stranger_cannot_hang_one_on(run, alice, bob, ann):
    made = write_document(alice, ann, "Here")
    run(alice, bulk.delete_contacts, [ann])
    with pytest.raises(NotFound):
        run(bob, documents.get_document, made.id)
    hidden = contact(alice, "Hidden", audience="private")
    with pytest.raises(NotFound):
        run(bob, documents.create_document, hidden, "a.txt", b"x")
    with pytest.raises(IntegrityError, match="no such contact"), unit_of_work(bob, "tests.forged") as session:
        session.add(Document(owner_id=bob.user_id, contact_id=hidden, name="a.txt", kind="text", size=1, text_state="nothing"))
        session.flush()


@pytest.mark.parametrize("whole", [True, False])
def test_after_thirty_days_no_word_of_it_is_left(database, run, alice, ann, whole):
    made = write_document(alice, ann, "zebra", name="zebra.txt")
    run(alice, documents.delete_document, made.id)
    with database.owner.begin() as connection:
        connection.execute(text("update document set deleted_at = now() - interval '31 days'"))
        if whole:
            connection.execute(text("update contact set deleted_at = now() - interval '31 days'"))
    with anonymous_work() as session:
        purge_trash(session, timedelta(days=30))
    with database.owner.connect() as connection:
        left = [connection.execute(text(f"select count(*) from {table} t where to_jsonb(t)::text like '%zebra%'")).scalar_one() for table in ("document", "change")]
        assert (left, connection.execute(text("select count(*) from blob")).scalar_one()) == ([0, 0], 0)


def test_what_was_done_is_told_by_the_history_of_the_contact(run, alice, bob, ann, add):
    made = add("Plan.txt", b"Rest")
    run(bob, documents.update_document, made.id, DocumentUpdate(version=made.version, name="Program.txt"))
    acts = run(alice, changes.list_history, "contact", ann).acts
    assert [(act.actor_name, [(line.table, line.kind) for line in act.lines if line.table != "blob"]) for act in acts][:2] == [
        ("Bob", [("document", "changed")]), ("Alice", [("document", "made")]),
    ]  # fmt: skip
    assert [(one.name, one.before, one.after) for one in acts[0].lines[0].fields] == [("name", "Plan.txt", "Program.txt")]
