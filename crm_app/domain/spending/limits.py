"""What may be spent: how every limit stands, and who may say what it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlmodel import Session

from crm_app.domain.accounts.queries import get_user
from crm_app.domain.actor import Actor
from crm_app.domain.ai.features import Feature
from crm_app.domain.audit.writing import note
from crm_app.domain.errors import Forbidden, Invalid, NotFound
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission
from crm_app.domain.spending import queries, rules
from crm_app.domain.spending.models import Period, Scope
from crm_app.domain.spending.views import FeatureSpending, LimitSet, MetersView, MeterView, PersonSpending, SpendingView


def get_spending(session: Session, actor: Actor) -> SpendingView:
    """What the actor may spend and has spent today and this month, and the same of the team and of each feature."""
    actor.require(Permission.AI_USE)
    found = [_meter(row) for row in queries.list_standing(session)]
    of = {scope: [meter for meter in found if meter.scope is scope] for scope in Scope}
    known = [subject for subject in dict.fromkeys(meter.subject for meter in of[Scope.FEATURE]) if subject in set(Feature)]
    return SpendingView(
        you=MetersView(**_pair(of[Scope.USER])), team=MetersView(**_pair(of[Scope.TEAM])),
        features=tuple(FeatureSpending(feature=Feature(one), **_pair(meter for meter in of[Scope.FEATURE] if meter.subject == one)) for one in known),
    )  # fmt: skip


def list_people_spending(session: Session, actor: Actor) -> tuple[PersonSpending, ...]:
    """What each person may spend and has spent, by name, for whoever says how much that is."""
    actor.require(Permission.AI_MANAGE)
    rows = queries.list_people_standing(session)
    names = {row["subject"]: row["name"] for row in rows}
    return tuple(
        PersonSpending(user_id=UUID(subject), name=name, **_pair(_meter(row) for row in rows if row["subject"] == subject)) for subject, name in names.items()
    )


def set_limit(session: Session, actor: Actor, wanted: LimitSet) -> None:
    """Say what may be spent from now on. An admin says it of anybody, of features and of the team; everybody of themselves, as long as it is less.

    What was spent stays spent: below that, a limit lets nothing more through until it begins anew.
    """
    actor.require(Permission.AI_USE if wanted.scope is Scope.OWN else Permission.AI_MANAGE)
    _check_subject(session, actor, wanted)
    if wanted.scope is Scope.OWN and wanted.limit_micros is not None:
        _check_less(session, wanted.period, wanted.limit_micros)
    queries.set_limit(session, wanted.scope.value, wanted.subject, wanted.period.value, wanted.limit_micros)
    person = UUID(wanted.subject) if wanted.scope in (Scope.USER, Scope.OWN) and wanted.subject else None
    said: dict[str, str | int] = {"scope": wanted.scope.value, "period": wanted.period.value}
    if wanted.scope is Scope.FEATURE:
        said["feature"] = wanted.subject
    if wanted.limit_micros is not None:
        said["micros"] = wanted.limit_micros
    note(session, actor, "ai.limit_set", "person" if person else "", person, **said)


def _check_subject(session: Session, actor: Actor, wanted: LimitSet) -> None:
    if wanted.scope is Scope.TEAM and wanted.subject:
        raise Invalid(fields={"subject": _("The team's limit is for nobody in particular.")})
    if wanted.scope is Scope.FEATURE and wanted.subject not in set(Feature):
        raise Invalid(fields={"subject": _("There is no such feature.")})
    if wanted.scope is Scope.OWN and wanted.subject != str(actor.user_id):
        raise Forbidden(_("Only an admin says what somebody else may spend."))
    if wanted.scope is Scope.USER and wanted.subject and get_user(session, _key(wanted.subject)) is None:
        raise NotFound


def _key(subject: str) -> UUID:
    try:
        return UUID(subject)
    except ValueError:
        raise NotFound from None


def _check_less(session: Session, period: Period, micros: int) -> None:
    """Beyond what an admin allows nobody helps themselves."""
    rows = queries.list_standing(session)
    allowed = next(row["allowed_micros"] for row in rows if row["scope"] == Scope.USER and row["period"] == period)
    if micros > allowed:
        daily = period is Period.DAY
        sentence = _("You may spend %s a day. You can ask for less, not for more.") if daily else _("You may spend %s a month. You can ask for less, not for more.")
        raise Forbidden(sentence % rules.dollars(allowed))


def _pair(meters: Iterable[MeterView]) -> dict[str, Any]:
    return {meter.period.value: meter for meter in meters}


def _meter(row: dict[str, Any]) -> MeterView:
    limit, used = row["limit_micros"], row["reserved_micros"] + row["spent_micros"]
    return MeterView(**{name: value for name, value in row.items() if name != "name"}, left_micros=None if limit is None else max(0, limit - used))

