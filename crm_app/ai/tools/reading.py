"""What one question has been shown so far: the records with their numbers, whom they are about, and what the page shows of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from crm_app.ai.hygiene import CUT, as_line, as_untrusted
from crm_app.ai.tokens import count_text
from crm_app.ai.tools.handles import Handles
from crm_app.domain.actor import Actor
from crm_app.domain.conversations.schemas import Card, Cited
from crm_app.domain.disclosure.schemas import Source
from crm_app.domain.meaning.schemas import Asked
from crm_app.domain.times import machine

EXCERPT, LONGEST_RESULT, BRIEF, MOST_TOKENS = 1_500, 18_000, 5, 100_000
"""Characters of one record in a list, and of everything that one tool tells (LLM-06: 20 kB in); by how much a record is shortened that does not fit,
and tokens that any model reads."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool found. ``text`` is for the model, ``step`` says in a few words to a person what was done."""

    text: str
    step: str
    cards: tuple[Card, ...] = ()


@dataclass
class Reading:
    """One question's reading, as ``actor`` and no wider. Every record that a model is told of goes through ``tell``."""

    actor: Actor
    handles: Handles
    contact_ids: set[UUID] = field(default_factory=set)
    cited: dict[tuple[str, UUID], Cited] = field(default_factory=dict)
    suggestions: list[UUID] = field(default_factory=list)
    understood: Asked | None = None
    """What the call at hand means, where its tool looks for meanings: it was read before the transaction began."""
    room: int = MOST_TOKENS
    """Tokens that the call at hand may still tell."""
    cut: bool = False
    """Something that it would have told did not fit."""

    def number(self, source: Source) -> int:
        """The number by which an answer cites this record; everyone on it is somebody of whom this speaks from now on."""
        self.contact_ids |= source.contact_ids
        known = self.cited.get((source.kind.value, source.id))
        if known is None:
            facts = {"kind": source.kind.value, "what": source.what, "ref_id": source.id, "title": source.title[:200], "when": source.when}
            known = Cited.model_validate({**facts, "number": len(self.cited) + 1, "contact_id": min(source.contact_ids, default=None)})
            self.cited[(source.kind.value, source.id)] = known
        return known.number

    def tell(self, sources: Iterable[Source], names: dict[UUID, str], most: int = EXCERPT) -> str:
        """The records as a model is told of them: numbered, dated, by short names, their words marked as what strangers may have written."""
        lines: list[str] = []
        room = LONGEST_RESULT
        left_out = 0
        for source in sources:
            said = self._told(source, names, most, room)
            if said is None:
                left_out += 1
                continue
            room -= len(said)
            self.room -= count_text(said) + 1
            self.number(source)
            lines.append(said)
        if left_out:
            lines.append(f"({left_out} more did not fit. Ask for a shorter time or fewer people.)")
        return "\n".join(lines)

    def fitting(self, said: str, most: int) -> str:
        """As many of these lines as have room in so many tokens, and that the rest is left out."""
        if count_text(said) <= most:
            return said
        self.cut = True
        kept: list[str] = []
        room = most - count_text(CUT) - 1
        for line in said.splitlines():
            room -= count_text(line) + 1
            if room < 0:
                break
            kept.append(line)
        return "\n".join([*kept, CUT])

    def person(self, key: UUID, name: str) -> str:
        """Somebody by short name and name: ``p1 Jane Doe``."""
        self.contact_ids.add(key)
        return f"{self.handles.give('contact', key)} {as_line(name)}"

    def _told(self, source: Source, names: dict[UUID, str], most: int, room: int) -> str | None:
        """The record, shortened where there is no room for all of it; None where there is none for that either."""
        for length in (most, most // BRIEF):
            said = self._record(source, names, length)
            if len(said) <= room and count_text(said) < self.room:
                return said
            self.cut = True
        return None

    def _record(self, source: Source, names: dict[UUID, str], most: int) -> str:
        number = self.cited[key].number if (key := (source.kind.value, source.id)) in self.cited else len(self.cited) + 1
        when = machine(source.when.astimezone(self.actor.zone))[:16] if source.when else "no date"
        handle = self.handles.give(source.kind.value, source.id)
        about = ", ".join(self.person(who, names[who]) for who in sorted(source.contact_ids) if who in names)
        text = as_untrusted(source.text[:most]) + (f"\n{CUT}" if len(source.text) > most else "")
        head = " · ".join(part for part in (f"{handle} {source.what or source.kind.value}", when, as_line(source.title), f"about {about}" if about else "") if part)
        return f"⟦source {number}⟧ {head}\n{text}\n⟦end of source {number}⟧"
