"""What can be done with a thread: whom it concerns, whether it matters, who sees it, and what is to become of its sender's mail. Each can be undone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from nicegui.element import Element

from crm_app.components import feedback, live
from crm_app.components.guard import telling
from crm_app.components.mail_words import shown_words
from crm_app.domain.contacts import service as contacts
from crm_app.domain.contacts.models import PointKind
from crm_app.domain.contacts.schemas import ContactCreate, PointInput
from crm_app.domain.errors import Conflict
from crm_app.domain.i18n import _
from crm_app.domain.mail import service as mail
from crm_app.domain.mail.models import Direction, Verdict
from crm_app.domain.mail.schemas import ContactRef, ThreadView
from crm_app.domain.unit_of_work import Outcome
from crm_app.pages import acts

Back = Callable[[], Awaitable[Any]]
"""Takes back what was done."""


class Acting:
    """``refresh`` asks for everything again, ``leave`` closes the thread. ``place()`` outlives whatever was pressed, which is drawn anew meanwhile."""

    def __init__(self, refresh: Callable[[], Awaitable[Any]], leave: Callable[[], Awaitable[Any]], place: Callable[[], Element]) -> None:
        self.refresh, self._leave, self._place = refresh, leave, place

    async def link(self, thread: ThreadView, contact_id: UUID, name: str) -> None:
        """It concerns this contact too."""
        await self._do(lambda: live.change(mail.link_contact, thread.id, contact_id), _("Linked to %s") % name)

    async def unlink(self, thread: ThreadView, contact: ContactRef) -> None:
        """It does not concern them, whatever stands in its head."""
        await self._do(lambda: live.change(mail.unlink_contact, thread.id, contact.id), _("No longer linked to %s") % contact.name)

    async def add_person(self, name: str, address: str) -> None:
        """Somebody who wrote becomes a contact; what else is here of theirs finds them by their address."""
        person = ContactCreate(display_name=name[:200], points=[PointInput(kind=PointKind.EMAIL, value=address)])
        await self._do(lambda: live.change(contacts.create_contact, person), _("%s is a contact now") % name)

    async def set_aside(self, thread: ThreadView) -> None:
        """It is none of the CRM's business; it goes from the list that it stands in."""
        await self._mark(thread, irrelevant=True)

    async def bring_back(self, thread: ThreadView) -> None:
        """It matters after all."""
        await self._mark(thread, irrelevant=False)

    async def _mark(self, thread: ThreadView, *, irrelevant: bool) -> None:
        said = _("Marked as irrelevant") if irrelevant else _("Brought back")

        async def mark() -> Back:
            view = (await live.change(mail.mark_irrelevant, thread.id, irrelevant, version=thread.version)).value
            await self._leave()
            return lambda: live.change(mail.mark_irrelevant, thread.id, not irrelevant, version=view.version)

        await self._turn(mark, said)

    async def share(self, thread: ThreadView, shown: str | None) -> None:
        """How much of it whoever sees its contacts may see; None leaves it to the mailbox."""
        said = _("Seen from now on: %s") % shown_words()[shown][0].lower() if shown else _("As its mailbox says")

        async def share() -> Back:
            view = (await live.change(mail.share_thread, thread.id, shown, version=thread.version)).value
            return lambda: live.change(mail.share_thread, thread.id, thread.said.value if thread.said else None, version=view.version)

        await self._turn(share, said)

    async def rule(self, address: str, verdict: Verdict) -> None:
        """What becomes of a sender's mail from now on."""
        said = _("Mail from %s is always shown") if verdict is Verdict.ALWAYS else _("Mail from %s is never shown")

        async def rule() -> Back:
            before = next((one.verdict for one in await live.read(mail.list_rules) if one.address == address), None)
            made = (await live.change(mail.set_rule, address, verdict.value)).value
            return lambda: live.change(mail.set_rule, address, before.value) if before else live.change(mail.remove_rule, made.id)

        await self._turn(rule, said % address)

    async def _turn(self, act: Callable[[], Awaitable[Back]], said: str) -> None:
        """What has its own way back: a thread that came in further, or was changed elsewhere, is not turned back."""
        with self._place(), self._told():
            try:
                back = await act()
                feedback.toast(said, undo=lambda: self._back(back))
            finally:
                await self.refresh()

    async def _back(self, back: Back) -> None:
        with self._place(), self._told():
            try:
                await back()
                feedback.toast(_("Undone"))
            finally:
                await self.refresh()

    async def _do(self, act: Callable[[], Awaitable[Outcome[Any]]], said: str) -> None:
        with self._place(), self._told():
            try:
                acts.offer_undo(await act(), said, self.refresh)
            finally:
                await self.refresh()

    @contextmanager
    def _told(self) -> Iterator[None]:
        with telling():
            try:
                yield
            except Conflict:
                feedback.toast(_("This thread has changed meanwhile. Look at it, and do it again."), kind="bad")


def sender_of(thread: ThreadView) -> str:
    """The address that wrote last from outside; empty when everything was sent by its owner."""
    return next((mail.from_address for mail in reversed(thread.messages) if mail.direction is Direction.IN and mail.from_address), "")
