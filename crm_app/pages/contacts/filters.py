"""What stands above the list: the search field, a chip for each filter that is on, and the menus behind them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from nicegui import events, ui
from nicegui.element import Element

from crm_app.components import live, theme, times, words
from crm_app.components.elements import button, icon
from crm_app.components.filter_bar import FilterBar, FilterWords, Part
from crm_app.components.guard import telling
from crm_app.components.menus import menu_item, menu_rule, menu_title
from crm_app.components.people import avatar
from crm_app.components.pop_menu import CheckItem, PopMenu
from crm_app.components.text import attributes, block
from crm_app.components.whose import TEAM, whose_words
from crm_app.domain.accounts import service as accounts
from crm_app.domain.actor import Actor
from crm_app.domain.i18n import _, ngettext
from crm_app.domain.tags import service as tags
from crm_app.pages.list_state import FIELDS, LONGEST_SEARCH, ME, YES, Filter, ListState

Ask = Callable[[ListState], Awaitable[Any]]
DATED = ("last", "added", "birthday")
DAYS = (7, 14, 30, 60, 90, 120, 180, 365)
ICONS = {
    "stage": "circle-dot", "tag": "tag", "owner": "user", "last": "message-circle", "added": "user-plus", "favourite": "star", "due": "clock",
    "birthday": "cake", "programme": "timer", "archived": "archive",
}  # fmt: skip
FLAGS = ("favourite", "due", "programme", "archived")


def sorts() -> dict[str, str]:
    """Every order of the list and what it is called."""
    return {
        "name": _("Name"), "-name": _("Name, Z to A"), "-last_contact": _("Latest contact first"), "last_contact": _("Longest silence first"),
        "-created": _("Newest first"), "created": _("Oldest first"), "stage": _("Stage"),
        "due": _("Longest due first"),
    }  # fmt: skip


def views() -> dict[str, str]:
    """How the list can look."""
    return {"table": _("Table"), "cards": _("Cards"), "board": _("Board by stage")}


def fields() -> dict[str, str]:
    """What a list can be narrowed by."""
    return {
        "stage": _("Stage"), "tag": _("Tag"), "owner": _("Owner"), "last": _("Last contact"), "added": _("Added"), "favourite": _("Favourites"),
        "due": _("Due to be in touch"), "birthday": _("Birthday"), "programme": _("Programme running out"), "archived": _("Archived"),
    }  # fmt: skip


def operators() -> dict[str, dict[str, str]]:
    """What each field can do with its values; the first is how it begins."""
    return {
        "stage": {"is": _("is"), "is_not": _("is not")}, "tag": {"all": _("is all of"), "any": _("is any of")}, "owner": {"is": _("is")},
        "last": {"within": _("within"), "before": _("longer ago than"), "never": _("never")}, "added": {"within": _("within")},
        "birthday": {"within": _("within")},
    }  # fmt: skip


def search_field(state: ListState, on_search: Callable[[str], Awaitable[Any]]) -> ui.input:
    """Searches while one types, a quarter of a second after the last key."""
    field = ui.input(value=state.search, placeholder=_("Name, email, phone, tag, note")).classes("mc-field mc-contacts-search")
    field.props(f"debounce=250 clearable clear-icon=lu-x type=search autocomplete=off maxlength={LONGEST_SEARCH}")
    attributes(field, aria_label=_("Search contacts"))
    with field.add_slot("prepend"):
        icon("search")

    async def typed(event: events.ValueChangeEventArguments) -> None:
        await on_search((event.value or "").strip()[:LONGEST_SEARCH])

    field.on_value_change(typed)
    return field


class ListFilters:
    """Chips and menus over the state of a list. ``people`` names the owners whose ids the state may hold.

    ``choose`` takes mine or team; None where nobody else is there.
    """

    def __init__(
        self, state: Callable[[], ListState], ask: Ask, people: dict[str, str], search: Callable[[str], Awaitable[Any]],
        choose: Callable[[str], Awaitable[Any]] | None = None,
    ) -> None:  # fmt: skip
        self._choose = choose
        self._state = state
        self._ask = ask
        self._people = people
        self._menu = PopMenu()
        with block("mc-filter-left"):
            self.search = search_field(state(), search)
            self._bar = FilterBar(self._edit, self._clear, lambda: self._ask(self._state().cleared()))
        self.sort = button("", kind="ghost", icon="arrow-up-down", height=28).classes("mc-desk-only mc-contacts-sort")
        self.sort.on("click", lambda: self._menu.open(self.sort, self._orders))
        attributes(self.sort, aria_haspopup="menu")

    def show(self, actor: Actor) -> None:
        """Show what is on."""
        state = self._state()
        self._bar.show([chip_words(found, self._people, actor) for found in state.filters])
        short = {"name": _("Name"), "last_contact": _("Last contact"), "created": _("Added"), "stage": _("Stage"), "due": _("Longest due")}
        self.sort.set_text(short[state.sort.lstrip("-")])
        attributes(self.sort, aria_label=_("Sorted by %s") % sorts()[state.sort])

    async def open_at(self, opener: Element) -> None:
        """Everything that narrows or orders the list, in one menu: on a phone there is room for no more."""
        await self._menu.open(opener, self._everything)

    async def _edit(self, opener: Element, key: str, part: Part) -> None:
        fill: dict[Part, Callable[[str], Any]] = {"field": self._fields, "operator": self._operators, "value": self._values}
        with telling():
            await self._menu.open(opener, partial(fill[part], key))

    async def _clear(self, key: str) -> None:
        await self._ask(self._state().narrowed(key, "", ()))

    async def _narrow(self, key: str, operator: str, values: tuple[str, ...]) -> None:
        await self._ask(self._state().narrowed(key, operator, values))

    def _everything(self) -> None:
        if self._choose is not None:
            for whose, label in whose_words().items():
                CheckItem(label, whose == (self._state().whose or TEAM), partial(self._choose, whose), single=True)
            menu_rule()
        self._fields("")
        menu_rule()
        menu_title(_("Sort by"))
        self._orders()
        menu_rule()
        menu_title(_("Show as"))
        for view, label in views().items():
            CheckItem(label, view == self._state().view, partial(self._ask, self._state().changed(view=view)), single=True)

    def _fields(self, instead_of: str) -> None:
        for key in FIELDS:
            if key == instead_of or not self._state().has(key):
                item = menu_item(fields()[key], partial(self._choose_field, key, instead_of), icon_name=ICONS[key], stays=key not in FLAGS)
                if key == instead_of:
                    attributes(item, aria_current="true")

    async def _choose_field(self, key: str, instead_of: str) -> None:
        with telling():
            if instead_of and instead_of != key:
                await self._clear(instead_of)
            if key in FLAGS:
                await self._narrow(key, "is", (YES,))
            else:
                await self._menu.refill(partial(self._values, key))
                self._menu.focus()

    def _operators(self, key: str) -> None:
        now = self._state().filter_of(key)
        for operator, said in operators()[key].items():
            CheckItem(said, now is not None and now.operator == operator, partial(self._choose_operator, key, operator), single=True)

    async def _choose_operator(self, key: str, operator: str) -> None:
        now = self._state().filter_of(key)
        if now is None:
            return  # taken off while its menu was open
        kept = now.values if {now.operator, operator}.isdisjoint(("never", "since")) else (str(DAYS[2]),)
        await self._narrow(key, operator, (YES,) if operator == "never" else kept)

    async def _values(self, key: str) -> None:
        if key in DATED:
            self._days(key)
        elif key == "stage":
            self._several(key, words.stages(), before=lambda stage: block(f"mc-dot mc-hue-{theme.STAGE_HUES[stage]}", tag="span"))
        elif key == "tag":
            found = await live.read(tags.list_tags)
            self._several(key, {tag.name: tag.name for tag in found}, captions={tag.name: words.number(tag.count) for tag in found})
        elif key == "owner":
            self._people.update({str(person.id): person.name for person in await live.read(accounts.list_people)})
            me = str(live.viewer().user_id)
            others = {key: name for key, name in self._people.items() if key != me}
            self._several(key, {ME: _("Me"), **others}, before=lambda who: avatar(self._people[me if who == ME else who], me if who == ME else who, 20))

    def _several(self, key: str, options: dict[str, str], captions: Mapping[str, str] | None = None, before: Callable[[str], Any] | None = None) -> None:
        now = self._state().filter_of(key)
        operator = now.operator if now else next(iter(operators()[key]))
        chosen = list(now.values) if now else []
        if not options:
            menu_title(_("Nothing to choose from yet"))
        for value in dict.fromkeys([*options, *chosen]):
            self._one_of_several(key, operator, chosen, value, options.get(value, value), (captions or {}).get(value, ""), before)

    def _one_of_several(
        self, key: str, operator: str, chosen: list[str], value: str, label: str, caption: str, before: Callable[[str], Any] | None
    ) -> None:
        async def toggle() -> None:
            chosen.remove(value) if value in chosen else chosen.append(value)
            item.mark(value in chosen)
            await self._narrow(key, operator, tuple(chosen))

        item = CheckItem(label, value in chosen, toggle, caption=caption, before=partial(before, value) if before else None)

    def _days(self, key: str) -> None:
        now = self._state().filter_of(key)
        operator = now.operator if now and now.operator in ("within", "before") else "within"
        for days in DAYS:
            on = now is not None and now.operator == operator and now.values == (str(days),)
            CheckItem(_in_days(days), on, partial(self._narrow, key, operator, (str(days),)), single=True)
        if key == "last":
            menu_rule()
            CheckItem(_("Never"), now is not None and now.operator == "never", partial(self._narrow, key, "never", (YES,)), single=True)

    def _orders(self) -> None:
        state = self._state()
        for sort, label in sorts().items():
            CheckItem(label, sort == state.sort, partial(self._ask, state.changed(sort=sort)), single=True)


def chip_words(found: Filter, people: Mapping[str, str], actor: Actor) -> FilterWords:
    """A filter in words."""
    label, key = fields()[found.field], found.field
    if key in FLAGS:
        return FilterWords(key, label)
    known = operators()[key]
    operator = _("is") if key == "tag" and len(found.values) == 1 else known.get(found.operator, _("since"))
    if found.operator == "never":
        return FilterWords(key, label, operator, operators=len(known))
    if found.operator == "since":
        return FilterWords(key, label, operator, times.short_date(date.fromisoformat(found.values[0]), actor), operators=len(known))
    if key in DATED:
        return FilterWords(key, label, operator, _in_days(int(found.values[0])), operators=len(known))
    if key == "owner":
        who = {value: str(actor.user_id) if value == ME else value for value in found.values}
        names = [_("Me") if value == ME else people.get(identity, _("Someone")) for value, identity in who.items()]
        faces = tuple((actor.name if value == ME else people.get(identity, "?"), UUID(identity)) for value, identity in who.items())
        return FilterWords(key, label, operator, ", ".join(names), operators=len(known), faces=faces)
    said = words.stages() if key == "stage" else {}
    return FilterWords(key, label, operator, ", ".join(said.get(value, value) for value in found.values), operators=len(known))


def _in_days(days: int) -> str:
    return ngettext("%d day", "%d days", days) % days
