"""What lies in a linked folder of a drive at any depth, behind shortcuts, and in shared drives: it comes along, and is followed where it goes."""

from __future__ import annotations

import pytest

from crm_app.domain.connections import service as connections
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.drives import rules, tree
from crm_app.domain.drives import service as drives
from tests.documents import pdf
from tests.jobs.fake_account import counts
from tests.jobs.test_google import go, sign_in
from tests.jobs.test_google_drive import ana, fake, files, folder, key, link

__all__ = ["ana", "fake", "files", "folder", "go", "key", "link", "sign_in"]


@pytest.fixture
def deep(fake, folder):
    """A folder in Ana's folder, one in that, and a file in each."""
    fake.folder("2026", ref="year", parent=folder)
    fake.folder("March", ref="march", parent="year")
    fake.file("Plan.pdf", pdf("A plan"), ref="plan", parent="year")
    fake.file("Diary.pdf", pdf("A diary"), ref="diary", parent="march")
    return folder


@pytest.fixture
def step(fake, key, go, rows):
    """A run: what it counted, which tables it wrote how many rows of, and how many questions it asked."""

    def do(**how):
        before = rows()
        fake.asked.clear()
        done = counts(go(key, **how))
        after = rows()
        return done, {name: len(set(after[name]) ^ set(before[name])) for name in after if after[name] != before[name]}, len(fake.asked)

    return do


def test_what_lies_at_any_depth_comes_along_and_follows_where_it_goes(fake, deep, link, files, step):
    """A row that changes counts twice: as it was, and as it is."""
    assert counts(link(deep, folder=True)) == (5, 4, 0, 0, 1, 0) and set(files()) == {"Agreement.pdf", "Notes", "Plan.pdf", "Diary.pdf"}
    assert step() == ((0, 0, 0, 0, 0, 0), {}, 1), "with nothing new nothing is written, and one question is asked"
    fake.move("plan", "march")
    assert step() == ((1, 0, 0, 0, 0, 0), {"drive_file": 2}, 1), "a file in another folder of the same tree"
    fake.rename("march", "In March")
    assert step() == ((0, 0, 0, 0, 0, 0), {}, 1)
    fake.move("march", deep)
    assert step()[:2] == ((0, 0, 0, 0, 0, 0), {"drive_folder": 2}), "and a folder with all that lies in it"
    assert step(full=True)[:2] == ((5, 0, 0, 0, 1, 0), {"sync_problem": 2})
    fake.move("march", "0AROOT")
    done, wrote, asked = step()
    assert (done, asked) == ((2, 0, 0, 2, 0, 0), 1) and {name for name, one in files().items() if one.source_gone} == {"Plan.pdf", "Diary.pdf"} and wrote["drive_folder"] == 1
    fake.file("Diary.pdf", pdf("Elsewhere now"), ref="diary", parent="march")
    assert step()[:2] == ((0, 0, 0, 0, 0, 0), {}), "what becomes of it out there is no business of ours"
    fake.move("march", "year")
    assert step()[0] == (2, 0, 2, 0, 0, 0) and len(files()) == 4 and not any(one.source_gone for one in files().values())
    fake.trash("year")
    assert step()[0][3] == 2 and step(full=True)[0][1:4] == (0, 0, 0)
    fake.restore("year")
    assert step()[0][:4] == (2, 0, 2, 0) and len(files()) == 4
    for name, ref, parent in (("May", "may", "june"), ("June", "june", "year")):
        fake.folder(name, ref=ref, parent=parent)
    fake.file("Late.md", b"# x", parent="may", mime="text/markdown")
    assert step()[0] == (1, 1, 0, 0, 0, 0) and "Late.md" in files(), "folders that are told of before those they lie in"
    fake.trash(deep)
    assert step()[0][3] == 5
    fake.restore(deep)
    assert step()[0] == (6, 0, 5, 0, 1, 0) and len(files()) == 5, "the linked folder brings back all that lies in it"


def test_a_folder_within_that_is_linked_by_itself_serves_both_and_a_move_brings_its_files_to_whom_they_are_now(run, alice, fake, deep, ana, link, files, step):
    ben = run(alice, contacts.create_contact, ContactCreate(display_name="Ben")).id
    link(deep, folder=True)
    assert counts(link("year", folder=True, to=ben))[1] == 2 and set(files(of=ben)) == {"Plan.pdf", "Diary.pdf"}
    bens = fake.folder("Ben")
    assert counts(link(bens, folder=True, to=ben))[1:4] == (0, 0, 0)
    fake.file("More.md", b"# x", parent="march", mime="text/markdown")
    assert step()[0] == (2, 2, 0, 0, 0, 0) and "More.md" in files() and "More.md" in files(of=ben)
    fake.move("march", bens)
    assert step()[0][1:4] == (0, 0, 2) and not any(one.source_gone for one in files(of=ben).values())
    assert {name for name, one in files().items() if one.source_gone} == {"Diary.pdf", "More.md"}
    fake.move("march", "0AROOT")
    assert step()[0][1:4] == (0, 0, 2) and {name for name, one in files(of=ben).items() if one.source_gone} == {"Diary.pdf", "More.md"}
    (years,) = [one for one in run(alice, drives.list_links, ben) if one.ref == "year"]
    run(alice, drives.unlink_file, years.id)
    fake.file("Only.md", b"# x", parent="year", mime="text/markdown")
    assert step()[0] == (1, 1, 0, 0, 0, 0) and "Only.md" in files() and "Only.md" not in files(of=ben)


def test_a_shortcut_in_a_folder_brings_what_it_leads_to_and_what_leads_nowhere_says_so(run, alice, fake, deep, key, link, files, step):
    def said():
        return {one.title: one.reason for one in run(alice, connections.list_problems, key)}

    far = fake.folder("Handouts")
    fake.file("Breathing.pdf", pdf("Box breathing"), ref="breathing", parent=far)
    fake.shortcut("Breathing", "breathing", ref="s1", parent="year")
    fake.shortcut("All of them", far, ref="s2", parent=deep)
    fake.shortcut("Broken", "lost", ref="s3", parent=deep, mime="application/pdf")
    fake.shortcut("Itself", "s4", ref="s4", parent=deep, mime="application/pdf")
    fake.shortcut("Table", "budget", ref="s5", parent="march")
    assert counts(link(deep, folder=True))[1] == 5 and "Breathing.pdf" in files()
    assert {name: words for name, words in said().items() if name != "Budget"} == {
        "All of them": "A shortcut to a folder. Choose that folder by itself.", "Broken": rules.broken(), "Itself": rules.broken(),
        "Table": "A Google spreadsheet: PDF, Word, text and Google Docs files can be documents.",
    }  # fmt: skip
    assert step() == ((0, 0, 0, 0, 0, 0), {}, 1)
    fake.file("Breathing.pdf", pdf("Slower"), ref="breathing", parent=far)
    assert step()[0] == (1, 0, 1, 0, 0, 0), "what it leads to is followed where it lies"
    fake.move("s1", "march")
    assert step()[:2] == ((0, 0, 0, 0, 0, 0), {"drive_folder": 2})
    fake.shortcut("The same", "breathing", ref="s6", parent=deep)
    assert step()[0][1:4] == (0, 0, 0)
    fake.trash("s6")
    assert step()[0][1:4] == (0, 0, 0) and not files()["Breathing.pdf"].source_gone, "another leads there still"
    fake.trash("s1")
    assert step()[0][3] == 1 and files()["Breathing.pdf"].source_gone
    fake.restore("s1")
    assert step()[0][:4] == (1, 0, 1, 0) and not files()["Breathing.pdf"].source_gone
    fake.trash("breathing")
    assert step()[0][3] == 1 and files()["Breathing.pdf"].source_gone
    assert step(full=True)[0][1:4] == (0, 0, 0) and files()["Breathing.pdf"].source_gone and said()["Breathing"] == rules.broken()
    fake.restore("breathing")
    assert step()[0][:4] == (2, 0, 1, 0) and not files()["Breathing.pdf"].source_gone and "Breathing" not in said()
    fake.move("breathing", deep)
    assert step()[0][1:4] == (0, 0, 0)
    fake.trash("s1")
    assert step()[0] == (0, 0, 0, 0, 0, 0) and not files()["Breathing.pdf"].source_gone, "it lies in the folder itself by now"
    fake.file("Found.pdf", pdf("Found"), ref="lost")
    assert step()[0][:3] == (2, 1, 0) and "Found.pdf" in files() and "Broken" not in said()
    assert step(full=True)[0][1:4] == (0, 0, 0)


def test_a_contact_back_from_the_trash_has_the_whole_folder_looked_at_anew(run, alice, fake, deep, ana, link, files, step):
    link(deep, folder=True)
    run(alice, contacts.delete_contacts, [ana])
    assert step()[0] == (0, 0, 0, 0, 0, 0)
    assert step()[1] == {}
    fake.file("Missed.md", b"# x", parent="march", mime="text/markdown")
    step()
    run(alice, contacts.restore_contacts, [ana])
    fake.file("Diary.pdf", pdf("A longer diary"), ref="diary", parent="march")
    assert step()[0][1:4] == (1, 1, 0) and "Missed.md" in files() and not any(one.source_gone for one in files().values())


def test_a_shared_drive_is_followed_by_its_own_list_of_changes_and_one_that_is_closed_takes_only_its_own_away(run, alice, fake, folder, ana, link, files, step):
    def gone():
        return {name for name, one in files().items() if one.source_gone}

    ours, theirs = fake.shared_drive("Ours"), fake.shared_drive("Theirs")
    fake.folder("Plans", ref="plans", parent=ours)
    fake.file("Plan.pdf", pdf("A plan"), ref="plan", parent="plans")
    fake.file("Handout.pdf", pdf("For all"), ref="handout", parent=theirs)
    fake.shortcut("To the handout", "handout", ref="s1", parent=folder)
    assert counts(link("plans", folder=True))[:2] == (1, 1)
    assert step() == ((0, 0, 0, 0, 0, 0), {}, 2), "one question for the account, and one for the shared drive"
    assert counts(link(folder, folder=True))[1] == 3 and set(files()) == {"Plan.pdf", "Agreement.pdf", "Notes", "Handout.pdf"}
    assert step() == ((0, 0, 0, 0, 0, 0), {}, 3), "what a shortcut leads to is followed there as well"
    fake.file("Plan.pdf", pdf("A better plan"), ref="plan", parent="plans")
    fake.file("Handout.pdf", pdf("For many"), ref="handout", parent=theirs)
    assert step()[0] == (2, 0, 2, 0, 0, 0)
    fake.folder("Deeper", ref="deeper", parent="plans")
    fake.file("New.md", b"# x", parent="deeper", mime="text/markdown")
    assert step()[0] == (1, 1, 0, 0, 0, 0)
    fake.move("deeper", folder)
    assert step()[0][1:4] == (0, 0, 0) and not gone(), "from one drive to another, and still hers"
    fake.move("deeper", "0AROOT")
    assert step()[0][3] == 1 and gone() == {"New.md"}
    fake.move("deeper", ours)
    assert step()[0][1:4] == (0, 0, 0)
    assert counts(link(ours, folder=True))[1:4] == (0, 1, 0) and not gone()
    assert "Ours" in {one.name for one in run(alice, drives.list_links, ana)}, "by its own name"
    fake.forget_tokens()
    assert step()[0][1:4] == (0, 0, 0)
    del fake.drives[ours]
    for ref in [ref for ref, file in fake.files.items() if file.get("driveId") == ours]:
        fake.files.pop(ref)
    assert step()[0][3] == 2 and gone() == {"New.md", "Plan.pdf"}
    assert step() == ((0, 0, 0, 0, 0, 0), {}, 2), "it is not asked for any more"


def test_one_file_of_a_drive_that_is_closed_to_the_account_is_followed_by_the_accounts_own_list(fake, key, link, files, step):
    closed = fake.shared_drive("Closed")
    fake.file("One.pdf", pdf("One"), ref="one", parent=closed)
    del fake.drives[closed]
    assert counts(link("one"))[1] == 1 and step() == ((0, 0, 0, 0, 0, 0), {}, 1)
    fake.file("One.pdf", pdf("Two"), ref="one", parent=closed)
    fake._logs[""].append("one")
    assert step()[0] == (1, 0, 1, 0, 0, 0) and not files()["One.pdf"].source_gone, "as large as before, and yet another one"


def test_folders_in_a_circle_end_and_where_a_bound_is_met_a_sentence_says_so(run, alice, fake, deep, key, link, files, go, monkeypatch):
    fake.files["year"]["parents"].append("march")
    assert counts(link(deep, folder=True))[1] == 4 and counts(go(key, full=True))[1:4] == (0, 0, 0)
    fake.file("Round.md", b"# x", parent="march", mime="text/markdown")
    assert counts(go(key)) == (1, 1, 0, 0, 0, 0)
    for name, most, said in (("MOST_DEPTH", 1, "more than 1 folders deep"), ("MOST_FOLDERS", 1, "More than 1 folders and shortcuts lie in")):
        with monkeypatch.context() as patched:
            patched.setattr(tree, name, most)
            assert counts(go(key, full=True))[1:4] == (0, 0, 0) and not any(one.source_gone for one in files().values()), "what is not looked at is not called gone"
            assert said in next(one.reason for one in run(alice, connections.list_problems, key) if one.title == "March")
            fake.folder("Below", ref="below", parent="year")
            fake.rename("diary", "Diary.pdf")
            go(key)
            assert not any(one.source_gone for one in files().values()), "nor what changes in a folder that is not known any more"
            assert said in next(one.reason for one in run(alice, connections.list_problems, key) if one.title == "Below")
    go(key, full=True)
    assert [one.title for one in run(alice, connections.list_problems, key)] == ["Budget"]
    fake.file("Below.md", b"# x", parent="below", mime="text/markdown")
    assert counts(go(key)) == (1, 1, 0, 0, 0, 0)
