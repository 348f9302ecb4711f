"""What the palette offers: people with their acts, entries, files, tasks, goals, programmes, pages, and what can be made or changed from anywhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import ui

from crm_app.ai import embedding
from crm_app.components import live, times, words
from crm_app.components.guard import telling
from crm_app.components.palette import Hit, HitGroup, Palette
from crm_app.components.shell import assistant_place, places, things_to_make
from crm_app.components.text import mail_link, phone_link
from crm_app.domain.accounts import service as accounts
from crm_app.domain.accounts.views import Theme
from crm_app.domain.i18n import _
from crm_app.domain.letters import service as letters
from crm_app.domain.meaning import service as meaning
from crm_app.domain.meaning.schemas import HitKind, MeaningHit
from crm_app.domain.palette import service as palette
from crm_app.domain.palette.schemas import DocumentHit, EntryHit, Findings, GoalHit, PersonHit, ProgrammeHit, TaskHit
from crm_app.domain.permissions import Permission
from crm_app.domain.text import fold

MEANT, MEANT_READ, MEANT_SHOWN, NEAR = 4, 20, 4, 0.25
"""From so many letters on; so many are read of which so many are shown; and how near they must be: what has nothing to do with anything comes to 0.2."""
QUIET = 0.6


class FindAnything:
    """The palette of one tab; ``ways`` gives further places as (name, what it is, icon, address), ``show_keys`` opens the sheet of shortcuts."""

    def __init__(self, ways: Callable[[], Sequence[tuple[str, str, str, str]]], show_keys: Callable[[], Any]) -> None:
        self._ways = ways
        self._show_keys = show_keys
        self._palette: Palette | None = None
        self._sends = False
        self._asked, self._shown = "", set[UUID]()

    async def open(self) -> None:
        """Open it; it is made at the first use."""
        if self._palette is None:
            with ui.context.client:
                self._palette = Palette(self.find, self.find_meant)
        await self._palette.open()
        if live.viewer().can(Permission.MAIL_WRITE):
            with telling():
                self._sends = bool(await live.read(letters.list_senders))

    async def find(self, asked: str) -> list[HitGroup]:
        """The groups for what was typed: for nothing, where one may go and what one may do."""
        found, self._asked = Findings(), asked
        if asked:
            with telling():
                found = await live.read(palette.find_anything, asked)
        self._shown = {*(row.id for row in found.entries), *(row.id for row in found.documents)}
        acts, ways = _matching(_acts(self._show_keys), asked), _matching(_places(self._ways()), asked)
        return [
            HitGroup(_("People"), [_person(row) for row in found.people]),
            HitGroup(_("Actions"), [*(_about(found.people[0], self._sends) if found.people else []), *acts]),
            HitGroup(
                _("Jump to"),
                [
                    *map(_task, found.tasks), *map(_goal, found.goals), *map(_programme, found.programmes), *map(_entry, found.entries),
                    *map(_file, found.documents), *ways,
                ],  # fmt: skip
            ),
        ]

    async def find_meant(self, asked: str) -> list[HitGroup]:
        """What means something like it and does not hold its words, where search by meaning is on and enough was typed to mean anything.

        A model elsewhere is not sent every letter: it is asked once somebody has stopped typing for a moment.
        """
        if len(asked) < MEANT or not live.viewer().can(Permission.INTERACTION_READ):
            return []
        with telling():
            state = await live.read(meaning.get_meaning_state)
            if state.model and not state.local:
                await asyncio.sleep(QUIET)
                if asked != self._asked:
                    return []
            found = await live.change_and_finish(embedding.begin_finding, asked, MEANT_READ)
            meant = [hit for hit in found.hits if hit.near is not None and hit.near >= NEAR and hit.id not in self._shown][:MEANT_SHOWN]
            missing = [Hit("not-meant", _("Only the words were looked for"), found.trouble, "circle-question-mark", href="/settings/ai")] if found.trouble else []
            return [HitGroup(_("By meaning"), [*map(_said, meant), *missing])]
        return []


def _person(row: PersonHit) -> Hit:
    last = _("last contact %s") % times.relative(row.last_contact_at, live.viewer()) if row.last_contact_at else _("no contact yet")
    hint = " · ".join(part for part in (row.company, words.stages()[row.stage], last) if part)
    photo = f"/photos/{row.photo_sha}" if row.photo_sha else None
    return Hit(f"person-{row.id}", row.display_name, hint, href=f"/contacts/{row.id}", identity=row.id, photo=photo)


def _about(row: PersonHit, sends: bool) -> list[Hit]:
    """What one does with the person on top; a mail is written here where a mailbox of the reader's ``sends``, else in the program that they have for it."""
    acts = []
    if live.viewer().can(Permission.INTERACTION_WRITE):
        acts.append(Hit("log", _("Log a note about %s") % row.display_name, icon="notebook-pen", href=f"/contacts/{row.id}?log=1", key_hint="L"))
    if live.viewer().can(Permission.AI_USE):
        acts.append(Hit("ask", _("Ask the assistant about %s") % row.display_name, icon="sparkles", href=f"/assistant?about={row.id}"))
    if row.primary_email:
        href = f"/contacts/{row.id}?write=1" if sends else mail_link(row.primary_email)
        acts.append(Hit("email", _("Email %s") % row.display_name, row.primary_email, "mail", href=href))
    if row.primary_phone:
        acts.append(Hit("call", _("Call %s") % row.display_name, row.primary_phone, "phone", href=phone_link(row.primary_phone)))
    return acts


def _task(row: TaskHit) -> Hit:
    due = _("due %s") % times.day_words(row.due_date, live.viewer()) if row.due_date else ""
    return Hit(f"task-{row.id}", row.title, " · ".join(part for part in (_("Task"), due) if part), "square-check-big", href=f"/tasks?open={row.id}")


def _goal(row: GoalHit) -> Hit:
    hint = " · ".join((_("Goal"), row.contact_name or _("The practice"), words.share(row.progress)))
    return Hit(f"goal-{row.id}", row.title, hint, "target", href=f"/goals?open={row.id}")


def _programme(row: ProgrammeHit) -> Hit:
    hint = " · ".join((_("Programme"), row.contact_name, f"{row.used} / {row.sessions_total}"))
    return Hit(f"programme-{row.id}", row.name, hint, "layers", href=f"/contacts/{row.contact_id}?programme={row.id}")


def _entry(row: EntryHit) -> Hit:
    icons = {"note": "sticky-note", "call": "phone", "meeting": "users", "message": "message-circle", "email": "mail", "class_attendance": "users-round"}
    hint = f"{row.contact_name} · {words.kinds()[row.kind]} · {times.relative(row.occurred_at, live.viewer())}"
    said, href = row.said or words.kinds()[row.kind], f"/contacts/{row.contact_id}?entry={row.id}"
    return Hit(f"entry-{row.id}", said, hint, icons.get(row.kind, "message-square"), href=href)


def _file(row: DocumentHit) -> Hit:
    hint = f"{row.contact_name} · {_('File')} · {times.relative(row.created_at, live.viewer())}"
    return Hit(f"file-{row.id}", row.name, hint, "file-text", href=f"/contacts/{row.contact_id}?kind=files")


def _said(hit: MeaningHit) -> Hit:
    contact_id, name = hit.contacts[0]
    filed = hit.kind is HitKind.DOCUMENT
    kind = _("File") if filed else words.kinds()[hit.kind_of_entry or "email"]
    href = f"/mail?thread={hit.thread_id}" if hit.thread_id else f"/contacts/{contact_id}?kind=files" if filed else f"/contacts/{contact_id}?entry={hit.id}"
    return Hit(f"meant-{hit.id}", hit.said or hit.title, f"{name} · {kind} · {times.relative(hit.occurred_at, live.viewer())}", "sparkles", href=href)


def _places(ways: Sequence[tuple[str, str, str, str]]) -> list[Hit]:
    known = [*places(), *([assistant_place()] if live.viewer().can(Permission.AI_USE) else [])]
    pages = [Hit(f"page-{place.key}", place.label, icon=place.icon, href=place.href, key_hint=f"G {place.key.upper()}") for place in known]
    pages.append(Hit("page-goals", _("Goals"), icon="target", href="/goals"))
    pages.append(Hit("page-notifications", _("Notifications"), icon="bell", href="/notifications"))
    return [*pages, *(Hit(f"way-{number}", name, what, glyph, href=href) for number, (name, what, glyph, href) in enumerate(ways))]


def _acts(show_keys: Callable[[], Any]) -> list[Hit]:
    actor = live.viewer()
    things = things_to_make() if actor.can(Permission.CONTACT_WRITE) else []
    made = [Hit(f"make-{key}", label, icon=glyph, href=href, key_hint=key) for href, glyph, label, key in things]
    if actor.can(Permission.GOAL_WRITE):
        made.append(Hit("make-goal", _("New goal"), icon="target", href="/goals?new=1"))
    if actor.can(Permission.CONTACT_IMPORT):
        made.append(Hit("import", _("Import contacts"), icon="file-up", href="/contacts/import"))
    themes: tuple[tuple[Theme, str, str], ...] = (
        ("light", _("Use light colours"), "sun"), ("dark", _("Use dark colours"), "moon"), ("system", _("Use colours as this device has them"), "sun-moon"),
    )  # fmt: skip
    looks = [Hit(f"theme-{theme}", label, icon=glyph, act=partial(_set_theme, theme)) for theme, label, glyph in themes]
    return [*made, *looks, Hit("keys", _("Keyboard shortcuts"), icon="circle-question-mark", act=show_keys, key_hint="?")]


async def _set_theme(theme: Theme) -> None:
    with telling():
        await live.change(accounts.set_theme, theme)
        ui.dark_mode({"system": None, "light": False, "dark": True}[theme])


def _matching(hits: Sequence[Hit], asked: str) -> list[Hit]:
    """Those whose title has a word that begins with each word that was typed; all of them for nothing."""
    tokens = fold(asked).split()
    return [hit for hit in hits if all(any(word.startswith(token) for word in fold(f"{hit.title} {hit.hint}").split()) for token in tokens)]
