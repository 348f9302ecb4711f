"""Whether one's mailboxes are in step, in the bar over the mail, and the button that looks now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nicegui import ui

from crm_app.components import live, times
from crm_app.components.connection_card import place
from crm_app.components.elements import icon_button
from crm_app.components.guard import telling
from crm_app.components.text import attributes, block, link, text
from crm_app.domain.connections import service as connections
from crm_app.domain.connections.models import MAILBOXES, ConnectionState
from crm_app.domain.connections.schemas import ConnectionsView, ConnectionView
from crm_app.domain.i18n import _
from crm_app.domain.permissions import Permission


class InStep:
    """``take`` what the questions found, then ``show``. Somebody who may connect nothing is asked and told nothing."""

    def __init__(self) -> None:
        self._mailboxes: tuple[ConnectionView, ...] = ()
        self._drawn: object = None

    @property
    def any(self) -> bool:
        """Whether a mailbox is connected."""
        return bool(self._mailboxes)

    def questions(self) -> list[tuple[Any, ...]]:
        """What is to be known, as the live bridge takes it."""
        return [(connections.get_connections,)] if live.viewer().can(Permission.CONNECTION_MANAGE) else []

    def take(self, found: Sequence[ConnectionsView]) -> None:
        """This is how they stand."""
        self._mailboxes = tuple(one for view in found for one in view.connections if one.kind in MAILBOXES)

    def build(self) -> None:
        """The words and the button."""
        with block("mc-row mc-gap-8 mc-mail-sync"):
            self.words()

    def show(self) -> None:
        """Draw them again if they say something else."""
        if self._drawn != self._said():
            self.words.refresh()

    def _said(self) -> tuple[Any, ...]:
        return tuple((one.id, one.state, one.running, one.failures, one.last_ok_at) for one in self._mailboxes)

    @ui.refreshable_method
    def words(self) -> None:
        """``Synced 2 min ago``, or what keeps it from being so."""
        self._drawn = self._said()
        if not self._mailboxes:
            return
        refused = next((one for one in self._mailboxes if one.state is ConnectionState.SIGN_IN_NEEDED), None)
        good = [one.last_ok_at for one in self._mailboxes if one.last_ok_at]
        running = any(one.running for one in self._mailboxes)
        with attributes(block("mc-row mc-gap-6 mc-cap mc-desk-only"), role="status"):
            if refused:
                link(_("Sign in again"), place(refused) + "?edit=1")
            elif running:
                attributes(block("mc-spinner", tag="span"), aria_hidden="true")
                text(_("Looking for mail…"))
            elif any(one.failures for one in self._mailboxes):
                link(_("The mail server did not answer"), place(next(one for one in self._mailboxes if one.failures)))
            elif good:
                block("mc-dot mc-in-step", tag="span")
                text(_("Synced"))
                times.moment(max(good), live.viewer())
        active = [one for one in self._mailboxes if one.state is ConnectionState.ACTIVE]
        if active and not running:
            icon_button("refresh-cw", _("Look for mail now"), on_click=self._sync, height=28)

    async def _sync(self) -> None:
        with telling():
            for one in self._mailboxes:
                if one.state is ConnectionState.ACTIVE and not one.running:
                    await live.change(connections.sync_now, one.id)
            self.take([await live.read(connections.get_connections)])
            self.show()
