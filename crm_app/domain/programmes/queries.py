"""Rows of programmes, pages of them, and those that are running out."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Integer, Uuid, bindparam, literal, literal_column, text
from sqlmodel import Session, col, select

from crm_app.domain.accounts.models import UserAccount
from crm_app.domain.actor import Actor
from crm_app.domain.contacts.models import Contact
from crm_app.domain.days import today_of
from crm_app.domain.paging import decode_cursor, encode_cursor
from crm_app.domain.programmes.access import CONTACT_IN_TRASH
from crm_app.domain.programmes.models import Programme, ProgrammeCorrection
from crm_app.domain.programmes.rules import FEW_DAYS, FEW_SESSIONS, programme_row
from crm_app.domain.programmes.schemas import CorrectionRow, ProgrammeFilter, ProgrammePage, ProgrammeRow
from crm_app.domain.rows import Audience

_OWN = tuple(name for name in ProgrammeRow.model_fields if name in Programme.model_fields)
# Row security leaves out the sessions that the asker does not see.
_SHOWN: Any = (
    *(getattr(Programme, name) for name in _OWN),
    col(Contact.display_name).label("contact_name"),
    literal_column(
        "least((select min(l.occurred_at) from interaction_contact l join interaction i on i.id = l.interaction_id where l.contact_id = programme.contact_id "
        "and l.kind in ('meeting', 'class_attendance') and l.occurred_at > now() and i.deleted_at is null), "
        "(select l.starts_at from event_contact l join event e on e.id = l.event_id where l.contact_id = programme.contact_id and l.how <> 'removed' "
        "and l.starts_at > now() and not e.all_day and e.status <> 'cancelled' and e.my_response is distinct from 'declined' order by l.starts_at limit 1))"
    ).label("next_at"),
)
_NAMES = (*_OWN, "contact_name", "next_at")
_CORRECTION: Any = (
    *(getattr(ProgrammeCorrection, name) for name in CorrectionRow.model_fields if name != "author_name"), col(UserAccount.name).label("author_name"),
)  # fmt: skip
_ASKER: Any = bindparam("asker", type_=Uuid)
_RECOUNT = text("select recount_programmes(:ids)")
_RECOUNT_PASSED = text("select recount_passed_sessions()")
_SEEN = ((col(Programme.owner_id) == _ASKER) | (col(Programme.audience) == Audience.TEAM.value), col(Programme.deleted_at).is_(None), ~CONTACT_IN_TRASH)


def recount(session: Session, contact_ids: Collection[UUID]) -> None:
    """Bring what is used of these contacts' programmes up to date. Flush what was changed first."""
    session.connection().execute(_RECOUNT, {"ids": list(contact_ids)})


def recount_passed(session: Session) -> None:
    """Count the sessions that were planned and have taken place meanwhile, whoever's they are."""
    session.connection().execute(_RECOUNT_PASSED)


def get_rows(session: Session, actor: Actor, programme_ids: Collection[UUID]) -> tuple[ProgrammeRow, ...]:
    """What the actor sees of programmes that were looked up already, by their ids."""
    return _read(session, actor, _with_names().where(col(Programme.id).in_(programme_ids)).order_by(col(Programme.id)))


def list_page(session: Session, actor: Actor, wanted: ProgrammeFilter) -> ProgrammePage:
    """A page of programmes, newest first."""
    found = _with_names().where(*_SEEN).order_by(col(Programme.id).desc()).limit(wanted.limit + 1)
    if wanted.contact_id:
        found = found.where(col(Programme.contact_id) == wanted.contact_id)
    if wanted.mine:
        found = found.where(col(Programme.owner_id) == _ASKER)
    if wanted.running_out:
        found = found.where(running_out(literal(today_of(actor), Date)))
    if wanted.after:
        found = found.where(col(Programme.id) < decode_cursor(wanted.after, UUID)[0])
    rows = _read(session, actor, found)
    shown = rows[: wanted.limit]
    return ProgrammePage(programmes=shown, next_cursor=encode_cursor(shown[-1].id) if len(rows) > wanted.limit else None)


def list_running_out(session: Session, actor: Actor, most: int, mine: bool = False) -> tuple[ProgrammeRow, ...]:
    """Programmes with few sessions or days left, the fewest sessions first: all that the dashboard shows of them, in one statement."""
    return _read(session, actor, _first_to_run_out(mine), today=today_of(actor), most=most)


@cache
def _first_to_run_out(mine: bool) -> Any:
    order = (col(Programme.sessions_left), col(Programme.ends_on).asc().nulls_last(), col(Programme.id))
    first = select(Programme.id).where(*_SEEN, running_out(bindparam("today", type_=Date))).order_by(*order).limit(bindparam("most", type_=Integer))
    if mine:
        first = first.where(col(Programme.owner_id) == _ASKER)
    # Names and next sessions are looked up for those that are shown, not for all that are running out.
    return _with_names().where(col(Programme.id).in_(first.subquery().select())).order_by(*order)


def running_out(today: Any) -> Any:
    """``rules.standing_of`` says "running out" on this day, an expression of a date."""
    left = col(Programme.sessions_left)  # numbers stand in the statement itself, since a plan for any numbers could not use the partial indexes
    few = left.between(literal_column("1"), literal_column(str(FEW_SESSIONS)))
    soon = (left > literal_column("0")) & col(Programme.ends_on).between(today, today + literal_column(str(FEW_DAYS), Integer))
    return (few | soon) & (col(Programme.starts_on) <= today) & (col(Programme.ends_on).is_(None) | (col(Programme.ends_on) >= today))


def list_corrections(session: Session, programme_id: UUID) -> tuple[CorrectionRow, ...]:
    """A programme's corrections, the latest first."""
    found: Any = select(*_CORRECTION).select_from(ProgrammeCorrection).outerjoin(UserAccount, col(UserAccount.id) == col(ProgrammeCorrection.author_id))
    rows = session.connection().execute(found.where(col(ProgrammeCorrection.programme_id) == programme_id).order_by(col(ProgrammeCorrection.id).desc())).mappings()
    return tuple(CorrectionRow(**{**row, "author_name": row["author_name"] or ""}) for row in rows)


def _with_names() -> Any:
    return select(*_SHOWN).select_from(Programme).join(Contact, col(Contact.id) == col(Programme.contact_id))


def _read(session: Session, actor: Actor, found: Any, **values: Any) -> tuple[ProgrammeRow, ...]:
    rows, today = session.connection().execute(found, {"asker": actor.user_id, **values}), today_of(actor)
    return tuple(programme_row(actor, dict(zip(_NAMES, row, strict=True)), today) for row in rows)
