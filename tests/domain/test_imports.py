"""Import on real files: who a record is, what an update leaves alone, and that undo brings everything back."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from crm_app.domain.cadence import service as cadence
from crm_app.domain.changes.service import undo_change_set
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, PointInput
from crm_app.domain.errors import Conflict, Forbidden, Invalid, NotFound
from crm_app.domain.imports import service as imports
from crm_app.domain.jobs.models import JobState
from crm_app.domain.tags import service as tags
from crm_app.infrastructure import sandbox as sandboxes
from crm_app.jobs.runner import HANDLERS, JobRunner
from tests.domain.imports.test_workbooks import workbook

CSV = "First Name,Last Name,E-mail,Phone,Company,Notes\n"


@pytest.fixture(scope="module", autouse=True)
def _sandbox():
    with sandboxes.ProcessSandbox(1) as sandbox:
        imports.bind_sandbox(sandbox)
        yield


@pytest.fixture
def take(run):
    def do(actor, body, name="people.csv", **options):
        return run(actor, imports.import_file, name, body.encode() if isinstance(body, str) else body, **options)

    return do


def counts(summary):
    return summary.created, summary.updated, summary.skipped, summary.failed


def row(database, name, *columns):
    with database.owner.connect() as connection:
        return tuple(connection.execute(text(f"select {', '.join(columns)} from contact where display_name = :name and deleted_at is null"), {"name": name}).one())


def number(database, table="contact"):
    with database.owner.connect() as connection:
        return connection.execute(text(f"select count(*) from {table}")).scalar()


def test_the_same_file_twice_creates_nothing(take, alice, database, snapshot):
    body = CSV + "Ann,Lee,ann@x.org,,Acme,\nBen,,,,,\nCara,Wu,,+44 20 7946 0991,,tea\n"
    assert counts(take(alice, body)) == (3, 0, 0, 0)
    before = snapshot()
    assert counts(take(alice, body)) == (0, 0, 3, 0)
    assert snapshot() == before and number(database) == 3


@pytest.mark.parametrize("line", ["Ann,Lee,ANN@x.org,,Newco,", "Ann,Lee,,020 7946 0991,Newco,"])
def test_an_address_or_number_is_a_match_and_nothing_is_emptied(take, run, alice, database, line):
    points = [PointInput(kind="email", value="ann@x.org"), PointInput(kind="phone", value="+44 20 7946 0991")]
    run(alice, contacts.create_contact, ContactCreate(given_name="Ann", family_name="Lee", company="Acme", job_title="Boss", city="Ulm", points=points, tags=["vip"]))
    assert counts(take(alice, CSV + line)) == (0, 1, 0, 0)
    assert row(database, "Ann Lee", "company", "job_title", "city", "primary_email") == ("Newco", "Boss", "Ulm", "ann@x.org")
    assert number(database, "contact_point") == 2 and number(database, "contact_tag") == 1


def test_a_profile_address_is_a_match(take, run, alice, database):
    run(alice, contacts.create_contact, ContactCreate(display_name="Ann Lee", points=[PointInput(kind="social", value="https://www.linkedin.com/in/ann")]))
    assert counts(take(alice, "First Name,Last Name,URL,Company,Connected On\nAnn,Lee,https://linkedin.com/in/ann/,Acme,01 Jan 2020\n")) == (0, 1, 0, 0)
    assert row(database, "Ann Lee", "company") == ("Acme",)


def test_a_bare_name_is_a_hint_only(take, run, alice, database):
    run(alice, contacts.create_contact, ContactCreate(display_name="Ann Lee"))
    draft = run(alice, imports.upload_import, "a.csv", (CSV + "Ann,Lee,,,Acme,\n").encode())
    shown = run(alice, imports.preview_import, draft.job.id).rows[0]
    assert shown.action == "create" and "same name" in shown.reason
    assert counts(take(alice, CSV + "Ann,Lee,,,Acme,\n")) == (1, 0, 0, 0)


def test_a_couple_with_one_address_stays_two_people(take, alice, database):
    body = CSV + "Ann,Lee,home@x.org,,,\nTom,Lee,home@x.org,,,\n"
    assert counts(take(alice, body)) == (2, 0, 0, 0)
    assert counts(take(alice, body)) == (0, 0, 2, 0)
    assert counts(take(alice, CSV + "Tom,Lee,home@x.org,,Acme,\n")) == (0, 1, 0, 0)
    assert row(database, "Tom Lee", "company") == ("Acme",) and row(database, "Ann Lee", "company") == ("",)


def test_two_records_of_one_person_become_one(take, alice, database):
    assert counts(take(alice, CSV + "Ann,Lee,ann@x.org,,,\nAnn,,ann@x.org,+44 20 7946 0991,Acme,\nAnn,Lee,ann@x.org,,,\n")) == (1, 1, 1, 0)
    assert row(database, "Ann Lee", "company", "given_name", "primary_phone") == ("Acme", "Ann", "+44 20 7946 0991")


def test_notes_are_added_to_and_never_replaced(take, run, alice, database):
    run(alice, contacts.create_contact, ContactCreate(display_name="Ann Lee", notes="Mine.", points=[PointInput(kind="email", value="ann@x.org")]))
    body = CSV + "Ann,Lee,ann@x.org,,,Theirs.\n"
    take(alice, body)
    take(alice, body.replace("Ann,Lee", "Ann,Lee ").replace("Theirs.", "Theirs. "))
    assert row(database, "Ann Lee", "notes") == ("Mine.\n\nTheirs.",)


def test_undo_restores_what_an_update_changed(take, run, outcome, alice, database):
    run(alice, contacts.create_contact, ContactCreate(given_name="Ann", family_name="Lee", company="Acme", points=[PointInput(kind="email", value="ann@x.org")]))
    done = outcome(alice, imports.import_file, "a.csv", (CSV + "Ann,Lee,ann@x.org,+44 20 7946 0991,Newco,hi\nBen,Ray,ben@x.org,,,\n").encode())
    assert counts(done.value) == (1, 1, 0, 0) and number(database, "contact_point") == 3
    run(alice, undo_change_set, done.change_set_id)
    assert row(database, "Ann Lee", "company", "notes", "primary_phone") == ("Acme", "", "")
    assert number(database, "contact_point") == 1
    assert counts(take(alice, CSV + "Ben,Ray,ben@x.org,,,\n")) == (1, 0, 0, 0)


def test_a_private_contact_of_a_colleague_is_no_match_and_does_not_show(take, run, alice, bob, database):
    secret = ContactCreate(display_name="Ann Lee", audience="private", points=[PointInput(kind="email", value="ann@x.org")])
    run(alice, contacts.create_contact, secret)
    draft = run(bob, imports.upload_import, "a.csv", (CSV + "Ann,Lee,ann@x.org,,,\n").encode())
    shown = run(bob, imports.preview_import, draft.job.id).rows[0]
    assert (shown.action, shown.reason) == ("create", "")


def test_a_colleagues_contact_is_updated_unless_it_is_locked(take, run, alice, bob, database):
    points = [PointInput(kind="email", value="ann@x.org")]
    made = run(alice, contacts.create_contact, ContactCreate(display_name="Ann Lee", points=points))
    assert counts(take(bob, CSV + "Ann,Lee,ann@x.org,+44 20 7946 0991,Acme,\n")) == (0, 1, 0, 0)
    with database.owner.begin() as connection:
        connection.execute(text("update contact set locked = true"))
    assert counts(take(bob, CSV + "Ann,Lee,ann@x.org,,Newco,\n")) == (0, 0, 1, 0)
    assert run(alice, contacts.get_contact, made.id).company == "Acme"


def test_a_viewer_imports_nothing(run, vera, snapshot):
    before = snapshot()
    for service in (imports.upload_import, imports.import_file):
        with pytest.raises(Forbidden):
            run(vera, service, "a.csv", CSV.encode())
    assert snapshot() == before


def test_a_dry_run_writes_nothing_and_counts_alike(take, alice, snapshot):
    body = CSV + "Ann,Lee,ann@x.org,,,\nAnn,Lee,ann@x.org,,Acme,\n,,,,,lost\n"
    before = snapshot()
    dry = take(alice, body, dry_run=True)
    assert snapshot() == before
    assert counts(dry) == counts(take(alice, body)) == (1, 1, 0, 1)
    assert dry.problems[0].line == 4


def test_what_is_no_list_of_contacts_is_refused_and_not_kept(run, alice, database):
    with pytest.raises(Invalid):
        run(alice, imports.upload_import, "a.pdf", b"%PDF-1.7 hello")
    assert number(database, "job") == number(database, "import_file") == 0


def test_another_programs_number_is_not_this_persons(take, run, alice, database):
    """Two programs both have a customer 12; only the file that a number came from may use it, and only for the same person."""
    first = "Customer ID,Name,Notes\n12,Ann Lee,tea\n13,Ben Ito,\n"
    assert counts(take(alice, first)) == (2, 0, 0, 0)
    assert counts(take(alice, "Customer ID,Name,Notes\n12,Zoë Blum,rain\n")) == (1, 0, 0, 0)
    assert row(database, "Ann Lee", "notes") == ("tea",) and row(database, "Zoë Blum", "notes") == ("rain",)
    assert counts(take(alice, "Customer ID,Name,Notes\n12,Ann Lee,tea and cake\n")) == (0, 1, 0, 0)
    with database.owner.begin() as connection:
        connection.execute(text("update contact set display_name = 'Ann Married' where display_name = 'Ann Lee'"))
    assert take(alice, first).created == 0, "the same file finds them again, whatever they are called by then"


def test_another_sheet_is_chosen_before_the_start(run, alice, bob, vera, database, snapshot):
    data = workbook({"People": [["Name", "City"], ["Amira Khan", "Köln"], ["Ben Ito", "Ulm"]], "More": [["Name"], ["Zoë Blum"]]})
    draft = run(alice, imports.upload_import, "x.xlsx", data)
    run(alice, imports.set_mapping, draft.job.id, {1: "ignore"})
    before = snapshot()
    for actor, refusal in ((bob, NotFound), (vera, Forbidden)):
        with pytest.raises(refusal):
            run(actor, imports.choose_sheet, draft.job.id, "More")
    with pytest.raises(Invalid, match="no sheet of that name"):
        run(alice, imports.choose_sheet, draft.job.id, "None")
    assert snapshot() == before and run(alice, imports.get_import, draft.job.id).mapping.sheet == "People"
    turned = run(alice, imports.choose_sheet, draft.job.id, "More")
    assert (turned.mapping.sheet, turned.total, len(turned.mapping.columns)) == ("More", 1, 1)
    run(alice, imports.start_import, draft.job.id)
    with pytest.raises(Conflict):
        run(alice, imports.choose_sheet, draft.job.id, "People")
    assert JobRunner(HANDLERS).run_pending() == 1
    assert row(database, "Zoë Blum", "given_name", "family_name") == ("Zoë", "Blum") and number(database) == 1


def test_from_upload_to_undo_in_the_background(run, alice, bob, database):
    draft = run(alice, imports.upload_import, "a.csv", ("Wer,Post,Was\n" + "Ann Lee,ann@x.org,tea\n" + ",,lost\n").encode())
    assert draft.job.state == JobState.DRAFT
    mapped = run(alice, imports.set_mapping, draft.job.id, {0: "display_name", 1: "email", 2: "notes"}, audience="private")
    assert mapped.ready and mapped.mapping.columns[0].field == "display_name"
    shown = run(alice, imports.preview_import, draft.job.id)
    assert (shown.created, shown.failed, shown.complete) == (1, 1, True)
    for service in (imports.get_import, imports.preview_import, imports.start_import, imports.undo_import, imports.get_problems_csv):
        with pytest.raises(NotFound):
            run(bob, service, draft.job.id)
    run(alice, imports.start_import, draft.job.id)
    with pytest.raises(Conflict):
        run(alice, imports.start_import, draft.job.id)
    assert JobRunner(HANDLERS).run_pending() == 1
    done = run(alice, imports.get_import, draft.job.id).job
    assert (done.state, done.result["created"], done.result["failed"], done.progress_done) == (JobState.DONE, 1, 1, 2)
    assert row(database, "Ann Lee", "audience", "notes") == ("private", "tea")
    assert number(database, "import_file") == 0
    assert run(alice, imports.get_problems_csv, draft.job.id).decode("utf-8-sig").splitlines()[1].startswith("3,")
    run(alice, imports.undo_import, draft.job.id)
    assert number(database) == 0


def test_cancelling_midway_leaves_nothing(run, alice, database):
    lines = "".join(f"P{number},X,p{number}@x.org,,,\n" for number in range(600))
    draft = run(alice, imports.upload_import, "a.csv", (CSV + lines).encode())
    run(alice, imports.start_import, draft.job.id)

    def interrupted(running):
        report = running.progress

        def progress(done, total):
            if done >= 250:
                run(alice, imports.discard_import, draft.job.id) if done < 500 else None
            report(done, total)

        running.progress = progress
        HANDLERS[imports.KIND](running)

    JobRunner({imports.KIND: interrupted}).run_pending()
    assert run(alice, imports.get_import, draft.job.id).job.state == JobState.CANCELLED
    assert number(database) == number(database, "import_identity") == number(database, "change") == 0


CORPUS = Path(__file__).parents[1] / "corpus"


@pytest.mark.parametrize("path", sorted(CORPUS.rglob("*.[cv][sc][vf]")), ids=lambda path: path.name)
def test_every_file_of_the_corpus_twice(take, alice, database, path):
    data = path.read_bytes()
    first = take(alice, data, path.name)
    assert first.created + first.updated + first.skipped + first.failed > 0
    made = number(database)
    assert made == first.created
    again = take(alice, data, path.name)
    assert (again.created, again.updated, again.failed, number(database)) == (0, 0, first.failed, made)


def test_two_records_of_one_person_in_a_file_do_not_write_each_other_over_at_every_import(take, alice, database, snapshot):
    """The first stands and the second adds what it lacks, at the first import as at the tenth."""
    head = "First Name,Last Name,E-mail,Company,Job Title,City,Birthday,Notes,Shoe size\n"
    body = f"{head}Ann,Lee,ann@x.org,Acme,,Ulm,1980-05-01,tea,38\nAnn,Lee,ann@x.org,Newco,Boss,Bonn,1981-06-02,rain,39\n"
    assert counts(take(alice, body)) == (1, 1, 0, 0)
    wanted = ("Acme", "Boss", "Ulm", 1980, 5, 1, "tea\n\nrain", {"Shoe size": "38"})
    columns = ("company", "job_title", "city", "birth_year", "birth_month", "birth_day", "notes", "extra")
    assert row(database, "Ann Lee", *columns) == wanted
    before = snapshot()
    for _time in range(2):
        assert counts(take(alice, body)) == (0, 0, 2, 0)
    assert snapshot() == before and row(database, "Ann Lee", *columns) == wanted
    assert counts(take(alice, f"{head}Ann,Lee,ann@x.org,Third,,,,,\n")) == (0, 1, 0, 0) and row(database, "Ann Lee", "company") == ("Third",)


def test_new_people_are_due_by_the_rhythm_of_their_tags_or_their_stage(take, run, alice, olivia, database):
    run(olivia, cadence.set_stage_cadence, "core_client", 30)
    run(alice, tags.create_tag, "weekly")
    run(alice, cadence.set_tag_cadence, run(alice, tags.list_tags)[0].id, 7)
    people = ("Ana,core_client,", "Ben,core_client,weekly", "Cara,discovery,weekly", "Dan,discovery,")
    assert counts(take(alice, "ID,E-mail labels,Phone labels,Other fields,Name,Stage,Tags\n" + "\n".join(f",,,,{one}" for one in people))) == (4, 0, 0, 0)
    with database.owner.connect() as connection:
        found = connection.execute(text("select display_name, cadence_effective, extract(day from due_at - created_at)::int from contact order by 1")).all()
    assert [tuple(one) for one in found] == [("Ana", 30, 30), ("Ben", 7, 7), ("Cara", 7, 7), ("Dan", None, None)]
