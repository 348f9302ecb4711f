"""The cards below the figures: each gets the loaded view, whom it is drawn for, and what to call when it changed something."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from nicegui import ui

from crm_app.components import goal_words, times, words
from crm_app.components.agenda import Agenda
from crm_app.components.drawn_menu import DrawnMenu, Item
from crm_app.components.elements import icon_button, pill, section
from crm_app.components.goal_parts import goal_rings
from crm_app.components.page_parts import empty_line
from crm_app.components.people import avatar, photo_address
from crm_app.components.task_parts import TaskList
from crm_app.components.text import attributes, block, link, text
from crm_app.domain.actor import Actor
from crm_app.domain.cadence.schemas import BirthdayRow, DueRow
from crm_app.domain.dashboard.layout import Card
from crm_app.domain.dashboard.schemas import DashboardView
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.interactions.schemas import EntryView
from crm_app.domain.permissions import Permission
from crm_app.domain.programmes.schemas import ProgrammeRow
from crm_app.domain.tasks.schemas import TaskRow
from crm_app.pages import acts
from crm_app.pages.dashboard.assistant import spend_card
from crm_app.pages.goal_editing import check_in_quickly
from crm_app.pages.goal_window import look_at_goal

Refresh = Callable[[], Awaitable[Any]]
A_WHILE = 30.0


def agenda(view: DashboardView, actor: Actor, refresh: Refresh) -> None:
    """What takes place today; each event leads to the calendar, where it stands opened."""
    with section(_("Today")):
        link(_("Open calendar"), "/calendar", "mc-crumb mc-cap")
    if view.agenda:
        lines = Agenda(heads=False, link=True, label=_("Today"))
        lines.show(view.agenda, [view.today], view.today, actor)
        ui.timer(A_WHILE, lines.tick)
    elif view.has_calendar:
        empty_line(_("Nothing stands in the calendar today."))
    else:
        way = (_("Connect a calendar"), "/settings/connections") if actor.can(Permission.CONNECTION_MANAGE) else None
        empty_line(_("What stands in your calendar appears here."), way)


def recent(view: DashboardView, actor: Actor, refresh: Refresh) -> None:
    """The latest entries."""
    with section(_("Recent activity")):
        pass
    if not view.recent:
        empty_line(_("Notes, calls and meetings appear here."), (_("Open contacts"), "/contacts"))
    for entry in view.recent:
        _entry(entry, actor)


def _entry(entry: EntryView, actor: Actor) -> None:
    person_id, name = entry.contacts[0] if entry.contacts else (entry.author_id, entry.author_name)
    with block("mc-item", tag="a") as row:
        avatar(name, person_id, 20)
        with block("mc-grow mc-truncate"):
            text(name, "mc-strong")
            text(" " + " · ".join(part for part in (entry.subject or words.kinds()[entry.kind], entry.body) if part)[:160], "mc-ink-2")
        times.moment(entry.occurred_at, actor)
    attributes(row, href=f"/contacts/{person_id}?entry={entry.id}" if entry.contacts else "/contacts")


def tasks_due(view: DashboardView, actor: Actor, refresh: Refresh) -> None:
    """Overdue or due today."""
    with section(_("Tasks due")):
        link(_("All tasks"), view.tasks_open.link, "mc-crumb mc-cap")
    if not view.tasks:
        way = (_("Plan something"), "/tasks?new=1") if actor.can(Permission.TASK_WRITE) else None
        empty_line(_("Nothing is due today."), way)
        return

    async def toggle(row: TaskRow) -> None:
        await acts.toggle_task(row, refresh)

    TaskList(view.tasks, view.today, actor, on_toggle=toggle, on_open=_open_task)
    if (more := view.tasks_overdue.value + view.tasks_today.value - len(view.tasks)) > 0:
        rest = view.tasks_overdue if view.tasks_overdue.value > len(view.tasks) else view.tasks_today
        link(ngettext("%d more", "%d more", more) % more, rest.link, "mc-crumb mc-cap")


async def _open_task(row: TaskRow) -> None:
    ui.navigate.to(f"/tasks?open={row.id}")


def reconnect(view: DashboardView, actor: Actor, refresh: Refresh) -> None:
    """Who is due for a word, the longest first."""
    due = view.reconnect_due
    with section(_("Reconnect with")):
        if due.value:
            count = words.number(due.value) + ("+" if due.capped else "")
            attributes(link(count, due.link, "mc-crumb mc-cap mc-num"), aria_label=_("All %s to reconnect with") % count)
    if view.reconnect.away:
        empty_line(_("You are away until %s; nobody is due.") % times.day_words(view.reconnect.away.ends_on, actor), (_("Change"), "/settings/keeping"))
        return
    if not view.reconnect.rows:
        empty_line(_("Nobody is waiting for a word."), (_("Set how often"), "/settings/keeping"))
    for row in view.reconnect.rows:
        _due(row, actor, refresh)


def _due(row: DueRow, actor: Actor, refresh: Refresh) -> None:
    with block("mc-item mc-due"):
        with block("mc-row mc-gap-10 mc-grow mc-plain-link", tag="a") as way:
            avatar(row.display_name, row.contact_id, 32, photo=photo_address(row.photo_sha))
            with block("mc-grow mc-truncate", tag="span"):
                text(row.display_name, "mc-strong mc-truncate mc-block")
                text(words.every_days(row.every_days), "mc-cap mc-truncate mc-block")
        attributes(way, href=f"/contacts/{row.contact_id}", title=row.display_name)
        late = row.days_late > 0
        said = times.overdue(row.due_on, actor, today=None) if late else _("due today")
        pill(said or _("due today"), "warn" if late else "neutral")
        if actor.can(Permission.CONTACT_WRITE):
            with icon_button("ellipsis", _("More about %s") % row.display_name, height=28).classes("mc-due-more"):
                DrawnMenu(_acts_of(row, actor, refresh))


def _acts_of(row: DueRow, actor: Actor, refresh: Refresh) -> list[Item]:
    log = [Item(_("Log a call or note"), icon="notebook-pen", href=f"/contacts/{row.contact_id}?log=1")] if actor.can(Permission.INTERACTION_WRITE) else []
    return [*log, *(Item(label, partial(acts.snooze, [row.contact_id], days, refresh), icon="clock") for days, label in acts.snooze_words())]


def birthdays(view: DashboardView, actor: Actor, refresh: Refresh) -> None:
    """Whose birthday comes within two weeks."""
    with section(_("Birthdays")):
        _all(bool(view.birthdays), _("All birthdays of the next two weeks"), view.birthdays_link)
    if not view.birthdays:
        empty_line(_("None in the next two weeks."))
    for row in view.birthdays:
        _birthday(row, actor, view)


def _all(any_there: bool, said: str, way: str) -> None:
    """The way to everyone of a card; there is none from an empty one."""
    if any_there:
        attributes(link(_("All"), way, "mc-crumb mc-cap"), aria_label=said)


def _birthday(row: BirthdayRow, actor: Actor, view: DashboardView) -> None:
    with block("mc-item", tag="a") as way:
        avatar(row.display_name, row.contact_id, 32, photo=photo_address(row.photo_sha))
        with block("mc-grow mc-truncate", tag="span"):
            text(row.display_name, "mc-strong mc-truncate mc-block")
            if row.turns is not None:
                text(_("turns %d") % row.turns, "mc-cap mc-block")
        text(words.due(row.on, actor, view.today), "mc-cap mc-num")
    attributes(way, href=f"/contacts/{row.contact_id}", title=row.display_name)


def goals(view: DashboardView, actor: Actor, refresh: Refresh) -> None:
    """How the practice's own goals stand; a press on "Check in" takes one figure."""
    with section(_("Goals")):
        link(_("All goals"), "/goals", "mc-crumb mc-cap")
    if not view.goals:
        empty_line(_("What the practice works toward stands here."), (_("Set a goal"), "/goals?new=1") if actor.can(Permission.GOAL_WRITE) else None)
    write = partial(check_in_quickly, refresh=refresh)
    goal_rings(view.goals, actor, on_check_in=write, on_open=lambda goal: look_at_goal(goal.id, refresh))


def running_out(view: DashboardView, actor: Actor, refresh: Refresh) -> None:
    """Whose programme has few sessions or days left."""
    with section(_("Programmes running out")):
        _all(bool(view.programmes), _("All whose programme runs out"), view.programmes_link)
    if not view.programmes:
        empty_line(_("No programme runs out soon."))
    for row in view.programmes:
        _programme(row, actor, view)


def _programme(row: ProgrammeRow, actor: Actor, view: DashboardView) -> None:
    with block("mc-item", tag="a") as way:
        avatar(row.contact_name, row.contact_id, 20)
        with block("mc-grow mc-truncate", tag="span"):
            text(row.contact_name, "mc-strong")
            text(f" {row.name}", "mc-ink-2")
        said = goal_words.sessions(row)
        text(f"{said} · {_('ends %s') % times.short_date(row.ends_on, actor, today=view.today)}" if row.ends_on else said, "mc-cap mc-num mc-nowrap")
    attributes(way, href=f"/contacts/{row.contact_id}", title=f"{row.contact_name}: {row.name}")


Draw = Callable[[DashboardView, Actor, Refresh], None]
DRAWN: dict[Card, Draw] = {
    Card.AGENDA: agenda, Card.RECENT: recent, Card.TASKS: tasks_due, Card.RECONNECT: reconnect, Card.BIRTHDAYS: birthdays, Card.GOALS: goals,
    Card.PROGRAMMES: running_out, Card.SPENDING: spend_card,
}  # fmt: skip


def titles() -> dict[Card, str]:
    """What each card is called."""
    return {
        Card.AGENDA: _("Today"), Card.RECENT: _("Recent activity"), Card.TASKS: _("Tasks due"), Card.RECONNECT: _("Reconnect with"), Card.BIRTHDAYS: _("Birthdays"),
        Card.GOALS: _("Goals"), Card.PROGRAMMES: _("Programmes running out"), Card.ASSISTANT: _("Assistant"), Card.SPENDING: _("AI spend"),
    }  # fmt: skip
