"""Making, reading and changing one contact, and who may."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, text

from crm_app.domain.contacts import access
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, ContactUpdate, PointInput, SensitiveUpdate
from crm_app.domain.errors import Conflict, Forbidden, Invalid, NotFound
from crm_app.domain.ids import new_id
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate
from crm_app.domain.unit_of_work import unit_of_work


def anna(**more):
    values = {
        "given_name": "Anna", "family_name": "Kovač", "company": "Stillwater", "tags": ["Yoga", "VIP"],
        "points": [PointInput(kind="email", value="Anna@Example.org"), PointInput(kind="phone", value="020 7946 0958", label="home")],
    }  # fmt: skip
    return ContactCreate(**values | more)


@pytest.fixture
def made(run, alice):
    return run(alice, contacts.create_contact, anna())


@pytest.fixture
def secret(run, alice):
    return run(alice, contacts.create_contact, ContactCreate(display_name="Secret", audience="private"))


def test_a_whole_contact_is_made_and_read(run, alice):
    made = run(alice, contacts.create_contact, anna(birth_day=29, birth_month=2, extra={"Dosha": "pitta"}))
    read = run(alice, contacts.get_contact, made.id)
    assert read == made
    assert read.display_name == "Anna Kovač" and read.owner_name == "Alice" and read.version == 1
    assert [(point.kind, point.value, point.value_norm, point.is_primary) for point in read.points] == [
        ("email", "Anna@Example.org", "anna@example.org", True),
        ("phone", "020 7946 0958", "+442079460958", True),
    ]
    assert read.tags == ("VIP", "Yoga") and read.extra == {"Dosha": "pitta"} and read.primary_email == "Anna@Example.org"
    assert read.may_edit and read.may_delete and read.sensitive is None and read.open_tasks == ()


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"display_name": "Dr. A"}, "Dr. A"),
        ({"given_name": "Žofia", "family_name": "Groß", "name_prefix": "Dr"}, "Dr Žofia Groß"),
        ({"nickname": "Zo"}, "Zo"),
        ({"company": "Blue Door"}, "Blue Door"),
        ({"points": [PointInput(kind="email", value="x@example.org")]}, "x@example.org"),
        ({"points": [PointInput(kind="phone", value="07700 900123")]}, "07700 900123"),
    ],
)
def test_the_name_comes_from_what_is_there(run, alice, given, name):
    assert run(alice, contacts.create_contact, ContactCreate(**given)).display_name == name


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "display_name"),
        ({"points": [PointInput(kind="website", value="example.org")]}, "display_name"),
        ({"display_name": " \x00 "}, "display_name"),
        ({"display_name": "A", "birth_month": 2, "birth_day": 30}, "birth_day"),
        ({"display_name": "A", "birth_year": 2023, "birth_month": 2, "birth_day": 29}, "birth_day"),
        ({"display_name": "A", "birth_day": 3}, "birth_day"),
        ({"display_name": "A", "points": [PointInput(kind="email", value="nobody")]}, "points.0.value"),
        ({"display_name": "A", "points": [PointInput(kind="phone", value="call me")]}, "points.0.value"),
        ({"display_name": "A", "points": [PointInput(kind="website", value="javascript:alert(1)")]}, "points.0.value"),
        ({"display_name": "A", "tags": ["!!"]}, "name"),
        ({"display_name": "A", "referred_by_id": new_id()}, "referred_by_id"),
    ],
)
def test_what_cannot_be_taken_is_said_at_its_field(run, alice, snapshot, given, field):
    before = snapshot()
    with pytest.raises(Invalid) as refused:
        run(alice, contacts.create_contact, ContactCreate(**given))
    assert field in refused.value.fields and refused.value.fields[field].endswith(".")
    assert snapshot() == before


def test_each_kind_has_one_primary_and_the_same_number_stands_once(run, alice):
    points = [
        PointInput(kind="phone", value="+44 7700 900123"), PointInput(kind="phone", value="07700 900123", is_primary=True),
        PointInput(kind="phone", value="07700 900999", is_primary=True), PointInput(kind="email", value="a@example.org"),
    ]  # fmt: skip
    made = run(alice, contacts.create_contact, ContactCreate(display_name="A", points=points))
    assert [(point.value_norm, point.is_primary) for point in made.points] == [("+447700900123", True), ("+447700900999", False), ("a@example.org", True)]
    assert made.primary_phone == "+44 7700 900123"


def test_a_change_touches_only_what_is_given(run, alice, made):
    read = run(alice, contacts.update_contact, made.id, ContactUpdate(version=1, city="Bath", cadence_days=30))
    assert (read.city, read.cadence_days, read.version, read.points, read.tags) == ("Bath", 30, 2, made.points, made.tags)
    read = run(alice, contacts.update_contact, made.id, ContactUpdate(version=2, cadence_days=None))
    assert read.cadence_days is None and read.city == "Bath"


def test_points_and_tags_are_replaced_and_move_the_version_once(run, alice, made):
    points = [PointInput(kind="phone", value="020 7946 0958", label="work"), PointInput(kind="email", value="new@example.org")]
    read = run(alice, contacts.update_contact, made.id, ContactUpdate(version=1, points=points, tags=["vip", "Reiki"], city="Bath"))
    assert read.version == 2 and read.tags == ("Reiki", "VIP")
    assert [(point.value, point.label) for point in read.points] == [("020 7946 0958", "work"), ("new@example.org", "")]
    assert {point.id for point in read.points} & {point.id for point in made.points} == {made.points[1].id}
    read = run(alice, contacts.update_contact, made.id, ContactUpdate(version=2, tags=[]))
    assert read.version == 3 and read.tags == ()


def test_rel_11_of_many_who_edit_at_once_nobody_loses_a_word(run, alice, made):
    start = threading.Barrier(8)

    def edit(number):
        """Three edits by one of eight: each adds a line to what stands, and looks again when somebody was faster."""
        refused = 0
        start.wait(30)
        for part in range(3):
            while True:
                now_there = run(alice, contacts.get_contact, made.id)
                try:
                    run(alice, contacts.update_contact, made.id, ContactUpdate(version=now_there.version, notes=f"{now_there.notes}\n{number}.{part}".strip()))
                    break
                except Conflict:
                    refused += 1
        return refused

    with ThreadPoolExecutor(8) as editors:
        refused = sum(editors.map(edit, range(8)))
    there = run(alice, contacts.get_contact, made.id)
    assert sorted(there.notes.split("\n")) == sorted(f"{number}.{part}" for number in range(8) for part in range(3))
    assert there.version == made.version + 24 and refused > 0


def test_rel_11_of_a_hundred_who_saw_the_same_one_alone_saves(run, alice, made):
    def edit(number):
        try:
            run(alice, contacts.update_contact, made.id, ContactUpdate(version=made.version, company=f"Company {number}"))
        except Conflict as conflict:
            return conflict.current["company"]
        return None

    with ThreadPoolExecutor(20) as editors:
        told = list(editors.map(edit, range(100)))
    assert told.count(None) == 1 and set(told) - {None} == {f"Company {told.index(None)}"}
    assert run(alice, contacts.get_contact, made.id).version == made.version + 1


def test_a_stale_change_is_a_conflict_that_shows_what_stands(run, alice, bob, made, snapshot):
    run(bob, contacts.update_contact, made.id, ContactUpdate(version=1, tags=["Bob's"]))
    before = snapshot()
    with pytest.raises(Conflict) as stale:
        run(alice, contacts.update_contact, made.id, ContactUpdate(version=1, city="Bath"))
    assert stale.value.current["version"] == 2 and stale.value.current["tags"] == ["Bob's"]
    assert snapshot() == before


def test_a_name_cannot_be_emptied_away(run, alice):
    made = run(alice, contacts.create_contact, ContactCreate(display_name="Only a name"))
    with pytest.raises(Invalid):
        run(alice, contacts.update_contact, made.id, ContactUpdate(version=1, display_name=""))


def test_colleagues_share_what_is_the_teams(run, bob, vera, made):
    assert run(bob, contacts.update_contact, made.id, ContactUpdate(version=1, city="Bath")).city == "Bath"
    seen = run(vera, contacts.get_contact, made.id)
    assert not seen.may_edit and not seen.may_delete
    seen = run(bob, contacts.get_contact, made.id)
    assert seen.may_edit and not seen.may_delete


def test_a_locked_contact_is_its_owners_alone(run, alice, bob, olivia, made, database):
    run(alice, contacts.update_contact, made.id, ContactUpdate(version=1, locked=True))
    for colleague in (bob, olivia):
        with pytest.raises(Forbidden):
            run(colleague, contacts.update_contact, made.id, ContactUpdate(version=2, city="Bath"))
    run(bob, interactions.log_interaction, InteractionCreate(kind="call", contact_ids=[made.id]))
    assert run(alice, contacts.get_contact, made.id).last_contact_kind == "call"
    run(olivia, contacts.delete_contacts, [made.id])


@pytest.mark.parametrize("given", [{"audience": "private"}, {"locked": True}])
def test_a_colleague_neither_hides_nor_locks(run, bob, made, snapshot, given):
    before = snapshot()
    with pytest.raises(Forbidden):
        run(bob, contacts.update_contact, made.id, ContactUpdate(version=1, **given))
    assert snapshot() == before


CHANGES = {
    "update": lambda run, who, key: run(who, contacts.update_contact, key, ContactUpdate(version=1, city="Bath")),
    "sensitive": lambda run, who, key: run(who, contacts.update_sensitive, key, SensitiveUpdate(private_notes="x")),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("who", ["bob", "charlie", "olivia"])
def test_an_outsider_finds_nothing_and_changes_nothing(run, request, secret, snapshot, change, who):
    outsider, before = request.getfixturevalue(who), snapshot()
    for key in (secret.id, new_id()):
        with pytest.raises(NotFound):
            CHANGES[change](run, outsider, key)
        with pytest.raises(NotFound):
            run(outsider, contacts.get_contact, key)
    assert snapshot() == before


@pytest.mark.parametrize("change", CHANGES)
def test_a_viewer_is_refused_and_changes_nothing(run, vera, made, snapshot, change):
    before = snapshot()
    with pytest.raises(Forbidden):
        CHANGES[change](run, vera, made.id)
    with pytest.raises(Forbidden):
        run(vera, contacts.create_contact, anna())
    assert snapshot() == before


def test_the_sensitive_part_is_its_owners_until_shared(run, alice, bob, made, snapshot):
    read = run(alice, contacts.update_sensitive, made.id, SensitiveUpdate(health_goals="Sleep", private_notes="Shy"))
    assert read.sensitive is not None and read.sensitive.health_goals == "Sleep" and read.sensitive.audience == "private"
    assert run(bob, contacts.get_contact, made.id).sensitive is None
    before = snapshot()
    for asked in ("private", "team"):
        with pytest.raises(Forbidden):
            run(bob, contacts.update_sensitive, made.id, SensitiveUpdate(private_notes="x", audience=asked))
    assert snapshot() == before
    run(alice, contacts.update_sensitive, made.id, SensitiveUpdate(health_goals="Sleep", audience="team"))
    assert run(bob, contacts.get_contact, made.id).sensitive.health_goals == "Sleep"
    assert run(bob, contacts.update_sensitive, made.id, SensitiveUpdate(health_goals="Rest", audience="team")).sensitive.health_goals == "Rest"


def test_sensitive_words_are_found_by_nobody(run, alice, made, database):
    run(alice, contacts.update_sensitive, made.id, SensitiveUpdate(private_notes="zebra"))
    with database.owner.connect() as connection:
        assert "zebra" not in connection.execute(text("select search_text from contact")).scalar_one()


def test_a_record_shows_who_sent_whom_and_what_is_to_be_done(run, alice, bob, made, secret):
    other = run(alice, contacts.create_contact, ContactCreate(display_name="Ben", referred_by_id=made.id))
    run(alice, contacts.update_contact, secret.id, ContactUpdate(version=1, referred_by_id=made.id))
    task = run(alice, tasks.create_task, TaskCreate(title="Send the plan", contact_ids=[made.id], due_date="2030-01-02"))
    seen = run(alice, contacts.get_contact, made.id)
    assert seen.people == ((other.id, "Ben"), (secret.id, "Secret")) and run(alice, contacts.get_contact, other.id).referred_by == (made.id, "Anna Kovač")
    assert [row.id for row in seen.open_tasks] == [task.id] and (seen.next_step, str(seen.next_step_on)) == ("Send the plan", "2030-01-02")
    assert run(bob, contacts.get_contact, made.id).people == ((other.id, "Ben"),)
    with pytest.raises(Invalid):
        run(alice, contacts.update_contact, made.id, ContactUpdate(version=1, referred_by_id=made.id))


def test_duplicates_are_hinted_at(run, alice, bob, made, secret):
    same_phone = ContactCreate(display_name="Someone", points=[PointInput(kind="phone", value="+44 (0)20 7946-0958"), PointInput(kind="email", value="half@")])
    assert [(hint.contact_id, hint.reason) for hint in run(bob, contacts.find_duplicates, same_phone)] == [(made.id, "phone")]
    assert [hint.reason for hint in run(bob, contacts.find_duplicates, ContactCreate(display_name="ANNA KOVAC"))] == ["name"]
    assert run(bob, contacts.find_duplicates, ContactCreate(display_name="Secret")) == ()
    assert run(bob, contacts.find_duplicates, ContactCreate()) == ()


def test_drafts_are_kept_for_one_person(run, alice, bob, vera):
    run(alice, contacts.save_draft, "note:1", "Half a sent")
    assert run(alice, contacts.get_draft, "note:1") == "Half a sent" and run(bob, contacts.get_draft, "note:1") == ""
    run(vera, contacts.save_draft, "note:1", "A viewer types too")
    run(alice, contacts.save_draft, "note:1", " ")
    assert run(alice, contacts.get_draft, "note:1") == "" and run(vera, contacts.get_draft, "note:1") == "A viewer types too"
    with pytest.raises(Invalid):
        run(alice, contacts.save_draft, "note:1", "x" * 20_001)


def test_two_tabs_of_one_person_keep_what_is_typed_at_the_same_moment(run, alice):
    with unit_of_work(alice) as one, ThreadPoolExecutor(1) as other:
        contacts.save_draft(one, alice, "task-form:new", "From one")
        later = other.submit(run, alice, contacts.save_draft, "task-form:new", "From the other")
        with pytest.raises(TimeoutError):
            later.result(0.3)
        one.commit()
        later.result(20)
    assert run(alice, contacts.get_draft, "task-form:new") == "From the other"


def test_what_is_read_together_asks_once_who_may_see_the_contact(alice, bob, secret, made, database):
    seen: list[str] = []
    event.listen(database.app, "before_cursor_execute", listen := lambda *given: seen.append(given[2]))
    with unit_of_work(alice) as session:
        session.info["read_only"] = True
        first, again = (access.get_visible_contact(session, alice, made.id) for _ in range(2))
        assert first is again and len(seen) == 2, "the transaction's own and one question"
        access.get_visible_contact(session, alice, made.id, lock=True)
        with pytest.raises(NotFound):
            access.get_visible_contact(session, bob, secret.id)
        assert len(seen) == 4, "what is locked is asked for anew, and so it is for somebody else"
    event.remove(database.app, "before_cursor_execute", listen)


def test_what_changes_asks_each_time(alice, made, database):
    with unit_of_work(alice) as session:
        access.get_visible_contact(session, alice, made.id)
        session.exec(text("update contact set deleted_at = now() where id = :id").bindparams(id=made.id))
        with pytest.raises(NotFound):
            access.get_visible_contact(session, alice, made.id)
