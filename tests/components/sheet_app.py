"""Every component on one page, for pictures and for axe. Run it alone: ``python -m tests.components.sheet_app PORT``."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import uvicorn
from fastapi import FastAPI
from nicegui import app, ui
from pydantic import BaseModel, EmailStr, Field
from starlette.staticfiles import StaticFiles

from crm_app.components import (
    board,
    cells,
    charts,
    choices,
    drawn_menu,
    elements,
    feedback,
    fields,
    keys,
    people,
    shell,
    table,
    theme,
    times,
)
from crm_app.components.composer import Composer
from crm_app.components.dialog import confirm, dialog
from crm_app.components.draft import Draft
from crm_app.components.drawer import drawer, drawer_button
from crm_app.components.filter_bar import FilterBar, FilterWords
from crm_app.components.logo import logo
from crm_app.components.mentions import Colleagues
from crm_app.components.photo import PhotoChooser
from crm_app.components.pop_menu import CheckItem, PopMenu
from crm_app.components.text import block, text
from crm_app.components.timeline import Timeline
from crm_app.domain.actor import Actor
from crm_app.domain.mentions.schemas import MentionView
from crm_app.domain.permissions import Role
from tests.components.sheet_calendar import CalendarSheet
from tests.components.sheet_writing import TEAM, colleagues, foresee, keep, save

VIEWER = Actor(UUID(int=1), Role.OWNER, name="Ines Carvalho", email="ines@stillwater.studio", time_zone="Europe/Lisbon")
STAGES = [
    ("discovery", "Discovery"), ("curious", "Curious"), ("new_client", "New client"), ("core_client", "Core client"), ("ambassador", "Ambassador"),
    ("needs_reconnecting", "Needs reconnecting"), ("inactive", "Inactive"), ("collaborator", "Collaborator"),
]


class Rhythm(StrEnum):
    """How often to keep in touch."""

    FORTNIGHT = "every_14_days"
    MONTH = "every_30_days"


class Person(BaseModel):
    """A small schema that has one of each."""

    name: Annotated[str, Field(min_length=1, max_length=120)] = ""
    email: EmailStr | None = None
    keep_in_touch: Rhythm | None = None
    birthday: datetime | None = None
    about: Annotated[str, Field(max_length=2000)] = ""
    favourite: bool = False


def swatches() -> None:
    """The colours that carry the look."""
    with block("mc-row mc-wrap mc-gap-8"):
        for name in ("canvas", "surface", "surface-2", "surface-3", "line-strong", "control", "ink-3", "ink-2", "ink", "accent-soft", "accent-soft-2", "accent", "accent-hover", "ai-soft", "ai", "danger", "warn", "ok"):
            with block("mc-col mc-gap-4").style("width:76px"):
                block().style(f"height:38px;border-radius:8px;background:var(--{name});box-shadow:inset 0 0 0 1px var(--line)")
                text(name, "mc-micro mc-ink-2")


def type_scale() -> None:
    """Every size once."""
    with block("mc-col"):
        text("Remember people well", "mc-display", tag="div")
        text("Title 20/28 semibold", "mc-title", tag="div")
        text("Heading 15/24 semibold", "mc-heading", tag="div")
        text("Section 13/20 semibold", "mc-section", tag="div")
        text("Body 13/20 regular · 0123456789 €1,204.50", "mc-body mc-num", tag="div")
        text("Reading 14/22 for notes, mail and chat", "mc-read", tag="div")
        text("Caption 12/16 · Yesterday, 18:02", "mc-cap", tag="div")


def buttons() -> None:
    """Kinds, sizes, states."""
    with block("mc-row mc-wrap mc-gap-8"):
        elements.button("Save changes", kind="primary", on_click=lambda: feedback.toast("3 people archived", undo=lambda: feedback.toast("They are back")))
        elements.button("Add contact", kind="primary", icon="plus", key="C")
        elements.button("Import", icon="upload", on_click=lambda: feedback.toast("The file could not be read", kind="bad"))
        elements.button("Approve", kind="soft", icon="check")
        elements.button("Cancel", kind="ghost")
        elements.button("Delete", kind="danger", on_click=lambda: confirm("Delete 3 people?", "They go to the trash for 30 days.", act="Delete", goes=["12 notes", "2 tasks"], type_this="delete"))
        elements.button("Ask AI", kind="ai", icon="sparkles")
        with elements.icon_button("ellipsis", "More", kind="secondary"):
            drawn_menu.DrawnMenu([drawn_menu.Item("Log a note", icon="notebook-pen", key="L"), drawn_menu.Item("Email", lambda: feedback.toast("Email"), icon="mail", key="E"), drawn_menu.Item("Archive", icon="archive", danger=True)])
        elements.icon_button("panel-left", "Sidebar")
        elements.button("Disabled", kind="primary", disabled_because="Viewers only look")
    with block("mc-row mc-wrap mc-gap-8").style("margin-top:12px"):
        elements.button("Large 40", kind="primary", height=40)
        elements.button("Default 32", kind="primary")
        elements.button("Small 28", kind="primary", height=28)
        elements.button("Tiny 24", kind="primary", height=24)
        elements.button("Loading", kind="primary").props("loading")


def inputs() -> None:
    """Fields from a schema, checks and switches."""
    draft = Draft(Person, Person(name="Amara Okafor", keep_in_touch=Rhythm.FORTNIGHT))
    draft.email = "amara@"
    with block("mc-form-grid"):
        fields.field(draft, "name")
        fields.field(draft, "email")
        fields.field(draft, "keep_in_touch")
        fields.date_field("Birthday")
        with block("mc-span"):
            fields.field(draft, "about", placeholder="What stayed with you from this conversation?")
    draft.validated()
    with block("mc-row mc-wrap mc-gap-16").style("margin-top:12px"):
        fields.checkbox("Checked", True)
        fields.checkbox("Off")
        fields.switch("On", True)
        fields.switch("Off", False)
        for priority, done in (("urgent", False), ("high", False), ("", False), ("", True)):
            fields.done_check("Complete", done, lambda: None, priority=priority)
    fields.search_field("Search contacts", placeholder="Filter by name, email, phone…").style("margin-top:12px")


def marks() -> None:
    """Stages, tags, pills."""
    with block("mc-row mc-wrap mc-gap-6"):
        for key, label in STAGES:
            elements.stage_chip(label, theme.STAGE_HUES[key])
    with block("mc-row mc-wrap mc-gap-6").style("margin-top:12px"):
        elements.tags(["Breathwork", "Retreat ’26", "Coaching"])
        elements.tag("Quiet tag", quiet=True)
        elements.tag("Removable", on_remove=lambda: None)
        elements.pill("Synced", "ok", icon_name="check")
        elements.pill("17 d overdue", "warn")
        elements.pill("Failed", "bad")
        elements.pill("Needs approval", "ai")
        elements.pill("Neutral")


def faces() -> None:
    """Avatars in every size."""
    names = ["Amara Okafor", "Jonas Lindqvist", "Sofia Marchetti", "Keiko Tanaka", "Owen Hughes", "Priya Raman", "Grace Mbeki", "Tom Brennan"]
    with block("mc-row mc-wrap mc-gap-12"):
        for name in names:
            people.avatar(name, name, 32)
    with block("mc-row mc-wrap mc-gap-12").style("margin-top:12px"):
        for size in (16, 20, 24, 28, 32, 40, 56):
            people.avatar("Amara Okafor", 7, size)  # type: ignore[arg-type]
        people.avatar("Nørva", "n", 40, organisation=True)
        people.avatars([(name, name) for name in names[:3]])


def small_things() -> None:
    """Skeleton, banner, progress, charts, choices."""
    feedback.skeleton_lines(2)
    with elements.banner("IMAP needs a new password.", "Mail is paused."):
        elements.button("Fix", height=28)
    with block("mc-row mc-gap-16").style("margin:12px 0"):
        charts.ring(0.7, label="70 percent")
        elements.progress(0.66, "Two thirds", thick=True)
        charts.sparkline([5, 6, 6, 7, 8, 8, 9], "improving", filled=True)
        charts.sparkline([8, 8, 7, 7, 6, 5, 4], "declining")
        charts.bars([4, 3, 4, 0.4, 3, 3, 0.2], 2)
        elements.key_hint("Ctrl K")
    options = [choices.Choice("note", "Note", "notebook-pen"), choices.Choice("call", "Call", "phone"), choices.Choice("meeting", "Meeting", "users")]
    choices.segments(options, "note", lambda key: None, label="Kind")
    views = [choices.Choice("all", "All people", count="248"), choices.Choice("core", "Core clients", count="42"), choices.Choice("new", "New", count="6")]
    block().style("height:12px")
    choices.tabs(views, "all", lambda key: None, label="Views")
    choices.tabs(views, "core", lambda key: None, label="Sections", underline=True)


def rows() -> None:
    """A card, list rows, facts, times."""
    with elements.card("Recent activity"):
        for name, minutes in (("Leila Haddad", 12), ("Sofia Marchetti", 65), ("Claire Dubois", 60 * 26)):
            with elements.row(href=f"/contacts/{minutes}"):
                people.avatar(name, name, 20)
                text(name, "mc-strong")
                text("signed the intake form", "mc-ink-2 mc-truncate mc-grow")
                times.moment(datetime.now(UTC) - timedelta(minutes=minutes), VIEWER)
    elements.fact("Email", "amara@norva.io", href="mailto:amara@norva.io")
    elements.fact("Location", "Lisbon, Portugal")


SECTIONS = [("Neutrals and accent", swatches), ("Type", type_scale), ("Buttons", buttons), ("Fields", inputs), ("Stages", marks), ("Avatars", faces), ("Rows", rows), ("Skeleton, banner, progress, keys", small_things)]


def sheet() -> None:
    """The whole sheet."""
    with block("mc-scroll mc-pad"):
        with block("mc-row mc-gap-12").style("margin-bottom:24px"):
            logo(32)
            with block():
                text("MindfulCRM design sheet", "mc-title", tag="h1")
                text("Tokens and components, Inter variable, 4 px grid", "mc-ink-3", tag="div")
        with block("mc-dashboard-grid mc-two").style("margin-top:0"):
            for title, build in SECTIONS:
                with block("mc-col"):
                    text(title, "mc-label", tag="h2").style("margin-bottom:10px")
                    build()


def opened_dialog() -> None:
    """A dialog that stands open."""
    with shell.top_bar("Dialog"):
        elements.button("New", kind="primary", icon="plus")
    with dialog("Prepare session 9 plan") as parts:
        draft = Draft(Person, Person(name="Amara"))
        fields.field(draft, "name")
    with parts.foot:
        elements.button("Close", kind="ghost", on_click=parts.window.close)
        elements.button("Save", kind="primary")
    parts.window.open()
    feedback.toast("3 people archived", undo=lambda: None)


COLUMNS = [
    table.Column("name", "Name", "person"), table.Column("stage", "Stage", "stage", 172, sortable=True),
    table.Column("tags", "Tags", "tags", 190, from_width=1024), table.Column("last", "Last contact", "moment", 126, sortable=True),
    table.Column("next", "Next step", "icon", 200), table.Column("trend", "Trend", "trend", 140, from_width=1440),
    table.Column("owner", "Owner", "face", 48, from_width=1280),
]  # fmt: skip


def people_table() -> None:
    """A table with every kind of cell, its bulk bar and pager, and a timeline under it."""
    with shell.top_bar("Contacts", count="248", borderless=True):
        elements.button("Cards", kind="ghost", icon="layout-grid", on_click=lambda: shown.as_cards(True))
        elements.button("Add contact", kind="primary", icon="plus", key="C")
    with block("mc-filter-bar"):
        fields.search_field("Search contacts", placeholder="Filter by name, email, phone…").style("width:232px")
    with block("mc-scroll"):
        shown = table.DataTable(COLUMNS, label="Contacts", on_open=lambda key: feedback.toast(f"Opened {key}"), on_sort=lambda name: feedback.toast(f"Sorted by {name}"), on_select=lambda ids: bar.show(len(ids)))
        shown.show([_row(index) for index in range(16)], sorted_by="last", descending=True)
        table.Pager().show("1 to 16 of 248", on_previous=None, on_next=lambda: None)

    def rename() -> None:
        shown.change_row({**_row(2), **cells.person("name", "Hanna Renamed", 2)})

    keys.bind_keys({"d": lambda: feedback.toast("The page's own D"), "e": lambda: feedback.toast("Edit"), "r": rename})
    with table.bulk_bar(shown.clear_selection) as bar:
        elements.button("Tag", icon="tag")
        elements.button("Archive", icon="archive")


def _row(index: int) -> cells.Row:
    names = ["Leila Haddad", "Sofia Marchetti", "Hanna Weiss", "Amara Okafor", "Mateo Fuentes", "Claire Dubois", "Anika Sharma-Whitfield", "Owen Hughes"]
    name, (key, label) = names[index % 8], STAGES[index % 8]
    lapsed = key == "needs_reconnecting"
    when = datetime.now(UTC) - timedelta(hours=index * index * 5, minutes=12)
    trend: charts.Trend = "declining" if lapsed else "improving" if index % 3 else "stable"
    return {
        "id": str(index), "href": f"/contacts/{index}", "title": name,
        **cells.person("name", name, index, more="Studio Lume" if index % 3 == 1 else "", mark="star" if index == 2 else None),
        **cells.stage("stage", label, key), **cells.tags("tags", ["Breathwork", "Coaching", "Travel"][: index % 4]),
        **cells.moment("last", when, VIEWER, tone="lapsed" if lapsed else ""), **cells.with_icon("next", "Follow up on Friday", "phone"),
        **cells.trend("trend", trend.capitalize(), trend, [5, 6, 6, 7, 8 - index % 5, 8, 9 - index % 6]), **cells.face("owner", "Ines Carvalho", 1),
    }


def people_cards() -> None:
    """The same rows as cards, under filters that are on."""
    with shell.top_bar("Cards", borderless=True):
        pass
    on = [FilterWords("stage", "Stage", "is", "Core client, New client", 2), FilterWords("owner", "Owner", "is", "Me, Rui", faces=(("Ines Carvalho", 1), ("Rui", 2)))]
    with block("mc-filter-bar"):
        menu = PopMenu()

        def fill() -> None:
            for key, label in STAGES:
                CheckItem(label, key == "curious", lambda: None, caption="12")

        bar = FilterBar(lambda at, key, part: menu.open(at, fill), lambda key: bar.show([words for words in on if words.key != key]), lambda: bar.show([]))
        bar.show(on)
    with block("mc-scroll"):
        shown = table.DataTable(COLUMNS, label="Contacts", on_open=lambda key: feedback.toast(f"Opened {key}"), on_select=lambda ids: None)
        shown.as_cards(True)
        shown.show([_row(index) for index in range(8)])


def people_board() -> None:
    """A board of three columns, and a drawer beside it on narrow windows."""
    columns = {key: [_card(index) for index in range(at, 24, 3)] for at, key in enumerate(("discovery", "curious", "new_client"))}

    def show() -> None:
        shown.show([board.BoardColumn(key, dict(STAGES)[key], theme.STAGE_HUES[key], str(len(cards)), cards[:6], len(cards) > 6) for key, cards in columns.items()])

    async def move(key: str, start: str, to: str) -> None:
        if to == "new_client":
            feedback.toast("Refused", kind="bad")
        else:
            columns[to].insert(0, next(card for card in columns[start] if card["id"] == key))
            columns[start] = [card for card in columns[start] if card["id"] != key]
            feedback.toast(f"Moved {key} to {to}")
        show()

    async def more(key: str) -> None:
        shown.append(key, columns[key][6:], False)

    async def say(*words: str) -> None:
        await menu.open(words[2], lambda: CheckItem(f"Menu of {words[0]}", True, lambda: None, single=True))

    with block("mc-page"):
        with shell.top_bar("Board"):
            drawer_button("Tasks and more")
        with block("mc-record"):
            with block("mc-record-left"):
                text("Who", "mc-section", tag="h2")
            with block("mc-board-place"):
                menu = PopMenu()
                shown = board.Board(movable=True, on_move=move, on_menu=say, on_more=more, on_pick=lambda key, column: feedback.toast(f"Opened {key}"), on_add=lambda key: feedback.toast(f"Add to {key}"))
            with drawer("Tasks and more", "mc-record-right"):
                text("In the drawer", "mc-section", tag="h2")
                chooser = PhotoChooser(lambda upload: None, lambda: None)  # type: ignore[arg-type, return-value]
                chooser.face("Leila Haddad", 1, None)
    show()


def _card(index: int) -> board.Card:
    row = _row(index)
    return board.card(
        str(index), str(row["name"]), f"/contacts/{index}", more="Studio Lume" if index % 4 == 1 else "", tags=["Breathwork", "Coaching", "Travel"][: index % 4],
        when=str(row["last"]), at=str(row["last_at"]), exact=str(row["last_exact"]), next_step="Follow up" if index % 2 else "", mark="star" if index == 3 else None,
    )  # fmt: skip


def story() -> None:
    """A timeline, and where it is written."""
    with shell.top_bar("Amara Okafor", crumbs=[("Contacts", "/contacts")]):
        elements.icon_button("star", "Favourite")
    with block("mc-scroll mc-pad"), block("mc-read-column"):
        Composer(VIEWER, "", save, keep, Colleagues(colleagues, foresee))
        line = Timeline(VIEWER)
        named = [MentionView(user_id=TEAM[0][0], label="Bob", name="Bob Moor"), MentionView(user_id=VIEWER.user_id, label="Ines", name="Ines Carvalho")]
        for kind, what, hours, body in [
            ("meeting", "Session 8 of 12", 1, "Arrived tired after the launch week. Box breathing felt steady by round three."), ("system", "Ines completed Prepare session 8 plan", 2, ""),
            ("email", "Re: Sleep journal", 80, "Two good weeks. Attached the journal."), ("call", "Call", 130, "Moved the Friday session."), ("note", "Note", 900, "Ask @Bob, not @Ines."),
        ]:
            with line.add(kind, what, datetime.now(UTC) - timedelta(hours=hours), detail="Breathwork · 50 min", body=body, mentions=named):
                elements.icon_button("pencil", "Edit", height=24)


def calendar_week() -> None:
    """A week by the hour, with a second zone."""
    CalendarSheet(VIEWER, datetime.now(VIEWER.zone).date(), "week")


def calendar_month() -> None:
    """The same in a month."""
    CalendarSheet(VIEWER, datetime.now(VIEWER.zone).date(), "month")


def calendar_agenda() -> None:
    """The same one under the other, by a clock of twelve hours."""
    CalendarSheet(replace(VIEWER, clock="12"), datetime.now(VIEWER.zone).date(), "agenda")


def states() -> None:
    """Empty and error."""
    with shell.top_bar("Contacts", count="0", crumbs=[("Home", "/")]):
        elements.button("Add contact", kind="primary", icon="plus", key="C")
    with feedback.empty_state("No people yet", "Add someone you met today, or bring your list along."):
        elements.button("Add a person", kind="primary", icon="user-plus")
        elements.button("Import a file", icon="upload")
    feedback.error_state("This page did not load", "Nothing was changed.", reference="7f3a-22", on_retry=lambda: None, level=2)


def install(parent: FastAPI) -> None:
    """Put the sheet on a FastAPI application."""
    theme.install_theme(app)

    @ui.page("/bare", language="en-GB")
    def bare(dark: int = 0) -> None:
        ui.dark_mode(bool(dark))
        sheet()

    @ui.page("/", language="en-GB")
    @ui.page("/{_:path}", language="en-GB")
    def page(dark: int = 0) -> None:
        ui.dark_mode(bool(dark))
        with shell.shell(shell.ShellView("Stillwater Studio", VIEWER.name, VIEWER.email, "ines")):
            ui.sub_pages({"/": sheet, "/states": states, "/cards": people_cards, "/board": people_board, "/contacts": people_table, "/tasks": opened_dialog, "/story": story, "/week": calendar_week, "/month": calendar_month, "/agenda": calendar_agenda})

    parent.mount("/static", StaticFiles(directory=theme.STATIC))
    ui.run_with(parent, reconnect_timeout=25, binding_refresh_interval=None)  # type: ignore[arg-type]


def main() -> None:
    """Serve the sheet on the port given."""
    parent = FastAPI()
    install(parent)
    uvicorn.run(parent, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")


if __name__ == "__main__":
    main()
