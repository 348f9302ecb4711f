"""What the assistant suggests is done once a person says so: once, by their own rights, as they saw it, and it can be taken back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.models import Stage
from crm_app.domain.contacts.schemas import ContactCreate, ContactUpdate, PointInput
from crm_app.domain.errors import Conflict, CrmError, Forbidden, Invalid, NotFound, TooMany
from crm_app.domain.goals import service as goals
from crm_app.domain.goals.schemas import GoalCreate
from crm_app.domain.interactions import service as interactions
from crm_app.domain.letters import service as letters
from crm_app.domain.mail import service as mails
from crm_app.domain.mail.schemas import MailboxUpdate
from crm_app.domain.notifications import service as notifications
from crm_app.domain.notifications.schemas import NotificationFilter
from crm_app.domain.rows import now
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.suggestions.schemas import (
    Approval,
    Approvals,
    ProposalCreate,
    Rejection,
    Rejections,
    Revision,
    Snooze,
    SourceRef,
    SuggestionFilter,
    Undoing,
)
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate
from crm_app.domain.unit_of_work import unit_of_work
from crm_app.jobs.suggestions import tidy
from tests.mailboxes import make_mailbox

PENDING = SuggestionFilter()


@pytest.fixture
def ana(run, alice):
    return run(alice, contacts.create_contact, ContactCreate(display_name="Ana Silva", points=[PointInput(kind="email", value="ana@mail.example")])).id


@pytest.fixture
def suggested(run, alice):
    """``suggested(kind, payload, …)``: a suggestion to alice."""

    def suggest(kind, payload, actor=alice, **values):
        return run(actor, suggestions.propose, ProposalCreate(kind=kind, payload=payload, **values))

    return suggest


@pytest.fixture
def stage(suggested, ana):
    return suggested("change_stage", {"contact_id": str(ana), "stage": "new_client"}, rationale="She paid her first invoice.", sources=[{"kind": "contact", "id": ana}])


def approve(run, actor, view, **values):
    return run(actor, suggestions.approve_suggestion, view.id, Approval(standing=view.standing, **values))


def pending(run, actor, **values):
    return run(actor, suggestions.list_suggestions, SuggestionFilter(**values)).suggestions


def count(database, what):
    with database.owner.connect() as connection:
        return connection.execute(text(f"select count(*) from {what}")).scalar()


def test_nothing_changes_before_a_person_says_so(run, alice, ana, stage):
    assert [(one.field, one.old, one.new) for one in stage.changes] == [("stage", "discovery", "new_client")]
    assert stage.about == ((ana, "Ana Silva"),) and [one.title for one in stage.sources] == ["Ana Silva"]
    assert run(alice, contacts.get_contact, ana).stage == Stage.DISCOVERY and run(alice, suggestions.count_suggestions) == 1
    done = approve(run, alice, stage)
    assert run(alice, contacts.get_contact, ana).stage == Stage.NEW_CLIENT
    assert (done.state, done.may_undo, run(alice, suggestions.count_suggestions)) == ("executed", True, 0)
    again = run(alice, suggestions.undo_suggestion, stage.id)
    assert run(alice, contacts.get_contact, ana).stage == Stage.DISCOVERY and again.state == "pending", "and it waits again"
    assert run(alice, suggestions.get_suggestion, stage.id) == again


def kinds(run, alice, ana):
    task = run(alice, tasks.create_task, TaskCreate(title="Plan session 9", contact_ids=[ana]))
    goal = run(alice, goals.create_goal, GoalCreate(title="Sleep", target_value=7, contact_id=ana))
    return {
        "create_task": {"title": "Call Ana", "due_date": "2027-01-04", "priority": "high", "contact_ids": [str(ana)], "steps": ["Find her number", "Call"]},
        "update_task": {"task_id": str(task.id), "description": "Two short practices", "steps": ["Pick two"]},
        "add_note": {"contact_ids": [str(ana)], "subject": "Call", "body": "She slept well."},
        "change_stage": {"contact_id": str(ana), "stage": "core_client"},
        "set_cadence": {"contact_id": str(ana), "days": 21},
        "add_tags": {"contact_id": str(ana), "tags": ["Breath", "Retreat"]},
        "check_in_goal": {"goal_id": str(goal.id), "value": 6.5, "note": "A quiet week"},
    }


def test_every_kind_does_what_a_hand_would_and_is_taken_back(run, alice, ana, suggested, snapshot):
    forms = kinds(run, alice, ana)
    before = _people(run, alice, ana)
    views = [suggested(kind, payload) for kind, payload in forms.items()]
    done = run(alice, suggestions.approve_many, Approvals(seen={view.id: view.standing for view in views}))
    assert [(one.refusal, one.suggestion.state) for one in done] == [("", "executed")] * 7
    ann = run(alice, contacts.get_contact, ana)
    assert (ann.stage, ann.cadence_days, sorted(ann.tags)) == ("core_client", 21, ["Breath", "Retreat"])
    made = run(alice, tasks.get_task, _result(alice, done, "create_task", "task_id"))
    assert (made.title, made.priority, made.steps_all, made.contacts) == ("Call Ana", "high", 2, ((ana, "Ana Silva"),))
    assert [entry.body for entry in run(alice, interactions.list_timeline, ana).entries] == ["She slept well."]
    assert run(alice, goals.list_goal_records, ana)[0].goal.current_value == 6.5
    run(alice, suggestions.undo_suggestion, views[0].id)
    assert _people(run, alice, ana) == before, "all that was approved together is taken back together"
    assert len(pending(run, alice)) == 7


def _people(run, alice, ana):
    ann = run(alice, contacts.get_contact, ana)
    open_tasks = run(alice, tasks.get_task_board).buckets.values()
    return (
        ann.stage, ann.cadence_days, ann.tags, [(row.title, row.description, row.steps_all) for rows in open_tasks for row in rows],
        run(alice, interactions.list_timeline, ana).entries, run(alice, goals.list_goal_records, ana)[0].check_ins,
    )  # fmt: skip


def _result(actor, done, kind, name):
    with unit_of_work(actor) as session:
        which = next(one.id for one in done if one.suggestion.kind == kind)
        return session.execute(text("select result ->> :name from suggestion where id = :id"), {"name": name, "id": which}).scalar()


def test_a_letter_is_shown_whole_sent_once_and_called_back(run, alice, database, ana, suggested):
    box = make_mailbox(alice, sends=True)
    run(alice, mails.update_mailbox, box.connection_id, MailboxUpdate(version=1, signature="Ann Lee"))
    view = suggested("write_letter", {"contact_id": str(ana), "subject": "How was Sunday?", "body": "Hi Ana"})
    assert view.payload["recipients"] == "Ana Silva <ana@mail.example>" and view.payload["connection_id"] == str(box.connection_id)
    assert view.signature == "Ann Lee"
    run(alice, mails.update_mailbox, box.connection_id, MailboxUpdate(version=2, signature="Ann"))
    with pytest.raises(Conflict, match="since you looked"):
        approve(run, alice, view)
    run(alice, mails.update_mailbox, box.connection_id, MailboxUpdate(version=3, signature="Ann Lee"))
    assert suggested("write_letter", {"contact_id": str(ana), "body": "Hi\n\n-- \nAnn Lee"}).signature == "", "it stands there already"
    view = suggested("write_letter", {"contact_id": str(ana), "subject": "How was Sunday?", "body": "Hi Ana"})
    done = approve(run, alice, view, payload={**view.payload, "body": "Hi Ana, how was Sunday?"})
    assert done.letter_id and done.signature == ""
    letter = run(alice, letters.get_letter, done.letter_id)
    assert (letter.state, letter.body, done.edited) == ("waiting", "Hi Ana, how was Sunday?\n\n-- \nAnn Lee", True)
    assert run(alice, suggestions.undo_suggestion, view.id).payload["body"] == "Hi Ana, how was Sunday?"
    assert count(database, "outbox") == count(database, "mail_draft") == 0


def test_a_letter_reaches_nobody_else_unless_a_person_writes_them(run, alice, ana, suggested):
    make_mailbox(alice, sends=True)
    for line in ("eve@evil.example", "Ana <ana@mail.example>, eve@evil.example", "Ana Silva"):
        with pytest.raises(Invalid) as refusal:
            suggested("write_letter", {"contact_id": str(ana), "body": "Hi", "recipients": line})
        assert set(refusal.value.fields) == {"recipients"}
    with pytest.raises(Invalid):
        suggested("write_letter", {"body": "Hi", "recipients": "eve@evil.example"})
    view = suggested("write_letter", {"contact_id": str(ana), "body": "Hi", "subject": "Sunday"})
    done = approve(run, alice, view, payload={**view.payload, "recipients": "ana@mail.example, ben@mail.example"})
    assert run(alice, letters.get_letter, done.letter_id).recipients == "ana@mail.example, ben@mail.example"


def test_without_a_mailbox_it_says_what_is_missing_and_waits(run, alice, ana, suggested):
    view = suggested("write_letter", {"contact_id": str(ana), "body": "Hi", "subject": "Sunday"})
    assert view.trouble.startswith("None of your mailboxes sends mail")
    with pytest.raises(Invalid):
        approve(run, alice, view)
    assert pending(run, alice) == (view,)


def test_two_who_say_yes_at_once_do_it_once(run, alice, database, ana, suggested):
    view = suggested("add_note", {"contact_ids": [str(ana)], "body": "She slept well."})

    def say(_turn):
        try:
            return approve(run, alice, view).state
        except Conflict as refusal:
            return refusal.message

    with ThreadPoolExecutor(8) as browsers:
        answers = list(browsers.map(say, range(8)))
    assert sorted(answers) == ["This has been decided already."] * 7 + ["executed"] and count(database, "interaction") == 1


def test_what_changed_since_is_told_and_not_overwritten(run, alice, bob, ana, stage):
    run(bob, contacts.set_stage, [ana], Stage.AMBASSADOR)
    with pytest.raises(Conflict) as stale:
        approve(run, alice, stage)
    assert stale.value.current["changes"][0]["old"] == "ambassador" and stale.value.current["stale"]
    assert run(alice, contacts.get_contact, ana).stage == Stage.AMBASSADOR
    fresh = run(alice, suggestions.get_suggestion, stage.id)
    assert fresh.stale and approve(run, alice, fresh).state == "executed", "having seen that, they may"


def test_what_was_put_in_its_place_since_is_not_done_unseen(run, alice, ana, suggested):
    seen = suggested("write_letter", {"contact_id": str(ana), "body": "Hi Ana"})
    other = suggested("write_letter", {"contact_id": str(ana), "body": "Something else"})
    assert other.id == seen.id and len(pending(run, alice)) == 1, "one letter to Ana waits at a time"
    with pytest.raises(Conflict):
        approve(run, alice, seen)


def test_what_is_not_seen_is_not_suggested(run, alice, bob, suggested, snapshot, database):
    hidden = run(bob, contacts.create_contact, ContactCreate(display_name="Secret", audience="private")).id
    task = run(bob, tasks.create_task, TaskCreate(title="Secret", audience="private")).id
    goal = run(bob, goals.create_goal, GoalCreate(title="Secret", target_value=1, audience="private")).id
    before = snapshot()
    for kind, payload in {
        "change_stage": {"contact_id": str(hidden), "stage": "inactive"}, "set_cadence": {"contact_id": str(uuid4()), "days": 3},
        "add_tags": {"contact_id": str(hidden), "tags": ["x"]}, "add_note": {"contact_ids": [str(hidden)], "body": "x"},
        "create_task": {"title": "x", "contact_ids": [str(hidden)]}, "update_task": {"task_id": str(task), "title": "x"},
        "check_in_goal": {"goal_id": str(goal), "value": 1}, "write_letter": {"contact_id": str(hidden), "body": "x"},
    }.items():  # fmt: skip
        with pytest.raises(NotFound):
            suggested(kind, payload)
    for extra in ({"task_id": task}, {"sources": [SourceRef(kind="contact", id=hidden)]}, {"sources": [SourceRef(kind="goal", id=goal)]}, {"sources": [SourceRef.model_validate({"kind": "interaction", "id": uuid4()})]}):
        with pytest.raises(NotFound):
            suggested("create_task", {"title": "x"}, **extra)
    with pytest.raises(NotFound):
        suggested("write_letter", {"answers_id": str(uuid4()), "body": "x"})
    assert snapshot() == before and count(database, "suggestion") == 0


def test_rights_that_were_taken_meanwhile_hold_when_it_is_approved(run, alice, bob, ana, suggested, snapshot):
    view = suggested("change_stage", {"contact_id": str(ana), "stage": "inactive"}, actor=bob)
    note = suggested("add_note", {"contact_ids": [str(ana)], "body": "x"}, actor=bob)
    run(alice, contacts.update_contact, ana, ContactUpdate(version=run(alice, contacts.get_contact, ana).version, locked=True))
    before = snapshot()
    with pytest.raises(Forbidden):
        approve(run, bob, view)
    run(alice, contacts.update_contact, ana, ContactUpdate(version=run(alice, contacts.get_contact, ana).version, audience="private"))
    hidden = run(bob, suggestions.get_suggestion, view.id)
    assert hidden.trouble and hidden.about == () and "Ana" not in hidden.model_dump_json()
    for one in (view, note, hidden):
        with pytest.raises(NotFound):
            approve(run, bob, one)
    assert snapshot() != before and run(alice, contacts.get_contact, ana).stage == Stage.DISCOVERY
    assert run(alice, interactions.list_timeline, ana).entries == ()


@pytest.mark.parametrize(("kind", "payload", "field"), [
    ("change_stage", {"contact_id": "me", "stage": "new_client", "owner_id": str(uuid4())}, "owner_id"),
    ("change_stage", {"contact_id": "me", "stage": "boss"}, "stage"), ("change_stage", {"contact_id": "me"}, "stage"),
    ("change_stage", {"contact_id": "' or 1=1", "stage": "inactive"}, "contact_id"), ("set_cadence", {"contact_id": "me", "days": "30"}, "days"),
    ("set_cadence", {"contact_id": "me", "days": 0}, "days"), ("set_cadence", {"contact_id": "me", "days": True}, "days"),
    ("create_task", {"title": ""}, "title"), ("create_task", {"title": "x", "assignee_id": str(uuid4())}, "assignee_id"),
    ("create_task", {"title": "x", "due_date": "tomorrow"}, "due_date"), ("add_note", {"contact_ids": [], "body": "x"}, "contact_ids"),
    ("add_note", {"contact_ids": ["me"], "body": "x" * 20_001}, "body"), ("write_letter", {"contact_id": "me", "body": "x", "bcc": "eve@evil.example"}, "bcc"),
    ("check_in_goal", {"goal_id": "me", "value": float("nan")}, "value"),
])  # fmt: skip
def test_a_payload_of_another_form_is_refused(ana, suggested, database, kind, payload, field):
    whole = {name: str(ana) if value == "me" else [str(ana)] if value == ["me"] else value for name, value in payload.items()}
    with pytest.raises(Invalid) as refusal:
        suggested(kind, whole)
    assert set(refusal.value.fields) == {field} and count(database, "suggestion") == 0


def test_an_edit_keeps_its_form_and_what_it_is_about(run, alice, ana, stage):
    other = run(alice, contacts.create_contact, ContactCreate(display_name="Ben")).id
    for payload in ({**stage.payload, "contact_id": str(other)}, {**stage.payload, "locked": True}, {"stage": "inactive"}):
        with pytest.raises(Invalid):
            approve(run, alice, stage, payload=payload)
    kept = run(alice, suggestions.revise_suggestion, stage.id, Revision(version=stage.version, payload={**stage.payload, "stage": "inactive"}))
    assert kept.edited and kept.changes[0].new == "inactive"
    with pytest.raises(Conflict):
        run(alice, suggestions.revise_suggestion, stage.id, Revision(version=stage.version, payload=stage.payload))
    assert run(alice, suggestions.propose, ProposalCreate(kind="change_stage", payload=stage.payload)).payload["stage"] == "inactive", "a person's words stay"
    approve(run, alice, kept)
    assert run(alice, contacts.get_contact, ana).stage == Stage.INACTIVE


def test_no_and_not_now(run, alice, database, ana, stage, suggested):
    later = run(alice, suggestions.snooze_suggestion, stage.id, Snooze(until=now() + timedelta(days=3)))
    assert pending(run, alice) == () and pending(run, alice, snoozed=True) == (later,) and run(alice, suggestions.count_suggestions) == 0
    assert pending(run, alice, put_off=True) == (later,) and run(alice, suggestions.count_waiting) == (0, 1)
    assert run(alice, suggestions.snooze_suggestion, stage.id, Snooze(until=None)).expires_at == later.expires_at
    assert len(pending(run, alice)) == 1 and pending(run, alice, put_off=True) == () and run(alice, suggestions.count_waiting) == (1, 0)
    for until in (now() - timedelta(minutes=1), now() + timedelta(days=400)):
        with pytest.raises(Invalid):
            run(alice, suggestions.snooze_suggestion, stage.id, Snooze(until=until))
    no = run(alice, suggestions.reject_suggestion, stage.id, Rejection(reason="She is not ready"))
    assert (no.state, no.reason) == ("rejected", "She is not ready")
    with pytest.raises(Conflict):
        approve(run, alice, stage)
    assert suggested("change_stage", stage.payload, unasked=True).state == "rejected", "what was rejected does not come again by itself"
    assert suggested("change_stage", stage.payload).state == "pending", "but it does when it is asked for"
    assert run(alice, suggestions.undo_suggestion, stage.id).state == "pending" and count(database, "suggestion") == 1


def test_it_expires(run, alice, database, stage):
    with database.owner.begin() as connection:
        connection.execute(text("update suggestion set expires_at = now() - interval '1 minute'"))
    assert pending(run, alice) == () and run(alice, suggestions.get_suggestion, stage.id).state == "expired"
    with pytest.raises(Conflict, match="expired"):
        approve(run, alice, stage)
    tidy(now())
    assert [one.id for one in pending(run, alice, state="expired")] == [stage.id]
    tidy(now() + timedelta(days=91))
    assert count(database, "suggestion") == 0


def test_nobody_else_sees_or_decides(run, alice, bob, olivia, vera, charlie, stage, snapshot):
    before = snapshot()
    for other in (bob, olivia, charlie):
        assert pending(run, other) == ()
        for act, *values in _acts(stage):
            with pytest.raises(NotFound):
                run(other, act, stage.id, *values)
    for act, *values in _acts(stage):
        with pytest.raises(Forbidden):
            run(vera, act, stage.id, *values)
    with pytest.raises(Forbidden):
        run(vera, suggestions.propose, ProposalCreate(kind="change_stage", payload=stage.payload))
    with pytest.raises(Forbidden):
        run(vera, suggestions.list_suggestions, PENDING)
    for act, *values in _acts(stage):
        with pytest.raises(Forbidden):
            run(alice.on_behalf("job"), act, stage.id, *values)
    assert snapshot() == before and run(alice, suggestions.get_suggestion, stage.id) == stage


def _acts(view):
    return (
        (suggestions.approve_suggestion, Approval(standing=view.standing)), (suggestions.reject_suggestion, Rejection()),
        (suggestions.snooze_suggestion, Snooze(until=now() + timedelta(days=1))), (suggestions.undo_suggestion,),
        (suggestions.revise_suggestion, Revision(version=view.version, payload=view.payload)),
    )  # fmt: skip


def test_of_several_those_that_can_be_done_are_done(run, alice, bob, ana, stage, suggested):
    note = suggested("add_note", {"contact_ids": [str(ana)], "body": "x"})
    run(bob, contacts.set_stage, [ana], Stage.AMBASSADOR)
    done = run(alice, suggestions.approve_many, Approvals(seen={stage.id: stage.standing, note.id: note.standing}))
    assert {one.id: bool(one.refusal) for one in done} == {stage.id: True, note.id: False}
    assert [one.id for one in pending(run, alice)] == [stage.id] and run(alice, contacts.get_contact, ana).stage == Stage.AMBASSADOR


def test_what_it_did_is_undone_only_while_nothing_came_after(run, alice, ana, stage):
    approve(run, alice, stage)
    run(alice, contacts.set_stage, [ana], Stage.INACTIVE)
    with pytest.raises(Conflict):
        run(alice, suggestions.undo_suggestion, stage.id)
    assert run(alice, contacts.get_contact, ana).stage == Stage.INACTIVE and run(alice, suggestions.get_suggestion, stage.id).state == "executed"


def test_whoever_is_erased_is_gone_from_what_was_suggested(run, alice, database, ana, stage, suggested):
    suggested("create_task", {"title": "Call Ana Silva"})
    suggested("create_task", {"title": "Call the accountant"}, rationale="ana@mail.example wrote")
    suggested("create_task", {"title": "Water the plants"})
    with database.owner.begin() as connection:
        connection.execute(text("delete from contact where id = :id"), {"id": ana})
    assert [one.payload["title"] for one in pending(run, alice)] == ["Water the plants"]


def test_there_is_an_end_to_what_can_be_suggested(alice, suggested, database):
    suggested("create_task", {"title": "One"})
    with database.owner.begin() as connection:
        connection.execute(text("insert into suggestion select (jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid(), 'fingerprint', n::text))).* from suggestion s, generate_series(1, 199) n"))
    with pytest.raises(TooMany):
        suggested("create_task", {"title": "Two"})
    assert suggested("create_task", {"title": "One"}).payload["title"] == "One"


def test_what_nobody_asked_for_is_told_once_a_day(run, alice, suggested):
    suggested("create_task", {"title": "Asked for"})
    assert run(alice, notifications.list_notifications, NotificationFilter()).notifications == ()
    for title in ("One", "Two"):
        suggested("create_task", {"title": title}, unasked=True)
    assert [one.headline for one in run(alice, notifications.list_notifications, NotificationFilter()).notifications] == ["Suggestions to review"]


def test_the_database_itself_keeps_them_apart(alice, bob, stage, run):
    hidden = run(bob, contacts.create_contact, ContactCreate(display_name="Secret", audience="private")).id
    task = run(bob, tasks.create_task, TaskCreate(title="Secret", audience="private")).id
    with unit_of_work(bob) as session:
        assert session.execute(text("select count(*) from suggestion")).scalar() == 0
    for actor, statement in (
        (alice, f"update suggestion set owner_id = '{bob.user_id}'"), (alice, "update suggestion set audience = 'team'"),
        (alice, f"update suggestion set contact_id = '{hidden}'"), (alice, f"update suggestion set task_id = '{task}'"),
    ):  # fmt: skip
        with pytest.raises((IntegrityError, DBAPIError, psycopg.Error, CrmError)), unit_of_work(actor) as session:
            session.execute(text(statement))


def test_several_are_rejected_for_one_reason_and_come_back_together(run, alice, ana, stage, suggested):
    note = suggested("add_note", {"contact_ids": [str(ana)], "body": "She slept well."})
    approve(run, alice, note)
    call = suggested("create_task", {"title": "Call Ana"})
    done = {one.id: one for one in run(alice, suggestions.reject_many, Rejections(ids={stage.id, note.id, call.id}, reason="Not now"))}
    assert [done[key].suggestion.state for key in (stage.id, call.id)] == ["rejected", "rejected"] and done[stage.id].suggestion.reason == "Not now"
    assert done[note.id].suggestion is None and "decided already" in done[note.id].refusal
    back = run(alice, suggestions.undo_many, Undoing(ids={stage.id, call.id}))
    assert [one.state for one in back] == ["pending", "pending"] and len(pending(run, alice)) == 2


def test_a_batch_is_taken_back_whole_or_not_at_all(run, alice, bob, ana, stage, suggested):
    call, other = suggested("create_task", {"title": "Call Ana"}), suggested("create_task", {"title": "Call Ben"})
    run(alice, suggestions.approve_many, Approvals(seen={one.id: one.standing for one in (stage, call)}))
    run(alice, suggestions.reject_suggestion, other.id, Rejection())
    run(bob, contacts.set_stage, [ana], "ambassador")
    with pytest.raises(Conflict):
        run(alice, suggestions.undo_many, Undoing(ids={stage.id, other.id}))
    assert run(alice, suggestions.get_suggestion, other.id).state == "rejected" and run(alice, contacts.get_contact, ana).stage == "ambassador"
    for ids in ({other.id, uuid4()}, {uuid4()}):
        with pytest.raises(NotFound):
            run(alice, suggestions.undo_many, Undoing(ids=ids))
    with pytest.raises(NotFound):
        run(bob, suggestions.undo_many, Undoing(ids={other.id}))
    (missed,) = run(bob, suggestions.reject_many, Rejections(ids={other.id}))
    assert missed.suggestion is None and run(alice, suggestions.get_suggestion, other.id).state == "rejected"


def test_a_batch_of_approvals_and_rejections_comes_back_at_once(run, alice, ana, stage, suggested):
    call, other = suggested("create_task", {"title": "Call Ana"}), suggested("create_task", {"title": "Call Ben"})
    run(alice, suggestions.approve_many, Approvals(seen={one.id: one.standing for one in (stage, call)}))
    run(alice, suggestions.reject_suggestion, other.id, Rejection())
    assert [one.state for one in run(alice, suggestions.undo_many, Undoing(ids={stage.id, call.id, other.id}))] == ["pending"] * 3
    with pytest.raises(Conflict, match="nothing to take back"):
        run(alice, suggestions.undo_many, Undoing(ids={stage.id}))


@pytest.mark.parametrize("ids", [[], [str(uuid4()) for _ in range(51)], ["x"]])
def test_a_batch_has_one_to_fifty_ids(ids):
    for form in (Rejections, Undoing):
        with pytest.raises(ValidationError):
            form(ids=ids)
