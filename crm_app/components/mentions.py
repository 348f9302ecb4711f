"""Naming colleagues in a text: who can be chosen while an at sign is typed, who would not see it, and how it reads afterwards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from nicegui.element import Element
from nicegui.elements.mixins.value_element import ValueElement
from nicegui.events import GenericEventArguments

from crm_app.components.elements import icon
from crm_app.components.guard import telling
from crm_app.components.people import hue_of, initials
from crm_app.components.text import attributes, block, text
from crm_app.domain.i18n import _
from crm_app.domain.mentions.rules import pieces
from crm_app.domain.mentions.schemas import Foreseen, MentionView


@dataclass(frozen=True)
class Colleagues:
    """Where names come from. ``people`` are ``(id, name)`` of who can be mentioned; ``foresee(text, audience)`` is whom a text would name."""

    people: Callable[[], Awaitable[Sequence[tuple[UUID, str]]]]
    foresee: Callable[[str, str], Awaitable[Sequence[Foreseen]]]


class Mentioning:
    """Stands beside a text box, in the same element: offers colleagues in it, and says under it whom it names."""

    def __init__(self, field: ValueElement[Any], colleagues: Colleagues, audience: Callable[[], str]) -> None:
        self._field = field
        self._colleagues = colleagues
        self._audience = audience
        self._unseen: frozenset[str] = frozenset()
        self._list = MentionList(self._offer, self.look)
        self._line = attributes(block("mc-mention-line"), role="status")
        self._line.set_visibility(False)

    async def look(self) -> None:
        """Say anew whom the text names, and who of them would not see it."""
        typed = self._field.value or ""
        with telling():
            named = await self._colleagues.foresee(typed, self._audience()) if "@" in typed else ()
            self._say(named)

    async def said(self) -> bool:
        """Ask this before saving. False when somebody is named who would not see it and that has only now been said."""
        before = self._unseen
        await self.look()
        return self._unseen <= before

    async def _offer(self) -> None:
        with telling():
            self._list.offer(await self._colleagues.people())

    def _say(self, named: Sequence[Foreseen]) -> None:
        self._unseen = frozenset(person.name for person in named if not person.sees)
        self._line.clear()
        self._line.set_visibility(bool(named))
        if not named:
            return
        said = _("Only you will see this, so %s will not be told.") if self._unseen else _("Mentions %s")
        names = ", ".join(person.name for person in named if not self._unseen or not person.sees)
        self._line.classes(add="mc-warn" if self._unseen else "", remove="" if self._unseen else "mc-warn")
        with self._line:
            icon("eye-off" if self._unseen else "at-sign", 14)
            text(said % names)


class MentionList(Element, component="vue/mentions.js"):
    """The list itself; ``wanted`` is called when the first at sign is typed, ``look`` a moment after whom the text names may have changed."""

    def __init__(self, wanted: Callable[[], Awaitable[Any]], look: Callable[[], Awaitable[Any]]) -> None:
        super().__init__()
        self.props.update({"label": _("Colleagues"), "root": self.html_id})
        self.on("wanted", wanted)
        self.on("look", look)

    def offer(self, people: Sequence[tuple[UUID, str]]) -> None:
        """Who can be chosen."""
        self.props["people"] = [{"id": str(key), "name": name, "hue": hue_of(key), "initials": initials(name)} for key, name in people]
        self.update()


class ContactMentions(MentionList):
    """Offers contacts instead, in the text box of the same element: there are too many to bring them all, so ``find`` is asked for what was typed."""

    def __init__(self, find: Callable[[str], Awaitable[Sequence[tuple[UUID, str]]]]) -> None:
        async def look() -> None:
            """Nothing is said under the box."""

        super().__init__(look, look)
        self._find = find
        self.props.update({"label": _("Contacts"), "asks": True})
        self.on("typed", self._typed)

    async def _typed(self, event: GenericEventArguments) -> None:
        typed = event.args if isinstance(event.args, str) else ""
        with telling():
            self.offer(await self._find(typed[:100]))


def written(words: str, mentions: Sequence[MentionView], reader: UUID, classes: str) -> Element:
    """A text as it was written, with each colleague whom it names as a chip, called what they are called today."""
    if not mentions:
        return text(words, classes, tag="div")
    names = {mention.user_id: mention.name for mention in mentions}
    with block(classes) as whole:
        for piece, person in pieces(words, [(mention.label, mention.user_id) for mention in mentions]):
            if person is None:
                text(piece)
            else:
                text(f"@{names[person]}", "mc-mention mc-me" if person == reader else "mc-mention")
    return whole
