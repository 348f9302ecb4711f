"""The queries behind the pages, on 100,000 contacts with 1,000,000 entries, as one of ten colleagues."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, get_args
from uuid import UUID

from benchmarks.measure import Result, counted, repeat
from crm_app.cli.acting import acting_as
from crm_app.domain.actor import Actor
from crm_app.domain.cadence import service as cadence
from crm_app.domain.cadence.schemas import DueFilter
from crm_app.domain.calendar import service as calendars
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.models import Stage
from crm_app.domain.contacts.schemas import ContactFilter, Sort
from crm_app.domain.dashboard import service as dashboard
from crm_app.domain.days import month_weeks, today_of
from crm_app.domain.interactions import service as interactions
from crm_app.domain.palette.service import find_anything
from crm_app.domain.projects import service as projects
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.overview_schemas import GroupBy
from crm_app.domain.tasks.schemas import Bucket
from crm_app.domain.unit_of_work import run_service
from crm_app.infrastructure.database import Database

ASKER = "seed1@team.example"
OPEN_BUCKETS = tuple(bucket for bucket in Bucket if bucket is not Bucket.DONE)
SEARCHES = {
    "many hits (yoga)": "yoga", "few hits (quillfeather)": "quillfeather", "no hits (xyzzyqwv)": "xyzzyqwv", "typo (quilfeater)": "quilfeater",
    "two words with accents (zofie dvorak)": "zofie dvorak", "another script (шевчук)": "шевчук",
    "two letters that are a name (佐藤)": "佐藤", "a name's second part, unspaced (美咲)": "美咲", "one letter (a)": "a", "two letters (li)": "li",
    "e-mail part (lucia.munoz)": "lucia.munoz", "umlaut written out (mueller)": "mueller",
}  # fmt: skip


def measure_services(database: Database, times: int) -> Iterator[Result]:
    """Every list, every search, the record page, the timeline, tasks and dashboard."""
    asker = acting_as(ASKER)
    yield from _lists(database, asker, times)
    yield from _searches(database, asker, times)
    yield from _records(database, asker, times)


def _measured(database: Database, name: str, call: Callable[[], Any], times: int, target: float | None) -> Result:
    with counted(database.app_engine) as seen:
        call()
    return repeat(name, call, times=times, target=target, statements=len(seen))


def _lists(database: Database, asker: Actor, times: int) -> Iterator[Result]:
    for sort in get_args(Sort):
        cursor = None
        for page in range(1, 201):
            if page in (1, 200):
                wanted = ContactFilter(sort=sort, after=cursor)
                yield _measured(database, f"list by {sort}, page {page}", partial(run_service, asker, contacts.list_contacts, wanted), times, 15)
            if page < 200:
                cursor = run_service(asker, contacts.list_contacts, ContactFilter(sort=sort, after=cursor)).next_cursor
    for name, wanted in (
        ("list of one stage", ContactFilter(stages=(Stage.AMBASSADOR,))), ("list of one tag", ContactFilter(tags=("yoga",))),
        ("list of favourites", ContactFilter(favourite=True)), ("list of the archive", ContactFilter(archived=True)), ("list of my own", ContactFilter(mine=True)),
    ):  # fmt: skip
        yield _measured(database, name, partial(run_service, asker, contacts.list_contacts, wanted), times, 15)


def _searches(database: Database, asker: Actor, times: int) -> Iterator[Result]:
    words = dict(SEARCHES)
    with database.owner_connection() as connection:
        row = connection.execute("select primary_phone from contact where primary_phone <> '' and audience = 'team' order by id limit 1").fetchone()
    phone = str(row[0]) if row else ""
    words["phone as written"] = phone
    words["phone without spaces"] = phone.replace(" ", "")
    words["end of a phone number"] = "".join(char for char in phone if char.isdigit())[-7:]
    for name, search in words.items():
        wanted = ContactFilter(search=search)
        yield _measured(database, f"search: {name}", partial(run_service, asker, contacts.list_contacts, wanted), times, 30)


def _records(database: Database, asker: Actor, times: int) -> Iterator[Result]:
    with database.owner_connection() as connection:
        busiest = connection.execute(
            "select l.contact_id from interaction_contact l join contact c on c.id = l.contact_id where c.audience = 'team' "
            "group by 1 order by count(*) desc, 1 limit 1"
        ).fetchone()
        coming = "select event_id from event_contact where audience = 'team' and starts_at > now() order by starts_at, event_id limit 1"
        nearest = connection.execute(coming).fetchone()
    if busiest is None or nearest is None:
        raise RuntimeError("nobody in this database was ever spoken to, or is to be met")
    key: UUID = busiest[0]
    meeting: UUID = nearest[0]
    weeks = month_weeks(today_of(asker), asker.week_start)
    for name, call, target in (
        ("contact page: record", lambda: run_service(asker, contacts.get_contact, key), 10.0),
        ("contact page: timeline of the busiest contact", lambda: run_service(asker, interactions.list_timeline, key), 10.0),
        ("latest entries of all", lambda: run_service(asker, interactions.list_recent, 8), None),
        ("task list: mine", lambda: run_service(asker, tasks.get_task_board, mine=True, buckets=OPEN_BUCKETS), 15.0),
        ("task list: everyone's", lambda: run_service(asker, tasks.get_task_board, buckets=OPEN_BUCKETS), 15.0),
        ("task list: one contact's", lambda: run_service(asker, tasks.get_task_board, key), 15.0),
        ("task list: done lately", lambda: run_service(asker, tasks.get_task_board, buckets=(Bucket.DONE,)), 15.0),
        ("task board: mine by status", lambda: run_service(asker, tasks.get_status_board, True), 15.0),
        ("task board: everyone's by status", lambda: run_service(asker, tasks.get_status_board), 15.0),
        ("task calendar: mine in a month", lambda: run_service(asker, tasks.get_task_calendar, weeks[0], len(weeks), True), None),
        ("task calendar: everyone's in a month", lambda: run_service(asker, tasks.get_task_calendar, weeks[0], len(weeks)), None),
        ("task figures: mine", lambda: run_service(asker, tasks.get_task_figures, True), None),
        ("task figures: everyone's", lambda: run_service(asker, tasks.get_task_figures), None),
        ("task list: everyone's by project", lambda: run_service(asker, tasks.get_task_groups, GroupBy.PROJECT), None),
        ("projects with their progress", lambda: run_service(asker, projects.list_projects), 15.0),
        ("tasks due, beside the sidebar's entry", lambda: run_service(asker, tasks.get_side_facts), None),
        ("calendar: mine in a week", lambda: run_service(asker, calendars.get_range, weeks[0], 7, mine=True), 10.0),
        ("calendar: everyone's in a week", lambda: run_service(asker, calendars.get_range, weeks[0], 7), 10.0),
        ("calendar: everyone's in six weeks", lambda: run_service(asker, calendars.get_range, weeks[0], len(weeks)), None),
        ("calendar: one event with its brief", lambda: run_service(asker, calendars.get_event, meeting), 10.0),
        ("contact page: meetings", lambda: run_service(asker, calendars.get_contact_meetings, key), 10.0),
        ("reconnect list: mine", lambda: run_service(asker, cadence.list_due, DueFilter()), 20.0),
        ("reconnect list: the team's", lambda: run_service(asker, cadence.list_due, DueFilter(mine=False)), 20.0),
        ("palette: a name (muell)", lambda: run_service(asker, find_anything, "muell"), 100.0),
        ("palette: half a goal's title (slee)", lambda: run_service(asker, find_anything, "slee"), 100.0),
        ("palette: a word of the past (breathing)", lambda: run_service(asker, find_anything, "breathing"), 100.0),
        ("dashboard: the team's", lambda: run_service(asker, dashboard.load_dashboard), 30.0),
        ("dashboard: mine", lambda: run_service(asker, dashboard.load_dashboard, mine=True), 30.0),
    ):
        yield _measured(database, name, call, times, target)

