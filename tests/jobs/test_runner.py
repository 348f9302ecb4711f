"""The runner: every way in which a job can end, and the trash that empties itself."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from crm_app.domain.errors import Invalid
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.jobs import service as jobs
from crm_app.domain.jobs.models import JobState
from crm_app.domain.tags.models import Tag
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate, TaskFilter
from crm_app.domain.unit_of_work import unit_of_work
from crm_app.jobs.runner import JobRunner, purge
from tests.domain.people import contact

KIND = "contacts.import"


@pytest.fixture
def work(run, alice):
    """Put one job in the queue, let ``handler`` do it, and return how it ended."""

    def do(handler, actor=alice):
        job = run(actor, jobs.enqueue_job, KIND, {})
        JobRunner({KIND: handler}).run_pending()
        return run(actor, jobs.get_job, job.id)

    return do


def finish(running):
    with unit_of_work(running.actor, "test.finish") as session:
        jobs.finish_job(session, running.actor, running.job.id, {"via": running.actor.via}, attempt=running.job.attempts)


def write_a_tag(running, then):
    with unit_of_work(running.actor, "test.tag") as session:
        session.add(Tag(name="half done", folded="half done"))
        session.flush()
        then()


def tags(database):
    with database.owner.connect() as connection:
        return connection.execute(text("select count(*) from tag")).scalar()


def test_it_acts_for_its_owner(work):
    ended = work(finish)
    assert (ended.state, ended.result) == (JobState.DONE, {"via": "job"})


def test_a_refusal_is_told_and_nothing_stays(work, database):
    def refuse():
        raise Invalid("The file is empty.")

    ended = work(lambda running: write_a_tag(running, refuse))
    assert (ended.state, ended.reason, tags(database)) == (JobState.FAILED, "The file is empty.", 0)


def test_a_defect_shows_a_reference_and_never_its_text(work, database):
    def crash():
        raise ZeroDivisionError("secret detail")

    ended = work(lambda running: write_a_tag(running, crash))
    assert ended.state == JobState.FAILED and "mention" in ended.reason and "secret" not in ended.reason
    assert tags(database) == 0


def test_stopping_between_two_steps_leaves_nothing(work, run, alice, database):
    def asked(running):
        run(alice, jobs.request_cancel, running.job.id)
        running.progress(1, 2)

    ended = work(lambda running: write_a_tag(running, lambda: asked(running)))
    assert (ended.state, tags(database)) == (JobState.CANCELLED, 0)


def test_a_database_that_was_away_is_tried_again_later(work):
    def away(running):
        raise OperationalError("select 1", {}, Exception("gone"))

    ended = work(away)
    assert (ended.state, ended.attempts) == (JobState.QUEUED, 1)


def test_a_process_that_dies_is_followed_by_another_and_after_three_the_job_fails(run, alice, database):
    job = run(alice, jobs.enqueue_job, KIND, {})

    class Died(BaseException):
        pass

    def die(running):
        raise Died

    for _ in range(3):
        with pytest.raises(Died):
            JobRunner({KIND: die}).run_pending()
        assert run(alice, jobs.get_job, job.id).state == JobState.RUNNING
        with database.owner.begin() as connection:
            connection.execute(text("update job set lease_until = now() - interval '1 second'"))
    JobRunner({KIND: finish}).run_pending()
    ended = run(alice, jobs.get_job, job.id)
    assert ended.state == JobState.FAILED and "three times" in ended.reason


def test_nothing_is_done_for_someone_who_may_not_sign_in(run, alice, database):
    job = run(alice, jobs.enqueue_job, KIND, {})
    with database.owner.begin() as connection:
        connection.execute(text("update user_account set disabled_at = now() where id = :who"), {"who": alice.user_id})
    JobRunner({KIND: finish}).run_pending()
    assert run(alice, jobs.get_job, job.id).state == JobState.FAILED


def test_the_clock_starts_it_and_a_shutdown_gives_it_back(run, alice):
    begun = threading.Event()

    def endless(running):
        begun.set()
        while True:
            running.progress(0, 1)
            time.sleep(0.02)

    job = run(alice, jobs.enqueue_job, KIND, {})
    runner = JobRunner({KIND: endless}, connections=3)
    runner.start()
    assert begun.wait(10)
    runner.stop()
    assert run(alice, jobs.get_job, job.id).state == JobState.QUEUED


def test_the_trash_is_emptied_after_thirty_days_history_included(database, alice):
    with database.owner.begin() as connection:
        for name, days in (("fresh", 29), ("old", 31)):
            connection.execute(
                text(
                    "with made as (insert into task (id, owner_id, title, description, status, priority, done_by, deleted_at) values "
                    "(gen_random_uuid(), :who, :name, '', 'pending', 'low', 'user', now() - make_interval(days => :days)) returning id), "
                    "story as (insert into change_set (id, actor_id, via, action, created_at) values (gen_random_uuid(), :who, '', '', now()) returning id) "
                    "insert into change (change_set_id, table_name, row_id, owner_id, audience, after) "
                    "select story.id, 'task', made.id, :who, 'team', jsonb_build_object('title', :name) from made, story"
                ),
                {"who": alice.user_id, "name": name, "days": days},
            )
    purge()
    with database.owner.connect() as connection:
        assert connection.execute(text("select title from task")).scalars().all() == ["fresh"]
        assert connection.execute(text("select after ->> 'title' from change where table_name = 'task'")).scalars().all() == ["fresh"]


def test_what_hangs_on_a_purged_contact_alone_goes_with_it(run, database, alice):
    ann, ben = contact(alice, "Ann"), contact(alice, "Ben")
    for title, people in (("both", [ann, ben]), ("hers", [ann])):
        run(alice, tasks.create_task, TaskCreate(title=title, contact_ids=people))
        run(alice, interactions.log_interaction, InteractionCreate(kind="note", subject=title, contact_ids=people))
    run(alice, tasks.create_task, TaskCreate(title="nobody's"))
    with database.owner.begin() as connection:
        connection.execute(text("update contact set deleted_at = now() - interval '31 days' where id = :id"), {"id": ann})
    assert {row.title for row in run(alice, tasks.list_tasks, TaskFilter()).tasks} == {"both", "nobody's"}
    assert [entry.subject for entry in run(alice, interactions.list_recent)] == ["both"]
    purge()
    with database.owner.connect() as connection:
        assert connection.execute(text("select title from task order by title")).scalars().all() == ["both", "nobody's"]
        assert connection.execute(text("select subject from interaction")).scalars().all() == ["both"]
        assert connection.execute(text("select count(*) from change where coalesce(after, before)::text like '%hers%'")).scalar() == 0
