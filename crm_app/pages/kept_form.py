"""What is typed in a dialog, kept until it is saved: a reload, a lost line or a press beside the dialog takes nothing with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from nicegui import ui

from crm_app.components import live
from crm_app.components.elements import banner, button
from crm_app.components.guard import telling
from crm_app.components.text import block
from crm_app.domain.contacts import service as contacts
from crm_app.domain.i18n import _

PAUSE = 1.0


class KeptForm:
    """The keeping of one open dialog. ``typed()`` is what stands in it, as plain values by name; ``put`` fills in what ``typed`` once was.

    Only what differs from how the dialog began is kept, or, of something ``whole``, all of it as soon as anything does.
    A key that ends with the id of a contact goes with that contact. ``look`` before the dialog is laid out, ``offer`` within it.
    """

    def __init__(self, key: str, typed: Callable[[], Mapping[str, Any]], put: Callable[[dict[str, Any]], Any], *, whole: bool = False) -> None:
        self.key, self._typed, self._put, self._whole = key, typed, put, whole
        self._found: dict[str, Any] = {}
        self._kept, self._over = "", False

    async def look(self) -> None:
        """Ask what was typed here before and not saved."""
        self._found = read(await live.read(contacts.get_draft, self.key))

    def offer(self) -> None:
        """Offer to go on with it, at the top of the dialog."""
        if not self._found:
            return
        with banner(_("What was typed here before is not saved."), kind="accent") as offered, block("mc-row mc-gap-4"):
            offered.classes("mc-kept")

            async def go_on() -> None:
                with telling():
                    offered.delete()
                    self._kept = "?"  # it is there still, and goes when this is saved
                    self._put(self._found)

            async def let_go() -> None:
                with telling():
                    offered.delete()
                    await live.change(contacts.save_draft, self.key, self._said())

            button(_("Discard"), kind="ghost", height=28, on_click=let_go)
            button(_("Go on with it"), height=28, on_click=go_on)

    def watch(self) -> None:
        """From here on whatever is typed is kept. Call it within the dialog, once all of it stands there."""
        self._first = _plain(self._typed())
        ui.timer(PAUSE, self.keep)

    async def keep(self) -> None:
        """Keep what stands there now."""
        said = self._said()
        if self._over or said == self._kept or (self._kept == "?" and not said):
            return
        self._kept = said
        with telling():
            await live.change(contacts.save_draft, self.key, said)

    async def forget(self) -> None:
        """It is saved, or nobody wants it: nothing of it stays."""
        self._over = True
        if self._kept:
            with telling():
                await live.change(contacts.save_draft, self.key, "")

    def _said(self) -> str:
        now = _plain(self._typed())
        differs = {name: value for name, value in now.items() if value != self._first.get(name)}
        said = json.dumps(now if self._whole else differs, ensure_ascii=False) if differs else ""
        return said if len(said) <= contacts.LONGEST_DRAFT else self._kept  # what is longer than a draft can be waits for its button


def read(draft: str) -> dict[str, Any]:
    """What a draft holds by name; nothing when it is no draft of a form."""
    try:
        found = json.loads(draft) if draft else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def put_fields(form: Any, names: Any, found: Mapping[str, Any]) -> None:
    """Put what was kept into a draft's fields. Twice: a field may move another one along."""
    for _turn in range(2):
        for name in names:
            value = found.get(name)
            if name in found and (value is None or isinstance(value, (str, bool))):
                setattr(form, name, value)


def _plain(typed: Mapping[str, Any]) -> dict[str, Any]:
    """As it comes back from where it is kept, so that the two can be compared."""
    return dict(json.loads(json.dumps(dict(typed), default=str)))
