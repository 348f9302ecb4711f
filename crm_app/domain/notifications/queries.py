"""One person's notifications and what they chose about them. Row security lets nobody see another's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from crm_app.domain.accounts.models import UserAccount
from crm_app.domain.actor import Actor
from crm_app.domain.errors import NotFound
from crm_app.domain.ids import new_id
from crm_app.domain.notifications.kinds import KINDS, Channels, Kind
from crm_app.domain.notifications.models import Notification, NotificationProfile, NotificationSetting
from crm_app.domain.notifications.subject_queries import still_visible
from crm_app.domain.paging import decode_cursor

MOST_COUNTED = 100
_NOTIFY = text(
    "select notify_people(cast(:ids as uuid[]), cast(:people as uuid[]), :kind, :subject_type, cast(:subject as uuid), :key, :detail, :due)"
)


def put(
    session: Session, people: Sequence[UUID], kind: Kind, *, key: str, about: tuple[str, UUID] | None, detail: str, due_at: datetime | None
) -> int:
    """Tell these people, as far as they may see what it is about, and as far as they have not been told; how many were."""
    subject_type, subject = about or ("", None)
    values = {
        "ids": [new_id() for _ in people], "people": list(people), "kind": kind.value, "subject_type": subject_type, "subject": subject,
        "key": key, "detail": detail, "due": due_at,
    }  # fmt: skip
    return int(session.connection().execute(_NOTIFY, values).scalar_one())


def list_rows(session: Session, actor: Actor, kinds: Collection[Kind], *, unread: bool, after: str | None, limit: int) -> Sequence[Notification]:
    """The newest of these kinds, and one more than ``limit`` when there are more."""
    found = _own(actor, kinds).order_by(col(Notification.id).desc()).limit(limit + 1)
    if unread:
        found = found.where(col(Notification.read_at).is_(None))
    if after:
        found = found.where(col(Notification.id) < decode_cursor(after, UUID)[0])
    return list(session.exec(found).all())


def list_calling(session: Session, actor: Actor, kinds: Collection[Kind], since: datetime, said: Collection[UUID], limit: int) -> Sequence[Notification]:
    """Unread ones that were made after ``since`` and are not among ``said``, oldest first."""
    found = _own(actor, kinds).where(col(Notification.read_at).is_(None), col(Notification.created_at) > since)
    if said:
        found = found.where(col(Notification.id).not_in(said))
    return list(session.exec(found.order_by(col(Notification.id).desc()).limit(limit)).all())[::-1]


def count_unread(session: Session, actor: Actor, kinds: Collection[Kind]) -> int:
    """How many are unread, of the latest hundred."""
    latest = _own(actor, kinds, Notification.id).where(col(Notification.read_at).is_(None)).limit(MOST_COUNTED).subquery()
    return int(session.exec(select(func.count()).select_from(latest)).one())


def set_read(session: Session, actor: Actor, ids: Collection[UUID], read_at: datetime | None) -> None:
    """Mark the actor's own; NotFound, and nothing changes, when one of them is not theirs."""
    wanted = set(ids)
    mine = [col(Notification.owner_id) == actor.user_id, col(Notification.id).in_(wanted)]
    found = session.exec(select(Notification.id).where(*mine).with_for_update()).all()
    if len(found) != len(wanted):
        raise NotFound
    state = col(Notification.read_at).is_(None) if read_at else col(Notification.read_at).is_not(None)
    session.connection().execute(update(Notification).where(*mine, state).values(read_at=read_at))


def read_key(session: Session, actor: Actor, key: str, read_at: datetime) -> None:
    """Mark the one of this key, if the actor was told of it."""
    mine = [col(Notification.owner_id) == actor.user_id, col(Notification.key) == key, col(Notification.read_at).is_(None)]
    session.connection().execute(update(Notification).where(*mine).values(read_at=read_at))


def read_all(session: Session, actor: Actor, kinds: Collection[Kind], read_at: datetime) -> tuple[UUID, ...]:
    """Mark everything that is unread; which ones that were."""
    unread = [col(Notification.owner_id) == actor.user_id, col(Notification.read_at).is_(None), col(Notification.kind).in_(sorted(kinds))]
    rows = session.connection().execute(update(Notification).where(*unread).values(read_at=read_at).returning(col(Notification.id)))
    return tuple(rows.scalars())


def get_names(session: Session, ids: Collection[UUID | None]) -> dict[UUID, str]:
    """What these people of the team are called."""
    known = {key for key in ids if key}
    return dict(session.exec(select(UserAccount.id, UserAccount.name).where(col(UserAccount.id).in_(known))).all()) if known else {}


def get_channels(session: Session, actor: Actor) -> dict[Kind, Channels]:
    """By which ways the actor hears of each kind."""
    rows = session.exec(select(NotificationSetting).where(NotificationSetting.user_id == actor.user_id)).all()
    chosen = {row.kind: Channels(row.in_app, row.browser, row.mail) for row in rows}
    return {kind: chosen.get(kind.value, rule.channels) for kind, rule in KINDS.items()}


def save_channels(session: Session, actor: Actor, kind: Kind, channels: Channels) -> None:
    """Remember what the actor chose for one kind."""
    values = {"in_app": channels.in_app, "browser": channels.browser, "mail": channels.mail}
    row = insert(NotificationSetting).values(user_id=actor.user_id, kind=kind.value, **values)
    session.connection().execute(row.on_conflict_do_update(index_elements=["user_id", "kind"], set_=values))


def get_profile(session: Session, actor: Actor, *, lock: bool = False) -> NotificationProfile:
    """When the actor wants to be told; what has never been saved is as it begins. ``lock`` makes the row and holds it."""
    if lock:
        fresh = insert(NotificationProfile).values(NotificationProfile(user_id=actor.user_id).model_dump())
        session.connection().execute(fresh.on_conflict_do_nothing())
        return session.exec(_profile(actor).with_for_update()).one()
    return find_profile(session, actor) or NotificationProfile(user_id=actor.user_id)


def find_profile(session: Session, actor: Actor) -> NotificationProfile | None:
    """When the actor wants to be told, if the clock or they themselves ever wrote it down."""
    return session.exec(_profile(actor)).first()


def _profile(actor: Actor) -> Any:
    return select(NotificationProfile).where(NotificationProfile.user_id == actor.user_id).execution_options(populate_existing=True)


def _own(actor: Actor, kinds: Collection[Kind], *columns: Any) -> Any:
    wanted = select(*columns) if columns else select(Notification)
    return wanted.where(Notification.owner_id == actor.user_id, col(Notification.kind).in_(sorted(kinds)), still_visible())
