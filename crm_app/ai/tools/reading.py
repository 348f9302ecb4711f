"""What one question has been shown so far: the records with their numbers, whom they are about, and what the page shows of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from crm_app.ai.hygiene import as_line, as_untrusted
from crm_app.ai.tools.handles import Handles
from crm_app.domain.actor import Actor
from crm_app.domain.conversations.schemas import Card, Cited
from crm_app.domain.disclosure.schemas import Source
from crm_app.domain.meaning.schemas import Asked
from crm_app.domain.times import machine

EXCERPT, LONGEST_RESULT = 1_500, 18_000
"""Characters of one record in a list, and of everything that one tool tells (LLM-06: 20 kB in)."""


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
            said = self._record(source, names, most)
            if len(said) > room:
                left_out += 1
                continue
            room -= len(said)
            self.number(source)
            lines.append(said)
        if left_out:
            lines.append(f"({left_out} more did not fit. Ask for a shorter time or fewer people.)")
        return "\n".join(lines)

    def person(self, key: UUID, name: str) -> str:
        """Somebody by short name and name: ``p1 Jane Doe``."""
        self.contact_ids.add(key)
        return f"{self.handles.give('contact', key)} {as_line(name)}"

    def _record(self, source: Source, names: dict[UUID, str], most: int) -> str:
        number = self.cited[key].number if (key := (source.kind.value, source.id)) in self.cited else len(self.cited) + 1
        when = machine(source.when.astimezone(self.actor.zone))[:16] if source.when else "no date"
        handle = self.handles.give(source.kind.value, source.id)
        about = ", ".join(self.person(who, names[who]) for who in sorted(source.contact_ids) if who in names)
        head = " · ".join(part for part in (f"{handle} {source.what or source.kind.value}", when, as_line(source.title), f"about {about}" if about else "") if part)
        return f"⟦source {number}⟧ {head}\n{as_untrusted(source.text[:most])}\n⟦end of source {number}⟧"
