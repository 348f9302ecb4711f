"""What is attached to a letter: kept with its draft, as much as a letter takes, nobody's but its writer's, and gone when its words go."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.documents import service as documents
from crm_app.domain.errors import Conflict, Forbidden, Invalid, NotFound
from crm_app.domain.files.names import file_name
from crm_app.domain.letters import files
from crm_app.domain.letters import service as letters
from crm_app.domain.letters.schemas import MOST_BYTES, MOST_FILES, LetterInput
from crm_app.domain.outbox import delivering
from crm_app.domain.outbox.sending import MailRefused
from crm_app.domain.rows import now
from crm_app.jobs.runner import purge
from tests.documents import write_document
from tests.domain.test_letters import SOON, ana, box, claim, erase, sent, settle, written
from tests.domain.test_mail_landing import rows

__all__ = ["ana", "box", "sent", "written"]
PLAN = b"%PDF-1.7 a plan"


@pytest.fixture
def uploaded(run, alice):
    """``uploaded(...)``: the id of a file of alice's that has come up."""
    return lambda name="plan.pdf", content=PLAN: run(alice, letters.keep_file, name, content)


def named(letter):
    return [(one.name, one.kind, one.size) for one in letter.files]


def test_a_file_is_kept_with_its_letter_and_leaves_with_it(run, alice, written, uploaded):
    made = written()
    with_plan = run(alice, letters.attach_file, made.id, uploaded(), version=made.version)
    assert named(with_plan) == [("plan.pdf", "application/pdf", len(PLAN))] and with_plan.version > made.version
    both = run(alice, letters.attach_file, made.id, uploaded("notes.txt", b"Hello"), version=with_plan.version)
    assert named(run(alice, letters.get_letter, made.id)) == [("plan.pdf", "application/pdf", len(PLAN)), ("notes.txt", "text/plain", 5)], "a reload loses nothing"
    one = run(alice, letters.detach_file, made.id, both.files[1].id, version=both.version)
    run(alice, letters.send_letter, made.id, version=one.version)
    leaving = settle(alice, delivering.load_mail, claim(now() + SOON), "host.example", now())
    assert [(file.name, file.kind, file.content) for file in leaving.files] == [("plan.pdf", "application/pdf", PLAN)]


def test_what_is_to_be_sent_is_changed_no_more_and_taken_back_it_is_whole(run, alice, written, uploaded):
    made = written(files=(uploaded(),), body="")
    waiting = run(alice, letters.send_letter, made.id, version=made.version)
    assert named(waiting) == named(made), "a file alone is enough to say"
    for act in (lambda: run(alice, letters.attach_file, made.id, uploaded(), version=made.version), lambda: run(alice, letters.detach_file, made.id, made.files[0].id, version=made.version)):
        with pytest.raises(Conflict):
            act()
    assert run(alice, letters.take_back, made.id).files == made.files


def test_discarded_by_mistake_it_comes_back_whole_and_in_the_end_nothing_is_left(run, alice, database, written, uploaded):
    made = written(files=(uploaded(),))
    run(alice, letters.discard_letter, made.id, version=made.version)
    again = run(alice, letters.create_letter, made.as_input())
    assert again.files == made.files
    apart = run(alice, letters.create_letter, again.as_input())
    assert named(apart) == named(again) and apart.files != again.files, "what hangs on another letter is copied"
    run(alice, letters.discard_letter, again.id, version=again.version)
    with database.owner.begin() as connection:
        connection.execute(text("update blob set created_at = now() - interval '25 hours'"))
    purge()
    assert [str(one) for (one,) in rows(database, "select id from blob")] == [str(apart.files[0].id)]
    with pytest.raises(NotFound):
        run(alice, letters.create_letter, again.as_input())


def test_a_letter_takes_so_much_and_says_so(run, alice, monkeypatch, written, uploaded):
    monkeypatch.setattr(files, "MOST_BYTES", 1_000_000)
    made = written(files=(uploaded("one.bin", b"x" * 600_000),))
    with pytest.raises(Invalid, match="At most 1 MB can be attached"):
        run(alice, letters.attach_file, made.id, uploaded("two.bin", b"x" * 600_000), version=made.version)
    with pytest.raises(Invalid, match="At most 1 MB"):
        uploaded("three.bin", b"x" * 1_000_001)
    for number in range(MOST_FILES - 1):
        made = run(alice, letters.attach_file, made.id, uploaded(f"{number}.txt"), version=made.version)
    with pytest.raises(Invalid, match="At most 20 files"):
        run(alice, letters.attach_file, made.id, uploaded(), version=made.version)
    monkeypatch.setattr(files, "MOST_LOOSE", 10)
    with pytest.raises(Invalid, match="hang on no letter"):
        uploaded()
    assert MOST_BYTES == 20_000_000


def test_a_letter_that_is_not_whole_does_not_leave(run, alice, database, sent, uploaded):
    sent(files=(uploaded(),))
    with database.owner.begin() as connection:
        connection.execute(text("delete from blob"))
    with pytest.raises(MailRefused, match="no longer here"):
        settle(alice, delivering.load_mail, claim(now() + SOON), "host.example", now())


@pytest.mark.parametrize(("raw", "name"), [
    ("Übersicht für Ana.pdf", "Übersicht für Ana.pdf"), ("../../etc/passwd", "passwd"), ("C:\\Users\\x\\plan.pdf", "plan.pdf"), ("a\r\nBcc: x@y.example\r\n.pdf", "aBcc: x@y.example.pdf"),
    ("evil\u202efdp.exe", "evilfdp.exe"), ("=?utf-8?q?=0ABcc:_x?=.txt", "=_utf-8?q?=0ABcc:_x?=.txt"), ("==??", "==_?"), ("a\u2028b\u200bc\x00.txt", "abc.txt"), ("", "file"), (". .", "file"),
    ("x" * 300 + ".docx", "x" * 145 + ".docx"),
])  # fmt: skip
def test_a_name_is_only_a_name(raw, name):
    assert file_name(raw) == name


@pytest.mark.parametrize(("name", "kind"), [("a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"), ("a.eml", "application/octet-stream"), ("a.mht", "application/octet-stream"), ("a", "application/octet-stream"), ("a.PNG", "image/png")])
def test_a_kind_follows_from_the_name_and_is_never_taken_apart(name, kind):
    assert files.kind_of(name) == kind or (name == "a.docx" and files.kind_of(name) == "application/octet-stream")


def test_the_litany(run, alice, bob, vera, olivia, written, uploaded, snapshot):
    made, loose = written(files=(uploaded(),)), uploaded()
    before = snapshot()
    for service, arguments in ((letters.attach_file, (made.id, loose)), (letters.detach_file, (made.id, made.files[0].id))):
        for who, refusal in ((bob, NotFound), (olivia, NotFound), (vera, Forbidden)):
            with pytest.raises(refusal):
                run(who, service, *arguments, version=made.version)
    with pytest.raises(Forbidden):
        run(vera, letters.keep_file, "plan.pdf", PLAN)
    for wanted in (loose, made.files[0].id):
        with pytest.raises(NotFound):
            run(bob, letters.create_letter, LetterInput(files=(wanted,)))
    with pytest.raises(Conflict):
        run(alice, letters.attach_file, made.id, loose, version=made.version + 1)
    assert snapshot() == before


def test_what_hangs_on_a_letter_to_somebody_erased_goes_with_it_and_is_in_no_history(run, alice, database, ana, written, uploaded):
    written(files=(uploaded("Ana Silva.pdf"),)), written(recipients="other@mail.example", blind="Ana <ANA@mail.example>", files=(uploaded("Ana Silva.pdf"),))
    kept = written(recipients="other@mail.example", files=(uploaded(),))
    erase(database, ana)
    assert [one.id for one in run(alice, letters.list_letters)] == [kept.id] and rows(database, "select name from blob") == [("plan.pdf",)]
    assert rows(database, "select 1 from change where table_name = 'blob'") == []


def test_a_copy_of_a_contacts_file_is_attached_and_is_the_letters_own(run, alice, bob, written, ana):
    plan = write_document(bob, ana.id, "The plan", name="plan")
    made = written()
    with_plan = run(alice, letters.attach_document, made.id, plan.id, version=made.version)
    assert named(with_plan) == [("plan.txt", "text/plain", 8)]
    run(bob, documents.delete_document, plan.id)
    run(alice, letters.send_letter, made.id, version=with_plan.version)
    leaving = settle(alice, delivering.load_mail, claim(now() + SOON), "host.example", now())
    assert [(file.name, file.kind, file.content) for file in leaving.files] == [("plan.txt", "text/plain", b"The plan")], "as it was"


def test_what_one_does_not_see_or_is_too_much_is_attached_from_no_contact(run, alice, bob, vera, written, ana, uploaded, monkeypatch, snapshot):
    theirs, plan = write_document(bob, ana.id, "Bob's own", audience="private"), write_document(alice, ana.id, "The plan")
    made = written(files=(uploaded(),))
    before = snapshot()
    for who, document, refusal in ((alice, theirs.id, NotFound), (alice, made.id, NotFound), (bob, plan.id, NotFound), (vera, plan.id, Forbidden)):
        with pytest.raises(refusal):
            run(who, letters.attach_document, made.id, document, version=made.version)
    with pytest.raises(Conflict):
        run(alice, letters.attach_document, made.id, plan.id, version=made.version + 1)
    monkeypatch.setattr(files, "MOST_BYTES", 20)
    with pytest.raises(Invalid, match="all files together"):
        run(alice, letters.attach_document, made.id, plan.id, version=made.version)
    monkeypatch.setattr(files, "MOST_BYTES", MOST_BYTES)
    monkeypatch.setattr(files, "MOST_FILES", 1)
    with pytest.raises(Invalid, match="At most 1 files"):
        run(alice, letters.attach_document, made.id, plan.id, version=made.version)
    assert snapshot() == before


def test_the_files_of_those_to_whom_it_goes_are_offered(run, alice, bob, vera, ana):
    ben = run(alice, contacts.create_contact, ContactCreate(display_name="Ben", points=[{"kind": "email", "value": "ben@mail.example"}]))
    first, second = (write_document(alice, ana.id, "x", name=name) for name in ("first.txt", "second.txt"))
    write_document(bob, ana.id, "x", name="bobs.txt", audience="private"), write_document(alice, ben.id, "x", name="bens.txt")
    gone = write_document(alice, ana.id, "x", name="gone.txt")
    run(alice, documents.delete_document, gone.id)

    def offered(who=alice, **asked):
        return [(one.name, [document.name for document in one.documents]) for one in run(who, letters.list_files_at_hand, **asked)]

    anas = ("Ana Silva", [second.name, first.name])
    assert offered(contact_id=ana.id) == [anas] and offered() == [] == offered(recipients="nobody@mail.example", contact_id=ana.id)
    assert offered(recipients="Ben <BEN@mail.example>, ana@mail.example") == [anas, ("Ben", ["bens.txt"])]
    assert offered(bob, contact_id=ana.id) == [("Ana Silva", ["bobs.txt", second.name, first.name])]
    with pytest.raises(Forbidden):
        offered(vera, contact_id=ana.id)
