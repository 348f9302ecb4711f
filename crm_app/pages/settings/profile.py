"""Who one is, and how it looks."""

from __future__ import annotations

from datetime import time

from babel import Locale
from nicegui import ui

from crm_app.components import feedback, live
from crm_app.components.choices import Choice, choices
from crm_app.components.draft import Draft
from crm_app.components.elements import busy, button, fact
from crm_app.components.fields import field
from crm_app.components.guard import telling
from crm_app.components.text import block
from crm_app.domain import times
from crm_app.domain.accounts import service as accounts
from crm_app.domain.accounts.rules import LOCALES, time_zones
from crm_app.domain.accounts.views import ProfileUpdate, ProfileView
from crm_app.domain.i18n import _
from crm_app.pages.acts import offer_undo

THEMES = {"system": None, "light": False, "dark": True}


async def profile_part() -> None:
    """Name, zone, language of dates, first day of the week, and whether the clock goes to twelve."""
    view = await live.read(accounts.get_profile)
    draft = Draft(ProfileUpdate, view)
    with block("mc-form-grid"):
        with block("mc-span"):
            field(draft, "name")
        field(draft, "time_zone", options={name: name.replace("_", " ") for name in sorted(time_zones())})
        field(draft, "clock", options=_clocks(view.locale)).props(remove="clearable")
        field(draft, "locale", options=_locales(view.locale))
        field(draft, "week_start", options={str(number): times.weekday_name(number, view.locale) for number in (0, 6, 5)})

    async def save() -> None:
        data = draft.validated(**{name: getattr(draft, name) for name in ProfileUpdate.model_fields})
        if data is None:
            return
        with telling(draft), busy(save_button):
            outcome = await live.change(accounts.update_profile, data)
            draft.mark_saved()
            offer_undo(outcome, _("Saved"), _reload)

    with block("mc-settings-foot"):
        save_button = button(_("Save"), kind="primary", on_click=save)
    _account(view)


async def appearance_part() -> None:
    """The theme, at once."""
    view = await live.read(accounts.get_profile)

    async def choose(theme: str) -> None:
        with telling():
            await live.change(accounts.set_theme, theme)  # type: ignore[arg-type]  # the service checks it
            feedback.toast(_("Saved"))
            ui.dark_mode(THEMES[theme])

    options = [
        Choice("system", _("As my device"), icon="sun-moon", hint=_("Follows light and dark by itself")),
        Choice("light", _("Light"), icon="sun", hint=_("Always light")),
        Choice("dark", _("Dark"), icon="moon", hint=_("Always dark")),
    ]
    choices(options, view.theme if view.theme in THEMES else "system", choose, label=_("Appearance"))


def _account(view: ProfileView) -> None:
    with block("mc-settings-facts"):
        fact(_("Email"), view.email)
        fact(_("Role"), {"owner": _("Owner"), "admin": _("Admin"), "member": _("Member"), "viewer": _("Viewer: may look, not change")}.get(view.role, view.role))


def _locales(current: str) -> dict[str, str]:
    return {code: str(Locale.parse(code).get_display_name(code)).capitalize() for code in sorted({*LOCALES, current.replace("-", "_")})}


def _clocks(locale: str) -> dict[str, str]:
    afternoon = time(14, 30)
    same = _("As the language writes it: %s") % times.time_in(afternoon, locale, "")
    return {"": same, **{clock: times.time_in(afternoon, locale, clock) for clock in ("24", "12")}}


async def _reload() -> None:
    ui.navigate.reload()
