"""What the demo's people work toward and have bought."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from crm_app.domain.actor import Actor
from crm_app.domain.goals import service as goals
from crm_app.domain.goals.models import Rhythm
from crm_app.domain.goals.schemas import CheckInCreate, GoalCreate
from crm_app.domain.programmes import service as programmes
from crm_app.domain.programmes.schemas import CorrectionCreate, ProgrammeCreate
from crm_app.domain.unit_of_work import run_service

# Whose, title, unit, from, to, days since it began, days until its deadline, rhythm, check-ins as (days ago, value).
GOALS = (
    ("", "Reach 60 active clients", "", 0, 60, 55, 35, "weekly", ((49, 18), (42, 22), (35, 27), (28, 31), (14, 36), (7, 39), (0, 42))),
    ("", "Publish breath course", "modules", 0, 11, 60, 30, "none", ((50, 1), (33, 3), (12, 5))),
    ("", "Weekly supervision", "", 0, 7, 46, 5, "weekly", ((43, 1), (36, 2), (29, 3), (22, 4), (15, 5), (8, 6))),
    ("Amara Okafor", "Sleep 7 h on weekdays", "h", 5, 7, 80, 24, "weekly", ((70, 5.2), (56, 5.6), (42, 5.9), (28, 6.1), (18, 6.4), (7, 6.3), (1, 6.56))),
    ("Amara Okafor", "One slow morning a week", "", 0, 4, 20, 10, "weekly", ((14, 1), (5, 2))),
    ("Tom Brennan", "Weight", "kg", 88, 80, 60, 60, "weekly", ((53, 87.2), (39, 86), (25, 85.1), (11, 84.4), (3, 84))),
)  # fmt: skip
# Whose, name, sessions, days since it began, days until it ends, price, used before it was kept here.
PROGRAMMES = (
    ("Amara Okafor", "Breathwork, 12 sessions", 12, 75, 45, 960, 7), ("Tom Brennan", "Somatic coaching, 6 sessions", 6, 50, 12, 540, 4),
    ("Grace Mbeki", "Breathwork, 12 sessions", 12, 20, 160, 960, 0),
)  # fmt: skip


def fill_plans(mara: Actor, keys: Mapping[str, UUID]) -> None:
    """Goals with their check-ins, and packages of sessions, through the services."""
    today = datetime.now(UTC).date()
    for who, title, unit, start, target, since, left, rhythm, measured in GOALS:
        wish = GoalCreate(
            title=title, unit=unit, start_value=start, target_value=target, starts_on=today - timedelta(days=since), deadline=today + timedelta(days=left),
            rhythm=Rhythm(rhythm), contact_id=keys[who] if who else None,
        )  # fmt: skip
        goal = run_service(mara, goals.create_goal, wish)
        for days, value in measured:
            run_service(mara, goals.check_in, goal.id, CheckInCreate(value=value, day=today - timedelta(days=days)))
    for who, name, sessions, since, left, price, before in PROGRAMMES:
        sold = ProgrammeCreate(
            contact_id=keys[who], name=name, sessions_total=sessions, starts_on=today - timedelta(days=since), ends_on=today + timedelta(days=left),
            price_micros=price * 1_000_000, currency="GBP",
        )  # fmt: skip
        row = run_service(mara, programmes.create_programme, sold)
        if before:
            used = min(sessions, row.used + before)
            run_service(mara, programmes.correct_used, row.id, CorrectionCreate(used=used, reason="Sessions before we kept them here"))
