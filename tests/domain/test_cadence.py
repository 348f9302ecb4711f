"""Keeping in touch: who is due when, by whose rule, and what everybody may see of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from crm_app.domain.accounts.rules import hash_token
from crm_app.domain.accounts.store import SqlSessionStore
from crm_app.domain.cadence import rules
from crm_app.domain.cadence import service as cadence
from crm_app.domain.cadence.rules import Standing
from crm_app.domain.cadence.schemas import AwayCreate, DueFilter
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate, ContactUpdate
from crm_app.domain.days import today_of
from crm_app.domain.errors import Forbidden, Invalid, NotFound
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.rows import now
from crm_app.domain.tags import service as tags
from crm_app.jobs.cadence import run_recount

EVERYONE = DueFilter(mine=False)


def spoke(run, actor, contact_id, days_ago: int, kind: str = "call", audience: str = "team") -> None:
    run(
        actor, interactions.log_interaction,
        InteractionCreate(kind=kind, body="x", contact_ids=[contact_id], occurred_at=now() - timedelta(days=days_ago), audience=audience),
    )  # fmt: skip


def names(page) -> list[str]:
    return [row.display_name for row in page.rows]


def test_somebody_is_due_when_the_cadence_has_passed_since_the_last_contact(run, alice):
    for name, days in (("Late", 20), ("Today", 14), ("Fine", 3)):
        made = run(alice, contacts.create_contact, ContactCreate(display_name=name, cadence_days=14))
        spoke(run, alice, made.id, days)
    page = run(alice, cadence.list_due, DueFilter())
    assert names(page) == ["Late", "Today"]
    assert [(row.days_late, row.standing) for row in page.rows] == [(6, Standing.OVERDUE), (0, Standing.DUE)]
    assert page.rows[0].heat == pytest.approx(20 / 14, abs=0.01)
    assert page.total == 2 and not page.total_is_capped
    assert run(alice, cadence.count_due, DueFilter()) == 2
    assert names(run(alice, cadence.list_due, DueFilter(within_days=11))) == ["Late", "Today", "Fine"]


def test_every_kind_that_counts_begins_the_count_anew_and_a_note_does_not(run, alice):
    made = run(alice, contacts.create_contact, ContactCreate(display_name="Ana", cadence_days=7))
    spoke(run, alice, made.id, 30)
    spoke(run, alice, made.id, 0, kind="note")
    assert names(run(alice, cadence.list_due, DueFilter())) == ["Ana"]
    for kind in ("email", "meeting", "call", "message", "class_attendance"):
        spoke(run, alice, made.id, 0, kind=kind)
        assert names(run(alice, cadence.list_due, DueFilter())) == []


def test_who_was_never_spoken_to_is_due_one_cadence_after_they_were_added(run, alice, database):
    run(alice, contacts.create_contact, ContactCreate(display_name="New", cadence_days=7))
    assert names(run(alice, cadence.list_due, DueFilter())) == []
    assert names(run(alice, cadence.list_due, DueFilter(within_days=7))) == ["New"]


def test_the_own_cadence_wins_over_the_shortest_tag_and_that_over_the_stage(run, alice, olivia):
    run(olivia, cadence.set_stage_cadence, "core_client", 30)
    for name, days in (("retreat", 20), ("weekly", 7)):
        run(alice, tags.create_tag, name)
        found = next(tag for tag in run(alice, tags.list_tags) if tag.name == name)
        run(alice, cadence.set_tag_cadence, found.id, days)

    def due_in(**fields) -> int | None:
        made = run(alice, contacts.create_contact, ContactCreate(display_name="x", **fields))
        rows = [row for row in run(alice, cadence.list_due, DueFilter(within_days=200)).rows if row.contact_id == made.id]
        return rows[0].every_days if rows else None

    assert due_in(stage="core_client") == 30
    assert due_in(stage="core_client", tags=["retreat"]) == 20
    assert due_in(stage="core_client", tags=["retreat", "weekly"]) == 7
    assert due_in(stage="core_client", tags=["weekly"], cadence_days=90) == 90
    assert due_in(stage="core_client", tags=["weekly"], cadence_days=0) is None, "0 means: never remind me of this one"
    assert due_in(stage="discovery") is None


def test_changing_stage_tags_and_cadence_moves_the_due_day(run, alice, olivia):
    run(olivia, cadence.set_stage_cadence, "ambassador", 60)
    made = run(alice, contacts.create_contact, ContactCreate(display_name="Ana"))
    every = lambda: [row.every_days for row in run(alice, cadence.list_due, DueFilter(within_days=200)).rows]  # noqa: E731
    run(alice, contacts.set_stage, [made.id], "ambassador")
    assert every() == [60]
    tag = run(alice, tags.create_tag, "weekly")
    run(alice, cadence.set_tag_cadence, tag.id, 7)
    run(alice, contacts.add_tags, [made.id], ["weekly"])
    assert every() == [7]
    current = run(alice, contacts.get_contact, made.id)
    run(alice, contacts.update_contact, made.id, ContactUpdate(version=current.version, cadence_days=3))
    assert every() == [3]
    run(alice, tags.delete_tag, tag.id)
    assert every() == [3]


def test_a_changed_default_moves_contacts_that_its_author_cannot_see(run, alice, olivia, bob):
    run(bob, contacts.create_contact, ContactCreate(display_name="Bob's own", stage="core_client", audience="private"))
    done = run(olivia, cadence.set_stage_cadence, "core_client", 5)
    assert done.job_id is None
    assert names(run(bob, cadence.list_due, DueFilter(within_days=5))) == ["Bob's own"]
    assert names(run(olivia, cadence.list_due, DueFilter(mine=False, within_days=366))) == []
    run(olivia, cadence.set_stage_cadence, "core_client", None)
    assert names(run(bob, cadence.list_due, DueFilter(within_days=366))) == []


def test_a_large_team_is_brought_along_by_a_job(run, alice, olivia, monkeypatch, database):
    monkeypatch.setattr(cadence, "AT_ONCE", 2)
    for number in range(5):
        run(alice, contacts.create_contact, ContactCreate(display_name=f"Client {number}", stage="core_client"))
    started = run(olivia, cadence.set_stage_cadence, "core_client", 9)
    assert started.done == 2 and started.job_id is not None
    _work_off(run, olivia, started.job_id)
    assert len(run(alice, cadence.list_due, DueFilter(within_days=9)).rows) == 5


def _work_off(run, actor, job_id) -> None:
    import threading

    from crm_app.domain.jobs import service as jobs
    from crm_app.domain.jobs.queries import get_own_job
    from crm_app.domain.unit_of_work import unit_of_work
    from crm_app.jobs.running import Running

    with unit_of_work(actor, "tests.start") as session:
        job = get_own_job(session, actor, job_id)
        job.state, job.attempts = "running", 1
    run_recount(Running(run(actor, jobs.get_job, job_id), actor, threading.Event()))
    assert run(actor, jobs.get_job, job_id).state == "done"


def test_which_kinds_count_is_the_teams_to_say(run, alice, olivia):
    made = run(alice, contacts.create_contact, ContactCreate(display_name="Ana", cadence_days=7))
    spoke(run, alice, made.id, 30)
    spoke(run, alice, made.id, 1, kind="message")
    assert names(run(alice, cadence.list_due, DueFilter())) == []
    run(olivia, cadence.set_counted_kinds, ["call", "meeting"])
    assert names(run(alice, cadence.list_due, DueFilter())) == ["Ana"]
    assert run(alice, cadence.get_cadence_rules).counted_kinds == ("meeting", "call")
    with pytest.raises(Invalid):
        run(olivia, cadence.set_counted_kinds, [])
    with pytest.raises(Invalid):
        run(olivia, cadence.set_counted_kinds, ["telepathy"])


def test_a_private_entry_never_shows_through_a_shared_contacts_due_day(run, alice, bob):
    made = run(alice, contacts.create_contact, ContactCreate(display_name="Ana", cadence_days=7))
    spoke(run, alice, made.id, 30)
    spoke(run, bob, made.id, 0, audience="private")
    for reader in (alice, bob):
        assert names(run(reader, cadence.list_due, EVERYONE)) == ["Ana"]


def test_snoozing_puts_off_and_ends_by_itself(run, alice, bob):
    made = run(alice, contacts.create_contact, ContactCreate(display_name="Ana", cadence_days=7))
    spoke(run, alice, made.id, 30)
    today = today_of(alice)
    run(bob, cadence.snooze_contacts, [made.id], today + timedelta(days=3))
    assert names(run(alice, cadence.list_due, DueFilter())) == []
    coming = run(alice, cadence.list_due, DueFilter(within_days=3))
    assert [(row.display_name, row.standing) for row in coming.rows] == [("Ana", Standing.SNOOZED)]
    run(alice, cadence.snooze_contacts, [made.id], None)
    assert names(run(alice, cadence.list_due, DueFilter())) == ["Ana"]
    for wrong in (today, today - timedelta(days=1), today + timedelta(days=5000)):
        with pytest.raises(Invalid):
            run(alice, cadence.snooze_contacts, [made.id], wrong)


def test_only_who_may_edit_a_contact_may_snooze_it(run, alice, bob, vera, charlie, snapshot):
    secret = run(alice, contacts.create_contact, ContactCreate(display_name="Secret", audience="private", cadence_days=7))
    shared = run(alice, contacts.create_contact, ContactCreate(display_name="Shared", locked=True, cadence_days=7))
    before, until = snapshot(), today_of(alice) + timedelta(days=1)
    with pytest.raises(NotFound):
        run(bob, cadence.snooze_contacts, [secret.id], until)
    with pytest.raises(Forbidden):
        run(bob, cadence.snooze_contacts, [shared.id], until)
    with pytest.raises(Forbidden):
        run(vera, cadence.snooze_contacts, [shared.id], until)
    assert snapshot() == before
    assert names(run(bob, cadence.list_due, DueFilter(mine=False, within_days=30))) == ["Shared"]


def test_the_list_is_paged_along_the_due_day(run, alice):
    for number in range(7):
        made = run(alice, contacts.create_contact, ContactCreate(display_name=f"Client {number}", cadence_days=7))
        spoke(run, alice, made.id, 20 - number)
    first = run(alice, cadence.list_due, DueFilter(limit=3))
    second = run(alice, cadence.list_due, DueFilter(limit=3, after=first.next_cursor))
    third = run(alice, cadence.list_due, DueFilter(limit=3, after=second.next_cursor))
    assert names(first) + names(second) + names(third) == [f"Client {number}" for number in range(7)]
    assert third.next_cursor is None and first.total == 7


def test_archived_and_deleted_people_are_not_due(run, alice):
    for name, act in (("Archived", contacts.archive_contacts), ("Deleted", contacts.delete_contacts)):
        made = run(alice, contacts.create_contact, ContactCreate(display_name=name, cadence_days=7))
        spoke(run, alice, made.id, 30)
        run(alice, act, [made.id])
    assert names(run(alice, cadence.list_due, EVERYONE)) == []


def test_nobody_is_due_while_one_is_away(run, alice, bob):
    made = run(alice, contacts.create_contact, ContactCreate(display_name="Ana", cadence_days=7))
    spoke(run, alice, made.id, 30)
    today = today_of(alice)
    away = run(alice, cadence.create_away, AwayCreate(starts_on=today, ends_on=today + timedelta(days=9), note="Sea"))
    page = run(alice, cadence.list_due, DueFilter())
    assert page.away == away and names(page) == ["Ana"], "what waits can still be looked at"
    assert run(alice, cadence.count_due, DueFilter()) == 0
    assert run(bob, cadence.count_due, EVERYONE) == 1, "a colleague is not away"
    with pytest.raises(NotFound):
        run(bob, cadence.delete_away, away.id)
    run(alice, cadence.delete_away, away.id)
    assert run(alice, cadence.list_away) == () and run(alice, cadence.count_due, DueFilter()) == 1


def test_days_away_must_lie_ahead_and_in_order(run, alice):
    today = today_of(alice)
    for first, last in ((today + timedelta(days=2), today), (today - timedelta(days=5), today - timedelta(days=1))):
        with pytest.raises(Invalid) as refused:
            run(alice, cadence.create_away, AwayCreate(starts_on=first, ends_on=last))
        assert "ends_on" in refused.value.fields


def test_birthdays_come_in_the_order_of_their_days(run, alice, bob):
    today = today_of(alice)
    for name, days, year in (("In a week", 7, None), ("Today", 0, 1990), ("In a month", 30, 1980)):
        day = today + timedelta(days=days)
        run(alice, contacts.create_contact, ContactCreate(display_name=name, birth_month=day.month, birth_day=min(day.day, 28) if day.month == 2 else day.day, birth_year=year))
    run(bob, contacts.create_contact, ContactCreate(display_name="Bob's", birth_month=today.month, birth_day=today.day, audience="private"))
    rows = run(alice, cadence.list_birthdays, 14, mine=False)
    assert [row.display_name for row in rows] == ["Today", "In a week"]
    assert rows[0].turns == today.year - 1990 and rows[1].turns is None


def test_the_calendar_address_is_a_secret_that_can_be_replaced_and_switched_off(run, alice, bob):
    made = run(alice, contacts.create_contact, ContactCreate(display_name="Ana", cadence_days=7, birth_month=2, birth_day=29))
    spoke(run, alice, made.id, 30)
    token = run(alice, cadence.create_feed)
    store = SqlSessionStore()
    reader = store.feed_reader(hash_token(token))
    assert reader is not None and reader.user_id == alice.user_id
    items = run(reader, cadence.list_feed_items)
    assert {(item.uid.split("-")[0], item.yearly) for item in items} == {("due", False), ("birthday", True)}
    with pytest.raises(Forbidden):
        run(reader, contacts.create_contact, ContactCreate(display_name="Not by a calendar"))
    assert run(alice, cadence.get_feed).last_read_at is not None and run(bob, cadence.get_feed) is None
    again = run(alice, cadence.create_feed)
    assert store.feed_reader(hash_token(token)) is None and store.feed_reader(hash_token(again)) is not None
    run(alice, cadence.revoke_feed)
    assert store.feed_reader(hash_token(again)) is None
    with pytest.raises(NotFound):
        run(alice, cadence.revoke_feed)


def test_who_is_disabled_has_no_calendar_address(run, alice, database):
    token = run(alice, cadence.create_feed)
    with database.owner.begin() as connection:
        connection.execute(text("update user_account set disabled_at = now() where id = :id"), {"id": alice.user_id})
    assert SqlSessionStore().feed_reader(hash_token(token)) is None


def test_viewers_look_and_set_nothing(run, vera, alice, snapshot):
    tag = run(alice, tags.create_tag, "weekly")
    before = snapshot()
    assert run(vera, cadence.list_due, EVERYONE).rows == ()
    with pytest.raises(Forbidden):
        run(vera, cadence.set_tag_cadence, tag.id, 7)
    for actor in (vera, alice):
        with pytest.raises(Forbidden):
            run(actor, cadence.set_stage_cadence, "core_client", 7)
        with pytest.raises(Forbidden):
            run(actor, cadence.set_counted_kinds, ["call"])
    assert snapshot() == before


def test_defaults_are_checked(run, olivia, alice):
    for wrong in (0, -1, 3651):
        with pytest.raises(Invalid):
            run(olivia, cadence.set_stage_cadence, "core_client", wrong)
    with pytest.raises(Invalid):
        run(olivia, cadence.set_stage_cadence, "no_such_stage", 7)
    with pytest.raises(NotFound):
        run(alice, cadence.set_tag_cadence, uuid4(), 7)


@given(
    due=st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),
    zone=st.sampled_from(["Pacific/Auckland", "America/St_Johns", "Europe/Berlin", "UTC", "Pacific/Kiritimati"]),
    snooze=st.none() | st.integers(-5, 5),
)
def test_standing_follows_the_readers_calendar(due: datetime, zone: str, snooze: int | None) -> None:
    today = due.astimezone(ZoneInfo(zone)).date()
    until = today + timedelta(days=snooze) if snooze is not None else None
    assert rules.standing(rules.due_day(due, ZoneInfo(zone)), until, today) == (Standing.SNOOZED if snooze and snooze > 0 else Standing.DUE)
    assert rules.standing(today, until, today - timedelta(days=1)) == Standing.ON_TRACK


@given(st.dates(date(2001, 1, 1), date(2099, 1, 1)), st.integers(0, 40))
def test_every_birthday_within_the_days_is_among_those_asked_for(today: date, within: int) -> None:
    asked = set(rules.days_of_birthdays(today, within))
    for month, day in [(2, 29), (2, 28), (3, 1), (12, 31), (1, 1), (today.month, today.day)]:
        coming = rules.next_birthday(month, day, today)
        assert ((month, day) in asked) == ((coming - today).days <= within)
