"""The audit log, for those who manage the team: what was done, by whom, from where, and whether the log itself is whole."""

from __future__ import annotations

from uuid import UUID

from nicegui import ui

from crm_app.components import audit_words, live, times
from crm_app.components.elements import banner, busy, button, icon
from crm_app.components.fields import select_field
from crm_app.components.guard import telling
from crm_app.components.page_parts import empty_line
from crm_app.components.text import block, text
from crm_app.components.words import number
from crm_app.domain.audit import service as audit
from crm_app.domain.audit.schemas import AuditCheck, AuditFilter, AuditPage, AuditRow
from crm_app.domain.i18n import _
from crm_app.domain.team import service as team
from crm_app.pages.frame import Frame


class AuditPart:
    """Which entries are asked for stands in the address. ``names`` are those of everyone in the team, by id."""

    check_button: ui.button

    def __init__(self, frame: Frame, names: dict[str, str]) -> None:
        self.names = names
        self.frame = frame
        self.rows: tuple[AuditRow, ...] = ()
        self.cursor: str | None = None
        self.checked: AuditCheck | None = None
        self.read_address()

    def read_address(self) -> None:
        """Take person and kind from the address."""
        query = self.frame.query
        self.kind = query.get("kind", "") if query.get("kind") in audit_words.kinds() else ""
        self.person = _uuid(query.get("person"))

    def question(self, after: str | None = None) -> AuditFilter:
        """What is asked, as the service wants it."""
        return AuditFilter(actions=audit_words.KINDS.get(self.kind, ()), refused=self.kind == "refused", about=self.person, after=after)

    def take(self, page: AuditPage, *, more: bool = False) -> None:
        """Keep an answer, after those that stand already with ``more``."""
        self.rows = (*self.rows, *page.entries) if more else page.entries
        self.cursor = page.next_cursor

    async def ask(self, **changes: object) -> None:
        """Another question."""
        with telling():
            vars(self).update(changes)
            self.frame.replace({"kind": self.kind, "person": str(self.person) if self.person else None})
            self.take(await live.read(audit.list_audit, self.question()))
            self.body.refresh()

    async def moved(self) -> None:
        """The address asks something else."""
        self.read_address()
        await self.ask()

    async def more(self) -> None:
        """Older entries."""
        with telling():
            self.take(await live.read(audit.list_audit, self.question(self.cursor)), more=True)
            self.body.refresh()

    async def check(self) -> None:
        """Walk along the whole log."""
        with telling(), busy(self.check_button):
            self.checked = await live.read(audit.check_audit)
            self.verdict.refresh()

    def head(self) -> None:
        """What can be asked for, and the proof."""
        with block("mc-row mc-wrap mc-gap-12 mc-audit-head"):
            select_field(_("About"), {"": _("Anyone"), **self.names}, str(self.person or ""), on_change=lambda event: self.ask(person=_uuid(event.value)))
            select_field(_("What"), audit_words.kinds(), self.kind, on_change=lambda event: self.ask(kind=event.value or ""))
            block("mc-grow")
            self.check_button = button(_("Check the log"), icon="shield-check", on_click=self.check)

    @ui.refreshable_method
    def verdict(self) -> None:
        """What the check found."""
        found = self.checked
        if found is None:
            return
        if not found.whole:
            cause = _("Entry %s is not what was written.") % number(found.broken_at or 0)
            with banner(cause, _("Somebody wrote to the database itself. Compare it with a backup, and run “mindfulcrm doctor”."), kind="bad"):
                return
        earlier = _("The first %s were sealed with another secret key, which alone can prove them.") % number(found.other_keys) if found.other_keys else ""
        with banner(_("All %s entries are as they were written.") % number(found.entries), earlier, kind="ok"):
            return

    @ui.refreshable_method
    def body(self) -> None:
        """The entries."""
        if not self.rows:
            empty_line(_("Nothing of this kind was done."))
            return
        actor = live.viewer()
        with block("mc-group"):
            for row in self.rows:
                with block("mc-audit-row"):
                    icon(audit_words.icon_of(row), classes="mc-ink-3")
                    with block("mc-grow"):
                        text(audit_words.sentence(row, self.names.get(str(row.details.get("heir")), "")), "mc-break", tag="p")
                        if said := audit_words.caption(row):
                            text(said, "mc-cap", tag="p")
                    times.moment(row.at, actor)
        if self.cursor:
            button(_("Show older"), kind="ghost", icon="chevron-down", on_click=self.more)


async def audit_part(frame: Frame) -> None:
    """Load, lay out, wire."""
    members = await live.read(team.list_members)
    part = AuditPart(frame, {str(member.id): member.name for member in members})
    part.take(await live.read(audit.list_audit, part.question()))
    part.head()
    part.verdict()
    part.body()
    frame.on_query(part.moved)


def _uuid(value: str | None) -> UUID | None:
    try:
        return UUID(value) if value else None
    except ValueError:
        return None
