"""A small studio with something on every page, served to a real browser: who is in it, what they have, and every place that the routes know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page
from sqlalchemy import text

from crm_app.domain.accounts import service as accounts
from crm_app.domain.accounts.passwords import hash_password
from crm_app.domain.actor import Actor
from crm_app.domain.calendar import service as calendars
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.days import today_of
from crm_app.domain.imports import service as imports
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.mail import service as mail
from crm_app.domain.permissions import Role
from crm_app.domain.projects import service as projects
from crm_app.domain.projects.schemas import ProjectCreate
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate
from crm_app.domain.unit_of_work import run_service
from crm_app.pages.routes import ROUTES
from crm_app.pages.settings.page import every_part
from tests.calendars import land_one, make_feed
from tests.cluster import Database
from tests.connection_rows import connected, missed, moment, ran
from tests.e2e.studio_ai import assisted
from tests.post import make_post
from tests.tabs import RunningHouse

MISSING = "/nothing/here"  # answered with 404, by our own page
PASSWORD = "violet kettle marching home"
PEOPLE = {
    role: Actor(user_id=UUID(int=0x0189_0000_0000_7000_8000_0000_0000_00E0 + number), role=role, name=name, email=f"{name.split()[0].lower()}@example.org")
    for number, (role, name) in enumerate({Role.OWNER: "Olivia Reyes", Role.ADMIN: "Adam Novak", Role.MEMBER: "Alice Young", Role.VIEWER: "Vera Lund"}.items())
}
NAMES = ("Ana Silva", "Björn Volkov", "Chiara Conti", "Dmitri Orlov", "Elif Kaya", "Fatima Rahman", "Grace Okafor", "Hana Suzuki", "Ines Carvalho", "Jonas Weber")
STAGES = ("discovery", "curious", "new_client", "core_client", "ambassador", "needs_reconnecting", "inactive", "collaborator")
TABLE = b"Name,E-mail,Birthday\nAna Lopes,ana.lopes@example.org,1990-06-03\nMei Lin,not an address,someday\n"
LISTENING = "Boolean(window.did_handshake) && Boolean(document.querySelector('h1'))"


@dataclass
class Studio:
    """The running house, and the ids of what can be named in an address."""

    house: RunningHouse
    contacts: list[UUID] = field(default_factory=list)
    projects: list[UUID] = field(default_factory=list)
    imports: dict[str, UUID] = field(default_factory=dict)
    connections: dict[str, UUID] = field(default_factory=dict)
    event: UUID | None = None
    mailbox: UUID | None = None
    threads: dict[str, UUID] = field(default_factory=dict)
    talks: dict[str, UUID] = field(default_factory=dict)
    ai_provider: UUID | None = None

    def places(self, role: Role) -> list[str]:
        """Every address that the routes and the settings know, with what their queries can show. A new route is in here by itself."""
        filled: list[str] = []
        for route in ROUTES:
            if "{part}" in route:
                filled += [route.replace("{part}", part) for part in every_part()]
            else:
                filled.append(route.replace("{contact_id}", str(self.contacts[0])).replace("{project_id}", str(self.projects[0])).replace("{connection_id}", str(self.connections["good"])))
        assert not any("{" in path for path in filled), f"say in tests/e2e/studio.py what to fill into {filled}"
        more = ["/contacts?view=cards", "/contacts?view=board", "/contacts?q=nobody+is+called+so", "/contacts?stage=curious&owner=me&contacted=120&any_tag=Yoga", "/tasks?whose=team", "/tasks?view=board", "/tasks?whose=team&view=board", "/tasks?view=calendar", "/contacts?whose=mine", "/tasks?show=done", MISSING]
        more += ["/calendar?view=day&zone=Asia/Kathmandu", "/calendar?view=month", "/calendar?view=agenda&whose=team", "/calendar?date=2020-02-03", f"/contacts/{self.contacts[0]}?kind=meeting"]
        more += [f"/calendar?whose=team&event={self.event}&note=1"]
        more += ["/settings/ai?view=spend"] if role is not Role.VIEWER else []
        more += [f"/mail?thread={self.threads['shared']}", f"/contacts/{self.contacts[0]}?kind=email"]
        own = [f"/contacts/import?job={key}" for key in self.imports.values()] if role is Role.MEMBER else []
        if role is Role.MEMBER:
            here = "/settings/connections"
            own += [f"{here}?open={self.connections['good']}", *(f"{here}?add={way}" for way in ("nextcloud", "ics")), f"{here}/{self.connections['begun']}"]
            own += [f"{here}/{self.connections['refused']}?edit=1", f"{here}?add=gmail", f"{here}?add=imap", f"{here}/{self.mailbox}"]
            own += [f"/assistant?c={self.talks['answered']}", f"/assistant?c={self.talks['running']}", f"/assistant?about={self.contacts[0]}"]
            own += ["/mail?box=unmatched", "/mail?box=irrelevant", "/mail?q=nothing+like+it", f"/mail?thread={self.threads['page']}", f"/mail?thread={self.threads['stranger']}"]
        return filled + more + own

    def context(self, chromium: Chromium, role: Role, **options: object) -> BrowserContext:
        """A browser that is signed in."""
        browser = self.house.sign_in(PEOPLE[role])
        context = chromium.new_context(base_url=self.house.origin, reduced_motion="reduce", **options)  # type: ignore[arg-type]
        context.add_cookies([{"name": browser.cookie_name, "value": browser.token, "url": self.house.origin}])
        return context


def go(page: Page, path: str) -> None:
    """Open an address, and wait until the page stands and listens."""
    page.goto(path, wait_until="domcontentloaded")
    page.wait_for_function(LISTENING)
    page.wait_for_timeout(60)


@contextmanager
def open_studio(house: RunningHouse) -> Iterator[Studio]:
    """Fill an empty house."""
    studio = Studio(house)
    write_people(house.database)
    alice = PEOPLE[Role.MEMBER]
    for number in range(56):
        studio.contacts.append(_contact(studio, alice, number))
    _entries_and_tasks(studio, alice)
    _calendar(studio, alice)
    _mail(studio, alice)
    _imports(studio, alice)
    _connections(studio, alice)
    for actor in PEOPLE.values():
        run_service(actor, accounts.create_token, "Booking page")
        house.sign_in(actor)
    with assisted(studio, PEOPLE[Role.OWNER], alice):
        yield studio


def _contact(studio: Studio, maker: Actor, number: int) -> UUID:
    name = NAMES[number % 10] + ("" if number < 10 else f" {number}")
    data = ContactCreate(
        display_name=name, company=("Stillwater", "", "North Studio")[number % 3], stage=STAGES[number % 8], tags=["Yoga", "Retreat", "Back pain"][: number % 4],
        cadence_days=(None, 14, 30)[number % 3], favourite=number % 7 == 0, audience="private" if number % 11 == 5 else "team", birth_day=3, birth_month=1 + number % 12,
        referred_by_id=studio.contacts[0] if number in (1, 2) else None, notes="Prefers mornings." if number % 2 == 0 else "",
        points=[{"kind": "email", "value": f"p{number}@example.org"}, {"kind": "phone", "value": f"+44 20 7946 {number:04}"}],
    )  # fmt: skip
    return run_service(maker, contacts.create_contact, data).id


def _entries_and_tasks(studio: Studio, maker: Actor) -> None:
    for number in range(40):
        kind = ("note", "call", "meeting", "message")[number % 4]
        about = studio.contacts[0 if number % 2 else number]
        run_service(maker, interactions.log_interaction, InteractionCreate(kind=kind, body=f"Spoke of sleep, part {number}.", contact_ids=[about]))
    today = today_of(maker)
    studio.projects = [run_service(maker, projects.create_project, ProjectCreate(title=title)).id for title in ("Client care", "Retreat in June")]
    for number in range(24):
        due = today + timedelta(days=(-3, 0, 1, 3, 30)[number % 5])
        data = TaskCreate(title=f"Send the journal, part {number}", due_date=due, priority=("low", "medium", "high", "urgent")[number % 4], contact_ids=[studio.contacts[number % 5]], project_id=studio.projects[number % 2])
        made = run_service(maker, tasks.create_task, data)
        if number % 6 == 5:
            run_service(maker, tasks.complete_tasks, [made.id])


def _calendar(studio: Studio, maker: Actor) -> None:
    """A week of events, one of each kind, with people of the studio; two sessions are over, one is still to come today."""
    sessions, private = make_feed(maker, "Sessions"), make_feed(maker, "Private", hue="plum", shown=True)
    now, today = datetime.now(UTC).replace(second=0, microsecond=0), datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    land_one(sessions, "Breathwork with Ana", now - timedelta(minutes=90), asked=["p0@example.org"], location="Room 2", description="Bring a mat.")
    land_one(sessions, "Coaching", today - timedelta(days=1), asked=["p1@example.org", "p2@example.org", "guest@example.org"], url="https://meet.example/1", meeting_type="video")
    land_one(sessions, "Not certain", today + timedelta(days=1), asked=["p0@example.org"], status="tentative")
    land_one(sessions, "Called off", today, 45, status="cancelled")
    land_one(sessions, "Somebody's <b>very</b> long title that does not fit anywhere at all " * 3, today + timedelta(days=1), 30)
    land_one(sessions, "Over midnight", today.replace(hour=23), 180)
    land_one(private, "Retreat", today.replace(hour=0), 2 * 1440, all_day=True, start_date=today.date(), end_date=today.date() + timedelta(days=2))
    for number in range(8):
        land_one(private, f"Busy {number}", today + timedelta(days=2, minutes=number), 60)
    shown = run_service(maker, calendars.get_range, today.date() - timedelta(days=1), 3).events
    studio.event = next(event.id for event in shown if event.title == "Breathwork with Ana")


def _mail(studio: Studio, maker: Actor) -> None:
    """A thread that the team sees, a page with a table, files and pictures from elsewhere, somebody unknown, and a newsletter."""
    post = make_post(maker, "Letters", sends=True, next_run_at=moment(days=30))
    studio.mailbox = post.connection_id
    first = post.letter("Sleep journal", "p0@example.org", "The counting wakes me up.", hours=50, name="Ana Silva")
    post.letter("Re: Sleep journal", "p0@example.org", "Two good weeks! See https://sleep.example/journal.\n\n> The counting wakes me up.", hours=3, name="Ana Silva", answers=(first,), unread=True)
    table = "<table border=1 cellpadding=6><tr><th>Option</th><th>Price</th></tr><tr><td>Whole day</td><td>90</td></tr></table><img src=\"blocked:https://t.example/x\"><p style=\"color:gray\">Bye</p>"
    files = ({"part": "2", "name": "a-plan-with-a-name-that-is-longer-than-there-is-room-for-on-any-telephone.pdf", "kind": "application/pdf", "size": 118_300},)
    post.letter("Options", "p1@example.org", "Three options", hours=6, html=table, remote=True, attachments=files, verified="spf=fail dkim=none", name="Björn Volkov")
    post.letter("A subject that goes on and on, and then on " * 5, "p2@example.org", "Short", hours=8)
    post.letter("Spring", "ruth@other.example", "Do you take new people?", name="Ruth Adler", hours=9)
    post.letter("Sale", "news@shop.example", marks={"list-unsubscribe": "<https://shop.example/off>"}, hours=10)
    known = {subject: key for key, subject in post.threads()}
    studio.threads = {"shared": known["Sleep journal"], "page": known["Options"], "stranger": post.threads("unmatched")[0][0]}
    view = run_service(maker, mail.get_thread, known["Sleep journal"])
    run_service(maker, mail.share_thread, view.id, "full", version=view.version)


def _imports(studio: Studio, maker: Actor) -> None:
    """One import at each of its steps."""
    for number, state in enumerate(("draft", "cancelled", "failed", "done", "queued")):
        view = run_service(maker, imports.upload_import, f"{state}.csv", TABLE.replace(b"ana.lopes", f"ana.{number}".encode()))
        studio.imports[state] = view.job.id
        if state == "done":
            run_service(maker, imports.start_import, view.job.id)
            studio.house.work()
    with studio.house.database.owner.begin() as connection:
        for state in ("cancelled", "failed", "queued"):
            connection.execute(text("update job set state = :state, reason = :why where id = :id"), {"state": state, "why": "It did not work." if state == "failed" else "", "id": studio.imports[state]})


def _connections(studio: Studio, maker: Actor) -> None:
    """One of every state, and what is not here of the first."""
    later = moment(days=30)  # no clock of the house takes them up
    good = connected(maker, "Practice", calendars=("Sessions", "A calendar with a name that is long, and then a little longer than that"), next_run_at=later)
    ran(maker, good, full=True, seen=1204, created=1200, skipped=1, failed=1)
    ran(maker, good, state="failed", reason="The server did not answer.")
    missed(maker, good, "Breathwork with Ana", tries=3)
    missed(maker, good, "", tries=8)
    missed(maker, good, "Buy tea", kind="skipped", reason="It is a to-do, and not an event.")
    studio.connections = {
        "good": good, "refused": connected(maker, "Fastmail", state="sign_in_needed", reason="The server refused the sign-in.", failures=1),
        "down": connected(maker, "Holidays", kind="ics", username="", failures=2, reason="The server did not answer.", next_run_at=later),
        "old": connected(maker, "Old server", last_ok_at=moment(days=-3), next_run_at=later), "paused": connected(maker, "Retreats", state="paused"),
        "begun": connected(maker, "Begun", state="paused", last_ok_at=None, last_run_at=None),
    }  # fmt: skip


def write_people(database: Database) -> None:
    """One of each role, and nothing of theirs."""
    with database.owner.begin() as connection:
        connection.execute(text("insert into team (id, name, country, updated_at) values (1, 'Stillwater Studio', 'GB', now())"))
        for who in PEOPLE.values():
            connection.execute(
                text("insert into user_account (id, email, name, role, time_zone, locale, theme, week_start, sidebar_collapsed) values (:id, :email, :name, :role, 'UTC', 'en', 'system', 0, false)"),
                {"id": who.user_id, "email": who.email, "name": who.name, "role": who.role.value},
            )
            connection.execute(text("insert into credential (user_id, password_hash, changed_at) values (:id, :hash, now())"), {"id": who.user_id, "hash": hash_password(PASSWORD)})
