"""A small team in which everybody owns something: the ground on which every cell of the rights matrix is tried."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from pydantic import SecretStr
from sqlalchemy import text
from sqlmodel import select

from crm_app.domain.accounts import service as accounts
from crm_app.domain.accounts.passwords import hash_password
from crm_app.domain.accounts.rules import session_limits
from crm_app.domain.accounts.schemas import NewSession
from crm_app.domain.accounts.store import SqlSessionStore
from crm_app.domain.actor import Actor
from crm_app.domain.addressbooks.models import AddressBook, AddressCard
from crm_app.domain.analyses import service as analyses
from crm_app.domain.analyses.models import SubjectKind
from crm_app.domain.analyses.schemas import Made, Subject, Wanted
from crm_app.domain.cadence import service as cadence
from crm_app.domain.cadence.schemas import AwayCreate
from crm_app.domain.calendar import service as calendars
from crm_app.domain.calendar.access import get_own_change
from crm_app.domain.calendar.models import Calendar, CalendarItem, Event
from crm_app.domain.calendar.writing import WRITE
from crm_app.domain.calendar.writing_schemas import NewEventWish
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.models import Connection, SyncProblem, SyncRun
from crm_app.domain.connections.schemas import ConnectionCreate
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.models import Contact, ContactPoint
from crm_app.domain.contacts.schemas import ContactCreate
from crm_app.domain.conversations import service as conversations
from crm_app.domain.conversations.schemas import TurnCreate
from crm_app.domain.delegations import service as delegations
from crm_app.domain.documents import service as documents
from crm_app.domain.drives.models import DriveFile, DriveFolder, DriveLink
from crm_app.domain.files.models import Blob
from crm_app.domain.goals import service as goals
from crm_app.domain.goals.schemas import CheckInCreate, GoalCreate
from crm_app.domain.google.models import OAuthClient
from crm_app.domain.ids import new_id
from crm_app.domain.imports import service as imports
from crm_app.domain.interactions import service as interactions
from crm_app.domain.interactions.schemas import InteractionCreate
from crm_app.domain.jobs.models import Job
from crm_app.domain.jobs.queries import find_open_job, get_own_job
from crm_app.domain.letters import service as letters
from crm_app.domain.letters.queries import key_of
from crm_app.domain.letters.schemas import LetterInput, TemplateInput
from crm_app.domain.mail import service as mails
from crm_app.domain.mail.models import Email, EmailPlace, MailThread
from crm_app.domain.notifications.kinds import Kind
from crm_app.domain.notifications.notify import notify_self
from crm_app.domain.notifications.queries import list_rows
from crm_app.domain.outbox.models import MailState, Outbox
from crm_app.domain.outbox.posting import Letter, bind_mail, post_mail
from crm_app.domain.outbox.queries import turn_letter
from crm_app.domain.permissions import Role
from crm_app.domain.programmes import service as programmes
from crm_app.domain.programmes.schemas import ProgrammeCreate
from crm_app.domain.projects import service as projects
from crm_app.domain.projects.schemas import ProjectCreate
from crm_app.domain.rows import now
from crm_app.domain.saved_views import service as saved_views
from crm_app.domain.saved_views.schemas import SavedViewCreate
from crm_app.domain.sealing import OAUTH_CLIENT, bind_box, bound_box
from crm_app.domain.spending import service as spending
from crm_app.domain.spending.schemas import Turn
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.suggestions.schemas import ProposalCreate, Rejection
from crm_app.domain.tags import service as tags
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.schemas import TaskCreate
from crm_app.domain.team import service as team
from crm_app.domain.team.schemas import HandOver, Invite
from crm_app.domain.unit_of_work import perform, unit_of_work
from crm_app.infrastructure.key_ring import derived_ring
from crm_app.infrastructure.secret_box import AesSecretBox
from tests.ai_world import set_up_ai
from tests.calendars import land_one, make_feed
from tests.cluster import SECRET, Database
from tests.documents import write_document
from tests.mailboxes import attached, mail, make_mailbox
from tests.security.calls import A_CALL, AHEAD, PASSWORD, SUGGESTED, TABLE, TEAM_CONTACT, TEAM_DOCUMENT, photo_sha

OTHER = Actor(user_id=UUID("01890000-0000-7000-8000-0000000000a1"), role=Role.MEMBER, name="Alice", email="alice@team.example")
DISABLED = Actor(user_id=UUID("01890000-0000-7000-8000-0000000000a2"), role=Role.MEMBER, name="Charlie", email="charlie@team.example")
ASKERS = {
    "owner": Actor(user_id=UUID("01890000-0000-7000-8000-0000000000b1"), role=Role.OWNER, name="Olivia", email="olivia@team.example"),
    "admin": Actor(user_id=UUID("01890000-0000-7000-8000-0000000000b2"), role=Role.ADMIN, name="Adam", email="adam@team.example"),
    "member": Actor(user_id=UUID("01890000-0000-7000-8000-0000000000b3"), role=Role.MEMBER, name="Bob", email="bob@team.example"),
    "viewer": Actor(user_id=UUID("01890000-0000-7000-8000-0000000000b4"), role=Role.VIEWER, name="Vera", email="vera@team.example"),
    "narrow": Actor(
        user_id=UUID("01890000-0000-7000-8000-0000000000b5"), role=Role.MEMBER, name="Nell", email="nell@team.example", scopes=frozenset({"tag:read"})
    ),
}
CANARY = "canary-7f3a"


@dataclass
class World:
    """``ids[entity][ownership]``; what belongs to the asker stands under ``own:<column>``."""

    ids: dict[str, dict[str, UUID]] = field(default_factory=dict)
    versions: dict[UUID, int] = field(default_factory=dict)

    def find(self, entity: str, ownership: str, column: str) -> UUID:
        """The thing in a cell of the matrix."""
        if ownership in ("missing", "none") or entity == "none":
            return uuid4()
        known = self.ids[entity]
        return known[f"{ownership}:{column}"] if ownership.startswith("own") else known[ownership]

    def put(self, entity: str, place: str, view: Any) -> UUID:
        """Remember a thing and the version it is at."""
        self.ids.setdefault(entity, {})[place] = view.id
        self.versions[view.id] = getattr(view, "version", 1)
        return UUID(str(view.id))


def bind_secret() -> None:
    """Seal, and open what is sealed, as every deployment of the tests does."""
    bind_box(lambda: AesSecretBox(lambda: derived_ring(SECRET.encode())))


def build_world(database: Database) -> World:
    """Everybody and their things, written through the services."""
    bind_secret()
    _write_people(database)
    world = World()
    with unit_of_work(OTHER, "tests.make_contact") as session:
        session.add(Contact(id=TEAM_CONTACT, owner_id=OTHER.user_id, display_name="Everybody's guest", sort_name="everybody's guest"))
        session.flush()
        session.add(ContactPoint(contact_id=TEAM_CONTACT, owner_id=OTHER.user_id, kind="email", value="guest@mail.example", value_norm="guest@mail.example"))
    write_document(OTHER, TEAM_CONTACT, "A plan", key=TEAM_DOCUMENT)
    for column, asker in ASKERS.items():
        # Somebody may have become a viewer after making things.
        maker = Actor(user_id=asker.user_id, role=Role.MEMBER, name=asker.name)
        _things(world, maker, f"own:{column}", "private")
        _things(world, maker, f"own_trash:{column}", "private", trashed=True)
        _jobs(world, maker, f"own:{column}")
        _upload(world, maker, f"own:{column}")
        _event(world, maker, f"own:{column}", "private")
        _thread(world, maker, f"own:{column}", "private")
        _connection(world, maker, f"own:{column}")
        _suggestions(world, maker, f"own:{column}")
        _ai_call(world, maker, f"own:{column}")
    for audience in ("team", "private"):
        _things(world, OTHER, audience, audience)
        _things(world, OTHER, f"{audience}_trash", audience, trashed=True)
        _event(world, OTHER, audience, audience)
        _thread(world, OTHER, audience, audience)
    world.put("contact", "locked", _contact(OTHER, "team", locked=True))
    _jobs(world, OTHER, "private")
    _connection(world, OTHER, "private")
    _suggestions(world, OTHER, "private")
    _ai_call(world, OTHER, "private")
    world.put("tag", "team", perform(OTHER, tags.create_tag, "a tag of the team").value)
    world.ids["person"] = {"team": OTHER.user_id}
    set_up_ai(world, OTHER, ASKERS, CANARY)
    world.ids["self"] = {"private": OTHER.user_id, **{f"own:{column}": asker.user_id for column, asker in ASKERS.items()}}
    _google_client()
    world.put("invitation", "team", perform(ASKERS["owner"], team.invite, Invite(email="open@team.example", role="viewer")).value[0])
    _failed_mail(world, database)
    _agreed(database)
    _still(database)
    return world


def _google_client() -> None:
    """The practice's own client at Google."""
    with unit_of_work(ASKERS["owner"], "tests.make_client") as session:
        made = OAuthClient(provider="google", client_id="1234-team.apps.googleusercontent.com", sealed=b"", key_id="")
        sealed = bound_box().seal(OAUTH_CLIENT.of(made.id), SecretStr(CANARY))
        made.sealed, made.key_id = sealed.content, sealed.key_id
        session.add(made)


def _agreed(database: Database) -> None:
    """Everybody agrees to AI: what is refused to somebody is refused for another reason."""
    with database.owner.begin() as connection:
        connection.execute(text("update contact set ai_consent = true"))


def _still(database: Database) -> None:
    """No clock of a house that runs on this gives anything a turn: what changes after this was changed by whoever called."""
    with database.owner.begin() as connection:
        connection.execute(text("alter table connection disable trigger user"))  # it stays the version that its maker was told
        connection.execute(text("update connection set interval_minutes = 1440, next_run_at = now() + interval '1 day'"))
        connection.execute(text("alter table connection enable trigger user"))
    look_at_everyone(database)


def _failed_mail(world: World, database: Database) -> None:
    bind_mail("crm@stillwater.example")
    with unit_of_work(OTHER, "tests.make_mail") as session:
        letter = Letter("ana@mail.example", CANARY, CANARY)
        world.ids["mail"] = {"team": post_mail(session, OTHER, "invitation", letter, key="one", expires_at=now() + timedelta(days=1))}  # type: ignore[dict-item]
    with database.owner.begin() as connection:
        connection.execute(text("update outbox set state = 'failed' where kind <> 'letter'"))
    bind_mail("")


def _things(world: World, maker: Actor, place: str, audience: str, trashed: bool = False) -> None:
    home = _contact(maker, audience)
    entry = perform(maker, interactions.log_interaction, InteractionCreate(kind="call", subject=CANARY, contact_ids=[home.id], audience=audience)).value
    goal = perform(maker, goals.create_goal, GoalCreate(title=CANARY, target_value=3, audience=audience)).value
    world.put("check_in", place, perform(maker, goals.check_in, goal.id, CheckInCreate(value=1, note=CANARY)).value)
    world.put("goal", place, goal)
    programme = perform(maker, programmes.create_programme, ProgrammeCreate(contact_id=home.id, name=CANARY, sessions_total=3)).value
    world.put("programme", place, programme)
    document = write_document(maker, home.id, CANARY, name=f"{CANARY}.txt", audience=audience)
    world.put("document", place, document)
    task = perform(maker, tasks.create_task, TaskCreate(title=CANARY, contact_ids=[home.id], audience=audience, steps=[CANARY], tags=["shared tag"])).value
    project = perform(maker, projects.create_project, ProjectCreate(title=CANARY, audience=audience)).value
    contact = _contact(maker, audience)
    world.put("contact", place, contact)
    with unit_of_work(maker, "tests.make_photo") as session:
        photo = Blob(owner_id=maker.user_id, audience=audience, contact_id=contact.id, content_type="image/png", size=3, data=b"png")
        photo.sha256 = photo_sha(photo.id)
        session.add(photo)
    world.put("photo", place, photo)
    world.put("interaction", place, entry)
    world.put("task", place, task)
    world.put("step", place, perform(maker, tasks.list_steps, task.id).value[0])
    world.put("project", place, project)
    done = perform(maker, contacts.set_favourite, [contact.id], True)
    world.versions[contact.id] += 1
    world.ids.setdefault("change_set", {})[place] = done.change_set_id  # type: ignore[assignment]
    if trashed:
        perform(maker, contacts.delete_contacts, [contact.id])
        perform(maker, interactions.delete_interaction, entry.id)
        perform(maker, tasks.delete_tasks, [task.id])
        perform(maker, goals.delete_goals, [goal.id])
        perform(maker, documents.delete_document, document.id)
        perform(maker, programmes.delete_programmes, [programme.id])
        perform(maker, projects.delete_project, project.id)


def _connection(world: World, maker: Actor, place: str) -> None:
    """An account with a calendar, a run of it, and something that could not be read."""
    data = ConnectionCreate(kind="caldav", name=CANARY, url=f"https://cloud.example.org/{CANARY}", username=CANARY, password=SecretStr(CANARY))
    made = perform(maker, connections.create_connection, data, start=False).value
    made = perform(maker, connections.resume_connection, made.id).value
    world.put("connection", place, made)
    owned: dict[str, Any] = {"owner_id": maker.user_id, "audience": "private"}
    with unit_of_work(maker, "tests.make_calendar") as session:
        calendar = Calendar(**owned, connection_id=made.id, external_id=CANARY, name=CANARY, hue="teal", writable=True)
        session.add_all([calendar, SyncRun(**owned, connection_id=made.id, state="done", reason=CANARY)])
        session.add(SyncProblem(**owned, connection_id=made.id, calendar_ref=CANARY, item=CANARY, title=CANARY, kind="failed", reason=CANARY))
        session.flush()
        session.add(CalendarItem(**owned, calendar_id=calendar.id, external_id=CANARY, etag="1", content=CANARY.encode()))
        book = AddressBook(**owned, connection_id=made.id, external_id=CANARY, name=CANARY, two_way=True)
        session.add(book)
        session.flush()
        card = AddressCard(**owned, book_id=book.id, external_id=CANARY, etag="1", contact_id=new_id(), said={"company": CANARY})
        card.copies = [{"id": "kept", "name": "company", "ours": CANARY, "theirs": None}]
        session.add(card)
        session.add(AddressCard(**owned, book_id=book.id, external_id=f"{CANARY} wanted", etag="", contact_id=TEAM_CONTACT, wanted=True))
        drive = Connection(**owned, kind="google_drive", name=f"{CANARY} drive", url="https://drive.google.com/", username=CANARY)
        session.add(drive)
        session.flush()
        linked = DriveLink(**owned, connection_id=drive.id, contact_id=TEAM_CONTACT, external_id=CANARY, name=CANARY)
        session.add(linked)
        session.flush()
        session.add(DriveFile(**owned, connection_id=drive.id, contact_id=TEAM_CONTACT, external_id=CANARY, name=CANARY, link_id=linked.id, document_id=new_id(), mark="1"))
        session.add(DriveFolder(**owned, connection_id=drive.id, external_id=CANARY, within=CANARY))
    world.put("drive", place, drive)
    world.put("drive_link", place, linked)
    world.put("calendar", place, calendar)
    wish = NewEventWish(title=CANARY, description=CANARY, starts_at=now(), ends_at=now())
    asked = perform(maker, calendars.create_event, calendar.id, wish).value
    with unit_of_work(maker, "tests.end_change") as session:  # so that nobody goes and tells a calendar that is not there
        job = find_open_job(session, maker, WRITE, "change_id", str(asked.id))
        assert job is not None
        job.state = "cancelled"
        get_own_change(session, maker, asked.id).sqlmodel_update({"state": "refused", "reason": CANARY, "ended_at": now()})
    world.put("event_change", place, asked)
    world.put("address_book", place, book)
    world.put("address_card", place, card)
    world.put("analysis", place, _analysis(maker))


def _suggestions(world: World, maker: Actor, place: str) -> None:
    """One that waits, one that its person rejected, and a task that the assistant drafts."""
    data = ProposalCreate(kind="create_task", payload={"title": SUGGESTED}, rationale=CANARY)
    made = perform(maker, suggestions.propose, data).value
    perform(maker, suggestions.reject_suggestion, made.id, Rejection(reason=CANARY))
    world.put("decided_suggestion", place, made)
    world.put("suggestion", place, perform(maker, suggestions.propose, data).value)
    task = perform(maker, tasks.create_task, TaskCreate(title=CANARY, audience="private")).value
    given = perform(maker, delegations.delegate_task, task.id).value
    with unit_of_work(maker, "tests.put_off_job") as session:  # so that no model is asked, and no clock takes it for lost
        get_own_job(session, maker, given.job_id).run_after = now() + timedelta(days=300)
    world.put("delegated_task", place, task)


def _ai_call(world: World, maker: Actor, place: str) -> None:
    """A call that is under way, with what was sent."""
    made = perform(maker, spending.reserve_call, replace(A_CALL, why=CANARY, sent=(Turn("user", CANARY),), contact_ids=(TEAM_CONTACT,))).value
    world.ids.setdefault("ai_call", {})[place] = made.call_id


def _analysis(maker: Actor) -> Any:
    """What a model made for somebody of a contact that everybody knows."""
    made = perform(maker, analyses.want_analysis, Wanted(subject=Subject(kind=SubjectKind.CONTACT, id=TEAM_CONTACT), skill="brief", fingerprint="f")).value
    told = Made(fingerprint="f", value={"text": CANARY}, model_label=CANARY, why=CANARY, cost_micros=1, call_id=made.id)
    return perform(maker, analyses.store_analysis, made.id, told).value


def _upload(world: World, maker: Actor, place: str) -> None:
    with unit_of_work(maker, "tests.make_upload") as session:
        upload = Blob(owner_id=maker.user_id, purpose="upload", content_type="image/webp", size=3, data=b"web")
        file = Blob(owner_id=maker.user_id, purpose="upload", name=f"{CANARY}.txt", content_type="text/plain", size=3, data=b"web")
        session.add_all([upload, file])
    world.put("upload", place, upload)
    world.put("file", place, file)


def _event(world: World, maker: Actor, place: str, audience: str) -> None:
    """An event that concerns somebody whom everybody knows, in a calendar that shares its meetings or keeps them."""
    read = land_one(make_feed(maker, CANARY, audience=audience, writable=True), CANARY, asked=["guest@mail.example"], description=CANARY, location=CANARY)
    with unit_of_work(maker, "tests.find_event") as session:
        world.put("event", place, session.exec(select(Event).where(Event.uid == read.uid)).one())


def _thread(world: World, maker: Actor, place: str, audience: str) -> None:
    """A mail of somebody whom everybody knows, in a mailbox that shows the team everything or nothing; its folder, and a rule."""
    box = make_mailbox(maker, CANARY, shown="full" if audience == "team" else "private", username=f"{audience}@mail.example", sends=True)
    box.land_whole(mail(CANARY, "guest@mail.example", text=CANARY, html=CANARY, attachments=(attached(f"{CANARY}.pdf"),)))
    rule = perform(maker, mails.set_rule, f"{CANARY}@{audience}.example", "never").value
    with unit_of_work(maker, "tests.find_thread") as session:
        folder = box.folder(session)
        email = session.exec(select(Email).join(EmailPlace).where(EmailPlace.folder_id == folder.id)).one()
        world.put("email", place, email)
        world.put("thread", place, session.get_one(MailThread, email.thread_id))
        world.put("mail_folder", place, folder)
        world.ids.setdefault("mailbox", {})[place] = box.connection_id
        world.put("mail_rule", place, rule)
    world.put("template", place, perform(maker, letters.create_template, TemplateInput(name=CANARY, subject=CANARY, body=CANARY, audience=audience)).value)
    if audience == "private":
        _letters(world, maker, place, box.connection_id)


def _letters(world: World, maker: Actor, place: str, connection_id: UUID) -> None:
    """One that is being written, one that waits for its time, and one of which nobody knows."""
    data = LetterInput(connection_id=connection_id, recipients="guest@mail.example", subject=CANARY, body=CANARY)
    file = perform(maker, letters.keep_file, f"{CANARY}.pdf", CANARY.encode()).value
    world.ids.setdefault("letter_file", {})[place] = file
    world.put("letter", place, perform(maker, letters.create_letter, data.model_copy(update={"files": (file,)})).value)
    for entity in ("waiting_letter", "unknown_letter"):
        made = perform(maker, letters.create_letter, data).value
        world.put(entity, place, perform(maker, letters.send_letter, made.id, version=1, at=now() + timedelta(days=300)).value)
    with unit_of_work(maker, "tests.doubt") as session:
        mail_id = session.exec(select(Outbox.id).where(Outbox.key == key_of(world.ids["unknown_letter"][place]))).one()
        turn_letter(session, maker, mail_id, (MailState.QUEUED,), state=MailState.UNKNOWN.value)


def _contact(maker: Actor, audience: str, locked: bool = False) -> Any:
    data = ContactCreate(
        display_name=f"{CANARY} {maker.name}", audience=audience, locked=locked, notes=CANARY, tags=["shared tag"],
        points=[{"kind": "email", "value": f"{CANARY}@mail.example"}, {"kind": "phone", "value": "+44 7700 900123"}],
    )  # fmt: skip
    return perform(maker, contacts.create_contact, data).value


def _jobs(world: World, maker: Actor, place: str) -> None:
    """An import that waits, one that runs, and one that has ended and can be undone; a session and a token."""
    for entity, state in (("job", "draft"), ("running_job", "running"), ("done_job", "done")):
        view = perform(maker, imports.upload_import, "people.csv", TABLE).value
        with unit_of_work(maker, "tests.make_job") as session:
            job = get_own_job(session, maker, view.job.id)
            job.state, job.attempts = state, 1
            session.flush()
            world.put(entity, place, job)
    perform(maker, cadence.create_feed)
    world.put("view", place, perform(maker, saved_views.create_view, SavedViewCreate(name=f"View {place}")).value)
    asked = perform(maker, conversations.begin_turn, TurnCreate(question=CANARY)).value
    world.put("turn", place, perform(maker, conversations.get_turn, asked.turn_id).value)
    world.put("conversation", place, perform(maker, conversations.get_conversation, asked.conversation_id).value)
    world.put("away", place, perform(maker, cadence.create_away, AwayCreate(starts_on=AHEAD, ends_on=AHEAD)).value)
    done = perform(maker, imports.import_file, "people.csv", TABLE.replace(b"kim", str(maker.user_id).encode()))
    with unit_of_work(maker, "tests.make_job") as session:
        get_own_job(session, maker, world.ids["done_job"][place]).change_set_id = done.change_set_id
    with unit_of_work(maker, "tests.make_notification") as session:
        notify_self(session, maker, Kind.JOB_FAILED, about=("job", job.id), detail=CANARY)
        world.put("notification", place, list_rows(session, maker, list(Kind), unread=True, after=None, limit=1)[0])
    with unit_of_work(maker, "tests.make_job") as session:
        data = HandOver(leaver_id=maker.user_id, heir_id=OTHER.user_id if maker.user_id != OTHER.user_id else ASKERS["member"].user_id)
        job = Job(owner_id=maker.user_id, kind="team.hand_over", payload=data.model_dump(mode="json"), state="running", attempts=1)
        session.add(job)
        session.flush()
        world.put("running_hand_over", place, job)
    world.put("token", place, perform(maker, accounts.create_token, "for a script").value[0])
    opened = SqlSessionStore().open_session(NewSession(maker.user_id, uuid4().bytes, False, "", ""), session_limits(False))
    world.ids.setdefault("session", {})[place] = opened


def _write_people(database: Database) -> None:
    people, hashed = [OTHER, DISABLED, *ASKERS.values()], hash_password(PASSWORD)
    with database.owner.begin() as connection:
        connection.execute(
            text(
                "insert into user_account (id, email, name, role, time_zone, locale, theme, week_start, sidebar_collapsed, disabled_at) "
                "values (:id, :email, :name, :role, 'UTC', 'en', 'system', 0, false, case when :gone then now() end)"
            ),
            [{"id": who.user_id, "email": who.email, "name": who.name, "role": who.role.value, "gone": who is DISABLED} for who in people],
        )
        connection.execute(
            text("insert into credential (user_id, password_hash, changed_at) values (:id, :hash, now())"),
            [{"id": who.user_id, "hash": hashed} for who in people],
        )
        connection.execute(text("insert into team (id, name, country, updated_at) values (1, 'Stillwater', 'GB', now())"))


_LAST: dict[tuple[str, ...], tuple[str, str]] = {}
"""For each database and what was left out, where its server's log of writes stood, and the hash that was taken there."""


CLOCK_MOVES = ("analysis", "analysis_part", "meaning_chunk", "meaning_source", "meaning_state", "meaning_vector")
"""What the clock of a running house moves by itself, whoever asks for what: what a model makes of records (and the jobs of that), and what they mean."""


def fingerprint(database: Database, *without: str) -> str:
    """One hash of every row of every table but those ``without``, but for the log of refusals, when a token or session
    was last used, and up to when the reminders' clock has looked and when it will again: it goes on, whoever asks for what.

    While the server has written nothing at all since the last one, the last one holds: a refused call that never reached a
    table costs no look at every table.
    """
    key = (database.name, *without)
    with database.owner.connect() as connection:
        place = str(connection.execute(text("select pg_current_wal_insert_lsn()")).scalar())
    if _LAST.get(key, ("", ""))[0] != place:
        _LAST[key] = (place, _hash_of_all(database, without))
    return _LAST[key][1]


def _hash_of_all(database: Database, without: tuple[str, ...]) -> str:
    with database.owner.connect() as connection:
        names = connection.execute(
            text("select tablename from pg_tables where schemaname = 'public' and tablename <> all(:without) order by 1"),
            {"without": ["alembic_version", "rate_counter", "audit_entry", *without]},
        ).scalars()
        parts = [f"select '{name}' as name, sum(hashtextextended((to_jsonb(t) - 'last_used_at' - 'last_seen_at' - 'reminded_until' - 'look_at')::text, 0)) as rows from {name} t{rest}" for name in names for rest in [" where kind <> 'analyses.make'" if name == "job" and "analysis" in without else ""]]
        return str(connection.execute(text(" union all ".join(parts) + " order by 1")).all())


def look_at_everyone(database: Database) -> None:
    """What the clock writes when it first looks at somebody: done before a test, it is nothing that the test has changed."""
    with database.owner.begin() as connection:
        connection.execute(text("insert into notification_profile (user_id, digested_on) select id, current_date + 1 from user_account on conflict do nothing"))


def refusals(database: Database) -> int:
    """How many refused calls the audit log tells of."""
    with database.owner.connect() as connection:
        return int(connection.execute(text("select count(*) from audit_entry where action = 'call.refused' and outcome = 'refused'")).scalar() or 0)
