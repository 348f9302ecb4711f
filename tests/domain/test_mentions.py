"""Who is mentioned: found in what is written, kept as a reference, told once, and only to whom may see it."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from crm_app.domain.changes import service as changes
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactUpdate
from crm_app.domain.errors import Forbidden, NotFound
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate, InteractionUpdate
from crm_app.domain.mentions import service as mentions
from crm_app.domain.mentions.rules import find_mentions, pieces, still_there
from crm_app.domain.mentions.schemas import Draft
from crm_app.domain.notifications import service as notifications
from crm_app.domain.notifications.schemas import NotificationFilter
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate, TaskUpdate
from crm_app.jobs.runner import purge
from tests.domain.people import contact

BOB, BOBBY, ANA, JANE, JANE_ROE, OTHER_BOB = (UUID(int=number) for number in range(1, 7))
TEAM = [(BOB, "Bob Moor"), (BOBBY, "Bobby Ström"), (ANA, "Ana-Lucía d'Arc"), (JANE, "Jane"), (JANE_ROE, "Jane Roe")]


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("Ask @Bob Moor about it", {BOB: "Bob Moor"}),
        ("Ask @bob, please", {BOB: "bob"}),
        ("@Bobby Ström: yes. (@Ana-Lucía d'Arc)", {BOBBY: "Bobby Ström", ANA: "Ana-Lucía d'Arc"}),
        ("@Jane Roe knows", {JANE_ROE: "Jane Roe"}),
        ("@Jane knows", {JANE: "Jane"}),
        ("bob@moor.example and a@Bob and @@Bob and @ Bob", {}),
        ("@Bobbington is nobody of ours, nor is @Robert", {}),
        ("line one\n@Bob\n@Bob Moor", {BOB: "Bob"}),
        ("", {}),
    ],
)
def test_a_name_after_an_at_sign_is_a_mention_and_an_address_is_none(written, found):
    assert find_mentions(written, TEAM) == found


def test_two_of_the_same_first_name_need_their_whole_name_and_two_of_the_same_name_are_both_meant():
    assert find_mentions("@Bob", [*TEAM, (OTHER_BOB, "Bob Hill")]) == {}
    assert find_mentions("@Bob Hill", [*TEAM, (OTHER_BOB, "Bob Hill")]) == {OTHER_BOB: "Bob Hill"}
    assert find_mentions("@Bob Moor", [*TEAM, (OTHER_BOB, "bob  moor")]) == {BOB: "Bob Moor", OTHER_BOB: "Bob Moor"}


@given(st.lists(st.one_of(st.text(max_size=12), st.sampled_from(["@Bob Moor", "@Jane Roe", "@jane", " ", "@", "a@Bob", ".\n"])), max_size=12))
def test_the_pieces_are_the_text_and_each_mention_is_drawn(parts):
    written = "".join(parts)
    found = find_mentions(written, TEAM)
    cut = list(pieces(written, [(label, person) for person, label in found.items()]))
    assert "".join(piece for piece, _ in cut) == written
    assert {person for _, person in cut if person} <= found.keys()
    assert all(still_there(written, label) for label in found.values())
    assert {label.lower() for label in found.values()} >= {piece[1:].lower() for piece, person in cut if person}


def named(view) -> list[tuple[UUID, str, str]]:
    return [(mention.user_id, mention.label, mention.name) for mention in view.mentions]


def told(run, actor) -> list[tuple[str, str, str]]:
    found = run(actor, notifications.list_notifications, NotificationFilter()).notifications
    return [(seen.kind.value, seen.caption, seen.link) for seen in found]


def note(run, actor, body: str, person: UUID, **more):
    return run(actor, interactions.log_interaction, InteractionCreate(kind="note", body=body, contact_ids=[person], **more))


def test_whoever_is_mentioned_in_an_entry_is_told_once_with_the_way_there(run, alice, bob, olivia):
    kim = contact(alice, "Kim")
    entry = note(run, alice, "Ask @Bob, or @bob; never @Alice herself", kim)
    assert named(entry) == [(alice.user_id, "Alice", "Alice"), (bob.user_id, "Bob", "Bob")]
    assert told(run, bob) == [("mention", "Alice mentioned you", f"/contacts/{kim}")]
    assert told(run, alice) == []  # what one did oneself is no news
    entry = run(alice, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, body="Ask @Bob again, and @Olivia"))
    assert [name for *_, name in named(entry)] == ["Bob", "Olivia"]
    assert len(told(run, bob)) == 1 and len(told(run, olivia)) == 1
    entry = run(alice, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, subject="@Bob Bobson", body="nobody"))
    assert [name for *_, name in named(entry)] == ["Bob"]
    assert named(run(bob, interactions.list_timeline, kim).entries[0]) == named(entry)


def test_a_task_mentions_in_its_description(run, alice, bob):
    task = run(alice, tasks.create_task, TaskCreate(title="@Bob in a title is only words", description="with @Bob"))
    assert named(task) == [(bob.user_id, "Bob", "Bob")]
    assert told(run, bob) == [("mention", "Alice mentioned you", f"/tasks?open={task.id}")]
    task = run(bob, tasks.update_task, task.id, TaskUpdate(version=task.version, description="done without"))
    assert named(task) == [] == named(run(alice, tasks.get_task, task.id))
    (listed,) = (row for rows in run(alice, tasks.get_task_board).buckets.values() for row in rows)
    assert listed.mentions == ()


def test_nobody_is_told_of_what_they_may_not_see_until_it_is_shared(run, alice, bob):
    kim = contact(alice, "Kim")
    entry = note(run, alice, "@Bob must not know", kim, audience="private")
    secret = note(run, alice, "nor of @Bob", contact(alice, "Secret", audience="private"))
    assert [name for *_, name in named(entry)] == [name for *_, name in named(secret)] == ["Bob"]
    assert told(run, bob) == []
    run(alice, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, audience="team"))
    assert [link for *_, link in told(run, bob)] == [f"/contacts/{kim}"]


@pytest.mark.parametrize("by", ["one", "many"])
def test_whoever_is_mentioned_is_told_when_the_contact_is_shared(run, alice, bob, by):
    kim = contact(alice, "Kim", audience="private")
    entry, hers = note(run, alice, "@Bob", kim), note(run, alice, "never @Bob", kim, audience="private")
    task = run(alice, tasks.create_task, TaskCreate(title="Call", description="with @Bob", contact_ids=[kim]))
    assert told(run, bob) == []
    if by == "many":
        run(alice, contacts.set_audience, [kim], "team")
    else:
        run(alice, contacts.update_contact, kim, ContactUpdate(version=run(alice, contacts.get_contact, kim).version, audience="team"))
    assert sorted(link for *_, link in told(run, bob)) == [f"/contacts/{kim}", f"/tasks?open={task.id}"]
    run(alice, contacts.set_audience, [kim], "private")
    run(alice, contacts.set_audience, [kim], "team")
    assert len(told(run, bob)) == 2  # once and never again
    assert entry.id != hers.id and run(alice, interactions.get_interaction, hers.id).audience == "private"


def test_a_mention_goes_where_its_entry_goes(run, database, alice, bob):
    entry = note(run, alice, "@Bob", contact(alice, "Kim"))
    rows = text("select owner_id, audience from mention where interaction_id = :id")

    def mention():
        with database.owner.connect() as connection:
            return connection.execute(rows, {"id": entry.id}).all()

    assert mention() == [(alice.user_id, "team")]
    run(alice, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, audience="private"))
    assert mention() == [(alice.user_id, "private")]


def test_whoever_is_called_otherwise_is_still_mentioned_and_shown_by_the_new_name(run, database, alice, bob):
    entry = note(run, alice, "@Bob knows", contact(alice, "Kim"))
    with database.owner.begin() as connection:
        connection.execute(text("update user_account set name = 'Robert Moor' where id = :id"), {"id": bob.user_id})
    entry = run(alice, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, body="@Bob knew"))
    assert named(entry) == [(bob.user_id, "Bob", "Robert Moor")]


def test_whoever_has_gone_is_not_mentioned_anew_but_stays_where_they_were(run, database, alice, bob):
    kim = contact(alice, "Kim")
    entry = note(run, alice, "@Bob knows; @Charlie has gone", kim)
    assert [name for *_, name in named(entry)] == ["Bob"]
    with database.owner.begin() as connection:
        connection.execute(text("update user_account set disabled_at = now() where id = :id"), {"id": bob.user_id})
    entry = run(alice, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, body="@Bob knew"))
    assert [name for *_, name in named(entry)] == ["Bob"]
    assert named(note(run, alice, "@Bob?", kim)) == []


def test_undo_takes_mentions_back_and_brings_them_again(run, outcome, alice, bob):
    entry = note(run, alice, "@Bob", contact(alice, "Kim"))
    done = outcome(alice, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, body="@Olivia"))
    assert [name for *_, name in named(done.value)] == ["Olivia"]
    again = outcome(alice, changes.undo_change_set, done.change_set_id)
    assert [name for *_, name in named(run(alice, interactions.get_interaction, entry.id))] == ["Bob"]
    run(alice, changes.undo_change_set, again.change_set_id)
    assert [name for *_, name in named(run(alice, interactions.get_interaction, entry.id))] == ["Olivia"]


def test_the_history_of_an_entry_tells_of_its_text_not_of_its_mentions(run, alice, bob):
    entry = note(run, alice, "@Bob", contact(alice, "Kim"))
    run(alice, interactions.update_interaction, entry.id, InteractionUpdate(version=entry.version, body="@Olivia"))
    acts = run(alice, changes.list_history, "interaction", entry.id).acts
    assert {line.table for act in acts for line in act.lines} == {"interaction"}


def test_what_is_purged_takes_its_mentions_and_their_history_along(run, database, alice, bob):
    entry = note(run, alice, "@Bob", contact(alice, "Kim"))
    run(alice, interactions.delete_interaction, entry.id)
    with database.owner.begin() as connection:
        connection.execute(text("update interaction set deleted_at = now() - interval '90 days'"))
    purge()
    with database.owner.connect() as connection:
        assert connection.execute(text("select count(*) from mention")).scalar() == 0
        assert connection.execute(text("select count(*) from change where table_name = 'mention'")).scalar() == 0


def test_no_mention_can_be_put_on_what_is_somebody_elses(run, database, snapshot, alice, bob, vera):
    entry = note(run, alice, "mine", contact(alice, "Kim", audience="private"))
    before = snapshot()
    add = text("insert into mention (id, owner_id, audience, interaction_id, user_id, label) values (:id, :who, 'team', :entry, :who, 'x')")
    for asker, role, refusal in ((bob, "member", IntegrityError), (vera, "viewer", (IntegrityError, ProgrammingError))):
        with pytest.raises(refusal), database.app.begin() as connection:
            connection.execute(text("select set_config('app.user_id', :who, true), set_config('app.role', :role, true)"), {"who": str(asker.user_id), "role": role})
            connection.execute(add, {"id": uuid4(), "who": asker.user_id, "entry": entry.id})
    assert snapshot() == before


@pytest.mark.parametrize(
    ("audience", "person", "sees"),
    [("team", "team", {"Alice": True, "Bob": True}), ("private", "team", {"Alice": True, "Bob": False}), ("team", "private", {"Alice": True, "Bob": False})],
)
def test_it_is_said_before_saving_who_would_not_see_it(run, alice, audience, person, sees):
    kim = contact(alice, "Kim", audience=person)
    found = run(alice, mentions.foresee_mentions, Draft(text="@Alice, @Bob and @Charlie", audience=audience, contact_ids=(kim,)))
    assert {seen.name: seen.sees for seen in found} == sees


def test_nothing_is_foreseen_about_a_contact_that_is_not_there_nor_for_whoever_may_not_write(run, snapshot, alice, bob, vera):
    hers = contact(alice, "Secret", audience="private")
    before = snapshot()
    with pytest.raises(NotFound):
        run(bob, mentions.foresee_mentions, Draft(text="@Alice", contact_ids=(hers,)))
    with pytest.raises(Forbidden):
        run(vera, mentions.foresee_mentions, Draft(text="@Alice"))
    assert run(alice, mentions.foresee_mentions, Draft(text="nobody")) == () and snapshot() == before


def test_a_mention_is_handed_over_with_its_entry(run, database, alice, bob, olivia):
    from tests.domain.test_hand_over import hand_over

    entry = note(run, alice, "@Olivia", contact(alice, "Kim"))
    hand_over(run, olivia, alice, bob)
    with database.owner.connect() as connection:
        assert connection.execute(text("select owner_id from mention where interaction_id = :id"), {"id": entry.id}).scalars().all() == [bob.user_id]
    assert [name for *_, name in named(run(bob, interactions.get_interaction, entry.id))] == ["Olivia"]


def test_a_contact_made_private_takes_its_mentions_along(run, alice, bob):
    kim = contact(alice, "Kim")
    note(run, alice, "@Bob", kim)
    run(alice, contacts.set_audience, [kim], "private")
    assert run(bob, notifications.list_notifications, NotificationFilter()).notifications == ()
