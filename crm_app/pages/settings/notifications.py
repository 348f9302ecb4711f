"""What one is told, by which ways, and when one is left in peace. Every control saves as it is moved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nicegui.elements.mixins.validation_element import ValidationElement

from crm_app.components import feedback, live, script, times
from crm_app.components.elements import button, icon, section
from crm_app.components.fields import select_field, switch, text_field, typed_time
from crm_app.components.guard import telling
from crm_app.components.page_parts import GroupRow, group_row
from crm_app.components.text import block, text
from crm_app.components.words import lead_times
from crm_app.domain.errors import Invalid
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.notifications import service as notifications
from crm_app.domain.notifications.schemas import ChannelsUpdate, ChannelsView, SettingsUpdate, SettingsView


async def notifications_part() -> None:
    """Load, lay out, wire."""
    part = Part(await live.read(notifications.get_notification_settings))
    part.kinds()
    part.hours()
    part.reminders()
    part.mail()
    part.browser()


class Part:
    """The controls over one person's settings, which are asked for once and kept in step with what is saved."""

    def __init__(self, view: SettingsView) -> None:
        self.view = view
        self.ways = [("in_app", _("Bell")), ("browser", _("Browser")), *([("mail", _("Mail"))] if view.mail_available else [])]

    async def save(self, fields: Mapping[str, ValidationElement[Any]] | None = None, /, **values: Any) -> None:
        """Save what was moved; a refusal lands under the field that it is about."""
        fields = fields or {}
        with telling():
            try:
                self.view = (await live.change(notifications.update_notification_settings, SettingsUpdate(**values))).value
            except Invalid as error:
                if not any(name in fields for name in error.fields):
                    raise
                said = error.fields
            else:
                said = {}
            for name, field in fields.items():
                field.error = said.get(name)

    def kinds(self) -> None:
        """Each kind, and a switch for each way."""
        with block("mc-ways-head"):
            block("mc-grow")
            with block("mc-ways"):
                for _way, name in self.ways:
                    text(name)
        with block("mc-group"):
            for kind in self.view.kinds:
                self._kind(kind)

    def _kind(self, kind: ChannelsView) -> None:
        with block("mc-group-row"):
            with block("mc-tile", tag="span"):
                icon(kind.icon, 18)
            with block("mc-grow"):
                text(kind.label, "mc-strong", tag="p")
                text(kind.hint, "mc-cap", tag="p")
            with block("mc-ways"):
                for way, name in self.ways:
                    switch("", getattr(kind, way), spoken=f"{kind.label}: {name}", on_change=self._switched(kind, way))

    def _switched(self, kind: ChannelsView, way: str) -> Callable[..., Any]:
        async def change(event: Any) -> None:
            await self.save(kinds={kind.kind: ChannelsUpdate(**{way: event.value})})

        return change

    def hours(self) -> None:
        """Quiet hours, and days away."""
        with section(_("Quiet")):
            pass
        with block("mc-group"):
            with group_row("moon", _("Quiet hours"), _("The bell still counts; your browser says it afterwards")):
                switch("", self.view.quiet, spoken=_("Quiet hours"), on_change=self._moved("quiet", lambda event: hours.set_visibility(event.value)))
            with block("mc-group-row mc-settings-more") as hours:
                self._times({"quiet_from": _("From"), "quiet_until": _("Until")})
            hours.set_visibility(self.view.quiet)
            with group_row("calendar-days", _("Days away"), _("Quiet all day, and no daily mail")):
                button(_("Plan"), height=28, href="/settings/keeping")

    def reminders(self) -> None:
        """When the clock calls."""
        with section(_("Reminders")):
            pass
        days = {"0": _("On the day"), **{str(number): ngettext("%d day before", "%d days before", number) % number for number in (1, 3, 7, 14)}}
        with block("mc-group"):
            with group_row("sun", _("Your day starts"), _("Tasks without a time, and birthdays, are told then")):
                self._times({"day_starts": _("Your day starts")})
            with group_row("clock", _("Before a task with a time"), _("Unless the task says otherwise")):
                self._choice(_("Before a task with a time"), "remind_minutes", lead_times(self.view.remind_minutes))
            with group_row("cake", _("Birthdays"), _("Early enough for a card")):
                self._choice(_("Birthdays"), "birthday_days", days)

    def mail(self) -> None:
        """The mail of the day, where this server sends any."""
        if not self.view.mail_available:
            return
        with section(_("Daily mail")):
            pass
        with block("mc-group"):
            said = _("To %s, on days when there is something to tell. Never on days away.") % live.viewer().email
            with group_row("mail", _("Your day in one mail"), said):
                switch("", self.view.digest, spoken=_("Your day in one mail"), on_change=self._moved("digest", lambda event: hour.set_visibility(event.value)))
            with block("mc-group-row mc-settings-more") as hour:
                self._times({"digest_at": _("Mail at")})
            hour.set_visibility(self.view.digest)

    def browser(self) -> None:
        """Whether this browser may speak, and a test of everything."""
        with section(_("This browser")):
            pass
        with block("mc-group"):
            with group_row("monitor", _("Notifications of this browser"), "") as state:
                pass
            with group_row("send", _("See how it looks"), _("Sends you a notification by every way that is open")):
                button(_("Send me a test"), height=28, on_click=_test)
        BrowserState(state)

    def _times(self, labels: dict[str, str]) -> None:
        """Times that only fit each other together: all are saved when one is moved, so that none that was refused stands there unsaved."""
        fields = {name: text_field(label, getattr(self.view, name).isoformat(timespec="minutes"), kind="time") for name, label in labels.items()}

        def moved(name: str) -> Callable[..., Any]:
            async def change(event: Any) -> None:  # the event's own value: the field's may still be on its way
                typed = {name: field.value for name, field in fields.items()} | {name: event.args}
                await self.save(fields, **{name: typed_time(value) or getattr(self.view, name) for name, value in typed.items()})

            return change

        for name, field in fields.items():
            field.on("change", moved(name))

    def _choice(self, label: str, name: str, options: dict[str, str]) -> None:
        async def change(event: Any) -> None:
            await self.save(**{name: int(event.value)})

        select_field(label, options, str(getattr(self.view, name)), on_change=change)

    def _moved(self, name: str, also: Callable[[Any], Any]) -> Callable[..., Any]:
        async def change(event: Any) -> None:
            also(event)
            await self.save(**{name: event.value})

        return change


class BrowserState:
    """What this browser says about notifications: allowed, blocked, or a button that asks."""

    def __init__(self, row: GroupRow) -> None:
        self.row = row
        script.on_permission(self.show)

    def show(self, permission: script.Permission) -> None:
        """Say it in words; only where nothing has been decided stands a button, since only a click may ask."""
        said = {
            "granted": _("Allowed. It speaks while this app is open in a tab."),
            "denied": _("Blocked. Allow it in the address bar of this browser, then come back."),
            "unsupported": _("This browser has none for pages like this one."),
        }
        self.row.caption.set_text(said.get(permission, _("Not allowed yet. Your browser will ask you.")))
        self.row.end.clear()
        if permission == "default":
            with self.row.end:
                script.ask_on_click(button(_("Allow"), height=28), self.show)


async def _test() -> None:
    with telling():
        ends = (await live.change(notifications.send_test)).value
        waits = _("It is quiet until %s, so your browser waits.") % times.clock(ends, live.viewer()) if ends else ""
        feedback.toast(f"{_('Sent.')} {waits}".strip())
