"""The one shell page, and which builder answers which address inside it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial, wraps
from typing import Any

from nicegui import ui

from crm_app.components import guard, live
from crm_app.components.ages import Ages
from crm_app.components.shell import Shell, ShellView, shell
from crm_app.domain.accounts import service as accounts
from crm_app.domain.connections import service as connections
from crm_app.domain.errors import CrmError, Forbidden, NotFound
from crm_app.domain.notifications import service as notifications
from crm_app.domain.permissions import Permission
from crm_app.domain.saved_views import service as saved_views
from crm_app.domain.suggestions import service as suggestions
from crm_app.domain.tasks import service as tasks
from crm_app.domain.tasks.overview_schemas import SideFacts
from crm_app.pages.acts import stop_timer
from crm_app.pages.add_sheet import AddSheet
from crm_app.pages.assistant import assistant_page
from crm_app.pages.calendar import calendar_page
from crm_app.pages.contact import contact_page
from crm_app.pages.contact_import import import_page
from crm_app.pages.contacts import contacts_page
from crm_app.pages.dashboard.page import dashboard_page
from crm_app.pages.errors import failed_to_load, not_allowed, not_found
from crm_app.pages.frame import Frame
from crm_app.pages.goals import goals_page
from crm_app.pages.mail import mail_page
from crm_app.pages.notifications import Centre, notifications_page
from crm_app.pages.palette import FindAnything
from crm_app.pages.saved_views import TOPICS as VIEW_TOPICS
from crm_app.pages.saved_views import SavedViews
from crm_app.pages.settings import connection_page, settings_page, settings_ways
from crm_app.pages.syncing import SyncWatch
from crm_app.pages.tasks import archive_page, figures_page, project_page, tasks_page

ROUTES: dict[str, Callable[..., Awaitable[None]]] = {
    "/": dashboard_page,
    "/contacts": contacts_page,
    "/contacts/import": import_page,
    "/contacts/{contact_id}": contact_page,
    "/calendar": calendar_page,
    "/mail": mail_page,
    "/tasks": tasks_page,
    "/tasks/figures": figures_page,
    "/tasks/archive": archive_page,
    "/tasks/projects/{project_id}": project_page,
    "/goals": goals_page,
    "/assistant": assistant_page,
    "/notifications": notifications_page,
    "/settings": settings_page,
    "/settings/{part}": settings_page,
    "/settings/connections/{connection_id}": connection_page,
}


BUSY = 15.0  # a page that is late is better than an error in its place


class Pages(ui.sub_pages):
    """The pages inside the shell. An address that nobody answers gets our own page, inside the shell as well."""

    def _render_404(self) -> None:
        not_found()


def register_pages(dependencies: Sequence[Any] = ()) -> None:
    """Put the shell on every address that nothing else answers. Call it once, after every other route.

    ``dependencies`` are asked before a page is begun, so that a visitor costs none.
    """
    ui.page("/{_:path}", response_timeout=BUSY, dependencies=list(dependencies))(shell_page)


async def shell_page() -> None:
    """The frame, built once for each tab; the pages inside it change without it."""
    # One question for all that the frame shows: each asks anew who is signed in, in a thread and a transaction of its own.
    facts, beside, unread, kept, in_step = await live.read_together(
        (accounts.get_shell_facts,), (tasks.get_side_facts,), (notifications.count_unread,), (saved_views.list_views,), (connections.get_sync_health,)
    )
    actor = live.viewer()
    ui.dark_mode({"light": False, "dark": True}.get(actor.theme))
    may_add, may_ask = actor.can(Permission.CONTACT_WRITE), actor.can(Permission.AI_USE)
    with shell(ShellView(facts.team_name, actor.name, actor.email, str(actor.user_id), may_add=may_add, may_ask=may_ask)) as frame:
        place = Frame(facts.whose, facts.alone)
        Ages(actor)
        place.views = SavedViews(frame.views, kept)
        frame.on_find = FindAnything(lambda: [*place.views.ways(), *settings_ways()], frame.show_keys).open
        frame.on_add = AddSheet(place).open
        _show_beside(frame, beside)
        Centre(frame, unread.unread)
        SyncWatch(frame, in_step)
        Pages({path: framed(page, place) for path, page in ROUTES.items()}, data={"frame": place})

    async def look_beside(*_changes: object) -> None:
        with guard.telling():
            _show_beside(frame, await live.read(tasks.get_side_facts))

    async def count_suggestions(*_changes: object) -> None:
        with guard.telling():
            if actor.can(Permission.AI_USE):
                frame.set_count("/assistant", await live.read(suggestions.count_suggestions))

    frame.timer.on_stop = partial(stop_timer, refresh=look_beside)
    live.on(("task", "task_time"), look_beside, own=True)
    live.on(("suggestion",), count_suggestions, own=True)
    live.on(VIEW_TOPICS, place.views.stale, own=True)
    await place.first_page()
    # Runs when the tab has connected. A timer that waits for that lets the answer go at once, so it must not stand before the page does.
    ui.timer(0, place.views.count, once=True)
    ui.timer(0, count_suggestions, once=True)


def _show_beside(frame: Shell, facts: SideFacts) -> None:
    frame.set_count("/tasks", facts.due)
    frame.timer.show((facts.timer.task_id, facts.timer.title, facts.timer.since) if facts.timer else None)


def framed(page: Callable[..., Awaitable[None]], frame: Frame) -> Callable[..., Awaitable[None]]:
    """A page that cannot be built says why, in its own place."""

    @wraps(page)
    async def build(**arguments: Any) -> None:
        frame.place = place = ui.context.slot.parent
        try:
            await page(**arguments)
        except live.PageGone:
            return
        except NotFound as error:
            frame.show_gone(error)
        except CrmError as error:
            if error.status == guard.SIGNED_OUT:
                guard.to_sign_in()
                return
            place.clear()
            with place:
                not_allowed(error.message) if isinstance(error, Forbidden) else failed_to_load(error.message)
        except Exception as error:  # noqa: BLE001  the edge of the page: a defect becomes a page with a reference
            reference = guard.report(error)
            place.clear()
            with place:
                failed_to_load(guard.defect_sentence(reference), reference)
        finally:
            frame.built.set()

    return build
