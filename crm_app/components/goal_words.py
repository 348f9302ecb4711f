"""What goals and programmes are called and how far they are, in the reader's words and figures."""

from __future__ import annotations

from babel.numbers import format_currency, format_decimal

from crm_app.components import times, words
from crm_app.domain.actor import Actor
from crm_app.domain.goals.schemas import GoalRow, State
from crm_app.domain.i18n import _, current_locale, ngettext
from crm_app.domain.programmes.schemas import ProgrammeRow
from crm_app.domain.times import babel_locale

MOST_COUNTED = 1_000
TONES = {State.ON_TRACK: "mc-ok-ink", State.REACHED: "mc-ok-ink", State.AT_RISK: "mc-warn-ink", State.OFF_TRACK: "mc-danger-ink", State.UNDER_WAY: "mc-ink-3"}


def states() -> dict[State, str]:
    """How a goal stands."""
    return {
        State.ON_TRACK: _("on track"), State.AT_RISK: _("at risk"), State.OFF_TRACK: _("off track"), State.UNDER_WAY: _("under way"), State.REACHED: _("reached"),
    }  # fmt: skip


def rhythms() -> dict[str, str]:
    """How often somebody means to check in."""
    return {"none": _("Whenever"), "daily": _("Every day"), "weekly": _("Every week"), "monthly": _("Every month")}


def figure(value: float) -> str:
    """``72.5``, with the separators of the reader's language and no more decimals than it has."""
    return format_decimal(round(value, 6), format="#,##0.######", locale=babel_locale(current_locale()))


def amount(value: float, unit: str) -> str:
    """``72.5 kg``."""
    return f"{figure(value)} {unit}".strip()


def counts(goal: GoalRow) -> bool:
    """True for a goal that counts things up from none, such as 2 of 4: its figures say more than a share."""
    whole = all(value == int(value) for value in (goal.start_value, goal.target_value, goal.current_value))
    return whole and goal.start_value == 0 < goal.target_value <= MOST_COUNTED and not goal.unit


def percent(goal: GoalRow) -> str:
    """``78%``, and 100 only when all of it is done."""
    return words.share(goal.progress)


def short(goal: GoalRow) -> str:
    """``2 / 4`` where it counts, else ``78%``."""
    return f"{figure(goal.current_value)} / {figure(goal.target_value)}" if counts(goal) else percent(goal)


def so_far(goal: GoalRow) -> str:
    """``42 of 60``, ``6.5 of 7 h``; a falling one ``74 kg, from 80 to 72``."""
    if goal.target_value > goal.start_value:
        return _("%(now)s of %(target)s") % {"now": figure(goal.current_value), "target": amount(goal.target_value, goal.unit)}
    said = {"now": amount(goal.current_value, goal.unit), "start": figure(goal.start_value), "target": figure(goal.target_value)}
    return _("%(now)s, from %(start)s to %(target)s") % said


def streak(goal: GoalRow) -> str:
    """``5 weeks in a row``; empty below two."""
    if goal.streak < 2:
        return ""
    said = {
        "daily": ngettext("%d day in a row", "%d days in a row", goal.streak), "weekly": ngettext("%d week in a row", "%d weeks in a row", goal.streak),
        "monthly": ngettext("%d month in a row", "%d months in a row", goal.streak),
    }  # fmt: skip
    return said[goal.rhythm.value] % goal.streak


def deadline(goal: GoalRow, actor: Actor) -> str:
    """``until 12 Apr``; empty without one."""
    return _("until %s") % times.short_date(goal.deadline, actor) if goal.deadline else ""


def sentence(goal: GoalRow, actor: Actor) -> str:
    """All of it in one line, for who cannot see the bar or the chart."""
    parts = (so_far(goal), percent(goal), states()[goal.state], deadline(goal, actor))
    return f"{goal.title}: {', '.join(part for part in parts if part)}"


def sessions(row: ProgrammeRow) -> str:
    """``8 of 12 sessions``."""
    return ngettext("%(used)d of %(total)d session", "%(used)d of %(total)d sessions", row.sessions_total) % {"used": row.used, "total": row.sessions_total}


def price(row: ProgrammeRow) -> str:
    """What it costs, in its currency; empty where that is not known."""
    if row.price_micros is None:
        return ""
    return str(format_currency(row.price_micros / 1_000_000, row.currency, locale=babel_locale(current_locale())))
