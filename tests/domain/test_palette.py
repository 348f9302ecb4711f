"""Finding anything by half a word: people first, then what was written and what is to be done; nothing that one may not read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.errors import Forbidden
from crm_app.domain.goals import service as goals
from crm_app.domain.goals.schemas import CheckInCreate, GoalCreate
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.palette import service as palette
from crm_app.domain.programmes import service as programmes
from crm_app.domain.programmes.schemas import CorrectionCreate, ProgrammeCreate
from crm_app.domain.rows import now
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate
from tests.domain.people import contact


@pytest.fixture
def practice(run, alice, bob):
    """Jonas, Joana and a few things about them; and a secret of bob's."""
    made = {}
    for name, days in (("Jonas Lindqvist", 40), ("Joana Silva", 3), ("Marjon de Vries", 1)):
        made[name] = run(alice, contacts.create_contact, ContactCreate(display_name=name, points=[{"kind": "email", "value": f"{name.split()[0]}@mail.example"}]))
        entry = InteractionCreate(kind="call", body=f"Marathon training with {name}", contact_ids=[made[name].id], occurred_at=now() - timedelta(days=days))
        run(alice, interactions.log_interaction, entry)
    run(alice, tasks.create_task, TaskCreate(title="Ask Jonas about race recovery", contact_ids=[made["Jonas Lindqvist"].id]))
    done = run(alice, tasks.create_task, TaskCreate(title="Ask Jonas about shoes"))
    run(alice, tasks.complete_tasks, [done.id])
    secret = run(bob, contacts.create_contact, ContactCreate(display_name="Jonathan Secret", audience="private"))
    run(bob, interactions.log_interaction, InteractionCreate(kind="note", body="Jonathan and the marathon", contact_ids=[secret.id]))
    run(bob, tasks.create_task, TaskCreate(title="Jonathan privately", audience="private"))
    return made


def test_a_name_that_begins_so_comes_before_one_that_only_holds_it(run, alice, practice):
    found = run(alice, palette.find_anything, "jo")
    assert [row.display_name for row in found.people] == ["Joana Silva", "Jonas Lindqvist"], "the latest spoken to first; short words begin a word"
    assert [row.display_name for row in run(alice, palette.find_anything, "jon").people] == ["Jonas Lindqvist", "Marjon de Vries"]


def test_entries_and_open_tasks_are_found_with_the_person_they_belong_to(run, alice, practice):
    found = run(alice, palette.find_anything, "jonas")
    assert [row.title for row in found.tasks] == ["Ask Jonas about race recovery"]
    entries = run(alice, palette.find_anything, "marathon tra").entries
    assert [row.contact_name for row in entries] == ["Marjon de Vries", "Joana Silva", "Jonas Lindqvist"]
    assert entries[0].said.startswith("Marathon training")


def test_goals_are_found_with_whose_they_are_and_the_practice_s_own_first(run, alice, bob, practice):
    theirs = run(alice, goals.create_goal, GoalCreate(title="Sleep 7 h on weekdays", start_value=5, target_value=7, contact_id=practice["Jonas Lindqvist"].id))
    run(alice, goals.check_in, theirs.id, CheckInCreate(value=6))
    own = run(alice, goals.create_goal, GoalCreate(title="Sleeping well: 100% of the team", target_value=4))
    run(alice, goals.create_goal, GoalCreate(title="Sleep alone", target_value=4, audience="private"))
    gone, away = (run(alice, goals.create_goal, GoalCreate(title=f"Sleep {what}", target_value=4)) for what in ("gone", "away"))
    run(alice, goals.delete_goals, [gone.id])
    run(alice, goals.archive_goals, [away.id])
    assert [(hit.title, hit.contact_name, hit.progress) for hit in run(bob, palette.find_anything, "sleep").goals] == [(own.title, "", 0), (theirs.title, "Jonas Lindqvist", 0.5)]
    for words, found in (("week SLEEP", [theirs.id]), ("7", [theirs.id]), ("on", [theirs.id]), ("eep", [own.id, theirs.id]), ("ee", []), ("0%", []), ("100%", [own.id]), ("_", [])):
        assert [hit.id for hit in run(bob, palette.find_anything, words).goals] == found, words
    run(alice, contacts.delete_contacts, [practice["Jonas Lindqvist"].id])
    assert [hit.id for hit in run(bob, palette.find_anything, "sleep").goals] == [own.id]


def test_programmes_are_found_with_whose_they_are_and_those_with_sessions_left_first(run, alice, bob, practice):
    jonas, marta = practice["Jonas Lindqvist"].id, contact(alice, "Secret Marta", "private")
    spent, open_one, gone = (run(alice, programmes.create_programme, ProgrammeCreate(contact_id=jonas, name=name, sessions_total=4)) for name in ("Breathwork 100%", "Breathwork again", "Breathwork gone"))
    run(alice, programmes.correct_used, spent.id, CorrectionCreate(used=4, reason="All of them"))
    run(alice, programmes.create_programme, ProgrammeCreate(contact_id=marta, name="Breathwork alone", sessions_total=4))
    run(alice, programmes.delete_programmes, [gone.id])
    hits = run(bob, palette.find_anything, "breathw").programmes
    assert [(hit.name, hit.contact_name, hit.used, hit.sessions_total) for hit in hits] == [(open_one.name, "Jonas Lindqvist", 0, 4), (spent.name, "Jonas Lindqvist", 4, 4)]
    for words, found in (("work again", [open_one.id]), ("100%", [spent.id]), ("br ag", [open_one.id]), ("xyzzy", [])):
        assert [hit.id for hit in run(bob, palette.find_anything, words).programmes] == found, words
    assert len(run(alice, palette.find_anything, "breathwork").programmes) == 3
    run(alice, contacts.delete_contacts, [jonas])
    assert run(bob, palette.find_anything, "breathwork").programmes == ()


def test_a_typing_error_is_forgiven(run, alice, practice):
    assert [row.display_name for row in run(alice, palette.find_anything, "lindkvist").people] == ["Jonas Lindqvist"]


def test_nothing_private_is_found_by_others(run, alice, bob, vera, practice):
    for reader in (alice, vera):
        found = run(reader, palette.find_anything, "jonathan")
        assert "Secret" not in found.model_dump_json() and not found.tasks and not found.entries
    assert [row.display_name for row in run(bob, palette.find_anything, "jonathan").people] == ["Jonathan Secret"]


def test_the_archive_and_the_trash_stay_out_of_the_way(run, alice, practice):
    run(alice, contacts.archive_contacts, [practice["Joana Silva"].id])
    run(alice, contacts.delete_contacts, [practice["Jonas Lindqvist"].id])
    found = run(alice, palette.find_anything, "jo")
    assert not found.people
    assert "Jonas Lindqvist" not in {row.contact_name for row in run(alice, palette.find_anything, "marathon").entries}


def test_a_narrow_token_finds_what_it_may_read(run, alice, practice):
    with pytest.raises(Forbidden):
        run(replace(alice, scopes=frozenset({"tag:read"})), palette.find_anything, "jonas")
    only_people = run(replace(alice, scopes=frozenset({"contact:read"})), palette.find_anything, "jonas")
    assert only_people.people and not only_people.tasks and not only_people.entries


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=120) | st.sampled_from(["%", "_", "\\", "'", "a:*", "& |", "!(", "\x00", "ﬁ", "ẞ", "jo\\%", "佐藤"]))
def test_whatever_is_typed_is_an_answer(run, alice, words):
    palette_found = run(alice, palette.find_anything, words)
    assert len(palette_found.people) <= palette.PEOPLE


def test_a_task_is_due_on_the_day_it_is_where_its_reader_is(run, alice):
    run(alice, tasks.create_task, TaskCreate(title="Zurich late", due_date=date(2026, 4, 15), due_time=time(23, 30), due_zone="Europe/Zurich"))
    for zone, day in (("Europe/Zurich", 15), ("Asia/Tokyo", 16)):
        assert run(replace(alice, time_zone=zone), palette.find_anything, "zurich").tasks[0].due_date == date(2026, 4, day)
